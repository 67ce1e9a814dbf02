"""What stands beside a server: a Redis, and the other instances where it is one of several."""
import os
import re
import subprocess

from measured import LOAD_CORE, Run, Talker, cpu_s, free_port, on_core


class RedisRun(Run):
    """A Run with a Redis on the load generator's core."""

    redis = None

    def start(self, server):
        self.redis_port = free_port()
        command = ["redis-server", "--port", self.redis_port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.redis = on_core(LOAD_CORE, *command, stdout=subprocess.DEVNULL)
        self.wait_until(lambda: self.ask_redis("PING") == "PONG", "redis-server")
        super().start(server)

    def settings(self):
        return super().settings() | {"REDIS_URL": f"redis://127.0.0.1:{self.redis_port}"}

    def ask_redis(self, *words):
        told = subprocess.run(["redis-cli", "-p", str(self.redis_port), *words], capture_output=True, text=True)
        return told.stdout.strip()

    def redis_cpu_s(self):
        return cpu_s(self.redis.pid)

    def stop(self):
        super().stop()
        if self.redis and self.redis.poll() is None:
            self.redis.terminate()
            self.redis.wait(20)


class ClusterRun(RedisRun):
    """A Run whose server relays: another instance has a follower of every channel first, and so reads them all. The
    other instances, each with a follower of every channel, share the load generator's core as Redis does. `instances`:
    in all."""

    def __init__(self, bench, channels, instances=2):
        self.instances, self.others, self.ports, self.followers = instances, [], [], []
        super().__init__(bench, "dockcast", channels)

    def start_fake_engine(self):
        engine = super().start_fake_engine()
        for _each in range(self.instances - 1):
            self.ports.append(self.start_other(engine))
            self.followers.append(self.follower_of(self.ports[-1], self.channels))
        self.wait_until(lambda: self.reads(self.ports[0]) == self.channels, "the reader")
        return engine

    def follower_of(self, port, connections):
        follower = Talker(LOAD_CORE, self.bench.program("load"), "--port", port, "--path", self.path, "--subprotocol",
                          "dockcast.v1", "--channels", self.channels)
        follower.say(f"connect {connections}")
        follower.hear(130)
        return follower

    def follow_the_reader_too(self):
        """From now on a client of the instance that reads is asked as well, as `plain`."""
        self.reader = self.followers.pop(0)

    def start_other(self, engine):
        port = free_port()
        command, environment = self.bench.server_command("dockcast", port, engine, self.channels)
        environment |= self.settings()
        other = on_core(LOAD_CORE, *command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
        self.others.append(other)
        self.wait_until(lambda: self.answers_at(port, "http"), "an instance")
        return port

    def reads(self, port):
        """How many channels an instance reads for the cluster."""
        return int(re.search(r'dockcast_channels{[^}]*role="owning"[^}]*} (\d+)', self.metrics(port))[1])

    def publications(self):
        calls = re.search(r"cmdstat_publish:calls=(\d+)", self.ask_redis("INFO", "commandstats"))
        return int(calls[1]) if calls else 0

    def stop(self):
        for each in self.followers:
            each.stop()
        for each in self.others:
            if each.poll() is None:
                each.terminate()
                each.wait(20)
        super().stop()
