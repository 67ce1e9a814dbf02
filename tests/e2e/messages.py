#!/usr/bin/python3
"""Application channels over three instances and one Redis: what is published anywhere is heard everywhere, in order and
once, while instances are killed and Redis cuts their subscriptions; and what is said to users, sessions and plain
channels.

    tools/run-tests --only messages
    MESSAGES=100000 PUBLISHERS=100 SUBSCRIBERS=1000 CHANNELS=50 tools/run-tests --only messages    # for longer
"""
import asyncio
import json
import os
import random
import signal
import tempfile
import urllib.error
import urllib.request

import websockets

from support import ENGINES, SLOW, Cluster, Ear, Instance, Redis, check, until

MESSAGES, PUBLISHERS, SUBSCRIBERS, CHANNELS = (
    int(os.environ.get(name, few)) for name, few in
    (("MESSAGES", 3000), ("PUBLISHERS", 20), ("SUBSCRIBERS", 60), ("CHANNELS", 2)))


def post(instance, path, **body):
    request = urllib.request.Request(f"http://127.0.0.1:{instance.port}{path}", method="POST",
                                     data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20 * SLOW) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def get(instance, path):
    return json.loads(instance.get(path)[1])


class Subscriber:
    """Follows a channel for ever, from its position on, wherever it is let in."""

    def __init__(self, cluster, channel):
        self.cluster, self.channel = cluster, channel
        self.position, self.offset, self.heard, self.wrong = None, None, {}, []

    async def run(self):
        while not asyncio.current_task().cancelling():
            try:
                await self.follow(random.choice(self.cluster.instances))
            except (OSError, websockets.WebSocketException, asyncio.TimeoutError):
                await asyncio.sleep(random.random() * 0.3)  # full jitter, as any client should

    async def follow(self, instance):
        async with websockets.connect(f"ws://127.0.0.1:{instance.port}/ws", subprotocols=["dockcast.v1"],
                                      open_timeout=30) as socket:
            wish = {"channel": self.channel} | ({"since": self.position} if self.position else {})
            await socket.send(json.dumps({"type": "connect", "id": 1, "subscriptions": [wish]}))
            async for text in socket:
                self.hear(json.loads(text))

    def hear(self, message):
        if message["type"] == "connected":
            answer = message["subscriptions"][0]
            if answer["type"] == "error":
                raise OSError(answer)  # it comes back
            if self.position and answer.get("recovered") != "full":
                self.wrong.append(answer)
            self.stand(answer["position"])
        elif message["type"] == "message":
            offset = int(message["position"].split(":")[1])
            if offset != self.offset + 1:
                self.wrong.append(f"behind {self.position} comes {message['position']}")
            self.heard[message["position"]] = message["data"]
            self.stand(message["position"])
        elif message["type"] == "gap":
            self.wrong.append(message)

    def stand(self, position):
        self.position, self.offset = position, int(position.split(":")[1])


class Publisher:
    def __init__(self, cluster, channel, name, count):
        self.cluster, self.channel, self.name, self.count = cluster, channel, name, count
        self.published, self.duplicates = {}, 0

    async def run(self):
        left = [f"{self.name}-{n}" for n in range(self.count)]
        while left:
            try:
                await self.publish(random.choice(self.cluster.instances), left)
            except (OSError, websockets.WebSocketException, asyncio.TimeoutError):
                await asyncio.sleep(random.random() * 0.3)

    async def publish(self, instance, left):
        async with websockets.connect(f"ws://127.0.0.1:{instance.port}/ws", open_timeout=30) as socket:
            while left:
                await socket.send(json.dumps({"type": "publish", "id": left[0], "channel": self.channel,
                                              "data": left[0], "message_id": left[0]}))
                answer = {}
                while answer.get("id") != left[0]:  # the first is `connected`
                    answer = json.loads(await asyncio.wait_for(socket.recv(), 30))
                if answer["type"] == "published":
                    self.published[answer["position"]] = left.pop(0)
                    self.duplicates += answer["duplicate"]
                elif answer["type"] == "error":
                    check(answer["retry"], answer)
                    await asyncio.sleep(random.random() * 0.3)


async def trouble(cluster, redis):
    """Until it is cancelled: subscriptions are cut, and one instance after the other is killed and comes back."""
    number = 0
    while True:
        await asyncio.sleep(1 + random.random())
        redis.tell("CLIENT KILL TYPE pubsub", b":")
        if (number := number + 1) % 2:
            victim = cluster.instances[number // 2 % len(cluster.instances)]
            victim.process.kill()
            await asyncio.to_thread(victim.process.wait)
            await asyncio.to_thread(victim.start)


async def storm(cluster, redis):
    channels = [f"app:storm-{n}" for n in range(CHANNELS)]
    subscribers = [Subscriber(cluster, channels[n % CHANNELS]) for n in range(SUBSCRIBERS)]
    tasks = [asyncio.create_task(each.run()) for each in subscribers]
    await until("all follow", lambda: all(each.position for each in subscribers), 120)
    publishers = [Publisher(cluster, channels[n % CHANNELS], f"p{n}", MESSAGES // PUBLISHERS)
                  for n in range(PUBLISHERS)]
    breaking = asyncio.create_task(trouble(cluster, redis))
    try:
        await asyncio.gather(*(each.run() for each in publishers))
    finally:
        breaking.cancel()
        await asyncio.gather(breaking, return_exceptions=True)
    for each in cluster.instances:
        if each.process.poll() is not None:
            await asyncio.to_thread(each.start)
    truth = {channel: truth_of(channel, publishers) for channel in channels}
    await until("all have heard everything",
                lambda: all(each.offset >= len(truth[each.channel]) for each in subscribers), 120)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for each in subscribers:
        check(not each.wrong, each.wrong[:3])
        check(each.heard == truth[each.channel], f"{len(each.heard)} of {len(truth[each.channel])} messages, or others")
    duplicates = sum(each.duplicates for each in publishers)
    heard = sum(len(each.heard) for each in subscribers)
    print(f"{sum(map(len, truth.values()))} messages of {PUBLISHERS} to {SUBSCRIBERS} on {CHANNELS} channels over "
          f"{len(cluster.instances)} instances, under fire: each of {heard} heard once, in order; {duplicates} were "
          "sent again and told so")


def truth_of(channel, publishers):
    """What was answered to have been published there, by position."""
    mine = [each for each in publishers if each.channel == channel]
    truth = {position: data for each in mine for position, data in each.published.items()}
    check(len(truth) == sum(each.count for each in mine), f"{len(truth)} positions were given")
    offsets = sorted(int(position.split(":")[1]) for position in truth)
    check(offsets == list(range(1, len(truth) + 1)), "every position is one message's, and none was left out")
    return truth


async def said_once(one, two):
    first = post(one, "/api/publish", channel="app:once", data={"n": 1}, message_id="m")
    again = post(two, "/api/publish", channel="app:once", data={"n": 2}, message_id="m")
    check(first[0] == again[0] == 200 and not first[1]["duplicate"], (first, again))
    check(again[1] == {"position": first[1]["position"], "duplicate": True}, again)
    async with Ear(two, "/ws", {"type": "history", "id": 1, "channel": "app:once"}) as ear:
        history = await ear.first("history")
        check([each["data"] for each in history["items"]] == [{"n": 1}], history)


async def to_one(one, two):
    async with Ear(one, "/ws", {"type": "connect"}) as alice, Ear(two, "/ws", {"type": "connect"}) as bob:
        name = (await alice.first("connected"))["session"]
        await bob.first("connected")
        reached = post(two, f"/api/sessions/{name}/send", data=[1])
        check(reached == (202, {"sessions": 1}), f"it reaches the other instance: {reached}")
        check((await alice.first("message"))["data"] == [1], alice.messages)
        check(post(one, "/api/users/anonymous/send", data="all")[1]["sessions"] >= 2, "everybody is anonymous here")
        heard = await bob.first("message")
        check(heard == {"type": "message", "channel": "user:anonymous", "data": "all"}, heard)
    await until("it is gone", lambda: post(two, f"/api/sessions/{name}/send", data=1)[0] == 404)


async def broadcasts(one, two, redis):
    async with Ear(one, "/ws", {"type": "subscribe", "id": 1, "channel": "news"},
                   {"type": "subscribe", "id": 2, "channel": "docker:events"}) as wrapped:
        await wrapped.first("subscribed", lambda m: m["channel"] == "news")
        socket = await websockets.connect(f"ws://127.0.0.1:{two.port}/ws/channels/news")
        try:
            await until("the plain path follows", lambda: any(each["channel"] == "news" and each["followers"] >= 2
                                                              for each in get(two, "/api/channels")["channels"]))
            for said in ("no JSON", '{"channel":"docker:events","payload":{"type":"lie"}}',
                         '{"channel":"news","payload":{"type":"deploy","n":12345678901234567890}}'):
                redis.publish("websocket:broadcast", said)
            check(await asyncio.wait_for(socket.recv(), 20 * SLOW) == '{"type":"deploy","n":12345678901234567890}',
                  "as it was published")
            check(await wrapped.first("message") == {"type": "message", "channel": "news",
                                                     "data": {"type": "deploy", "n": 12345678901234567890}}, "wrapped")
            check(not wrapped.of("lie"), wrapped.messages)
        finally:
            await socket.close()


async def presence(cluster):
    one, two, three = cluster.instances
    wish = {"type": "subscribe", "id": 1, "channel": "app:room", "presence": True}
    async with Ear(one, "/ws", wish) as watcher:
        own = (await watcher.first("connected"))["session"]
        await watcher.first("subscribed")
        check(get(one, "/api/channels/app:room/presence")["count"] == 1, "it is alone, and knows so from here on")
        async with Ear(two, "/ws", {"type": "subscribe", "id": 1, "channel": "app:room"}) as other:
            name = (await other.first("connected"))["session"]
            there = await watcher.first("join")
            check(there["session"] == name and there["channel"] == "app:room", there)
            listed = get(three, "/api/channels/app:room/presence")
            check({each["session"] for each in listed["sessions"]} == {own, name} and listed["count"] == 2, listed)
            two.process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(two.process.wait)
        check((await watcher.first("leave"))["session"] == name, watcher.messages[-3:])
    await asyncio.to_thread(two.start)


async def alone(engine):
    instance = await asyncio.to_thread(Instance, engine, "alone")
    await said_once(instance, instance)
    await to_one(instance, instance)
    instance.stop()


async def bounded(engine):
    """What an operator allows is what is kept and named."""
    instance = await asyncio.to_thread(Instance, engine, "bounded", DOCKCAST_APP_PRESENCE_MAX="1",
                                       DOCKCAST_APP_HISTORY_BYTES="4KiB")
    wish = {"type": "subscribe", "id": 1, "channel": "app:small", "presence": True}
    async with Ear(instance, "/ws", wish) as first:
        await first.first("subscribed")
        named = get(instance, "/api/channels/app:small/presence")
        check(named["count"] == 1 and len(named["sessions"]) == 1, named)
        async with Ear(instance, "/ws", wish) as second:
            await second.first("subscribed")
            counted = get(instance, "/api/channels/app:small/presence")
            check(counted["count"] == 2 and not counted.get("sessions"), counted)
        for n in range(3):
            check(post(instance, "/api/publish", channel="app:small", data=[n, "x" * 2000])[0] == 200, "published")
        await first.say(type="history", id=2, channel="app:small", limit=10)
        kept = await first.first("history")
        check([each["data"][0] for each in kept["items"]] == [2], "4 KiB have room for one of them")
    instance.stop()


async def main():
    engine = ENGINES.get("26") or next(iter(ENGINES.values()))
    await alone(engine)
    await bounded(engine)
    with tempfile.TemporaryDirectory() as folder:
        redis = Redis(folder)
        try:
            await together(engine, redis)
        finally:
            redis.kill()


async def together(engine, redis):
    with await asyncio.to_thread(Cluster, engine, 3, redis.port,
                                 DOCKCAST_APP_HISTORY="storm*=200000/1h,*=1000/1h") as cluster:
        one, two, _ = cluster.instances
        await said_once(one, two)
        await to_one(one, two)
        await broadcasts(one, two, redis)
        await presence(cluster)
        await storm(cluster, redis)


if __name__ == "__main__":
    asyncio.run(main())
