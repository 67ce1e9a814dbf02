"""dockcast itself as a process without an Engine, for what needs none: its port, its log, its metrics, its memory."""
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
    """One process without an Engine, as long as the with statement lasts."""

    def __init__(self, **settings):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = dict(os.environ, PORT=str(self.port), DOCKER_HOST="unix:///nowhere/docker.sock",
                                REDIS_URL="", DOCKCAST_SERVING_LOOPS="1", **settings)

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

    def answers(self):
        try:
            return self.get("/health/live")
        except OSError:
            return None

    def get(self, path):
        with Peer(self.port) as peer:
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
