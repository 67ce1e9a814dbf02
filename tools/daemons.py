"""The private Engines and the Redis servers of one run of the tests."""
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Daemons:
    """The Engines and Redis servers of one run. Started at most once; stop() may be called at any time."""

    def __init__(self, build):
        self.build, self.servers, self.engines = build, [], []
        self.failures = []

    def start(self, environment, redis_kinds=()):
        """`redis_kinds`: of tools/redis, beside the machine's own."""
        for version in ("20", "26"):
            self.start_engine(version, environment)
        self.start_redis("redis-server", "", environment)
        for kind in redis_kinds:
            program = tool("redis", kind, environment=environment)
            if program.returncode:
                self.failures.append(f"{kind}: {program.stderr.strip()}")
            else:
                self.start_redis(program.stdout.strip(), kind, environment)

    def start_engine(self, version, environment):
        folder = self.build / "engines" / version
        self.engines.append(folder)
        ours = dict(environment, ENGINE_CACHE=str(ROOT / "build/cache"))
        begun = tool("engine", "start", version, folder, environment=ours)
        imported = begun if begun.returncode else tool("engine", "image", folder, environment=ours)
        if imported.returncode:
            self.failures.append(f"engine {version}: {imported.stderr.strip()}")
            return
        environment[f"DOCKCAST_TEST_ENGINE_{version}"] = begun.stdout.strip().split("=", 1)[1]

    def start_redis(self, program, kind, environment):
        """As DOCKCAST_TEST_REDIS_SERVER and _PORT; of a kind as DOCKCAST_TEST_REDIS_SERVER_kind and so on."""
        folder, suffix = self.build / "redis" / kind, f"_{kind}" if kind else ""
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "log"
        for port in range(21379, 21479):  # the first that is free; Redis itself says whether it is
            log.unlink(missing_ok=True)
            command = [program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
            try:
                server = subprocess.Popen([str(word) for word in command + ["--dir", folder, "--logfile", log]],
                                          start_new_session=True, stdin=subprocess.DEVNULL)
            except OSError as problem:
                self.failures.append(f"redis: {problem}")
                return
            self.servers.append(server)
            while server.poll() is None and "Ready to accept" not in text_of(log):
                time.sleep(0.02)
            if server.poll() is None:
                environment["DOCKCAST_TEST_REDIS_SERVER" + suffix] = program
                environment["DOCKCAST_TEST_REDIS_PORT" + suffix] = str(port)
                return
        self.failures.append("redis: " + text_of(log)[-300:])

    def stop(self):
        for server in self.servers:
            if server.poll() is None:
                server.kill()
                server.wait()
        for folder in self.engines:
            ended = tool("engine", "stop", folder, environment=os.environ)
            if ended.returncode:
                print(ended.stderr.strip(), file=sys.stderr)
        self.engines = []


def tool(name, *words, environment):
    """A script of tools/, in a session of its own, so that Ctrl-C does not cut it in half."""
    return subprocess.run([str(ROOT / "tools" / name), *map(str, words)], env=environment, text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          start_new_session=True)


def text_of(path):
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
