"""The parts of a chaos run: instances that come and go at four addresses, and a Redis with a replica and sentinels.

All of it runs in a network namespace of its own. Each instance has a user of its own, by whom packets between it and
Redis are known, and a proxy of its own to the Engine.
"""
import asyncio
import os
import pathlib
import re
import signal
import subprocess

from support import Cutter, Instance, free_port

REDIS_MARK = 0x100  # and the number of the instance: the connections between it and any Redis or sentinel
USER = 30001


def run(*words):
    subprocess.run(words, check=True, capture_output=True)


class Member(Instance):
    """An instance at its place; `wanted` says whether it should run."""

    def __init__(self, number, binary, engine, **settings):
        self.number, self.wanted, self.busy = number, False, False
        self.binary, self.ended_badly = binary, []
        self.peak_kib = self.peak_descriptors = 0
        user = ["setpriv", f"--reuid={USER + number}", "--regid=0", "--clear-groups"]
        super().__init__(engine, f"c{number}", under=user, **settings)

    def start(self, ready=False):
        if self.wanted:
            self.process = subprocess.Popen([*self.under, self.binary], env=self.environment, stdin=subprocess.DEVNULL,
                                            stdout=self.log, stderr=self.log)

    def begin(self):
        self.wanted = True
        self.start()

    def kill(self):
        self.wanted = False
        self.process.kill()
        self.process.wait()

    async def leave(self):
        """By SIGTERM; it has forty seconds for a grace of fifteen."""
        self.wanted = False
        self.process.terminate()
        try:
            code = await asyncio.to_thread(self.process.wait, 40)
        except subprocess.TimeoutExpired:
            code = "after 40 s not at all"
            self.process.kill()
            self.process.wait()
        if code:
            self.ended_badly.append(f"SIGTERM of {self.label}: it ended {code}: {self.said()[-600:]}")

    def look(self):
        """Notes what it uses; an instance that ended by itself is begun again, and that is noted too."""
        if not self.wanted:
            return
        if self.process.poll() is not None:
            code = self.process.returncode
            self.ended_badly.append(f"{self.label} ended by itself with {code}: {self.said()[-600:]}")
            self.start()
            return
        try:
            self.peak_kib = max(self.peak_kib, self.resident_kib())
            self.peak_descriptors = max(self.peak_descriptors, self.descriptors())
        except (OSError, AttributeError):  # it is just being executed
            pass


class Members:
    """Four places, of which three are taken: nginx knows all of them. They are beside one Engine and the other by
    turns, so that somebody is beside each."""

    def __init__(self, binary, engines, redis, folder):
        self.binary, self.engines, self.redis, self.folder = binary, engines, redis, folder
        self.cutters, self.all = [], []
        self.logs_stay = False
        self.two_at_most = asyncio.Semaphore(2)

    async def begin(self, **settings):
        for number in range(4):
            path, engine = f"{self.folder}/docker-{number}.sock", self.engines[number % len(self.engines)]
            self.cutters.append(await Cutter(path=engine.url.removeprefix("unix://")).listen(path))
            os.chmod(path, 0o666)
            self.all.append(Member(number, self.binary, f"unix://{path}", REDIS_URL=self.redis.url, **settings))
            mark = hex(REDIS_MARK + number)
            run("iptables", "-A", "OUTPUT", "-p", "tcp", "-m", "owner", "--uid-owner", str(USER + number), "-m",
                "multiport", "--dports", self.redis.ports(), "-j", "CONNMARK", "--set-mark", mark)
        for each in self.all[:3]:
            each.begin()

    def running(self):
        return [each for each in self.all if each.wanted]

    def split(self, member, directions):
        """Its packets to Redis (ORIGINAL), those from Redis (REPLY), or both, are dropped from now on."""
        self.drop("-A", member, directions)

    def join(self, member, directions):
        self.drop("-D", member, directions)

    def drop(self, change, member, directions):
        mark = hex(REDIS_MARK + member.number)
        for direction in directions:
            run("iptables", change, "OUTPUT", "-m", "connmark", "--mark", mark, "-m", "conntrack", "--ctdir", direction,
                "-j", "DROP")

    def end(self):
        for each in self.running():
            each.process.send_signal(signal.SIGCONT)
            each.kill()
        for each in self.all:
            each.log.close()
            if not self.logs_stay:
                os.unlink(each.log.name)


class RedisServers:
    """A master, its replica and three sentinels."""

    def __init__(self, folder):
        self.folder, self.servers, self.sentinels = folder, {}, {}
        self.places = []  # the two servers' ports
        self.lock = asyncio.Lock()

    def begin(self):
        ports = [free_port() for _ in range(5)]
        self.places, sentinels = ports[:2], ports[2:]
        for port in self.places:
            self.start(port, () if port == self.places[0] else ("--replicaof", "127.0.0.1", str(self.places[0])))
        for port in sentinels:
            file = pathlib.Path(self.folder) / f"sentinel-{port}.conf"
            file.write_text(f"port {port}\nbind 127.0.0.1\ndir {self.folder}\n"
                            f"sentinel monitor chaos 127.0.0.1 {self.places[0]} 2\n"
                            "sentinel down-after-milliseconds chaos 1500\nsentinel failover-timeout chaos 6000\n")
            self.sentinels[port] = self.launch(str(file), "--sentinel")
        self.url = "redis+sentinel://" + ",".join(f"127.0.0.1:{port}" for port in sentinels) + "/chaos"

    def start(self, port, options=()):
        self.servers[port] = self.launch("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                                         "--dir", self.folder, "--repl-diskless-sync-delay", "0", *options)

    def launch(self, *words):
        return subprocess.Popen(["redis-server", *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def ports(self):
        return ",".join(map(str, (*self.places, *self.sentinels)))

    async def tell(self, port, command):
        """What it answers, or nothing."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(command.encode() + b"\r\n")
            answer = await asyncio.wait_for(reader.read(4096), 2)
            writer.close()
            return answer.decode()
        except (OSError, asyncio.TimeoutError):
            return ""

    async def master(self):
        """The port that most sentinels name."""
        named = []
        for port in self.sentinels:
            answer = await self.tell(port, "SENTINEL get-master-addr-by-name chaos")
            named += re.findall(r"\r\n(\d{4,5})\r\n", answer)
        return int(max(set(named), key=named.count)) if named else self.places[0]

    def end(self):
        for process in (*self.servers.values(), *self.sentinels.values()):
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()


class Engine:
    """A private Engine, whose daemon may be killed and stopped. Its containers come back with it."""

    def __init__(self, tools, version, folder, url, cache):
        self.version, self.url, self.folder = version, url, pathlib.Path(folder)
        self.command, self.environment = [f"{tools}/engine", "start", version, str(folder)], {"ENGINE_CACHE": cache}
        self.lock = asyncio.Lock()

    def signal(self, number):
        os.kill(int((self.folder / "dockerd.pid").read_text()), number)

    async def start(self):
        for _ in range(3):
            done = await asyncio.to_thread(subprocess.run, self.command, env=dict(os.environ, **self.environment),
                                           capture_output=True, text=True, start_new_session=True)
            if not done.returncode:
                return
        raise RuntimeError(f"the Engine did not come back: {done.stderr}")

    def log_file(self, container):
        return self.folder / "data/containers" / container.id / f"{container.id}-json.log"
