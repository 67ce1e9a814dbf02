#!/usr/bin/python3
"""Two instances, one Engine, one Redis: both show events, the picture and stats, and one of them reads for both; it is
killed, and the other goes on within fifteen seconds, with every event once."""
import asyncio
import json
import os
import signal
import tempfile
import time

from support import ENGINES, SLOW, Cluster, Container, Cutter, Ear, check, redis, until

IDLE = "sleep 600"
WITHIN_S = 15


def reader(cluster, channel):
    """The instance that holds the lease of an Engine's channel."""
    keys = redis("--scan", "--pattern", f"{cluster.prefix}lease:*{channel}*").split()
    holder = redis("get", keys[0]).strip() if keys else ""
    return next((each for each in cluster.instances if holder.startswith(each.label + "-")), None)


def asked(counting, what):
    return [each for each in counting.requests if what in each.split("?")[0]]


class Watcher:
    """Everything that an instance shows of its Engine, and of one container's stats."""

    def __init__(self, instance, container):
        self.events, self.picture = Ear(instance, "/ws/events"), Ear(instance, "/ws/channels/containers")
        self.stats = Ear(instance, f"/ws/containers/{container.id}/stats")

    async def __aenter__(self):
        for ear in (self.events, self.picture, self.stats):
            await ear.__aenter__()
        await self.picture.first("containers")
        return self

    async def __aexit__(self, *_):
        for ear in (self.events, self.picture, self.stats):
            await ear.__aexit__()

    def told(self, container):
        """(action, position) of a container's events, without those of its network."""
        return [(m["event"]["Action"], m["position"]) for m in self.events.of("docker_event")
                if m["event"]["Actor"]["ID"] == container.id]

    def state(self, container):
        state = None
        for message in self.picture.of("containers", "container"):
            for each in message.get("containers", [message.get("container")]):
                if each["id"] == container.id:
                    state = "removed" if message.get("change") == "removed" else each["state"]
        return state

    async def flows(self):
        before = len(self.stats.of("stats"))
        await until("stats flow", lambda: len(self.stats.of("stats")) > before, WITHIN_S)


async def shows(watcher, container):
    await until(lambda: f"the start and the state, not {watcher.told(container)}, {watcher.state(container)}",
                lambda: "start" in [action for action, _ in watcher.told(container)] and
                watcher.state(container) == "running", WITHIN_S)


def read_by(instance, channel):
    """Who reads it, says /api/channels."""
    channels = json.loads(instance.get("/api/channels")[1])["channels"]
    return next((each.get("reader") for each in channels if each["channel"] == channel), None)


async def one_reads_for_both(engine):
    with tempfile.TemporaryDirectory() as folder, Container(engine, IDLE) as first:
        socket = os.path.join(folder, "docker.sock")
        counting = await Cutter(path=engine.removeprefix("unix://")).listen(socket)
        with await asyncio.to_thread(Cluster, f"unix://{socket}", 2) as cluster:
            async with Watcher(cluster.instances[0], first) as one, Watcher(cluster.instances[1], first) as two:
                await asyncio.gather(one.flows(), two.flows())
                lists = len(asked(counting, "/containers/json"))
                with await asyncio.to_thread(Container, engine, IDLE) as second:
                    await asyncio.gather(shows(one, second), shows(two, second))
                    check(one.told(second) == two.told(second), f"{one.told(second)} and {two.told(second)}")
                    events, stats = asked(counting, "/events"), asked(counting, "/stats")
                    check(len(events) == 1 and len(stats) == 1, f"one reader of each, not {events}, {stats}")
                    print(f"two instances: {len(events)} /events, {len(stats)} /stats, "
                          f"{len(asked(counting, '/containers/json')) - lists} lists for a container that starts")
                    await the_reader_is_killed(cluster, counting, {"i0": one, "i1": two}, second)


async def the_reader_is_killed(cluster, counting, watchers, container):
    killed = reader(cluster, "docker:events")
    other = next(each for each in cluster.instances if each is not killed)
    await until("the cluster's view names the reader",
                lambda: all(read_by(other, channel) == killed.label for channel in ("docker:events", "containers")))
    watcher = watchers[other.label]
    killed.signal(signal.SIGKILL)
    killed.process.wait()
    cluster.instances.remove(killed)
    since = time.monotonic()
    with await asyncio.to_thread(Container, counting_engine(counting), IDLE) as third:
        await shows(watcher, third)
        waited = time.monotonic() - since
        check(waited <= WITHIN_S * SLOW, f"{waited:.1f} s are more than {WITHIN_S} s")
        await watcher.flows()
        print(f"SIGKILL of the reader: what happened next was shown after {waited:.1f} s")
        for each in (container, third):
            actions = [action for action, _ in watcher.told(each)]
            check(len(actions) == len(set(actions)) and actions[:2] == ["create", "start"], f"each once: {actions}")
        check(reader(cluster, "docker:events") is other, "the other reads")
        await until("and says so", lambda: read_by(other, "docker:events") == other.label)
        check(len(asked(counting, "/events")) == 2, asked(counting, "/events"))
    await until("its end is shown", lambda: watcher.state(third) == "removed")


def counting_engine(counting):
    return f"unix://{counting.target[2]}"


async def main():
    for version, engine in ENGINES.items():
        print(f"Engine {version}:")
        await one_reads_for_both(engine)


asyncio.run(main())
