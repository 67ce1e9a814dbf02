"""nginx and HAProxy as docs/proxies.md configures them: in the foreground, on a port of loopback, with folders of
their own."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

from documented import blocks, put
from support import SLOW, check, free_port


class Proxy:
    """One of them, in front of a port. It may be killed and started again."""

    def __init__(self, behind):
        self.port, self.behind = free_port(), behind
        self.temporary = tempfile.TemporaryDirectory(prefix=f"e2e-{self.name}-")
        self.folder = pathlib.Path(self.temporary.name)
        self.shown = put(blocks("proxies.md")[self.name], "127.0.0.1:8000", f"127.0.0.1:{behind}")
        self.configure()
        self.start()

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 30 * SLOW
        while not self.listens():
            if self.process.poll() is not None or time.monotonic() > deadline:
                check(False, f"{self.name} did not start: {self.said()}")
            time.sleep(0.02)  # between two looks at another process

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            return True
        except OSError:
            return False

    def said(self):
        return (self.folder / "log").read_text()[-2000:]

    def kill(self):
        """It and its workers, at once, by their ids: all connections are cut."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in (self.process.pid, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30 * SLOW)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.temporary.cleanup()


class Nginx(Proxy):
    """`pages`: a folder that is served as /pages/."""

    name, speaks = "nginx", "HTTP/1.0"

    def __init__(self, behind, pages=None):
        self.pages = pages
        super().__init__(behind)

    def configure(self):
        site = put(self.shown, "listen 80;", f"listen 127.0.0.1:{self.port};")
        if self.pages:
            site = put(site, "  location / {", f"  location /pages/ {{ alias {self.pages}/; }}\n  location / {{")
        (self.folder / "site.conf").write_text(site)
        paths = "".join(f"  {kind}_temp_path {self.folder}/{kind};\n"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(
            f"daemon off;\nuser root;\nworker_processes 1;\npid {self.folder}/pid;\nerror_log stderr;\n"
            f"events {{}}\nhttp {{\n  access_log {self.folder}/access;\n  types {{ text/html html; }}\n{paths}"
            f"  include {self.folder}/site.conf;\n}}\n")

    def answered(self, path, status):
        """How many requests whose path begins so."""
        return len(re.findall(rf'"GET {path}\S* HTTP/1.1" {status} ', (self.folder / "access").read_text()))

    def command(self):
        return ["nginx", "-e", "stderr", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]


class HaProxy(Proxy):
    name, speaks = "haproxy", "HTTP/1.1"

    def configure(self):
        (self.folder / "haproxy.cfg").write_text(put(self.shown, "bind :80", f"bind 127.0.0.1:{self.port}"))

    def command(self):
        return ["haproxy", "-db", "-f", str(self.folder / "haproxy.cfg")]
