"""The fleet of examples/platform: instances of it and of dockcast on the same ports, behind its nginx.conf, and its
Redis."""
import contextlib
import os
import pathlib
import random
import socket
import subprocess
import tempfile
import time

from documented import blocks, put
from proxy_processes import Nginx
from support import ENGINES, Instance, Redis, check

PLATFORM = pathlib.Path(os.environ.get("DOCKCAST_TEST_SOURCE", ".")).resolve() / "examples/platform"
PYTHON, TOKEN = "/usr/bin/python3", "a-token"
ENGINE = ENGINES.get("26") or next(iter(ENGINES.values()))
SIZE = 3


def ports_in_a_row(count):
    """Free ones, from below those that the kernel gives to connections: they are bound again and again."""
    while True:
        first = random.randrange(22000, 31000)
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError):
            for port in range(first, first + count):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return list(range(first, first + count))


class Old(Instance):
    """The platform's own."""

    def __init__(self, label, port, redis_url):
        super().__init__(ENGINE, label, port=port, REDIS_URL=redis_url, AUTH_TOKEN=TOKEN,
                         DOCKER_SOCKET=ENGINE.removeprefix("unix://"), PYTHONDONTWRITEBYTECODE="1")

    def command(self):
        return [PYTHON, str(PLATFORM / "app.py")]


class New(Instance):
    """dockcast, with the settings that docs/moving-in.md names, and no others."""

    def __init__(self, label, port, redis_url, origin):
        words = blocks("moving-in.md")["instance"].replace("\\\n", " ").split()
        settings = dict(word.split("=", 1) for word in words if "=" in word)
        ours = {"REDIS_URL": redis_url, "DOCKCAST_TOKEN": TOKEN, "DOCKCAST_ALLOWED_ORIGINS": origin}
        check(set(ours) | {"PORT", "INSTANCE_ID", "DOCKCAST_COMPAT"} == set(settings), f"the page says {settings}")
        super().__init__(ENGINE, label, port=port, **settings | ours | {"PORT": str(port), "INSTANCE_ID": label})


class PlatformNginx(Nginx):
    file = "../examples/platform/nginx.conf"

    def configure(self):
        self.shown = put(self.shown, "/srv/platform", PLATFORM)
        super().configure()


def publish(redis_url, *words):
    """publish.py, as other back-ends of the platform run it; what it prints."""
    done = subprocess.run([PYTHON, PLATFORM / "publish.py", *words], env=dict(os.environ, REDIS_URL=redis_url),
                          capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"publish.py {words}: {done.stderr}")
    return done.stdout


class Fleet:
    """Three ports behind nginx, with an instance of either kind on each."""

    def __init__(self, kind):
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="e2e-platform-"))
            redis = Redis(folder)
            stack.callback(redis.kill)
            self.redis_url = f"redis://127.0.0.1:{redis.port}"
            self.ports = ports_in_a_row(SIZE)
            self.port = stack.enter_context(PlatformNginx(*self.ports)).port
            self.instances, self.start_s = [None] * SIZE, 0  # the longest that it took
            for n in range(SIZE):
                stack.callback(self.stop, n)
                self.start(n, kind)
            self.stack = stack.pop_all()

    def start(self, n, kind):
        label = f"{kind.__name__.lower()}-{n}"
        extra = (f"http://127.0.0.1:{self.port}",) if kind is New else ()
        began = time.monotonic()
        self.instances[n] = kind(label, self.ports[n], self.redis_url, *extra)
        self.start_s = max(self.start_s, time.monotonic() - began)

    def stop(self, n):
        if self.instances[n]:
            self.instances[n].stop()

    def replace(self, n, kind):
        """As an operator does it: the one is told to end, and the other started on its port."""
        self.stop(n)
        self.start(n, kind)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return self.stack.__exit__(*exception)
