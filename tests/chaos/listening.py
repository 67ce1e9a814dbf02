"""Who follows a log in a chaos run and what was in it: lines as numbers, so that ten minutes of them fit in memory."""
import array
import asyncio
import datetime
import json
import os
import random
import time

import websockets

STREAMS = {"o": "stdout", "e": "stderr"}
RUN = 10**7  # a line is the second its container was started in, times this, and its number in that run
STAYS_S = 90  # a client at one connection, on average: whoever is new in the cluster has clients soon


class Source:
    """A container that prints numbered lines on both streams, and what the Engine has written of it, read from its
    files: no rotation is missed as long as it is looked at twice within one."""

    def __init__(self, engine, name, lines, pause_us, width, *options):
        self.engine, self.name, self.options = engine, f"{name} at {engine.version}", options
        self.filler = "x" * width
        self.script = (f'r=$(date +%s); i=0; x={self.filler}; while true; do j=0; while [ $j -lt {lines} ]; do '
                       f'echo "o $r $i $x"; echo "e $r $i $x" >&2; i=$((i+1)); j=$((j+1)); done; '
                       f'usleep {pause_us}; done')
        self.container, self.file, self.rest = None, None, b""
        self.lines = {stream: array.array("q") for stream in STREAMS}
        self.damaged = 0

    def number(self, stream, text):
        """Of a line that is whole, or nothing."""
        words = text.split(" ")
        if len(words) == 4 and words[0] == stream and words[1].isdigit() and words[2].isdigit() \
                and words[3] == self.filler:
            return int(words[1]) * RUN + int(words[2])
        return None

    def look(self, path):
        """Takes what was written since the last look."""
        if not self.file:
            self.file = open(path, "rb")
        rotated = os.stat(path).st_ino != os.fstat(self.file.fileno()).st_ino
        *lines, self.rest = (self.rest + self.file.read()).split(b"\n")
        for line in lines:
            self.take(line)
        if rotated:
            self.damaged += bool(self.rest)
            self.file.close()
            self.file, self.rest = None, b""
            self.look(path)

    def take(self, line):
        try:
            record = json.loads(line)
            stream, text = record["stream"][3], record["log"].removesuffix("\n")
        except (ValueError, KeyError):
            self.damaged += 1
            return
        number = self.number(stream, text)
        self.damaged += number is None
        if number is not None:
            self.lines[stream].append(number)


class Client:
    """Follows one source through the balancer from its first line on, as docs/protocol.md tells clients to."""

    def __init__(self, port, source):
        self.url = f"ws://127.0.0.1:{port}/ws/containers/{source.container.id}/logs"
        self.source, self.position, self.socket = source, None, None
        self.record = {stream: array.array("q") for stream in STREAMS}  # numbers; -1, -2 …: the first gap, the second
        self.gaps, self.faults = [], []
        self.statuses = []
        self.connections = self.tries = 0
        self.put_off = 0  # told that nobody reaches its Engine now
        self.joined = None  # when it was first subscribed; what is older is history
        self.heard, self.silence = 0.0, 0.0  # the last time; the longest between two
        self.delay = (0.0, 0.0)  # the longest, from a line's stamp to here, and when that was

    async def run(self):
        while not asyncio.current_task().cancelling():  # websockets may swallow the CancelledError
            wait_s = await self.follow()
            if wait_s is None:  # full jitter
                wait_s = random.uniform(0, min(4, 0.2 * 2**self.tries))
                self.tries += 1
            await asyncio.sleep(wait_s)

    async def follow(self):
        """One connection, to its end; the seconds until the next, if the end said them."""
        query = f"since={self.position}" if self.position else "tail=all"
        try:
            async with websockets.connect(f"{self.url}?{query}", subprotocols=["dockcast.v1"], max_size=None,
                                          compression=None, close_timeout=2) as self.socket:
                self.connections += 1
                stays_s = random.expovariate(1 / STAYS_S)
                asyncio.get_running_loop().call_later(stays_s, self.move, self.socket)
                async for text in self.socket:
                    self.hear(json.loads(text))
        except websockets.InvalidStatusCode as refused:
            if refused.status_code not in (429, 502, 503, 504):
                self.faults.append(f"HTTP {refused.status_code}")
            return None
        except (OSError, websockets.WebSocketException, asyncio.TimeoutError):
            pass
        code = self.socket.close_code if self.socket else None
        reason, self.socket = self.socket.close_reason if self.socket else "", None
        if code in (4200, 4201):
            return json.loads(reason)["ms"] / 1000
        if code and (4000 <= code < 4100 or code in (1002, 1003, 1007, 1009)):
            self.faults.append(f"closed: {code} {reason}")
        return None

    def hear(self, message):
        kind = message["type"]
        if kind == "subscribed":
            if self.position and (message.get("recovered") == "none" or "recovered" not in message):
                self.faults.append(f"not resumed: {message.get('reason')}")
            self.position, self.tries = message["position"], 0
            if not self.joined:
                self.joined, self.heard = time.time(), time.monotonic()
        elif kind == "logs":
            self.measure(message["lines"])
            if message["prev"] != self.position:
                self.faults.append("a batch that does not join")
            self.position = message["position"]
            for line in message["lines"]:
                number = self.source.number(line[1], line[2])
                if number is None:
                    self.faults.append(f"a damaged line: {line}")
                else:
                    self.record[line[1]].append(number)
        elif kind == "gap":
            self.gaps.append(message["reason"])
            self.position = message["to"]
            for record in self.record.values():
                record.append(-len(self.gaps))
        elif kind == "migrate":
            asyncio.get_running_loop().call_later(message["in_ms"] / 1000, self.move, self.socket)
        elif kind == "status":
            self.statuses.append(message["state"])
        elif kind == "error" and message["code"] == "unavailable" and "Docker Engine" in message["message"]:
            self.put_off += 1
        elif kind == "error":
            self.faults.append(f"error: {message['code']} {message.get('message')}")

    def measure(self, lines):
        now = time.monotonic()
        self.silence, self.heard = max(self.silence, now - self.heard), now
        written = datetime.datetime.fromisoformat(lines[0][0][:26] + "+00:00").timestamp() if lines else 0.0
        if written > self.joined:
            self.delay = max(self.delay, (time.time() - written, now))

    def move(self, socket):
        """The time has come that it was told, or that it drew."""
        if socket is self.socket:
            self.tries = -10  # at once
            asyncio.ensure_future(socket.close())

    def has_all(self):
        return all(truth and self.record[stream] and self.record[stream][-1] == truth[-1]
                   for stream, truth in self.source.lines.items())
