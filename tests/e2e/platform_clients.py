"""Clients of examples/platform: its hook.js in Python, which notes what each of its connections heard."""
import asyncio
import collections
import datetime
import json
import re
import time

import websockets

from support import check

ATTEMPTS, TAIL = 10, 100  # hook.js: maxReconnectAttempts; what the page asks for
NUMBERED = re.compile(r"([oe]) (\d+)")


class Heard:
    """What one connection was told, and when."""

    def __init__(self, began_ns):
        self.began_ns, self.messages = began_ns, []

    def of(self, kind):
        return [message for _, message in self.messages if message.get("type") == kind]


class Hook:
    """Comes back at an interval, up to ten times on end, and answers heartbeats. To ip_hash a network is a client."""

    every_s = 5  # reconnectInterval

    def __init__(self, proxy_port, path, network, token):
        self.url, self.origin = f"ws://127.0.0.1:{proxy_port}{path}", f"http://127.0.0.1:{proxy_port}"
        self.url += ("&" if "?" in path else "?") + f"token={token}"
        self.address = (f"127.0.{network}.1", 0)
        self.connections, self.closes, self.is_connected = [], [], False

    async def run(self):
        attempts = 0
        while attempts <= ATTEMPTS and not asyncio.current_task().cancelling():
            began = time.time_ns()
            try:
                async with websockets.connect(self.url, origin=self.origin, local_addr=self.address, max_size=None,
                                              open_timeout=60) as socket:
                    attempts, self.is_connected = 0, True
                    self.connections.append(Heard(began))
                    await self.listen(socket)
                    self.closes.append(socket.close_code)
            except (OSError, websockets.WebSocketException, asyncio.TimeoutError) as fault:
                self.closes.append(fault)
            self.is_connected = False
            attempts += 1
            await asyncio.sleep(self.every_s)

    async def listen(self, socket):
        async for text in socket:
            message = json.loads(text)
            if message.get("type") == "heartbeat":
                await socket.send('{"type":"pong"}')
            else:
                self.connections[-1].messages.append((time.time_ns(), message))

    def now(self, kind):
        """What the connection that is open was told of that kind."""
        return self.connections[-1].of(kind) if self.is_connected else []


class LogHook(Hook):
    def __init__(self, proxy_port, container, network, token):
        super().__init__(proxy_port, f"/ws/containers/{container.id}/logs?tail={TAIL}", network, token)
        self.channel = f"container:logs:{container.id}"

    def judge(self):
        """On each connection: first the last lines of the log, then every line, each once and in its stream's order."""
        for heard in self.connections:
            lines = heard.of("log")
            check({line["channel"] for line in lines} <= {self.channel}, f"lines of another channel: {lines[:1]}")
            consecutive([line["data"] for line in lines], self.url)
            if lines:
                self.replayed(heard)
            strange = [m for _, m in heard.messages if not isinstance(m.get("data"), str)]
            check(not strange, f"the page would not know how to show {strange[:2]}")

    @staticmethod
    def replayed(heard):
        """The first lines are the last TAIL ones of a moment between the attempt to connect and the first answer."""
        first = next(at for at, message in heard.messages if message["type"] == "log")
        times = [nanoseconds(line["time"]) for line in heard.of("log")]
        before, until_then = (sum(time_ns < end for time_ns in times) for end in (heard.began_ns, first))
        # Of each stream one line may have its time and not be in the log yet.
        check(before - 2 <= TAIL <= until_then, f"{TAIL} lines are replayed, not {before} to {until_then}")


class EventHook(Hook):
    def judge(self):
        for heard in self.connections:
            events = [message["event"] for message in heard.of("docker_event")]
            once([(each["timeNano"], each["Type"], each["Action"], each["Actor"]["ID"]) for each in events])


class ContainerEventHook(Hook):
    def __init__(self, proxy_port, container, network, token):
        super().__init__(proxy_port, f"/ws/containers/{container.id}/events", network, token)
        self.channel = f"container:events:{container.id}"

    def judge(self):
        for heard in self.connections:
            events = heard.of("container_event")
            check(all(each["channel"] == self.channel and each["Type"] == "container" for each in events), events[:1])
            once([(each["timeNano"], each["Action"]) for each in events])


class NewsHook(Hook):
    def judge(self):
        for heard in self.connections:
            once([json.dumps(message) for _, message in heard.messages])


def nanoseconds(time_):
    """Of RFC 3339 with nine digits, as Docker writes it."""
    whole = datetime.datetime.fromisoformat(time_[:19] + "+00:00")
    return int(whole.timestamp()) * 10**9 + int(time_[20:29])


def consecutive(lines, whose):
    """Numbered lines, of each stream: none is there twice, none is missing, all are in order."""
    numbers = collections.defaultdict(list)
    for line in lines:
        found = NUMBERED.fullmatch(line)
        check(found, f"{whose}: a line that nobody printed: {line!r}")
        numbers[found[1]].append(int(found[2]))
    for stream, got in numbers.items():
        wrong = [(a, b) for a, b in zip(got, got[1:]) if b != a + 1]
        check(not wrong, f"{whose}: of {stream}, {len(got)} lines, these follow one another: {wrong[:5]}")


def once(things):
    twice = [thing for thing, count in collections.Counter(things).items() if count > 1]
    check(not twice, f"came twice over one connection: {twice[:3]}")
