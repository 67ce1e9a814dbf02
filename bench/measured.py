"""One measurement's processes: an Engine, a server that reads it, a load generator that watches the server."""
import json
import os
import resource
import select
import shlex
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request

SERVER_CORE, LOAD_CORE = 0, 1
PATH = "/ws/containers/{id}/logs?tail=0"
PLAIN_PATH = "/containers/{id}/logs?follow=1&stdout=1&stderr=1&timestamps=1&tail=0"


class Failure(Exception):
    """This measurement has no result."""


def raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_s(pid):
    """User and system time of a process, all its threads, to the nanosecond."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as stat:
            total += int(stat.read().split()[0])
    return total / 1e9


def on_core(core, *command, **options):
    return subprocess.Popen(["taskset", "-c", str(core), *map(str, command)], preexec_fn=raise_descriptor_limit,
                            **options)


class Talker:
    """A child that answers commands on stdin with lines on stdout; it ends when its stdin does."""

    def __init__(self, core, *command):
        self.process = on_core(core, *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def hear(self, seconds):
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            raise Failure(f"no answer in {seconds:.0f} s from {self.process.args[3]}")
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"{self.process.args[3]} ended")
        return line.strip()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


class Run:
    """One server under load. Use as a context: everything it started ends with it.

    `engine`: a real one (engine.RealEngine), which outlives the run; a fake one of this run otherwise. `before`: what
    the server's command line begins with.
    """

    target = PATH  # what the followers ask for

    def __init__(self, bench, server, channels, engine=None, before=()):
        self.bench, self.channels, self.before = bench, channels, before
        self.folder = tempfile.mkdtemp(prefix="bench-")
        self.real, self.engine, self.server, self.load, self.reader = engine, None, None, None, None
        try:
            self.start(server)
        except BaseException:
            self.stop()
            raise

    def start(self, server):
        container = self.real.container if self.real else "{id}"
        self.path = self.target.replace("{id}", container)
        engine_socket = self.real.socket if self.real else self.start_fake_engine()
        plain = ["--engine", engine_socket, "--path", PLAIN_PATH.replace("{id}", container)]
        if server == "reading":
            self.load = Talker(LOAD_CORE, self.bench.program("load"), *plain)
            return
        self.port = free_port()
        command, environment = self.bench.server_command(server, self.port, engine_socket, self.channels)
        environment |= self.settings()
        self.log = open(os.path.join(self.folder, "server.log"), "w+")
        self.server = on_core(SERVER_CORE, *self.before, *command, env={**os.environ, **environment}, stdout=self.log,
                              stderr=subprocess.STDOUT)
        self.wait_until(lambda: self.answers(server), server)
        self.load = Talker(LOAD_CORE, self.bench.program("load"), "--port", self.port, "--path", self.path,
                           "--subprotocol", "dockcast.v1", "--channels", self.channels,
                           *(["--tls"] if server.endswith("tls") else []))
        self.plain = plain

    def settings(self):
        """Of the server, beside those of the bench."""
        return {}

    def start_fake_engine(self):
        engine_socket = os.path.join(self.folder, "engine.sock")
        self.engine = Talker(LOAD_CORE, self.bench.program("fake_engine"), "--socket", engine_socket,
                             "--containers", self.channels)
        self.wait_until(lambda: os.path.exists(engine_socket), "the fake engine")
        return engine_socket

    def wait_until(self, condition, what, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition():
            if self.server and self.server.poll() is not None:
                raise Failure(f"{what} ended: {self.last_words()}")
            if time.monotonic() > deadline:
                raise Failure(f"{what} did not start: {self.last_words()}")
            time.sleep(0.02)

    def last_words(self):
        if not self.server:
            return ""
        self.log.seek(0)
        return self.log.read()[-600:]

    def answers(self, server):
        """A floor accepts; dockcast has also heard of its Engine."""
        if not server.startswith("dockcast"):
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        return self.answers_at(self.port, "https" if server.endswith("tls") else "http")

    def answers_at(self, port, scheme):
        try:
            url = f"{scheme}://127.0.0.1:{port}/health/ready"
            with urllib.request.urlopen(url, timeout=5, context=self.bench.trust(scheme)) as answer:
                return answer.status == 200
        except OSError:
            return False

    def metrics(self, port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return answer.read().decode()

    def connect(self, connections):
        self.load.say(f"connect {connections}")
        answer = json.loads(self.load.hear(130))
        if answer["connected"] < connections:
            raise Failure(f"connections: {answer}; {self.last_words()}")

    def read_plainly_too(self):
        """From now on the Engine's own endpoint is read beside the server."""
        self.reader = Talker(LOAD_CORE, self.bench.program("load"), *self.plain)
        self.reader.say("connect 1")
        self.reader.hear(30)

    def collect(self, lines, rate):
        """Prints `lines` per channel at `rate` a second (0: at once) and returns what the followers got."""
        seconds = 120 + (lines / rate if rate else 0)  # far beyond what any server needs: no figure is made by it
        watching = [each for each in (self.load, self.reader) if each]
        for each in watching:
            each.say(f"collect {lines} {seconds}")
            each.hear(10)
        self.print(lines, rate, seconds)
        seen = json.loads(self.load.hear(seconds + 10))
        if self.reader:
            seen["plain"] = json.loads(self.reader.hear(seconds + 10))
        return seen

    def print(self, lines, rate, seconds):
        if self.real:
            self.real.print()
        else:
            self.engine.say(f"print {lines} {self.bench.line_bytes} {rate}")
            self.engine.hear(seconds)

    def cpu_s(self):
        return cpu_s(self.server.pid) if self.server else 0

    def memory(self):
        with open(f"/proc/{self.server.pid}/smaps_rollup") as rollup:
            words = [line.split() for line in rollup]
        return {name: next(int(word[1]) * 1024 for word in words if word[0] == name + ":") for name in ("Rss", "Pss")}

    def stop(self):
        for each in (self.load, self.reader):
            if each:
                each.stop()
        if self.server and self.server.poll() is None:
            self.server.terminate()
            try:
                self.server.wait(10)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()
        if self.engine:
            self.engine.stop()
        shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Bench:
    """Where the programs are, and how long the frames of the floor must be."""

    def __init__(self, build, dockcast, line_bytes):
        self.build = build
        self.dockcast = shlex.split(dockcast) if dockcast else [os.path.join(build, "dockcast")]
        self.line_bytes = line_bytes
        self.frame_bytes = line_bytes
        self.settings = {}  # of dockcast, beside those below

    def program(self, name):
        return os.path.join(self.build, "bench_" + name)

    def has_dockcast(self):
        return shutil.which(self.dockcast[0]) is not None

    def start(self, server, channels, engine=None, before=()):
        if server.startswith("relaying"):
            from cluster import ClusterRun  # which is made of what stands here
            return ClusterRun(self, channels, int(server.partition("-")[2] or 2))
        if server in ("messages", "publishing", "raw"):
            import messages
            return {"messages": messages.MessageRun, "publishing": messages.PublishRun,
                    "raw": messages.RawRun}[server](self, "dockcast", channels)
        return Run(self, server, channels, engine, before)

    def speaks_tls(self):
        return "DOCKCAST_TLS_CERT" in subprocess.run([*self.dockcast, "--help"], capture_output=True, text=True).stdout

    def server_command(self, server, port, engine_socket, channels):
        if server.startswith("dockcast"):
            settings = {"PORT": str(port), "DOCKER_HOST": "unix://" + engine_socket, "DOCKCAST_LISTEN": "127.0.0.1",
                        "DOCKCAST_AUTH": "none", "REDIS_URL": "", **self.settings}
            if server.endswith("tls"):
                settings |= {"DOCKCAST_TLS_CERT": self.certificate()[0], "DOCKCAST_TLS_KEY": self.certificate()[1]}
            return self.dockcast, settings
        if server.startswith("accepting"):
            pair = self.certificate() if server.endswith("tls") else None
            return [self.program("accept_floor"), "--port", port,
                    *(["--cert", pair[0], "--key", pair[1]] if pair else [])], {}
        command = [self.program("floor"), "--port", port, "--engine", engine_socket, "--channels", channels,
                   "--frame", self.frame_bytes]
        return command + (["--coalesce"] if server == "coalescing" else []), {}

    def certificate(self):
        """A self-signed certificate of ECDSA P-256 and its key, made once."""
        pair = [os.path.join(self.build, "bench_" + name) for name in ("cert.pem", "key.pem")]
        if not all(map(os.path.exists, pair)):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                            "-nodes", "-days", "365", "-subj", "/CN=127.0.0.1", "-addext",
                            "subjectAltName=IP:127.0.0.1", "-out", pair[0], "-keyout", pair[1]],
                           check=True, capture_output=True)
        return pair

    def trust(self, scheme):
        return ssl.create_default_context(cafile=self.certificate()[0]) if scheme == "https" else None

    def learn_frame_bytes(self, measure, shape):
        """One round of dockcast that does not count: the floor must send as many bytes per line as it does."""
        try:
            seen = measure(self, "dockcast", shape)
            self.frame_bytes = round(seen["bytes_per_line"])
            print(f"  frames of {self.frame_bytes} bytes per line", flush=True)
        except Failure as failure:
            print(f"  frame size not learnt, {self.frame_bytes} bytes it is: {failure}", flush=True)
