#!/usr/bin/python3
"""A container's past over HTTP: the same bytes as `docker logs`, whoever reads slowly, leaves, or speaks HTTP/1.0."""
import asyncio
import hashlib
import http.client
import itertools
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile

import websockets

from support import ENGINES, SLOW, Container, Cutter, Instance, check, until

# Both streams, a line in pieces, one that fills a piece exactly, text that is not ASCII, and one without an end.
WORDS = ('i=0; while [ $((i = i + 1)) -le 3000 ]; do echo "o $i ünïcödé"; [ $((i % 7)) -ne 0 ] || echo "e $i" >&2; '
         '[ $i -ne 1500 ] || sleep 0.2; done; head -c 40000 /dev/zero | tr "\\0" x; echo; '
         'head -c 16384 /dev/zero | tr "\\0" y; echo; printf "no end"')
BIG_LINES = 100_000  # of 1000 bytes
BIG = f'yes "$(head -c 999 /dev/zero | tr "\\0" x)" | head -n {BIG_LINES}'
DOCS = pathlib.Path(os.environ.get("DOCKCAST_TEST_SOURCE", ".")) / "docs/http.md"


def printed(container, *options, merged=True):
    """What `docker logs` prints, both streams as they come; or stdout alone."""
    command = ["docker", "-H", container.engine, "logs", *options, container.name]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True,
                          stderr=subprocess.STDOUT if merged else subprocess.DEVNULL).stdout


def ask(instance, path, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=60 * SLOW)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def log(instance, container, query="", **headers):
    answer, body = ask(instance, f"/api/containers/{container.name}/logs?{query}", **headers)
    check(answer.status == 200, f"{query} is answered with {answer.status}: {body[:300]}")
    return body


async def ended(container):
    await until("the container has ended", lambda: "exited" in container.docker(
        "inspect", "-f", "{{.State.Status}}", container.name), 120)


def same(what, got, wanted):
    differs = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), "none")
    check(got == wanted, f"{what}: {len(got)} bytes, docker logs prints {len(wanted)}; they differ at {differs}")


def as_docker_prints(instance, container):
    stamps = re.findall(rb"^(\S+Z) ", printed(container, "--timestamps"), re.MULTILINE)
    since, before = stamps[len(stamps) // 3].decode(), stamps[2 * len(stamps) // 3].decode()
    ranges = {"": [], "tail=0": ["--tail", "0"], "tail=7": ["--tail", "7"], "tail=900": ["--tail", "900"],
              f"since={since}": ["--since", since], f"until={before}": ["--until", before],
              f"since={since}&until={before}": ["--since", since, "--until", before],
              f"since={since}&tail=100": ["--since", since, "--tail", "100"]}
    for (query, options), stamped in itertools.product(ranges.items(), (False, True)):
        query += "&timestamps=1" * stamped
        options = options + ["--timestamps"] * stamped
        same(query, log(instance, container, query), printed(container, *options))
        same("stdout, " + query, log(instance, container, "stderr=false&" + query),
             printed(container, *options, merged=False))
    both, out = log(instance, container), log(instance, container, "stderr=0")
    check(len(log(instance, container, "stdout=0")) == len(both) - len(out), "stderr is the rest")


async def as_lines(instance, container):
    """NDJSON, and from a position on."""
    ndjson = {"Accept": "application/x-ndjson"}
    items = [json.loads(line) for line in log(instance, container, **ndjson).splitlines()]
    # The `local` driver of 20.10 forgets the newline of a line in pieces, so `docker logs` runs it into the next.
    for stream, count in (("stdout", 3003), ("stderr", 3000 // 7)):
        lines = [each["data"].encode() for each in items if each["stream"] == stream]
        check(len(lines) == count, f"{len(lines)} objects of {stream}, {count} lines were written")
        if stream == "stdout":
            same(stream, b"".join(lines), printed(container, merged=False).replace(b"\n", b""))
    check(all(set(each) == {"time", "stream", "data"} for each in items), "an object has a time, a stream and data")
    tail = [json.loads(line) for line in log(instance, container, "tail=5", **ndjson).splitlines()]
    check(tail == items[-5:], f"the last five lines are {str(tail)[:300]}")
    first = [json.loads(line) for line in log(instance, container, f"until={items[9]['time']}", **ndjson).splitlines()]
    check(first == items[:10], "until is inclusive")

    heard = []
    async with websockets.connect(f"ws://127.0.0.1:{instance.port}/ws/containers/{container.id}/logs",
                                  max_size=None) as client:
        while len(heard) < 1000:
            message = json.loads(await asyncio.wait_for(client.recv(), 30 * SLOW))
            if message["type"] == "log":
                heard.append(message)
    place = heard[-1]["position"]
    rest = [json.loads(line) for line in log(instance, container, f"since={place}", **ndjson).splitlines()]
    check(rest == items[1000:], "behind a position there is the rest")
    until_it = [json.loads(line) for line in log(instance, container, f"until={place}", **ndjson).splitlines()]
    check(until_it == items[:1000], "and up to it the beginning")
    text = log(instance, container, f"since={place}&stderr=0").decode().splitlines()
    check(text == [each["data"] for each in items[1000:] if each["stream"] == "stdout"], "the same as text")


def refusals(instance, engine, container):
    for path, status, code in ((f"{container.name}-not/logs", 404, "not_found"),
                               (f"{container.name}/logs?tail=x", 400, "bad_request"),
                               (f"{container.name}/logs?until=x", 400, "bad_request")):
        answer, body = ask(instance, f"/api/containers/{path}")
        told = json.loads(body)
        check(answer.status == status and told["code"] == code, f"{path} is answered with {answer.status}: {told}")
    answer, body = ask(instance, f"/api/containers/{container.name}/logs", method="HEAD")
    check(answer.status == 200 and body == b"", f"HEAD is answered with {answer.status} and {body[:100]}")
    with Container(engine, "echo x", "--log-driver", "none") as mute:
        answer, body = ask(instance, f"/api/containers/{mute.name}/logs")
        check(answer.status == 501 and json.loads(body)["code"] == "unsupported", f"driver none: {answer.status}")


def documented(instance, container):
    """Every curl command of the documentation, and what it prints."""
    commands = re.findall(r"^curl .*$", DOCS.read_text(), re.MULTILINE)
    check(len(commands) >= 5, f"{DOCS} shows {len(commands)} commands")
    for command in commands:
        here = command.replace("127.0.0.1:8000", f"127.0.0.1:{instance.port}").replace("/web/", f"/{container.name}/")
        done = subprocess.run(["sh", "-c", here], capture_output=True, check=False, timeout=60 * SLOW)
        check(done.returncode == 0 and done.stdout, f"{here}: {done.returncode} {done.stderr} {done.stdout[:300]}")
        if "ndjson" in here or "-I" in here:
            continue
        options = [word for name, value in re.findall(r"[?&](tail|since|until)=([^'&]*)", here)
                   for word in (f"--{name}", value)] + ["--timestamps"] * ("timestamps" in here)
        if "10m" not in options:  # the two would count back from different moments
            same(here, done.stdout, printed(container, *options))
    url = f"http://127.0.0.1:{instance.port}/api/containers/{container.name}/logs"
    old = subprocess.run(["curl", "-s", "-i", "--http1.0", url], capture_output=True, check=True).stdout
    head, body = old.split(b"\r\n\r\n", 1)
    check(b"chunked" not in head and b"Connection: close" in head, f"to HTTP/1.0 the head is {head}")
    same("HTTP/1.0", body, printed(container))


class Reader:
    """A bare socket that reads a log no faster than it is told to."""

    def __init__(self, instance, container, version="1.1"):
        self.socket = socket.create_connection(("127.0.0.1", instance.port), timeout=60 * SLOW)
        self.socket.sendall((f"GET /api/containers/{container.name}/logs HTTP/{version}\r\nHost: localhost\r\n"
                             "Connection: close\r\n\r\n").encode())
        self.bytes, self.last, self.digest = 0, b"", hashlib.sha256()

    def read(self, most):
        """Nothing is left to read."""
        while most > 0:
            data = self.socket.recv(min(most, 1 << 20))
            if not data:
                return True
            self.bytes, most = self.bytes + len(data), most - len(data)
            self.last = (self.last + data)[-64:]
            self.digest.update(data)
        return False


async def a_slow_reader(instance, container):
    log(instance, container, "tail=1")  # whatever is made once is made now
    before = instance.resident_kib()
    slow = [Reader(instance, container) for _ in range(12)]  # more than read at once
    most = before
    for _ in range(20):
        for each in slow:
            await asyncio.to_thread(each.read, 100_000)
        most = max(most, instance.resident_kib())
    check(len(log(instance, container, "tail=100")) == 100_000, "who comes meanwhile is not kept waiting")
    print(f"12 slow readers of {BIG_LINES // 1000} MB cost {most - before} KiB")
    if SLOW == 1:
        check(most - before < 24 * 1024, f"{most - before} KiB are more than 24 MiB")
    for each in slow[1:]:
        each.socket.close()
    reader = slow[0]
    check(await asyncio.to_thread(reader.read, 1 << 40), "it ends")
    check(reader.last.endswith(b"x\n\r\n0\r\n\r\n"), f"as it should: {reader.last[-20:]}")
    whole = Reader(instance, container, "1.0")
    check(await asyncio.to_thread(whole.read, 1 << 40), "so does another")
    check(whole.bytes > BIG_LINES * 1000, f"{whole.bytes} bytes in all")


async def whoever_leaves(instance, container, idle):
    """`idle`: its descriptors while nobody reads; connections to the Engine that are kept for later come on top."""
    kept = 4
    await until("the readers before are gone", lambda: instance.descriptors() <= idle + kept)
    readers = [Reader(instance, container, version) for version in ("1.0", "1.1") * 10]
    for each in readers:
        await asyncio.to_thread(each.read, 50_000)
    await until("each has a socket and a read of the Engine",
                lambda: instance.descriptors() >= idle + 2 * len(readers))
    for each in readers:
        each.socket.close()
    await until("all descriptors are given back", lambda: instance.descriptors() <= idle + kept)


async def an_engine_that_fails(engine, container):
    with tempfile.TemporaryDirectory() as folder:
        cutter = await Cutter(path=engine.removeprefix("unix://")).listen(f"{folder}/engine.sock")
        instance = await asyncio.to_thread(Instance, f"unix://{folder}/engine.sock", "cut")
        for version in ("1.1", "1.0"):
            reader = Reader(instance, container, version)
            await asyncio.to_thread(reader.read, 1_000_000)
            check(cutter.cut() > 0, "the Engine's connections are cut")
            try:
                await asyncio.to_thread(reader.read, 1 << 40)
                check(version == "1.1", "over HTTP/1.0 a cut looks like the end")
                check(not reader.last.endswith(b"0\r\n\r\n"), "over HTTP/1.1 it came to an end")
            except ConnectionResetError:
                pass
            check(reader.bytes < BIG_LINES * 1000, "it was not whole")
            await until("the Engine is found again", instance.answers)
        await asyncio.to_thread(instance.stop)
        cutter.server.close()


async def main():
    for version, engine in ENGINES.items():
        print(f"Engine {version}", flush=True)
        instance = await asyncio.to_thread(Instance, engine, "downloads")
        idle = instance.descriptors()
        for options in ((), ("-t",), ("--log-driver", "local")):
            with Container(engine, WORDS, *options) as container:
                await ended(container)
                if options != ("-t",):
                    as_docker_prints(instance, container)
                    await as_lines(instance, container)
                else:
                    same("a terminal", log(instance, container), printed(container))
                    same("and stamped", log(instance, container, "timestamps=1"), printed(container, "--timestamps"))
                    same("its end", log(instance, container, "tail=9"), printed(container, "--tail", "9"))
                if not options:
                    documented(instance, container)
                    refusals(instance, engine, container)
        with Container(engine, BIG) as container:
            await ended(container)
            await a_slow_reader(instance, container)
            await whoever_leaves(instance, container, idle)
            await an_engine_that_fails(engine, container)
        instance.stop()


asyncio.run(main())
