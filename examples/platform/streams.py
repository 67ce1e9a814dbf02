"""What is read from Docker: each container's log, and the events, by the one instance that holds the lock, for all.
Not here: containers with a terminal, and lines over 16 KiB, which Docker cuts in pieces."""
import asyncio
import contextlib
import datetime
import json
import logging
import urllib.parse

import httpx
from redis import RedisError

LOCK_TTL_S, LOCK_RENEWED_EVERY_S, RETRY_S = 30, 10, 2
EVENTS_LOCK = "docker:events:monitor"


class Docker:
    """The Engine's API on its socket."""

    def __init__(self, socket):
        transport = httpx.AsyncHTTPTransport(uds=socket, limits=httpx.Limits(max_connections=None))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://docker", timeout=None)

    async def id_of(self, name):
        """The full id of a name or prefix; None where there is no such container."""
        answer = await self.http.get(f"/containers/{urllib.parse.quote(name, safe='')}/json")
        return answer.json()["Id"] if answer.status_code == 200 else None

    async def log(self, container, **query):
        query |= {"stdout": 1, "stderr": 1, "timestamps": 1}
        async with self.http.stream("GET", f"/containers/{container}/logs", params=query) as answer:
            answer.raise_for_status()
            async for stream, text in frames(answer.aiter_raw()):
                time, _, data = text.decode(errors="replace").rstrip("\n").partition(" ")
                yield {"type": "log", "channel": log_channel(container), "stream": stream, "time": time, "data": data}

    async def events(self):
        async with self.http.stream("GET", "/events") as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                yield json.loads(line)


async def frames(chunks):
    """A log comes as frames of an 8-byte head, of stream and length, and a line with its time."""
    buffer = b""
    async for chunk in chunks:
        buffer += chunk
        while len(buffer) >= 8 and len(buffer) >= (end := 8 + int.from_bytes(buffer[4:8], "big")):
            yield "stderr" if buffer[0] == 2 else "stdout", buffer[8:end]
            buffer = buffer[end:]


def log_channel(container):
    return f"container:logs:{container}"


def seconds(time):
    """2026-01-01T00:00:00.000000001Z as the Engine wants to be asked: in Unix seconds, with their fraction."""
    return f"{datetime.datetime.fromisoformat(time[:19] + '+00:00').timestamp():.0f}{time[19:29]}"


class Streams:
    def __init__(self, connections, docker):
        self.connections, self.docker = connections, docker
        self.redis, self.instance = connections.redis, connections.instance
        self.readers = {}  # container -> the task that reads it, or waits for its turn

    def follow(self, container):
        if container not in self.readers:
            lock = f"stream:lock:{log_channel(container)}"
            self.readers[container] = asyncio.create_task(self.hold(lock, lambda: self.read_log(container)))

    async def unfollow(self, container):
        """Where nobody here is connected to it any more."""
        if log_channel(container) not in self.connections.channels and container in self.readers:
            await end(self.readers.pop(container))

    def monitor(self):
        return self.hold(EVENTS_LOCK, self.read_events)

    async def hold(self, lock, read):
        """Reads whenever the lock can be had, and for as long."""
        while True:
            try:
                if await self.redis.set(lock, self.instance, nx=True, ex=LOCK_TTL_S):
                    await self.read_while_held(lock, asyncio.create_task(read()))
            except (RedisError, httpx.HTTPError) as fault:
                logging.warning("%s: %r", lock, fault)
            await asyncio.sleep(RETRY_S)

    async def read_while_held(self, lock, reading):
        try:
            while not (await asyncio.wait({reading}, timeout=LOCK_RENEWED_EVERY_S))[0]:
                if await self.redis.get(lock) != self.instance:
                    logging.warning("%s: somebody else has taken it", lock)
                    return
                await self.redis.expire(lock, LOCK_TTL_S)
            reading.result()
        finally:
            await end(reading)
            with contextlib.suppress(RedisError):  # then it ends by itself
                if await self.redis.get(lock) == self.instance:
                    await self.redis.delete(lock)

    async def read_log(self, container):
        """From the last line on that anybody read; ends when the container does, or its log cannot be read."""
        channel = log_channel(container)
        heard = self.connections.heard[channel]
        async for line in self.docker.log(container, follow=1, since=seconds(min(heard.values()))):
            if line["time"] > heard[line["stream"]]:
                await self.connections.publish(channel, line)

    async def read_events(self):
        async for event in self.docker.events():
            payload = {"type": "docker_event", "channel": "docker:events", "event": event}
            await self.connections.publish(payload["channel"], payload)
            if event["Type"] == "container":
                channel = f"container:events:{event['Actor']['ID']}"
                await self.connections.publish(channel, event | {"type": "container_event", "channel": channel})


async def end(task):
    """Asks more than once: redis-py takes a cancellation for a time-out of its own, where the two meet."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=1)
    if not task.cancelled():
        task.exception()  # it is of no interest any more
