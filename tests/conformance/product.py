"""dockcast itself as a process, for what needs no Engine: its port, its log, its metrics, its memory."""
import os
import re
import socket
import subprocess
import tempfile
import time

from peer import PATIENCE_S, Peer

BINARY = os.environ.get("DOCKCAST_TEST_BINARY", "build/dev/dockcast")
SANITIZED = float(os.environ.get("DOCKCAST_TEST_SLOW", "1")) > 1  # memory is then another's business


class Dockcast:
    """One process, as long as the with statement lasts; without an Engine unless DOCKER_HOST is given. `tls`: an
    ssl.SSLContext to reach it with."""

    def __init__(self, tls=None, **settings):
        self.tls = tls
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = dict(os.environ, PORT=str(self.port), REDIS_URL="", DOCKCAST_SERVING_LOOPS="1",
                                DOCKCAST_DRAIN_NOTICE="0s",
                                **{"DOCKER_HOST": "unix:///nowhere/docker.sock", **settings})

    def __enter__(self):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([BINARY], env=self.environment, stdout=self.log, stderr=self.log)
        wait("it listens", lambda: self.process.poll() is None and self.answers())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        code = self.process.wait(PATIENCE_S)
        self.log.close()
        assert code == 0, f"dockcast ended with {code}"

    def answers(self, path="/health/live"):
        try:
            return self.get(path)
        except (OSError, AssertionError):
            return None

    def peer(self):
        return Peer(self.port, tls=self.tls)

    def get(self, path):
        with self.peer() as peer:
            peer.say(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            while peer.more():
                pass
        head, _, body = peer.unread.decode().partition("\r\n\r\n")
        assert head.startswith("HTTP/1.1 200 "), f"{path}: {head[:100]}"
        return body

    def metric(self, name):
        return float(re.search(rf"^{re.escape(name)} (\S+)$", self.get("/metrics"), re.MULTILINE)[1])

    def struck(self, limit):
        return self.metric(f'dockcast_limits_total{{limit="{limit}"}}')

    def resident(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def said(self):
        with open(f"/proc/self/fd/{self.log.fileno()}", errors="replace") as log:
            return log.read()


def wait(what, condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.02)  # between two looks at another process
