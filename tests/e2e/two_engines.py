#!/usr/bin/python3
"""Two real Engines, an instance beside each, one Redis: what belongs to the other's Engine is listed, found by name,
followed, looked back on, downloaded and watched through the tunnel; one Engine goes, and hurts only its own."""
import asyncio
import contextlib
import json
import os
import socket
import tempfile
import threading
import time
import urllib.error

from support import COUNTING, ENGINES, Container, Cutter, Ear, Follower, Instance, REDIS_PORT, check, redis, until

TEN = "for i in 0 1 2 3 4 5 6 7 8 9; do echo line $i; done; sleep 600"


class Apart:
    """A Cutter on a loop and a thread of its own, since this one waits for HTTP answers that pass through it."""

    def __init__(self, engine, path):
        self.path, self.loop = path, asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.cutter = Cutter(path=engine.removeprefix("unix://"))
        self.open()

    def do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def open(self):
        self.do(self.cutter.listen(self.path))

    async def close_here(self):
        self.cutter.server.close()
        os.unlink(self.path)
        self.cutter.cut()

    def close(self):
        self.do(self.close_here())


def get(instance, path):
    try:
        status, text = instance.get(path)
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    return status, text


def listed(instance):
    """The ids of the containers that run, and why others may be missing."""
    status, text = get(instance, "/api/containers")
    answer = json.loads(text)
    check(status == 200, text)
    check(("partial" in answer) == ("reason" in answer), text)
    return {each["id"]: each["engine"] for each in answer["containers"]}, answer.get("reason")


async def seen(instances, containers):
    """Everybody lists all of them, of two Engines, and finds each by its name and the beginning of its id."""
    def everywhere():
        lists = [listed(each) for each in instances]
        return all(reason is None and container.id in engines for engines, reason in lists for container in containers)
    await until("all containers are listed on all instances, as all that there are", everywhere)
    for instance in instances:
        engines, _ = listed(instance)
        check(len({engines[each.id] for each in containers}) == 2, engines)
        for container in containers:
            for name in (container.name, container.id[:14], container.id):
                status, text = get(instance, f"/api/containers/{name}")
                check(status == 200 and json.loads(text)["id"] == container.id, text)
                check(json.loads(text)["inspect"]["Id"] == container.id, "with the Engine's own answer")
        check(get(instance, "/api/containers/nobody-at-all")[0] == 404, "a name of none")


async def followed(instances, containers):
    """Each follower hops from one instance to the other, and gets every line once."""
    ports = [each.port for each in instances]
    followers = [Follower(ports, container, first=first) for container in containers for first in (0, 1)]
    tasks = [asyncio.create_task(each.run()) for each in followers]
    await until("lines come", lambda: all(len(each.lines["e"]) > 50 for each in followers))
    for follower, task in zip(followers, tasks):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        follower.at += 1
    tasks = [asyncio.create_task(each.run()) for each in followers]
    counts = [len(each.lines["o"]) for each in followers]
    await until("they go on at the other instance",
                lambda: all(len(each.lines["o"]) > count + 50 for each, count in zip(followers, counts)))
    for follower in followers:
        check(follower.exact(), f"{follower}")
        check(all(each in (None, "full") for each in follower.recovered), follower.recovered)
    return followers, tasks


async def looked_back_on(instance, container):
    """Ten lines of a container of the other's Engine: tail, pages, download, time."""
    path = f"/ws/containers/{container.name}/logs"
    async with Ear(instance, f"{path}?tail=3") as ear:
        await until("the last three lines", lambda: sum(len(each["lines"]) for each in ear.of("logs")) >= 3)
        texts = [line[2] for each in ear.of("logs") for line in each["lines"]]
        check(texts == ["line 7", "line 8", "line 9"], texts)
        await ear.say(type="history", id=7, channel=f"container:logs:{container.id}", limit=4)
        page = await ear.first("history")
        check([each["data"] for each in page["items"]] == [f"line {i}" for i in range(6, 10)], page)
        check(page["more"], page)
    status, text = get(instance, f"/api/containers/{container.name}/logs")
    check(status == 200 and text.split("\n")[:-1] == [f"line {i}" for i in range(10)], text)
    middle = page["items"][0]["time"]
    status, text = get(instance, f"/api/containers/{container.id}/logs?since={middle}")
    check(text.split("\n")[:-1] == [f"line {i}" for i in range(6, 10)], text)


async def watched(instance, engines):
    """Events, the picture and stats of both Engines at one instance."""
    async with Ear(instance, "/ws/events") as events, Ear(instance, "/ws/channels/containers") as picture:
        await events.first("subscribed")
        # Before the other's part is there, what begins meanwhile comes with it, and is no change.
        await picture.first("containers", lambda m: len({each["engine"] for each in m["containers"]}) == len(engines))
        for engine in engines:
            with Container(engine, "sleep 600") as container:
                def of_it(message, one=container):
                    return message["event"]["Actor"]["ID"] == one.id and message["event"]["Action"] == "start"
                start = await events.first("docker_event", of_it)
                check(start["position"].count("_") == 1, f"a place for each Engine: {start['position']}")
                await picture.first("container", lambda m, one=container: m["container"]["id"] == one.id and
                                    m["container"]["state"] == "running")
                async with Ear(instance, f"/ws/containers/{container.name}/stats") as stats:
                    await until("two samples", lambda stats=stats: len(stats.of("stats")) >= 2)
            await picture.first("container", lambda m, one=container: m["container"]["id"] == one.id and
                                m["change"] == "removed")
        ids = {each["event"]["Actor"]["ID"] for each in events.of("docker_event")}
        position = start["position"]
    async with Ear(instance, f"/ws/events?since={position}") as again:
        subscribed = await again.first("subscribed")
        check(subscribed["recovered"] == "full", subscribed)
        await again.first("docker_event", lambda m: m["event"]["Action"] == "destroy")
        told = {each["event"]["Actor"]["ID"] for each in again.of("docker_event")}
        check(told <= ids, "nothing of what was before the position")


async def gone(instances, near, far, cutter):
    """The far container's Engine goes; `near` is of the other one."""
    ports = [each.port for each in instances]
    async with contextlib.AsyncExitStack() as stack:
        ears = [await stack.enter_async_context(Ear(each, "/ws/channels/containers")) for each in instances]
        for ear in ears:
            await ear.first("containers")
        both = [Follower(some, each) for each in (near, far) for some in (ports[:1], ports[1:])]
        tasks = [asyncio.create_task(each.run()) for each in both]
        await until("lines come", lambda: all(len(each.lines["e"]) > 20 for each in both))
        cutter.close()
        await until("its followers are told", lambda: all("source_down" in each.statuses for each in both[2:]))
        await until("and both lists say what is missing", lambda: all(listed(each)[1] for each in instances))
        for instance in instances:
            engines, reason = listed(instance)
            check(near.id in engines and far.id not in engines, engines)
            begun = time.monotonic()
            check(get(instance, f"/api/containers/{near.name}")[0] == 200, "the other's are found")
            print(f"found beside an Engine that is down: {time.monotonic() - begun:.3f} s; {reason}")
            check(get(instance, f"/api/containers/{far.name}")[0] == 503, "what is of the Engine that is gone")
        counts = [len(each.lines["o"]) for each in both]
        await until("the others' lines go on", lambda: all(len(both[i].lines["o"]) > counts[i] + 100 for i in (0, 1)))
        check(not any("source_down" in each.statuses for each in both[:2]), "only its own are hurt")
        for ear in ears:
            down = await ear.first("status", lambda m: m["state"] == "source_down")
            check(down["engine"], "which Engine")
        cutter.open()
        await until("it is back", lambda: all(listed(each)[1] is None for each in instances))
        await until("with its lines", lambda: all(len(both[i].lines["o"]) > counts[i] + 100 for i in (2, 3)))
        for ear in ears:
            await ear.first("status", lambda m: m["state"] == "recovered")
        for follower in both:
            check(follower.exact(), f"{follower}")
        for task in tasks:
            task.cancel()


def nobody_can_write_through(instance, prefix, container):
    """Whoever can write to Redis asks for what is not on the list: answered with 403, on the asker's channel."""
    hosts = [each for each in redis("pubsub", "channels", f"{prefix}bus:{{tunnel/host:*").split()]
    check(hosts, "the hosts listen")
    head = f"POST /containers/{container.id}/kill HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode()
    stream = (99).to_bytes(8, "little")
    frames = [b"\x01\x02" + stream + (0).to_bytes(8, "little") + b"stranger",
              b"\x01\x03" + stream + (1).to_bytes(8, "little") + head]
    heard = socket.create_connection(("127.0.0.1", int(REDIS_PORT)))
    heard.settimeout(10)
    heard.sendall(f"SUBSCRIBE {prefix}bus:{{tunnel/asker:stranger}}\r\n".encode())
    text = heard.recv(4096)
    with socket.create_connection(("127.0.0.1", int(REDIS_PORT))) as says:
        for host in hosts:
            for frame in frames:
                parts = [b"PUBLISH", host.encode(), frame]
                says.sendall(b"*3\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        while text.count(b"HTTP/1.1 403") < len(hosts):
            text += heard.recv(65536)
    heard.close()
    status, text = get(instance, f"/api/containers/{container.id}")
    check(json.loads(text)["state"] == "running", "it lives")


async def main():
    prefix = f"e2e-{os.getpid()}-{time.monotonic_ns()}:"
    settings = {"REDIS_URL": f"redis://127.0.0.1:{REDIS_PORT}", "DOCKCAST_REDIS_PREFIX": prefix}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        path = os.path.join(folder, "docker.sock")
        cutter = Apart(ENGINES["26"], path)
        instances = [await asyncio.to_thread(Instance, ENGINES["20"], "beside-20", **settings),
                     await asyncio.to_thread(Instance, f"unix://{path}", "beside-26", **settings)]
        for each in instances:
            stack.callback(each.stop)
        nowhere = await asyncio.to_thread(Instance, f"unix://{folder}/none.sock", "beside-none", **settings)
        stack.callback(nowhere.stop)
        near, far = (stack.enter_context(Container(ENGINES[each], COUNTING)) for each in ("20", "26"))
        ten = [stack.enter_context(Container(ENGINES[each], TEN)) for each in ("20", "26")]
        await seen([*instances, nowhere], [near, far, *ten])
        print("listed and found on all three instances, one of them beside no Engine")
        _, tasks = await followed(instances, [near, far])
        for task in tasks:
            task.cancel()
        print("followed and resumed on either instance: nothing lost or repeated")
        for instance in [*instances, nowhere]:
            for container in ten:
                await looked_back_on(instance, container)
            await watched(instance, [ENGINES["20"], ENGINES["26"]])
        print("tail, pages, downloads, events, picture and stats through the tunnel")
        await asyncio.to_thread(nobody_can_write_through, nowhere, prefix, near)
        await gone(instances, near, far, cutter)
        print("one Engine gone and back: only its own containers were hurt, and lost nothing")


asyncio.run(main())
