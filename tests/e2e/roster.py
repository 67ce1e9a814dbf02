#!/usr/bin/python3
"""The cluster's view: instances, sessions and channels of all, from each of them; and what ends in it, in any way."""
import asyncio
import contextlib
import json
import signal
import tempfile
import time

from support import COUNTING, ENGINES, SLOW, Cluster, Container, Ear, Instance, Redis, check, redis, until

SOON_S = 5  # after the fact (protocol.md)
TTL_S = 15


def ask(instance, what):
    return json.loads(instance.get(f"/api/{what}")[1])


def sessions(instance):
    return {each["session"]: each for each in ask(instance, "sessions")["sessions"]}


def labels(instance):
    return sorted(each["instance"] for each in ask(instance, "instances")["instances"])


async def soon(what, condition, seconds=SOON_S):
    start = time.monotonic()
    await until(what, condition, seconds)
    print(f"{what}: {time.monotonic() - start:.1f} s")


async def session_of(ear):
    return (await ear.first("connected"))["session"]


async def seen_from_the_other(engine):
    with Container(engine, COUNTING) as container:
        with await asyncio.to_thread(Cluster, engine, 2) as cluster:
            here, there = cluster.instances
            await soon("each sees both", lambda: all(labels(each) == ["i0", "i1"] for each in cluster.instances))
            logs = f"container:logs:{container.id}"
            path = f"/ws/containers/{container.name}/logs"
            async with Ear(there, path) as ear, Ear(here, path):
                name = await session_of(ear)
                await soon("a session is seen", lambda: sessions(here).get(name, {}).get("subscriptions") == 1)
                session = sessions(here)[name]
                check(session["instance"] == "i1" and session["subject"] == "anonymous", f"as it is: {session}")
                check(session["address"].startswith("127.0.0.1"), f"and where it comes from: {session}")

                def channel():
                    found = [each for each in ask(here, "channels")["channels"] if each["channel"] == logs]
                    return found and found[0]["followers"] == 2 and found[0]["reader"]

                await soon("both follow one channel, which one reads", channel)
                reader = cluster.reader(container)
                await until("that is who has the lease", lambda: channel() == reader.label)

                def state():
                    all_of_them = ask(here, "instances")["instances"]
                    return next(each for each in all_of_them if each["instance"] == reader.label)

                await until(lambda: f"it says what it does: {state()}", lambda: state()["readers"] == 1)
                check(len(state()["engines"]) == 1, f"and where: {state()}")
            await soon("both are gone", lambda: not sessions(here))
            await soon("and so is their channel", lambda: all(each["channel"] != logs or each["followers"] == 0
                                                              for each in ask(there, "channels")["channels"]))


async def who_dies_and_who_leaves(engine):
    async with contextlib.AsyncExitStack() as stack:
        cluster = stack.enter_context(await asyncio.to_thread(Cluster, engine, 3))
        here, killed, ended = cluster.instances
        lost, left = [await stack.enter_async_context(Ear(each, "/ws/events")) for each in (killed, ended)]
        lost, left = await session_of(lost), await session_of(left)
        await soon("all are seen", lambda: {lost, left} <= sessions(here).keys())
        ended.signal(signal.SIGTERM)
        await asyncio.to_thread(ended.process.wait, 30 * SLOW)
        check(labels(here) == ["i0", "i1"] and left not in sessions(here), "who ends in order is gone with its end")
        killed.signal(signal.SIGKILL)
        killed.process.wait()
        cluster.instances.remove(killed)
        await soon("who was killed is gone with its TTL", lambda: labels(here) == ["i0"], TTL_S + 2)
        check(not sessions(here), "and so are its sessions")
        check(not redis("--scan", "--pattern", f"{cluster.prefix}*i1-*").split(), "and its keys")


async def two_of_one_name(engine):
    with await asyncio.to_thread(Cluster, engine, 1) as cluster:
        twin = Instance(engine, "i0", REDIS_URL=cluster.instances[0].environment["REDIS_URL"],
                        DOCKCAST_REDIS_PREFIX=cluster.prefix)
        both = [cluster.instances[0], twin]
        cluster.instances.append(twin)
        await soon("both warn of their name", lambda: all("the same INSTANCE_ID" in each.said() for each in both), 15)
        ids = {each["id"] for each in ask(twin, "instances")["instances"]}
        check(len(ids) == 2, f"and are told apart by id: {ids}")


async def alone(engine):
    async with contextlib.AsyncExitStack() as stack:
        instance = await asyncio.to_thread(Instance, engine, "alone")
        stack.callback(instance.stop)
        async with Ear(instance, "/ws/events") as ear:
            name = await session_of(ear)
            await soon("an instance by itself sees itself", lambda: list(sessions(instance)) == [name])
            check(labels(instance) == ["alone"], "and nobody else")
            answer = ask(instance, "channels")
            check(answer == {"channels": [{"channel": "docker:events", "followers": 1, "reader": "alone"}]},
                  f"and what it reads: {answer}")
        await soon("also that a session ends", lambda: not sessions(instance))


async def without_redis(engine):
    with tempfile.TemporaryDirectory() as folder:
        server = Redis(folder)
        url = f"redis://127.0.0.1:{server.port}"
        here, there = [await asyncio.to_thread(Instance, engine, name, REDIS_URL=url) for name in ("here", "there")]
        async with Ear(here, "/ws/events") as one, Ear(there, "/ws/events") as two:
            names = {await session_of(one), await session_of(two)}
            await soon("both are seen", lambda: sessions(here).keys() == names)
            server.tell("FLUSHALL")
            await soon("and again after a flush", lambda: sessions(here).keys() == names)
            server.kill()
            await soon("without Redis each sees itself", lambda: labels(here) == ["here"])
            for what in ("instances", "sessions", "channels"):
                answer = ask(here, what)
                check(answer.get("partial") is True and answer["reason"], f"and says that this is not all: {answer}")
                check(len(answer[what]) == 1, f"{what}: {answer}")
            server.start()
            await soon("with an empty Redis all are seen", lambda: sessions(here).keys() == names, 15)
            check("partial" not in ask(here, "sessions"), "and nothing is missing")
        for each in (here, there):
            await asyncio.to_thread(each.stop)
        server.kill()


async def main():
    engine = ENGINES["26"]
    await seen_from_the_other(engine)
    await who_dies_and_who_leaves(engine)
    await two_of_one_name(engine)
    await alone(engine)
    await without_redis(engine)


asyncio.run(main())
