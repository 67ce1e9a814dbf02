"""A follower that moves when it is told to, and notes what a client should not see while instances come and go."""
import asyncio
import json

import websockets

from support import Follower


class Mover(Follower):
    """Told to migrate, it waits as long as it is told, opens another connection, resumes there by its position, and
    then closes the one it had. One that is stubborn stays until it is closed, and comes back when its close says so."""

    def __init__(self, port, container, stubborn=False):
        super().__init__([port], container)
        self.stubborn, self.socket = stubborn, None
        self.instances = []  # where it was
        self.told = []       # when it was told to migrate, and in how many milliseconds
        self.returns = []    # when it connected anew
        self.late = 0.0      # by how much it was woken too late for that, at most: the measure's own error
        self.faults = []     # what nobody who obeys should see
        self.moving = None

    async def run(self):
        try:
            self.socket = await self.connect()
            while not asyncio.current_task().cancelling():  # websockets may swallow the CancelledError
                await self.follow(self.socket)
        except Exception as fault:  # whatever it is, it is noted
            self.faults.append(repr(fault))
            raise

    async def connect(self):
        query = f"since={self.position}" if self.position else self.query
        url = f"ws://127.0.0.1:{self.ports[0]}/ws/containers/{self.container.id}/logs?{query}"
        return await websockets.connect(url, subprotocols=["dockcast.v1"], max_size=None, open_timeout=60)

    async def follow(self, mine):
        """Hears one connection until it is over, or another has taken its place."""
        try:
            async for text in mine:
                if mine is self.socket:
                    self.hear(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        if self.moving:  # told to: the other one is on its way
            await self.moving
            self.moving = None
        elif mine is self.socket:
            await self.come_back(mine.close_code, mine.close_reason)

    async def come_back(self, code, reason):
        self.cuts += 1
        if code != 4200 or not self.stubborn:
            self.faults.append(f"{code} {reason}")
        await self.sleep(json.loads(reason)["ms"] / 1000 if code == 4200 else 0.05)
        self.socket = await self.reconnect()

    async def sleep(self, seconds):
        due = asyncio.get_running_loop().time() + seconds
        await asyncio.sleep(seconds)
        self.late = max(self.late, asyncio.get_running_loop().time() - due)

    async def reconnect(self):
        self.returns.append(asyncio.get_running_loop().time())
        return await self.connect()

    def hear(self, message):
        super().hear(message)
        if message["type"] == "connected":
            self.instances.append(message["instance"])
        elif message["type"] == "migrate":
            self.told.append((asyncio.get_running_loop().time(), message["in_ms"]))
            if not self.stubborn:
                self.moving = asyncio.create_task(self.move(message["in_ms"] / 1000))

    async def move(self, wait_s):
        await self.sleep(wait_s)
        old, self.socket = self.socket, None  # what it says from now on, the other one says too
        self.socket = await self.reconnect()
        await old.close()


def most_in_a_second(times):
    return max((sum(start <= each < start + 1 for each in times) for start in times), default=0)
