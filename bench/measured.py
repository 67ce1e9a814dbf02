"""One measurement's processes: a fake Engine, a server that reads it, a load generator that watches the server."""
import json
import os
import resource
import select
import shlex
import shutil
import socket
import subprocess
import tempfile
import time

SERVER_CORE, LOAD_CORE = 0, 1
PATH = "/ws/containers/{id}/logs?tail=0"


class Failure(Exception):
    """This measurement has no result."""


def raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Talker:
    """A child that answers commands on stdin with lines on stdout; it ends when its stdin does."""

    def __init__(self, core, *command):
        self.process = subprocess.Popen(["taskset", "-c", str(core), *command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, preexec_fn=raise_descriptor_limit)

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
    """One server under load. Use as a context: everything it started ends with it."""

    def __init__(self, bench, server, channels):
        self.bench, self.channels = bench, channels
        self.folder = tempfile.mkdtemp(prefix="bench-")
        self.engine = self.server = self.load = None
        try:
            self.start(server)
        except BaseException:
            self.stop()
            raise

    def start(self, server):
        engine_socket = os.path.join(self.folder, "engine.sock")
        self.engine = Talker(LOAD_CORE, self.bench.program("fake_engine"), "--socket", engine_socket,
                             "--containers", str(self.channels))
        self.wait_until(lambda: os.path.exists(engine_socket), "the fake engine")
        port = self.port = free_port()
        command, environment = self.bench.server_command(server, port, engine_socket, self.channels)
        self.log = open(os.path.join(self.folder, "server.log"), "w+")
        self.server = subprocess.Popen(["taskset", "-c", str(SERVER_CORE), *command], env={**os.environ, **environment},
                                       stdout=self.log, stderr=subprocess.STDOUT, preexec_fn=raise_descriptor_limit)
        self.wait_until(lambda: self.accepts(port), server)
        self.load = Talker(LOAD_CORE, self.bench.program("load"), "--port", str(port), "--path", PATH,
                           "--subprotocol", "dockcast.v1", "--channels", str(self.channels))

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

    @staticmethod
    def accepts(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def connect(self, connections):
        self.load.say(f"connect {connections}")
        answer = json.loads(self.load.hear(130))
        if answer["connected"] < connections:
            raise Failure(f"connections: {answer}; {self.last_words()}")

    def collect(self, lines, rate):
        """Prints `lines` per channel at `rate` a second (0: at once) and returns what the followers got."""
        seconds = 120 + (lines / rate if rate else 0)  # far beyond what any server needs: no figure is made by it
        self.load.say(f"collect {lines} {seconds}")
        self.load.hear(10)
        self.engine.say(f"print {lines} {self.bench.line_bytes} {rate}")
        self.engine.hear(seconds)
        return json.loads(self.load.hear(seconds + 10))

    def cpu_s(self):
        """User and system time of the server, all threads (proc(5), fields 14 and 15)."""
        with open(f"/proc/{self.server.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        with open(f"/proc/{self.server.pid}/smaps_rollup") as rollup:
            words = [line.split() for line in rollup]
        return {name: next(int(word[1]) * 1024 for word in words if word[0] == name + ":") for name in ("Rss", "Pss")}

    def stop(self):
        if self.load:
            self.load.stop()
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

    def start(self, server, channels):
        return Run(self, server, channels)

    def server_command(self, server, port, engine_socket, channels):
        if server == "dockcast":
            return self.dockcast, {"PORT": str(port), "DOCKER_HOST": "unix://" + engine_socket,
                                   "DOCKCAST_LISTEN": "127.0.0.1", "DOCKCAST_AUTH": "none", "REDIS_URL": "",
                                   **self.settings}
        command = [self.program("floor"), "--port", str(port), "--engine", engine_socket, "--channels", str(channels),
                   "--frame", str(self.frame_bytes)]
        return command + (["--coalesce"] if server == "coalescing" else []), {}

    def learn_frame_bytes(self, measure, shape):
        """One round of dockcast that does not count: the floor must send as many bytes per line as it does."""
        try:
            seen = measure(self, "dockcast", shape)
            self.frame_bytes = round(seen["bytes_per_line"])
            print(f"  frames of {self.frame_bytes} bytes per line", flush=True)
        except Failure as failure:
            print(f"  frame size not learnt, {self.frame_bytes} bytes it is: {failure}", flush=True)
