#!/usr/bin/python3
"""The files that dockcast gives away, over a real socket: codings (RFC 9110, 12.5.3), conditions (13.1.2), methods, and
every known way to ask for a file that was not meant. An instance without Docker and Redis: the files need neither."""
import gzip
import os
import re
import socket
import subprocess
import sys
import time

BINARY = os.environ.get("DOCKCAST_TEST_BINARY", "build/dev/dockcast")
SOURCE = os.environ.get("DOCKCAST_TEST_SOURCE", ".")
PATIENCE_S = 20 * float(os.environ.get("DOCKCAST_TEST_SLOW", "1"))
MADE = os.path.join(os.path.dirname(BINARY), "generated/api/site/api")
FILES = {"/": (f"{SOURCE}/web/page/index.html", "text/html; charset=utf-8"),
         "/page.js": (f"{SOURCE}/web/page/page.js", "text/javascript; charset=utf-8"),
         "/dockcast.js": (f"{SOURCE}/web/page/dockcast.js", "text/javascript; charset=utf-8"),
         "/api/openapi.json": (f"{MADE}/openapi.json", "application/json"),
         "/api/asyncapi.json": (f"{MADE}/asyncapi.json", "application/json")}
# faults.md's set, and their like: none may be anything but 400 or 404.
TRAVERSALS = ["/../", "/..",
              "../x", "/../../etc/passwd", "/./", "/%2e%2e", "/%2e%2e/%2e%2e/etc/passwd", "/%2E%2E%2Fweb",
              "/%2e%2e%5c", "/..%5c..%5cx", "/\\..\\x", "/%00", "/index.html%00.css", "//", "//etc/passwd", "///",
              "/%2f", "/%2f%2fetc", "/%c0%ae%c0%ae/x", "/%c0%af", "/%e0%80%af", "/%252e%252e/x", "/..;/x", "/%", "/%2",
              "/%zz", "/index.html", "/web/index.html", "/page.html", "/INDEX.HTML", "/./index.html", "/.git/config",
              "/%u002e%u002e/x", "/\x7f", "file:///etc/passwd", "http://localhost/../x", "/#/../x", "/api/../",
              "/health/%2e%2e/", "/?/../x/../../..;" + "/" * 40_000]


class Dockcast:
    """The program, as long as the with statement lasts."""

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        kept = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        self.process = subprocess.Popen([BINARY], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**kept, "PORT": str(self.port), "DOCKER_HOST": "unix:///nowhere",
                                             "DOCKCAST_DRAIN_NOTICE": "0s"})
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.ask("/health/live")
                return self
            except ConnectionRefusedError:
                assert self.process.poll() is None and time.monotonic() < deadline, "dockcast did not start"
                time.sleep(0.02)  # between two looks at another process

    def __exit__(self, *_):
        self.process.terminate()
        code = self.process.wait(PATIENCE_S)
        assert code == 0, f"dockcast ended with {code}"

    def ask(self, target, *fields, method="GET"):
        """Status, header fields in lower case, and everything behind the head until the end."""
        request = "\r\n".join([f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close", *fields])
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE_S) as peer:
            peer.sendall((request + "\r\n\r\n").encode("latin-1"))
            answer = b""
            while data := peer.recv(1 << 16):
                answer += data
        head, body = answer.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        return int(lines[0].split(" ")[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}, body


def same(got, wanted):
    assert got == wanted, f"{got!r:.300} is not {wanted!r:.300}"


def content(name):
    with open(name, "rb") as file:
        return file.read()


def is_given(dockcast, path):
    name, kind = FILES[path]
    status, fields, body = dockcast.ask(path)
    same((status, fields["content-type"], fields["vary"]), (200, kind, "Accept-Encoding"))
    same((fields["cache-control"], fields["x-content-type-options"]), ("no-cache", "nosniff"))
    same(body, content(name))
    assert "content-encoding" not in fields, "plain, where nothing is asked for"
    assert re.fullmatch(r'"[0-9a-f]{32}"', fields["etag"]), fields["etag"]


def is_squeezed(dockcast, path):
    status, fields, body = dockcast.ask(path, "Accept-Encoding: br, gzip;q=0.8")
    same((status, fields["content-encoding"], gzip.decompress(body)), (200, "gzip", content(FILES[path][0])))
    assert fields["etag"] != dockcast.ask(path)[1]["etag"], "another representation has another tag"
    same(dockcast.ask(path, "Accept-Encoding: gzip;q=0, *")[2], content(FILES[path][0]))
    same(dockcast.ask(path, "Accept-Encoding: identity;q=0")[0], 406)
    same(dockcast.ask(path, "Accept-Encoding: *;q=0, gzip;q=0.001")[1]["content-encoding"], "gzip")


def is_conditional(dockcast, path):
    for coding in ("identity", "gzip"):
        accept = f"Accept-Encoding: {coding}"
        tag = dockcast.ask(path, accept)[1]["etag"]
        for list_ in (tag, f"W/{tag}", f'"x", W/{tag}', "*"):
            status, fields, body = dockcast.ask(path, accept, f"If-None-Match: {list_}")
            same((status, fields["etag"], fields["vary"], body), (304, tag, "Accept-Encoding", b""))
            assert "content-length" not in fields and "content-type" not in fields, "a 304 describes nothing"
        for list_ in ('"x"', tag.strip('"'), ""):
            same(dockcast.ask(path, accept, f"If-None-Match: {list_}")[0], 200)


def is_only_read(dockcast, path):
    size = dockcast.ask(path)[1]["content-length"]
    status, fields, body = dockcast.ask(path, method="HEAD")
    same((status, fields["content-length"], body), (200, size, b""))
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        status, fields, _ = dockcast.ask(path, "Content-Length: 0", method=method)
        same((method, status, fields.get("allow")), (method, 405, "GET, HEAD"))
    same(dockcast.ask(path, method="BREW")[0], 501)


def page_runs_nothing_else(dockcast):
    status, fields, body = dockcast.ask("/")
    directives = dict(each.split(" ", 1) for each in fields["content-security-policy"].split("; "))
    same((status, directives["default-src"], directives["frame-ancestors"]), (200, "'none'", "'none'"))
    for word in ("unsafe", "http", "*"):
        assert word not in fields["content-security-policy"].replace("sha256", ""), word
    assert b"<script>" not in body and directives["script-src"] == "'self'"
    assert re.fullmatch(r"('sha256-[\w+/]{43}='\s?)+", directives["style-src"])


def is_no_way_out(dockcast, target):
    status, _, body = dockcast.ask(target)
    assert status in (400, 404, 414) and body.startswith(b'{"status":'), f"{status} {body[:200]}"


def main():
    jobs = [("the page runs nothing else", page_runs_nothing_else)]
    for path in FILES:
        for job in (is_given, is_squeezed, is_conditional, is_only_read):
            jobs.append((f"{path} {job.__name__}", lambda dockcast, j=job, p=path: j(dockcast, p)))
    for target in TRAVERSALS:
        jobs.append((f"no way out: {target:.60}", lambda dockcast, t=target: is_no_way_out(dockcast, t)))
    failed = 0
    with Dockcast() as dockcast:
        for name, job in jobs:
            try:
                job(dockcast)
            except (AssertionError, OSError, KeyError, ValueError) as wrong:
                failed += 1
                print(f"FAIL {name}: {wrong!r}")
    print(f"{len(jobs) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
