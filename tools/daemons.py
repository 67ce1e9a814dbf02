"""The private Engines and the Redis of one run of the tests."""
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Daemons:
    """The Engines and the Redis of one run. Started at most once; stop() may be called at any time."""

    def __init__(self, build):
        self.build, self.redis, self.engines = build, None, []
        self.failures = []

    def start(self, environment):
        environment["DOCKCAST_TEST_REDIS_SERVER"] = "redis-server"
        for version in ("20", "26"):
            self.start_engine(version, environment)
        self.start_redis(environment)

    def start_engine(self, version, environment):
        folder = self.build / "engines" / version
        self.engines.append(folder)
        ours = dict(environment, ENGINE_CACHE=str(ROOT / "build/cache"))
        begun = tool("start", version, folder, environment=ours)
        imported = begun if begun.returncode else tool("image", folder, environment=ours)
        if imported.returncode:
            self.failures.append(f"engine {version}: {imported.stderr.strip()}")
            return
        environment[f"DOCKCAST_TEST_ENGINE_{version}"] = begun.stdout.strip().split("=", 1)[1]

    def start_redis(self, environment):
        folder = self.build / "redis"
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "log"
        for port in range(21379, 21479):  # the first that is free; Redis itself says whether it is
            log.unlink(missing_ok=True)
            command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
            try:
                self.redis = subprocess.Popen([str(word) for word in command + ["--dir", folder, "--logfile", log]],
                                              start_new_session=True, stdin=subprocess.DEVNULL)
            except OSError as problem:
                self.failures.append(f"redis: {problem}")
                return
            while self.redis.poll() is None and "Ready to accept" not in text_of(log):
                time.sleep(0.02)
            if self.redis.poll() is None:
                environment["DOCKCAST_TEST_REDIS_PORT"] = str(port)
                return
        self.failures.append("redis: " + text_of(log)[-300:])

    def stop(self):
        if self.redis and self.redis.poll() is None:
            self.redis.kill()
            self.redis.wait()
        for folder in self.engines:
            ended = tool("stop", folder, environment=os.environ)
            if ended.returncode:
                print(ended.stderr.strip(), file=sys.stderr)
        self.engines = []


def tool(*words, environment):
    """tools/engine, in a session of its own, so that Ctrl-C does not cut it in half."""
    return subprocess.run([str(ROOT / "tools/engine"), *map(str, words)], env=environment, text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          start_new_session=True)


def text_of(path):
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
