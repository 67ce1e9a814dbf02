#!/usr/bin/python3
"""examples/platform and dockcast in its place (docs/moving-in.md): the page, nginx.conf and publish.py are the same
with the one, with the other, and while three instances are replaced one by one, and one of them back again. Meanwhile
no line, event or message comes twice over any connection, and of the lines none is missing there."""
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request

import websockets

from chromium import Chromium
from platform_clients import (NUMBERED, TAIL, ContainerEventHook, EventHook, Hook, LogHook, NewsHook,
                              consecutive)
from platform_processes import ENGINE, PLATFORM, SIZE, TOKEN, Fleet, New, Old, ports_in_a_row, publish
from support import SLOW, Container, check, until

CALM = 'i=0; while true; do echo "o $i"; echo "e $i" >&2; i=$((i+1)); usleep 50000; done'
NETWORKS = range(1, 10)  # ip_hash brings them to all instances
OF_THE_PAGE = 4          # a log, the events, deployments and alerts


class Front:
    """The page in Chromium, and clients like it: of two logs, one container's events and all, and the news."""

    def __init__(self, port, redis_url, containers):
        self.port, self.redis_url, self.container = port, redis_url, containers[0]
        self.logs = [LogHook(port, containers[n % len(containers)], n, TOKEN) for n in NETWORKS]
        self.events = [EventHook(port, "/ws/events", n, TOKEN) for n in NETWORKS]
        self.news = [NewsHook(port, "/ws/channels/deployments", n, TOKEN) for n in NETWORKS]
        self.lives = [ContainerEventHook(port, self.container, n, TOKEN) for n in NETWORKS]
        self.all = self.logs + self.events + self.news + self.lives

    @contextlib.asynccontextmanager
    async def open(self, browser, every_s=5):
        site = f"http://127.0.0.1:{self.port}/?container={self.container.name}&token={TOKEN}"
        self.page = await browser.open(f"{site}&every={round(1000 * every_s)}")
        for each in self.all:
            each.every_s = every_s
        tasks = [asyncio.create_task(each.run()) for each in self.all]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def served(self, what):
        """Everybody is connected, and hears new lines, a deployment and an event."""
        await until(f"all are connected {what}", lambda: all(each.is_connected for each in self.all),
                    30 + 2 * self.all[0].every_s)
        counts = [len(each.now("log")) for each in self.logs]
        await until(lambda: f"lines {what}: {[len(each.now('log')) for each in self.logs]}", lambda: all(
            len(each.now("log")) > max(count, TAIL) + 10 for each, count in zip(self.logs, counts)))
        await asyncio.to_thread(publish, self.redis_url, "deployment", "api", what, "started")
        news = {"type": "deployment", "service": "api", "version": what, "state": "started"}
        await until(f"the deployment {what}", lambda: all(news in each.now("deployment") for each in self.news))
        await self.told_an_event(what)
        await self.page_goes_on(what)

    async def told_an_event(self, what):
        """For a moment after an old reader of events ended, none reads them: so there is one after another."""
        tag, began = f"moving-in:{what}", time.time_ns()

        def missing():
            return (sum(all(message["event"]["Actor"]["Attributes"].get("name") != tag
                            for message in each.now("docker_event")) for each in self.events)
                    + sum(all(message["Action"] != "kill" or message["timeNano"] < began
                              for message in each.now("container_event")) for each in self.lives))

        async def one_more():
            await asyncio.to_thread(self.container.docker, "tag", "demo:1", tag)
            await asyncio.to_thread(self.container.docker, "kill", "--signal", "CONT", self.container.name)
            return not missing()
        await eventually(lambda: f"the event {what}, of which {missing()} have not heard", one_more)
        await asyncio.to_thread(self.container.docker, "rmi", tag)

    async def page_goes_on(self, what):
        before = await self.lines_of_page()

        async def look():
            shown = await self.lines_of_page()
            consecutive(shown, f"the page {what}")
            return len(shown) >= TAIL and shown[-1] not in before
        await eventually(lambda: f"the page {what}, that ended with {before[-2:]}", look)

    async def lines_of_page(self):
        text = await self.page.evaluate("document.getElementById('log')?.textContent ?? ''")
        return [line for line in text.splitlines()[:-1] if NUMBERED.match(line)]

    async def all_are_counted(self, instances):
        """By publish.py, which sees what instances of either kind write: at so many. Instance -> clients."""
        at = {}

        def look():
            lines = [line.split() for line in publish(self.redis_url, "connections").splitlines()]
            at.clear()
            for instance, _, count in lines:
                at[instance] = at.get(instance, 0) + int(count)
            return sum(at.values()) == len(self.all) + OF_THE_PAGE and len(at) == instances
        await eventually(lambda: f"all {len(self.all)} clients and the page at {instances} instances: {at}",
                         lambda: asyncio.to_thread(look))
        return at

    def judge(self):
        for each in self.all:
            each.judge()


async def eventually(what, look, seconds=60):
    """As `until`, where looking takes a while."""
    deadline = time.monotonic() + seconds * SLOW
    while not await look():
        check(time.monotonic() < deadline, f"waited in vain for {what()}")
        await asyncio.sleep(0.3)  # between two looks at another process


async def refusals(port):
    """As a front-end sees them."""
    stranger = Hook(port, "/ws/events", 1, "another-token")
    try:
        async with websockets.connect(stranger.url):
            check(False, "a token that is wrong is accepted")
    except websockets.InvalidStatusCode as refused:
        check(refused.status_code in (401, 403), f"a wrong token is answered with {refused.status_code}")
    url = Hook(port, "/ws/containers/nobody/logs?tail=100", 1, TOKEN).url
    deadline = time.monotonic() + 30 * SLOW
    while True:
        async with websockets.connect(url) as socket:
            told = [json.loads(text) async for text in quietly(socket)]
        if socket.close_code != 4153 or time.monotonic() > deadline:
            break  # before, the instance does not know all Engines yet, and a front-end asks again
        await asyncio.sleep(1)  # as the hook pauses before it does
    check(told[-1]["type"] == "error" and told[-1]["data"] == "No such container: nobody", told)
    check(socket.close_code == 4004, f"it is closed with {socket.close_code}")


async def quietly(socket):
    with contextlib.suppress(websockets.ConnectionClosed):
        async for text in socket:
            yield text


def is_healthy(port):
    """As a balancer asks; each instance counts its own."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/websocket", timeout=20) as answer:
        health = json.loads(answer.read())
    checks = health["checks"]
    return (health["status"] == "healthy" and checks["redis_connected"] is True and checks["pubsub_active"] is True
            and 0 < checks["active_channels"] <= checks["active_connections"])


async def works(kind, port, redis_url, containers, browser):
    front = Front(port, redis_url, containers)
    async with front.open(browser):
        await front.served("alone")
        await refusals(port)
        await eventually(lambda: "good health", lambda: asyncio.to_thread(is_healthy, port))
        there = await front.all_are_counted(SIZE)
    front.judge()
    print(f"{kind} alone: {len(front.all)} clients and the page, at {there}")


async def the_platform_alone(containers, browser):
    """As its README says that it is run."""
    base = ports_in_a_row(2 + SIZE)[0]
    environment = dict(os.environ, PORT=str(base), AUTH_TOKEN=TOKEN, DOCKER_SOCKET=ENGINE.removeprefix("unix://"))
    run = await asyncio.create_subprocess_exec(PLATFORM / "run", str(SIZE), stdout=subprocess.PIPE, env=environment)
    try:
        said = (await run.stdout.readline()).decode()
        check(f"REDIS_URL=redis://127.0.0.1:{base + 1} " in said, f"it says {said}")
        await until("it is ready", lambda: all(is_ready(base + 2 + n) for n in range(SIZE)))
        await works("The platform", base, f"redis://127.0.0.1:{base + 1}", containers, browser)
    finally:
        run.send_signal(signal.SIGTERM)
        await run.wait()


def is_ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=20) as answer:
            return answer.status == 200
    except OSError:
        return False


async def dockcast_alone(containers, browser):
    with await asyncio.to_thread(Fleet, New) as fleet:
        await works("dockcast", fleet.port, fleet.redis_url, containers, browser)


async def one_by_one(containers, browser):
    with await asyncio.to_thread(Fleet, Old) as fleet:
        front = Front(fleet.port, fleet.redis_url, containers)
        # Longer than it takes to replace an instance, also on a busy machine: they come back to where they were.
        async with front.open(browser, max(5, 3 * fleet.start_s)):
            await front.served("at-first")
            for n, kind in [(0, New), (1, New), (2, New), (0, Old)]:
                await asyncio.to_thread(fleet.replace, n, kind)
                await front.served(f"after-{fleet.instances[n].label}-came")
                at = await front.all_are_counted(SIZE)
                check(set(at) == {each.label for each in fleet.instances}, f"clients are at {at}")
                print(f"{fleet.instances[n].label} in its place: {at}")
        front.judge()
        for each in front.all:
            check(len(each.connections) in (2, 3), f"each is cut when its instance goes: {each.closes}")


async def alone(containers, browser):
    await the_platform_alone(containers, browser)
    await dockcast_alone(containers, browser)


async def main():
    with Container(ENGINE, CALM) as one, Container(ENGINE, CALM) as two:
        async with Chromium() as browser:
            await until("as many lines as are replayed", lambda: len(two.logs()["o"]) > TAIL)
            await asyncio.gather(alone((one, two), browser), one_by_one((one, two), browser))


if __name__ == "__main__":
    asyncio.run(main())
