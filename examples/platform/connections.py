"""Who is connected to one instance, and what they are sent: all of it comes over one Redis channel, from every instance
and from other back-ends."""
import asyncio
import datetime
import json
import logging
import time
import uuid

from redis import RedisError

BROADCAST = "websocket:broadcast"
KEY_TTL_S, KEY_WRITTEN_EVERY_S = 300, 60
HEARTBEAT_S, RETRY_S = 30, 1


class Connection:
    """One WebSocket, of one channel. Where it is shown a log's last lines first, what comes meanwhile is kept until
    these are sent."""

    def __init__(self, socket, channel, replayed=False):
        self.socket, self.channel, self.id = socket, channel, uuid.uuid4().hex
        self.connected_at = int(time.time())
        self.kept = [] if replayed else None
        self.shown = {}  # by stream, the time of the last line of those

    async def send(self, payload):
        try:
            await self.socket.send_json(payload)
        except Exception:  # it is gone, in one of many ways; whoever receives from it sees that too
            pass

    async def pass_on(self, payload):
        if self.kept is not None:
            self.kept.append(payload)
        elif self.is_new(payload):
            await self.send(payload)

    def is_new(self, payload):
        return payload.get("type") != "log" or payload["time"] > self.shown.get(payload["stream"], "")

    async def replay(self, lines):
        async for line in lines:
            self.shown[line["stream"]] = line["time"]
            await self.send(line)
        while self.kept:
            payload = self.kept.pop(0)
            if self.is_new(payload):
                await self.send(payload)
        self.kept = None


class Connections:
    def __init__(self, redis, instance):
        self.redis, self.instance = redis, instance
        self.channels = {}  # channel -> its connections
        self.heard = {}     # log channel -> stream -> time of the last line that was heard of it
        self.listening = False

    def all(self):
        return [each for connections in self.channels.values() for each in connections]

    async def add(self, connection):
        if connection.channel not in self.channels:
            now = f"{datetime.datetime.utcnow():%Y-%m-%dT%H:%M:%S.%f}000Z"  # as Docker writes it
            self.channels[connection.channel] = set()
            self.heard[connection.channel] = {"stdout": now, "stderr": now}
        self.channels[connection.channel].add(connection)
        await self.write_keys([connection])

    async def remove(self, connection):
        try:
            await self.redis.delete(key_of(connection))
        finally:
            self.channels[connection.channel].discard(connection)
            if not self.channels[connection.channel]:
                del self.channels[connection.channel], self.heard[connection.channel]

    async def write_keys(self, connections):
        async with self.redis.pipeline(transaction=False) as commands:
            for each in connections:
                commands.hset(key_of(each), mapping={"instance_id": self.instance, "channel": each.channel,
                                                     "connected_at": each.connected_at})
                commands.expire(key_of(each), KEY_TTL_S)
            await commands.execute()

    async def publish(self, channel, payload):
        """To the clients of all instances. Once begun it is done, whoever is cancelled."""
        text = json.dumps({"channel": channel, "payload": payload})
        await asyncio.shield(self.redis.publish(BROADCAST, text))

    async def listen(self):
        """Passes on what is published; subscribes anew whenever Redis was away."""
        while True:
            try:
                async with self.redis.pubsub() as pubsub:
                    await pubsub.subscribe(BROADCAST)
                    self.listening = True
                    async for message in pubsub.listen():
                        if message["type"] == "message":
                            await self.hear(message["data"])
            except RedisError as fault:
                logging.warning("Nothing is heard from Redis: %s", fault)
            self.listening = False
            await asyncio.sleep(RETRY_S)

    async def hear(self, text):
        try:
            message = json.loads(text)
            channel, payload = message["channel"], message["payload"]
        except (ValueError, KeyError, TypeError) as fault:
            logging.warning("%s: not understood: %r", BROADCAST, fault)
            return
        if channel in self.channels:
            if payload.get("type") == "log":
                self.heard[channel][payload["stream"]] = payload["time"]
            await asyncio.gather(*(each.pass_on(payload) for each in self.channels[channel]))

    async def keep_keys(self):
        while True:
            await asyncio.sleep(KEY_WRITTEN_EVERY_S)
            try:
                await self.write_keys(self.all())
            except RedisError as fault:
                logging.warning("Keys of connections are not written: %s", fault)

    async def beat(self):
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            await asyncio.gather(*(each.send({"type": "heartbeat"}) for each in self.all()))


def key_of(connection):
    return f"ws:connection:{connection.channel}:{connection.id}"
