"""An instance of the other kind of fleet, as compat.py needs it: it reads a container's log under the fleet's lock,
tells it on the one channel of Redis that all share, and has a client who is sent what is heard there.
"""
import asyncio
import json
import time

from support import check

LOCK_S, TRY_S = 3, 0.2  # the lock and how often it is tried for; such platforms have 30 and 2


class Wire:
    """Redis' protocol, one connection."""

    def __init__(self, port):
        self.port = port

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    async def __call__(self, *words):
        parts = [str(word).encode() for word in words]
        self.writer.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(each), each) for each in parts))
        return await self.answer()

    async def answer(self):
        line = (await self.reader.readline())[:-2].decode()
        kind, rest = line[0], line[1:]
        if kind == "*":
            return [await self.answer() for _ in range(int(rest))]
        if kind == "$":
            return None if rest == "-1" else (await self.reader.readexactly(int(rest) + 2))[:-2].decode()
        check(kind != "-", line)
        return int(rest) if kind == ":" else rest


class OldInstance:
    """One of the other kind, with a client of one container's log: what its client was sent, and what it published."""

    def __init__(self, name, redis_port, engine, container):
        self.name, self.port, self.engine, self.container = name, redis_port, engine, container
        self.channel = f"container:logs:{container.id}"
        self.lock = f"stream:lock:{self.channel}"
        self.lines, self.heard, self.published, self.reads = {"stdout": [], "stderr": []}, {}, 0, False
        self.tasks = [asyncio.create_task(self.listen()), asyncio.create_task(self.try_for_the_lock())]

    async def listen(self):
        async with Wire(self.port) as wire:
            await wire("SUBSCRIBE", "websocket:broadcast")
            while True:
                said = json.loads((await wire.answer())[2])
                if said["channel"] == self.channel:
                    payload = said["payload"]
                    self.lines[payload["stream"]].append(payload["data"])
                    self.heard[payload["stream"]] = payload["time"]

    async def try_for_the_lock(self):
        async with Wire(self.port) as redis:
            while True:
                if await redis("SET", self.lock, self.name, "NX", "EX", LOCK_S):
                    self.reads = True
                    reading = asyncio.create_task(self.read())
                    try:
                        while await redis("GET", self.lock) == self.name:
                            await redis("EXPIRE", self.lock, LOCK_S)
                            await asyncio.sleep(TRY_S)
                    finally:
                        reading.cancel()
                        self.reads = False
                await asyncio.sleep(TRY_S)

    async def read(self):
        """From the last line on that it has heard; the first time from now on."""
        since = min(self.heard.values()) if len(self.heard) == 2 else time.time_ns() / 1e9
        process = await asyncio.create_subprocess_exec(
            "docker", "-H", self.engine, "logs", "-f", "-t", "--since", str(since), self.container.name,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        try:
            await asyncio.gather(self.say("stdout", process.stdout, self.heard.get("stdout", "")),
                                 self.say("stderr", process.stderr, self.heard.get("stderr", "")))
        finally:
            process.kill()

    async def say(self, stream, pipe, last):
        async with Wire(self.port) as redis:
            async for line in pipe:
                at, data = line.decode().rstrip("\n").split(" ", 1)
                if at <= last:
                    continue
                payload = {"type": "log", "channel": self.channel, "stream": stream, "time": at, "data": data}
                self.published += 1
                await redis("PUBLISH", "websocket:broadcast", json.dumps({"channel": self.channel, "payload": payload}))

    async def die(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def leave(self):
        await self.die()
        async with Wire(self.port) as redis:
            if await redis("GET", self.lock) == self.name:
                await redis("DEL", self.lock)

    def exact(self):
        numbers = {stream: [int(line.split()[1]) for line in lines] for stream, lines in self.lines.items()}
        return all(each and each == list(range(each[0], each[0] + len(each))) for each in numbers.values())
