#!/usr/bin/python3
"""A client that stops reading while 200,000 lines pass: it costs little, disturbs nobody, and gets every line later."""
import asyncio
import base64
import json
import os
import socket

from support import ENGINES, SLOW, Container, Follower, Instance, check, until

LINES = 200_000
# Prints a burst whenever it is told to, numbering on; after SIGUSR2 it ends.
BURSTS = """i=0; burst() { n=$((i+%d)); while [ $i -lt $n ]; do echo "o $i"; i=$((i+1)); done; }
trap burst USR1; trap 'burst; exit 0' USR2
while true; do sleep 1000 & wait; done""" % LINES


class StallingClient:
    """A WebSocket client on a bare socket, since it must be able not to read."""

    def __init__(self, port, container, query):
        self.socket = socket.create_connection(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /ws/containers/{container.id}/logs?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                             f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: dockcast.v1\r\n\r\n").encode())
        self.unread = b""
        while b"\r\n\r\n" not in self.unread:
            self.unread += self.socket.recv(65536)
        self.unread = self.unread.split(b"\r\n\r\n", 1)[1]

    def read_into(self, follower, lines):
        """Hears until the follower has so many lines, and a moment longer, or nothing comes any more."""
        for message in self.messages(lambda: 60 * SLOW if len(follower.lines["o"]) < lines else 0.5):
            follower.hear(message)

    def read_until(self, follower, heard):
        """Hears no further than that: what comes then is left unread."""
        for message in self.messages(lambda: 60 * SLOW):
            follower.hear(message)
            if heard():
                return
        check(False, f"it did not hear what it waited for: {follower}")

    def messages(self, patience):
        while True:
            while (frame := self.take()) is not None:
                opcode, payload = frame
                if opcode == 1:
                    yield json.loads(payload)
                elif opcode == 9:
                    self.socket.sendall(bytes([0x8A, 0x80 | len(payload), 0, 0, 0, 0]) + payload)
                elif opcode == 8:
                    return
            try:
                self.socket.settimeout(patience())
                data = self.socket.recv(1 << 20)
            except TimeoutError:
                return
            if not data:
                return
            self.unread += data

    def take(self):
        data = self.unread
        if len(data) < 2:
            return None
        length, start = data[1], 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(data[2:start], "big")
        if len(data) < start + length:
            return None
        self.unread = data[start + length:]
        return data[0] & 15, data[start:start + length]


async def burst(container, follower, total, signal="USR1"):
    container.docker("kill", "-s", signal, container.name)
    await until("the burst is over", lambda: len(follower.lines["o"]) >= total, 120)


async def stalling(instance, container, query):
    """A client that has read no further than that it follows, and who hears what it reads."""
    client, follower = await asyncio.to_thread(StallingClient, instance.port, container, query), Follower([], container)
    await asyncio.to_thread(client.read_until, follower, lambda: follower.recovered)
    return client, follower


async def stalls_and_reads_again(engine, version):
    with Container(engine, BURSTS) as container:
        instance = await asyncio.to_thread(Instance, engine, "slow")
        neighbour = Follower([instance.port], container)
        task = asyncio.create_task(neighbour.run())
        await until("the neighbour follows", lambda: "live" in neighbour.statuses)
        await burst(container, neighbour, LINES)  # fills the ring
        before = instance.resident_kib()
        staller, late = await stalling(instance, container, "tail=0")
        await burst(container, neighbour, 2 * LINES)
        cost = instance.resident_kib() - before
        print(f"Engine {version}: a client that does not read while {LINES} lines pass costs {cost} KiB")
        if SLOW == 1:  # else it is the sanitizer's own memory that is measured
            check(cost < 8 * 1024, f"{cost} KiB are more than 8 MiB")
        check(neighbour.exact() and not neighbour.cuts, f"the neighbour was disturbed: {neighbour}")

        await asyncio.to_thread(staller.read_into, late, LINES)
        check(late.exact() and len(late.lines["o"]) == LINES, f"it did not get every line: {late}")
        check(late.lines["o"] == neighbour.lines["o"][LINES:], "and not the same ones")

        # Closed instead, it comes back with its position.
        staller.socket.close()
        await burst(container, neighbour, 3 * LINES)
        again, back = await stalling(instance, container, f"since={late.position}")
        await asyncio.to_thread(again.read_into, back, LINES)
        check(back.recovered == ["full"], f"it was told {back.recovered}")
        check(back.lines["o"] == neighbour.lines["o"][2 * LINES:], f"after its return: {back}")
        print(f"Engine {version}: exact after it read again, and after it came back with its position")

        # Once more it does not read, and meanwhile the container ends.
        await burst(container, neighbour, 4 * LINES, "USR2")
        await until("the neighbour hears the end", lambda: neighbour.statuses[-1] == "stopped")
        await asyncio.to_thread(again.read_until, back, lambda: back.statuses[-1:] == ["stopped"])
        check(back.exact() and back.lines["o"] == neighbour.lines["o"][2 * LINES:], f"after the end: {back}")
        check([line.encode() for line in neighbour.lines["o"]] == container.logs()["o"], "docker logs prints the same")
        print(f"Engine {version}: and when the container had ended while it did not read")
        task.cancel()
        instance.stop()


async def main():
    for version, engine in ENGINES.items():
        await stalls_and_reads_again(engine, version)


asyncio.run(main())
