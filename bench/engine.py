"""A private real Docker Engine (tools/engine) with one container, in which bench_printer runs."""
import os
import subprocess

from measured import Failure, cpu_s

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class RealEngine:
    """Use as a context: the Engine is stopped at its end. `version`: 20 or 26."""

    def __init__(self, build, version):
        self.version, self.build = version, os.path.abspath(build)
        self.folder = os.path.join(self.build, "engines", version)
        self.container = self.host = None

    def __enter__(self):
        self.host = self.tool("start", self.version, self.folder).split("=", 1)[1]
        self.socket = self.host.removeprefix("unix://")
        self.tool("image", self.folder)
        return self

    def tool(self, *words):
        done = subprocess.run([os.path.join(ROOT, "tools/engine"), *words], capture_output=True, text=True,
                              env={**os.environ, "ENGINE_CACHE": os.path.join(ROOT, "build/cache")})
        if done.returncode:
            raise Failure(f"tools/engine {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def docker(self, *words):
        done = subprocess.run(["docker", "-H", self.host, *words], capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"docker {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def run_printer(self, lines, line_bytes, rate):
        """A new container, whose log is empty but for the word that it is ready."""
        self.remove_printer()
        self.container = self.docker("run", "-d", "--network", "none", "-v", f"{self.build}:/bench:ro", "demo:1",
                                     "/bench/bench_printer", str(lines), str(line_bytes), str(rate))
        while "ready" not in self.docker("logs", self.container):
            pass
        return self

    def print(self):
        self.docker("kill", "-s", "USR1", self.container)

    def cpu_s(self):
        with open(os.path.join(self.folder, "dockerd.pid")) as file:
            return cpu_s(int(file.read()))

    def remove_printer(self):
        if self.container:
            self.docker("rm", "-f", self.container)
        self.container = None

    def __exit__(self, *_):
        if self.host:
            self.remove_printer()
            self.tool("stop", self.folder)
