"""What the end-to-end scripts share: dockcast processes, containers of a test Engine, followers that check themselves.

Followers resume by position, as any client should, and note everything that a promise forbids: lines missing or
repeated, batches that do not join, gaps, silence. The scripts need /usr/bin/python3 with Debian's python3-websockets.
Longer than most: what stands here is what every script would write again.
"""
import asyncio
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import websockets

BINARY = os.environ.get("DOCKCAST_TEST_BINARY", "build/dev/dockcast")
ENGINES = {v: os.environ[f"DOCKCAST_TEST_ENGINE_{v}"] for v in ("20", "26")
           if f"DOCKCAST_TEST_ENGINE_{v}" in os.environ}
REDIS_PORT = os.environ.get("DOCKCAST_TEST_REDIS_PORT")
SLOW = float(os.environ.get("DOCKCAST_TEST_SLOW", "1"))  # how much longer things may take (sanitizers)
if not ENGINES or not REDIS_PORT:
    sys.exit("run me through tools/run-tests: DOCKCAST_TEST_ENGINE_20, _26 and DOCKCAST_TEST_REDIS_PORT are not set")
# Numbered lines on both streams, at a pace.
COUNTING = 'i=0; while true; do echo "o $i"; echo "e $i" >&2; i=$((i+1)); usleep 10000; done'


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Container:
    """A container of a test Engine, removed at the end of the `with`."""

    count = 0

    def __init__(self, engine, script, *options, keep=False):
        Container.count += 1
        self.engine, self.name = engine, f"e2e-{os.getpid()}-{Container.count}"
        self.docker("run", "-d", "--name", self.name, "--network", "none", *options, "demo:1", "sh", "-c", script)
        self.id = self.docker("inspect", "-f", "{{.Id}}", self.name).strip()

    def docker(self, *arguments):
        done = subprocess.run(["docker", "-H", self.engine, *arguments], capture_output=True, text=True,
                              errors="replace")
        if done.returncode:
            raise RuntimeError(f"docker {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def logs(self):
        """What `docker logs` prints, per stream, as lines of bytes."""
        done = subprocess.run(["docker", "-H", self.engine, "logs", self.name], capture_output=True, check=True)
        return {"o": done.stdout.split(b"\n")[:-1], "e": done.stderr.split(b"\n")[:-1]}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.docker("rm", "-f", self.name)


class Instance:
    """One dockcast process."""

    def __init__(self, engine, label, ready=True, under=(), port=None, **settings):
        self.port, self.label, self.under = port or free_port(), label, under  # `under`: the command that starts it
        # No balancer looks, unless the test has one.
        self.environment = dict({"DOCKCAST_DRAIN_NOTICE": "0s"}, **os.environ, DOCKER_HOST=engine, PORT=str(self.port),
                                INSTANCE_ID=label) | settings
        self.log = tempfile.NamedTemporaryFile("w+", prefix=f"dockcast-{label}-", suffix=".log", delete=False)
        self.start(ready)

    def start(self, ready=True):
        self.process = subprocess.Popen(self.command(), env=self.environment, stdout=self.log, stderr=self.log)
        if not ready:
            return
        deadline = time.monotonic() + 30 * SLOW
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.label} did not start: {self.said()}")
            time.sleep(0.05)  # between two looks at another process

    def command(self):
        return [*self.under, BINARY]

    def answers(self):
        try:
            return self.get("/health/ready")[0] == 200
        except OSError:
            return False

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()

    def signal(self, number):
        self.process.send_signal(number)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(30 * SLOW)
        self.log.close()
        if self.process.returncode:
            raise RuntimeError(f"{self.label} ended with {self.process.returncode}: {self.said()}")
        os.unlink(self.log.name)

    close = stop  # for contextlib.closing

    def said(self):
        return pathlib.Path(self.log.name).read_text()


class Cluster:
    """Instances on one Redis, under a prefix of their own; on the tests' own, unless they are told of another."""

    def __init__(self, engine, count, redis_port=REDIS_PORT, **settings):
        prefix = f"e2e-{os.getpid()}-{time.monotonic_ns()}:"
        self.prefix = prefix
        settings = dict(settings, REDIS_URL=f"redis://127.0.0.1:{redis_port}", DOCKCAST_REDIS_PREFIX=prefix)
        self.instances = [Instance(engine, f"i{n}", **settings) for n in range(count)]

    def reader(self, container):
        """The instance that holds the lease of the container's log."""
        keys = redis("--scan", "--pattern", f"{self.prefix}lease:*{container.id}*").split()
        holder = redis("get", keys[0]).strip() if keys else ""
        return next((each for each in self.instances if holder.startswith(each.label + "-")), None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for instance in self.instances:
            instance.stop()


def redis(*arguments):
    done = subprocess.run(["redis-cli", "-p", REDIS_PORT, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


class Redis:
    """One of our own, to kill."""

    def __init__(self, folder, running=True):
        self.folder, self.port = folder, free_port()
        if running:
            self.start()

    def start(self):
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                                         "--appendonly", "no", "--dir", self.folder], stdout=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def tell(self, command, answer=b"+OK"):
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(command.encode() + b"\r\n")
            check(connection.recv(64).startswith(answer), f"Redis does {command}")

    def publish(self, channel, text):
        subprocess.run(["redis-cli", "-p", str(self.port), "publish", channel, text], capture_output=True, check=True)


class Follower:
    """Follows a container's log with dockcast.v1, at one of the ports; after a cut at the next one, by its position."""

    def __init__(self, ports, container, first=0, query="tail=0"):
        self.ports, self.container, self.at, self.query = ports, container, first, query
        self.lines = {"o": [], "e": []}
        self.position = None
        self.gaps, self.statuses, self.recovered = [], [], []
        self.misjoined = self.cuts = 0
        self.heard = time.monotonic()
        self.silence = 0.0  # the longest since it was last set to 0

    async def run(self):
        while not asyncio.current_task().cancelling():  # websockets may swallow the CancelledError
            query = f"since={self.position}" if self.position else self.query
            port = self.ports[self.at % len(self.ports)]
            url = f"ws://127.0.0.1:{port}/ws/containers/{self.container.id}/logs?{query}"
            try:
                async with websockets.connect(url, subprotocols=["dockcast.v1"], max_size=None) as socket_:
                    async for text in socket_:
                        self.hear(json.loads(text))
            except (OSError, websockets.exceptions.WebSocketException, asyncio.TimeoutError):
                pass
            self.cuts += 1
            self.at += 1
            await asyncio.sleep(0.05)  # a client's back-off

    def hear(self, message):
        if message["type"] == "subscribed":
            self.position = message["position"]
            self.recovered.append(message.get("recovered"))
        elif message["type"] == "logs":
            now = time.monotonic()
            self.silence, self.heard = max(self.silence, now - self.heard), now
            self.misjoined += message["prev"] != self.position
            self.position = message["position"]
            for line in message["lines"]:
                self.lines[line[1]].append(line[2])
        elif message["type"] == "gap":
            self.gaps.append(message)
            self.position = message["to"]
        elif message["type"] == "status":
            self.statuses.append(message["state"])

    def exact(self):
        """Nothing is missing or twice among the numbered lines that it got, and nothing was told to be missing."""
        for stream, lines in self.lines.items():
            numbers = [int(line.split()[1]) for line in lines]
            if numbers and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
                return False
        return any(self.lines.values()) and not self.gaps and not self.misjoined

    def __str__(self):
        counts = {stream: len(lines) for stream, lines in self.lines.items()}
        return (f"lines {counts} gaps {len(self.gaps)} misjoined {self.misjoined} cuts {self.cuts} "
                f"silence {self.silence:.2f} s recovered {self.recovered} statuses {self.statuses[:9]}")


class Ear:
    """Hears what one connection is told, in the background of a `with`."""

    def __init__(self, instance, path, *commands, batches=True):
        self.url = f"ws://127.0.0.1:{instance.port}{path}"
        self.commands, self.protocols = commands, ["dockcast.v1"] if batches else None
        self.messages, self.close = [], None

    async def __aenter__(self):
        self.socket = await websockets.connect(self.url, subprotocols=self.protocols, max_size=None)
        for command in self.commands:
            await self.say(**command)
        self.task = asyncio.create_task(self.run())
        return self

    async def __aexit__(self, *_):
        await self.socket.close()
        await self.task

    async def run(self):
        try:
            async for text in self.socket:
                self.messages.append(json.loads(text))
        except websockets.ConnectionClosedError:
            pass
        self.close = self.socket.close_code

    async def say(self, **command):
        await self.socket.send(json.dumps(command))

    def of(self, *kinds):
        return [message for message in self.messages if message["type"] in kinds]

    async def first(self, kind, condition=lambda _: True):
        def found():
            return [message for message in self.of(kind) if condition(message)]
        await until(lambda: f"{kind} on {self.url}, after {self.messages[-3:]}", found)
        return found()[0]


async def until(what, condition, seconds=30):
    """Waits for a condition of other processes; fails loudly where it does not come. `what`: text, or what makes it."""
    deadline = time.monotonic() + seconds * SLOW
    while not condition():
        if time.monotonic() > deadline:
            check(False, f"waited {seconds * SLOW} s in vain: {what() if callable(what) else what}")
        await asyncio.sleep(0.02)


def check(condition, message):
    if not condition:
        print(f"FAILED: {message}")
        sys.exit(1)


class Cutter:
    """A TCP or unix-socket proxy on loopback that counts what its clients ask, and can cut them."""

    def __init__(self, host=None, port=None, path=None):
        self.target = (host, port, path)
        self.requests = []  # first lines, in order
        self.open = []

    async def listen(self, path=None):
        if path:
            self.server = await asyncio.start_unix_server(self.serve, path)
        else:
            self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
            self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def serve(self, reader, writer):
        host, port, path = self.target
        try:
            there = await (asyncio.open_unix_connection(path) if path else asyncio.open_connection(host, port))
        except OSError:  # nobody is there
            writer.transport.abort()
            return
        both = [writer, there[1]]
        self.open.append(both)
        await asyncio.gather(self.pump(reader, there[1], True), self.pump(there[0], writer, False))
        if both in self.open:
            self.open.remove(both)

    async def pump(self, reader, writer, asked):
        try:
            while data := await reader.read(65536):
                if asked and data.split(b" ", 1)[0] in (b"GET", b"POST", b"HEAD"):
                    self.requests.append(data.split(b"\r\n", 1)[0].decode())
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except (OSError, RuntimeError):
            writer.close()

    def cut(self):
        """Both ends of all connections that are open; how many these were."""
        cut, self.open = self.open, []
        for writer in (writer for both in cut for writer in both):
            writer.transport.abort()
        return len(cut)
