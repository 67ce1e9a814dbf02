"""nginx and HAProxy as deploy/ configures them: in the foreground, on a port of loopback, with folders of their own."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

from documented import put
from support import SLOW, check, free_port, until


DEPLOY = pathlib.Path(os.environ.get("DOCKCAST_TEST_SOURCE", ".")) / "deploy"


def configuration(file, ports):
    """The file, with as many servers as there are ports, named and set up as the first one is."""
    text = (DEPLOY / file).read_text()
    servers = re.findall(r"^ *server .*127\.0\.0\.1:80\d\d.*\n", text, re.MULTILINE)
    check(len(servers) == 3, f"{file} has the servers {servers}")
    lines = [servers[0].replace("8000", str(port)).replace("one", f"at{port}") for port in ports]
    return put(text, "".join(servers), "".join(lines))


class Proxy:
    """One of them, in front of a port or several. It may be killed and started again."""

    def __init__(self, *behind):
        self.port, self.behind = free_port(), behind
        self.temporary = tempfile.TemporaryDirectory(prefix=f"e2e-{self.name}-")
        self.folder = pathlib.Path(self.temporary.name)
        self.shown = configuration(self.file, behind)
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

    def workers(self):
        """Their ids."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return {int(pid) for pid in children.split()}

    def kill(self):
        """It and its workers, at once, by their ids: all connections are cut."""
        for pid in (self.process.pid, *self.workers()):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    async def reload(self):
        """Its configuration is read again; what it has open stays with the worker that has it."""
        before = self.workers()
        self.process.send_signal(self.on_reload)
        await until(f"a new worker of {self.name}", lambda: self.workers() - before)

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

    name, speaks, file, on_reload = "nginx", "HTTP/1.0", "nginx/dockcast.conf", signal.SIGHUP

    def __init__(self, *behind, pages=None):
        self.pages = pages
        super().__init__(*behind)

    def configure(self):
        site = put(self.shown, "listen 80;", f"listen 127.0.0.1:{self.port};")
        if self.pages:
            site = put(site, "  location / {", f"  location /pages/ {{ alias {self.pages}/; }}\n  location / {{")
        (self.folder / "site.conf").write_text(site)
        paths = "".join(f"  {kind}_temp_path {self.folder}/{kind};\n"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(
            f"daemon off;\nuser root;\nworker_processes 1;\npid {self.folder}/pid;\nerror_log stderr;\n"
            f"events {{ worker_connections 4096; }}\nhttp {{\n  access_log {self.folder}/access;\n"
            f"  types {{ text/html html; text/javascript js; }}\n{paths}"
            f"  include {self.folder}/site.conf;\n}}\n")

    def answered(self, path, status):
        """How many requests whose path begins so."""
        return len(re.findall(rf'"GET {path}\S* HTTP/1.1" {status} ', (self.folder / "access").read_text()))

    def command(self):
        return ["nginx", "-e", "stderr", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]


class NginxByAddress(Nginx):
    file = "nginx/dockcast-ip-hash.conf"


class HaProxy(Proxy):
    name, speaks, file, on_reload = "haproxy", "HTTP/1.1", "haproxy/haproxy.cfg", signal.SIGUSR2

    def configure(self):
        (self.folder / "haproxy.cfg").write_text(put(self.shown, "bind :80", f"bind 127.0.0.1:{self.port}"))

    def command(self):
        return ["haproxy", "-W", "-db", "-f", str(self.folder / "haproxy.cfg")]
