#!/usr/bin/python3
"""DOCKCAST_COMPAT=fastapi: dockcast beside the instances of a Python platform, over one Redis and one Engine: what it
tells of its connections, how it is asked, and a fleet half moved over, in which no client of either half is sent a line
twice, or none (docs/beside.md, docs/adr/0012-beside-a-fleet-of-another-kind.md).

    tools/run-tests --only compat
"""
import asyncio
import json
import re
import tempfile
import time
import urllib.error
import urllib.request

import websockets

from old_fleet import OldInstance, Wire
from support import COUNTING, ENGINES, SLOW, Cluster, Container, Ear, Follower, Instance, Redis, check, free_port, until

FOREIGN = 'dockcast_bus_dropped_total{reason="foreign"}'
ACCOUNT = ("ACL SETUSER dockcast on >secret resetkeys resetchannels ~dockcast:* ~ws:connection:* &dockcast:* "
           "&websocket:broadcast +@all -@dangerous +info")


def metric(instance, name):
    return float(re.search(rf"^{re.escape(name)} (\S+)$", instance.get("/metrics")[1], re.MULTILINE)[1])


def lines_of(client):
    return sum(map(len, client.lines.values()))


async def keys_of(redis, pattern="ws:connection:*"):
    found = {}
    for key in sorted(await redis("KEYS", pattern)):
        pairs = await redis("HGETALL", key)
        found[key] = dict(zip(pairs[::2], pairs[1::2]))
    return found


async def wait_for_keys(redis, count, what, seconds=30):
    deadline = time.monotonic() + seconds * SLOW
    while len(found := await keys_of(redis)) != count:
        check(time.monotonic() < deadline, f"{what}: {found}")
        await asyncio.sleep(0.05)
    return found


async def connections(cluster, redis, container):
    """Each channel of each connection is a hash as the platform's own are, as long as it is followed."""
    one, two = cluster.instances
    logs, before = f"container:logs:{container.id}", int(time.time())
    async with Ear(one, "/ws", {"type": "subscribe", "id": 1, "channel": f"container:logs:{container.name}", "tail": 0},
                   {"type": "subscribe", "id": 2, "channel": "deployments"},
                   {"type": "subscribe", "id": 3, "channel": "docker:events"}) as many:
        async with websockets.connect(f"ws://127.0.0.1:{two.port}/ws/channels/deployments"):
            found = await wait_for_keys(redis, 4, "four subscriptions")
            for key, fields in found.items():
                channel, number = key.removeprefix("ws:connection:").rsplit(":", 1)
                check(re.fullmatch("[0-9a-f]{32}", number), key)
                check(set(fields) == {"instance_id", "channel", "connected_at"}, fields)
                check(fields["channel"] == channel, fields)
                check(before <= int(fields["connected_at"]) <= time.time(), fields)
                check(290 < await redis("TTL", key) <= 300, key)
            by = sorted((fields["channel"], fields["instance_id"]) for fields in found.values())
            check(by == sorted([(logs, "i0"), ("deployments", "i0"), ("docker:events", "i0"), ("deployments", "i1")]),
                  by)
            await redis("FLUSHALL")
            check(await wait_for_keys(redis, 4, "what was flushed comes back") == found, "as it was")
            await many.say(type="unsubscribe", id=4, channel="deployments")
            left = await wait_for_keys(redis, 3, "one is unsubscribed")
            check(set(left) < set(found), left)
            two.process.kill()
            await asyncio.to_thread(two.process.wait)
        left = await wait_for_keys(redis, 3, "who was killed is seen")
        for key in left:
            check(0 < await redis("TTL", key) <= 300, f"until its time is over: {key}")
        await redis("DEL", *[key for key, fields in left.items() if fields["instance_id"] == "i1"])
        await asyncio.to_thread(two.start)
    await wait_for_keys(redis, 0, "nobody is connected")
    three = await asyncio.to_thread(Instance, cluster.engine, "i2", **cluster.settings)
    async with Ear(three, "/ws", {"type": "subscribe", "id": 1, "channel": "deployments"}):
        await wait_for_keys(redis, 1, "one is")
        await asyncio.to_thread(three.stop)
        left = await keys_of(redis)
        check(not left, f"who leaves takes its connections along: {left}")


async def half_moved(cluster, redis, engine, container):
    """Old instances and dockcasts come and go; followers of both kinds are sent each line once."""
    one, two = cluster.instances
    port = redis.port
    ports = [each.port for each in cluster.instances]
    channel = f"container:logs:{container.id}"
    at_start = metric(one, FOREIGN)
    followers = [Follower(ports, container, first=n) for n in range(4)]
    tasks = [asyncio.create_task(each.run()) for each in followers]

    async def more(what, count=200):
        """So many more lines for everybody who is there."""
        goals = [(each, lines_of(each) + count) for each in (*followers, *old)]
        await until(lambda: f"they go on {what}: {[(lines_of(each), goal) for each, goal in goals]}",
                    lambda: all(lines_of(each) >= goal for each, goal in goals))

    old = []
    await more("by themselves")
    check(await redis("GET", f"stream:lock:{channel}") is None, "dockcast takes no lock")
    old = [OldInstance("old-a", port, engine, container)]
    await until("it reads, though dockcast does too", lambda: old[0].reads)
    old.append(OldInstance("old-b", port, engine, container))
    await more("beside each other")
    check(await redis("GET", f"stream:lock:{channel}") == "old-a" and not old[1].reads, "there is one holder")

    two.process.kill()
    await asyncio.to_thread(two.process.wait)
    await more("where a dockcast died")
    await asyncio.to_thread(two.start)
    gone = [old.pop(0)]
    await gone[0].die()
    await until("the other takes over when the lock is over", lambda: old[0].reads)
    await more("where an old instance died")
    old.append(OldInstance("old-c", port, engine, container))
    await more("with another")
    gone.append(old.pop(0))
    await gone[-1].leave()
    await until("the next takes over", lambda: old[0].reads)
    await more("where an old instance left")
    gone.append(old.pop(0))
    await gone[-1].leave()
    await more("without old instances")
    check(await redis("GET", f"stream:lock:{channel}") is None, "it is still free")

    for each in gone:
        check(each.exact() and lines_of(each) > 200, f"{each.name}'s client: {each.lines}")
    await until("they have the same", lambda: all(each.exact() for each in followers), 5)
    for each in followers:
        check(each.exact(), f"a follower of dockcast: {each}")
    published = sum(each.published for each in gone)
    await until(lambda: f"of {published} lines that were dropped {metric(one, FOREIGN) - at_start} are counted",
                lambda: metric(one, FOREIGN) - at_start == published)
    check(metric(one, 'dockcast_broadcasts_total{channel="container:logs"}') >= published, "and by its family")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(f"{published} lines of {len(gone)} old instances, {sum(map(lines_of, followers))} to "
          f"{len(followers)} followers of dockcast: each once")


async def events(cluster, redis, engine):
    """Docker's events are told once, though an old instance tells them too."""
    one = cluster.instances[0]
    async with Ear(one, "/ws/events", {"type": "ping"}) as ear:
        await ear.first("pong")
        with Container(engine, "true") as container:
            event = (await ear.first("docker_event", lambda m: m["event"]["Action"] == "die" and
                                     m["event"]["Actor"]["ID"] == container.id))["event"]
            for said in ({"channel": "docker:events", "payload": {"type": "docker_event", "event": event}},
                         {"channel": f"container:events:{container.id}", "payload": {"type": "container_event"}}):
                check(await redis("PUBLISH", "websocket:broadcast", json.dumps(said)) >= 2, "they hear it")
        await ear.first("docker_event", lambda m: m["event"]["Action"] == "destroy" and
                        m["event"]["Actor"]["ID"] == container.id)
        times = [m["event"]["timeNano"] for m in ear.of("docker_event")]
        check(len(times) == len(set(times)), f"an event came twice: {ear.messages}")
        await until("both are counted as dropped",
                    lambda: all(metric(each, FOREIGN) == 2 for each in cluster.instances))
        check(await redis("GET", "docker:events:monitor") is None, "dockcast takes no lock")


async def others(cluster, redis):
    """What other back-ends say arrives as it is; what cannot be used, or is dockcast's own to say, is counted."""
    one, two = cluster.instances
    reasons = ("malformed", "oversized", "foreign")

    def dropped(instance):
        return [metric(instance, f'dockcast_bus_dropped_total{{reason="{reason}"}}') for reason in reasons]
    before = {each: dropped(each) for each in (one, two)}
    good = {"type": "deployment", "service": "api", "version": "1.4.2"}
    async with Ear(one, "/ws", {"type": "subscribe", "id": 1, "channel": "deployments"}) as wrapped:
        await wrapped.first("subscribed")
        async with websockets.connect(f"ws://127.0.0.1:{two.port}/ws/channels/deployments") as plain:
            await until("both are there", lambda: metric(one, 'dockcast_message_channels{channel="plain"}') ==
                        metric(two, 'dockcast_message_channels{channel="plain"}') == 1)
            for said in ("no JSON", '{"channel":"deployments"}',
                         json.dumps({"channel": "deployments", "payload": "x" * (4 << 20)}),
                         json.dumps({"channel": "containers", "payload": {"type": "containers", "containers": []}}),
                         json.dumps({"channel": "deployments", "payload": good})):
                await redis("PUBLISH", "websocket:broadcast", said)
            check(json.loads(await asyncio.wait_for(plain.recv(), 20 * SLOW)) == good, "as it is")
            heard = await wrapped.first("message")
            check(heard == {"type": "message", "channel": "deployments", "data": good}, "wrapped")
    for each, counts in before.items():
        await until(lambda: f"of 2, 1 and 1 are counted: {counts}, then {dropped(each)}",
                    lambda: dropped(each) == [counts[0] + 2, counts[1] + 1, counts[2] + 1])


def status(instance, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{instance.port}{path}", timeout=5) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


async def asked_as_before(engine):
    """With a token in the query; and for its health, where an instance can do nothing."""
    for compat, health, allowed in (("none", 503, False), ("fastapi", 200, True)):
        lost = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}", "DOCKCAST_COMPAT": compat, "DOCKCAST_TOKEN": "secret"}
        instance = Instance("unix:///nowhere/docker.sock", compat, ready=False, **lost)

        def answers():
            try:
                return status(instance, "/health/live")[0] == 200
            except OSError:
                return False
        await until("it listens", answers)
        await until("it knows how it is",
                    lambda: "Neither" in status(instance, "/health/websocket")[1].get("error", ""))
        answer = status(instance, "/health/websocket")
        check(answer[0] == health and answer[1]["status"] == "unhealthy", answer)
        check(status(instance, "/health/ready")[0] == 503, "readiness is not a habit")
        url = f"ws://127.0.0.1:{instance.port}/ws/channels/deployments?token="
        for token, fine in (("secret", allowed), ("wrong", False)):
            try:
                async with websockets.connect(url + token) as socket:
                    await socket.send('{"type":"ping"}')
                    heard = json.loads(await asyncio.wait_for(socket.recv(), 20 * SLOW))
                    welcome = heard["type"] != "error"
            except websockets.InvalidStatusCode as refused:
                check(refused.status_code == 401, refused)
                welcome = False
            check(welcome == fine, f"{compat}: ?token={token}")
        await asyncio.to_thread(instance.stop)


async def main():
    engine = ENGINES.get("26") or next(iter(ENGINES.values()))
    await asked_as_before(engine)
    with tempfile.TemporaryDirectory() as folder:
        server = Redis(folder)
        try:
            await until("Redis takes its account", lambda: takes(server, ACCOUNT))
            await together(engine, server)
        finally:
            server.kill()


def takes(server, command):
    try:
        server.tell(command)
        return True
    except OSError:
        return False


async def together(engine, server):
    url = f"redis://dockcast:secret@127.0.0.1:{server.port}"
    settings = {"DOCKCAST_COMPAT": "fastapi", "REDIS_URL": url, "DOCKCAST_REDIS_PREFIX": "dockcast:"}
    with await asyncio.to_thread(Beside, engine, settings) as cluster, Container(engine, COUNTING) as container:
        async with Wire(server.port) as redis:
            redis.port = server.port
            await connections(cluster, redis, container)
            await events(cluster, redis, engine)
            await others(cluster, redis)
            await half_moved(cluster, redis, engine, container)
        for each in cluster.instances:
            check("NOPERM" not in each.said() and "may not" not in each.said(), each.said()[-2000:])


class Beside(Cluster):
    def __init__(self, engine, settings):
        self.engine, self.settings = engine, settings
        self.instances = [Instance(engine, f"i{n}", **settings) for n in range(2)]


if __name__ == "__main__":
    asyncio.run(main())
