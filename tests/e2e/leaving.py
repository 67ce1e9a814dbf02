#!/usr/bin/python3
"""One of three instances is told to leave under 300 clients behind nginx, and under fewer behind HAProxy: readiness
says so first, clients move at the rate that was set and no faster, and nobody loses a line, has one twice, or sees an
error. And where there is no time for that, they are told to come back at that rate."""
import asyncio
import http.client
import json
import re
import signal
import urllib.request

from mover import Mover, most_in_a_second
from proxy_processes import HaProxy, Nginx
from support import ENGINES, SLOW, Cluster, Container, Ear, Instance, check, until

RATE = 10
CALM = 'i=0; while true; do echo "o $i"; echo "e $i" >&2; i=$((i+1)); usleep 100000; done'


class Watch:
    """Asks one instance how it is, over one connection, as monitoring does."""

    def __init__(self, instance):
        self.connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=30 * SLOW)

    def ask(self, path):
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()

    def remaining(self):
        return int(re.search(r"^dockcast_drain_remaining (\d+)$", self.ask("/metrics")[1], re.MULTILINE)[1])


async def unready(watch):
    await until("readiness is 503", lambda: watch.ask("/health/ready")[0] == 503)
    return asyncio.get_running_loop().time()


async def started(clients, tasks):
    tasks += [asyncio.create_task(each.run()) for each in clients]
    await until("all hear lines", lambda: all(len(each.lines["e"]) > 5 for each in clients), 120)


async def leave(tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def judge(clients, leaver, unready_at, proxy):
    """What the clients have seen, once the instance is gone."""
    for each in clients:
        check(each.exact() and not each.faults, f"{'stubborn' if each.stubborn else 'obeying'}: {each} {each.faults}")
    there = [each for each in clients if each.instances[0] == leaver.label]
    check(len(there) > len(clients) // 4, f"they are spread: {len(there)} of {len(clients)} were where it happened")
    for each in clients:
        moves = 1 if each in there else 0
        check(len(each.told) == len(each.returns) == moves and len(each.instances) == moves + 1,
              f"told {each.told}, came back {each.returns}, was at {each.instances}")
        check(leaver.label not in each.instances[moves:], f"it came back to who left: {each.instances}")
    told = [at for each in there for at, _ in each.told]
    first, late = min(told), max(told) - min(told) + max(each.late for each in there)  # all are told at once
    check(unready_at < first, f"readiness said so {first - unready_at:.2f} s before the first client was told")
    peak = most_in_a_second([at for each in there for at in each.returns])
    # What it says is exact: places are a tenth further apart than the rate asks for.
    places = most_in_a_second([ms / 1000 for each in there for _, ms in each.told])
    check(places <= RATE, f"{places} were told to come within one second; the rate is {RATE}")
    # What comes of it is as exact as we were: so many places lie within a second and our error.
    most = 1 + int((1 + late) / (1.1 / RATE))
    check(peak <= most, f"{peak} came within one second; the rate is {RATE}, and with our error of {late:.3f} s {most}")
    silence = max(each.silence for each in clients)
    print(f"{proxy.name}, SIGTERM under {len(there)} of {len(clients)} clients: {peak} at most came back within "
          f"a second at a rate of {RATE}, measured to {late:.3f} s; longest silence {silence:.2f} s; none lost, "
          f"none twice")


async def one_of_three(engine, kind, number):
    settings = {"DOCKCAST_DRAIN_RATE": str(RATE), "DOCKCAST_DRAIN_NOTICE": "2s", "DOCKCAST_DRAIN_GRACE": "60s"}
    with Container(engine, CALM) as container, Container(engine, CALM) as lonely:
        with await asyncio.to_thread(Cluster, engine, 3, **settings) as cluster:
            with await asyncio.to_thread(kind, *(each.port for each in cluster.instances)) as proxy:
                clients = [Mover(proxy.port, container, stubborn=n % 10 == 0) for n in range(number)]
                tasks = []
                try:
                    await started(clients, tasks)
                    leaver = cluster.reader(container)
                    # Nobody else follows this one: it is read here to the last.
                    alone = Mover(leaver.port, lonely)
                    await started([alone], tasks)
                    await leaves(leaver, clients, alone, container, proxy)
                    counts = [len(each.lines["o"]) for each in clients]
                    await until("all hear lines again", lambda: all(
                        len(each.lines["o"]) > count + 10 for each, count in zip(clients, counts)), 60)
                finally:
                    await leave(tasks)


async def leaves(leaver, clients, alone, container, proxy):
    watch = Watch(leaver)
    for each in clients:
        each.silence = 0.0
    leaver.signal(signal.SIGTERM)
    unready_at = await unready(watch)
    heard = len(alone.lines["o"])
    # In the notice newcomers are served; this one is told to go as everybody else is.
    async with Ear(leaver, f"/ws/containers/{container.id}/logs") as newcomer:
        await newcomer.first("logs")
        check(not newcomer.of("migrate"), "it was served before it was told to go")
        await newcomer.first("migrate")
        check(len(alone.lines["o"]) > heard, "what nobody else follows is read on meanwhile")
    await until("the door is shut", lambda: not open_to(leaver))
    left = [watch.remaining()]
    while left[-1] > 3:
        await asyncio.sleep(0.2)  # between two looks
        left.append(watch.remaining())
    check(len(set(left)) > 10 and left == sorted(left, reverse=True), f"those who are left, by and by: {left}")
    check(await asyncio.to_thread(leaver.process.wait, 60 * SLOW) == 0, "it ends with exit code 0")
    check("Closing the clients that are left" not in leaver.said(), "the grace was long enough")
    judge(clients, leaver, unready_at, proxy)


def open_to(instance):
    try:
        instance.get("/health/live")
        return True
    except OSError:
        return False


def post(instance, path, **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{instance.port}{path}", method="POST",
                                     headers={"Content-Type": "application/json", **headers}, data=b"{}")
    with urllib.request.urlopen(request, timeout=20 * SLOW) as answer:
        return answer.status, json.loads(answer.read())


async def drained_without_an_exit(engine):
    with Container(engine, CALM) as container:
        instance = await asyncio.to_thread(Instance, engine, "drained", DOCKCAST_DRAIN_NOTICE="1s")
        watch = Watch(instance)
        async with Ear(instance, f"/ws/containers/{container.id}/logs") as client:
            await client.first("logs")
            told = await asyncio.to_thread(post, instance, "/api/drain")
            check(told == (202, {"status": "draining"}), f"it is answered {told}")
            await unready(watch)
            await until("who stays is closed", lambda: client.close)
            check(client.close == 4200 and client.of("migrate"), f"told {client.of('migrate')}, closed {client.close}")
        await until("nobody is left", lambda: watch.remaining() == 0)
        check(watch.ask("/health/live")[0] == 200 and instance.process.poll() is None, "and it lives on")
        instance.signal(signal.SIGTERM)
        check(await asyncio.to_thread(instance.process.wait, 30 * SLOW) == 0, "until it is told to end")
        instance.stop()


async def listening(instance, container, count):
    """So many who follow the container there, and stay until they are closed."""
    ears = [Ear(instance, f"/ws/containers/{container.id}/logs") for _ in range(count)]
    for each in ears:
        await each.__aenter__()
    return ears


async def in_a_hurry(engine):
    """The rate would let the last one go in half an hour; the second signal does not wait for it."""
    settings = {"DOCKCAST_DRAIN_RATE": "1", "DOCKCAST_DRAIN_NOTICE": "10m", "DOCKCAST_DRAIN_GRACE": "1h"}
    with Container(engine, CALM) as container:
        instance = await asyncio.to_thread(Instance, engine, "hurried", **settings)
        ears = await listening(instance, container, 20)
        instance.signal(signal.SIGTERM)
        await until("readiness is 503", lambda: Watch(instance).ask("/health/ready")[0] == 503)
        check(not any(each.of("migrate") for each in ears), "nobody was told yet")
        instance.signal(signal.SIGTERM)
        await until("all are closed", lambda: all(each.close for each in ears))
        check({each.close for each in ears} == {4200}, f"closed {[each.close for each in ears]}")
        told_to_come_one_a_second(ears)
        check(await asyncio.to_thread(instance.process.wait, 30 * SLOW) == 0, "it ends with exit code 0")
        check("Closing the clients that are left" in instance.said(), "and says that it hurried")
        instance.stop()


async def the_grace_is_over(engine):
    """The rate would take half a minute, and there are seconds."""
    settings = {"DOCKCAST_DRAIN_RATE": "1", "DOCKCAST_DRAIN_NOTICE": "1s", "DOCKCAST_DRAIN_GRACE": "6s"}
    with Container(engine, CALM) as container:
        instance = await asyncio.to_thread(Instance, engine, "graceful", **settings)
        ears = await listening(instance, container, 30)
        instance.signal(signal.SIGTERM)
        code = await asyncio.to_thread(instance.process.wait, 30 * SLOW)
        check(code == 0, f"it ends by itself, with {code}")
        await until("all are closed", lambda: all(each.close for each in ears))
        check("Closing the clients that are left" in instance.said(), "and says that time is over")
        for each in ears:
            check(each.close == 4200 and each.of("migrate"), f"told {each.of('migrate')}, closed {each.close}")
        told_to_come_one_a_second(ears)
        instance.stop()


def told_to_come_one_a_second(ears):
    waits = sorted(json.loads(each.socket.close_reason)["ms"] for each in ears)
    check(all(b - a >= 990 for a, b in zip(waits, waits[1:])), f"they are told to come back one a second: {waits}")


async def main():
    engine = ENGINES.get("26") or next(iter(ENGINES.values()))
    await drained_without_an_exit(engine)
    await in_a_hurry(engine)
    await the_grace_is_over(engine)
    await one_of_three(engine, HaProxy, 90)
    await one_of_three(engine, Nginx, 300)


if __name__ == "__main__":
    asyncio.run(main())
