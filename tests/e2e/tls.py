#!/usr/bin/python3
"""TLS with clients: curl, WebSockets, new certificates, what is refused, and what an idle connection costs."""
import asyncio
import json
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile

import websockets

from certificates import Certificates
from support import BINARY, ENGINES, SLOW, Container, Instance, check, until

LINES = 20_000
BURST = (f'i=0; while [ $((i = i + 1)) -le {LINES} ]; do echo "o $i"; done; echo end; sleep 600')
STALLERS = 200
IDLE = 500


class TlsInstance(Instance):
    def __init__(self, engine, label, certificates, **settings):
        self.context = certificates.client()
        settings = dict({"DOCKCAST_TLS_CERT": certificates.path("server"),
                         "DOCKCAST_TLS_KEY": certificates.path("server-key")}, **settings)
        super().__init__(engine, label, **settings)

    def connect(self, context=None, session=None):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20 * SLOW)
        return (context or self.context).wrap_socket(plain, server_hostname="127.0.0.1", session=session)

    def get(self, path):
        with self.connect() as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
            text = "".join(iter(lambda: connection.recv(65536).decode(), ""))
        return int(text.split()[1]), text.split("\r\n\r\n", 1)[1]

    def serial(self):
        with self.connect() as connection:
            return connection.getpeercert()["serialNumber"]

    def handshakes(self, result):
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(f'dockcast_tls_handshakes_total{{result="{result}"}}'):
                return float(line.split()[1])
        return check(False, f"handshakes that are {result} are not counted")

    def follow(self, container, **options):
        url = f"wss://127.0.0.1:{self.port}/ws/containers/{container.id}/logs"
        return websockets.connect(url, ssl=self.context, subprotocols=["dockcast.v1"], max_size=None, **options)


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", "--max-time", "20", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def by_curl(instance, certificates):
    trust, url = ("--cacert", certificates.path("ca")), f"https://127.0.0.1:{instance.port}/health/live"
    check('"live"' in curl(*trust, url)[1], "curl is answered")
    check(curl(url)[0] == 60, "who does not know the authority does not trust us")
    check(curl(*trust, "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", url)[0] == 35, "TLS 1.1 is refused")
    check(curl(*trust, "--tls-max", "1.2", url)[0] == 0, "TLS 1.2 is not")
    status = curl(*trust, "--http2", "-o", "/dev/null", "-w", "%{http_version}", url)
    check(status == (0, "1.1"), f"of h2 and http/1.1 the second is agreed on: {status}")
    plain = curl("-w", "%{http_code}", f"http://127.0.0.1:{instance.port}/")
    check(plain[1].endswith("400") and "https://" in plain[1], f"a request without TLS is told to use it: {plain}")
    check(instance.handshakes("plain") == 1 and instance.handshakes("failed") >= 2, "and both are counted")


async def a_whole_log(instance, container):
    lines = []
    async with instance.follow(container) as client:
        while lines[-1:] != ["end"]:
            message = json.loads(await asyncio.wait_for(client.recv(), 30 * SLOW))
            lines += [line[2] for line in message.get("lines", [])]
    check([line.encode() for line in lines] == container.logs()["o"], "it is what docker logs prints")


async def origins(instance, container):
    async with instance.follow(container, origin=f"https://127.0.0.1:{instance.port}"):
        pass
    try:
        async with instance.follow(container, origin=f"http://127.0.0.1:{instance.port}"):
            check(False, "a page without TLS is another site")
    except websockets.InvalidStatusCode as refused:
        check(refused.status_code == 403, f"it is refused with {refused.status_code}")


def resumed(instance):
    with instance.connect() as first:
        first.sendall(b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        first.recv(65536)
        with instance.connect(session=first.session) as second:
            check(second.session_reused, "a session is resumed")


async def new_certificates(instance, certificates, container):
    async with instance.follow(container) as client:
        await client.recv()
        seen = [instance.serial()]
        certificates.issue("server")
        instance.signal(signal.SIGHUP)
        await until("SIGHUP brings the new certificate", lambda: instance.serial() not in seen)
        seen.append(instance.serial())
        certificates.issue("server")
        await until("a change of the files does, too", lambda: instance.serial() not in seen)
        seen.append(instance.serial())
        pathlib.Path(certificates.path("server")).write_text("nothing")
        await until("a bad one is told", lambda: "the one before it stays" in instance.said())
        check(instance.serial() == seen[-1], "and not used")
        certificates.issue("server")
        await until("a good one is used again", lambda: instance.serial() not in seen)
        await client.send(json.dumps({"type": "ping", "id": 7}))
        while json.loads(await asyncio.wait_for(client.recv(), 30 * SLOW))["type"] != "pong":
            pass


async def stallers(engine, certificates):
    """They begin a handshake and never finish it; meanwhile others are served, and at the deadline they are gone."""
    instance = TlsInstance(engine, "stalled", certificates, DOCKCAST_REQUEST_TIMEOUT="3s")
    hello = ssl.MemoryBIO()
    try:
        certificates.client().wrap_bio(ssl.MemoryBIO(), hello, server_hostname="x").do_handshake()
    except ssl.SSLWantReadError:
        pass
    half = hello.read()[:100]
    sockets = [socket.create_connection(("127.0.0.1", instance.port)) for _ in range(STALLERS)]
    for each in sockets:
        each.sendall(half)
        each.setblocking(False)

    def over(one):
        try:
            return one.recv(1) == b""
        except BlockingIOError:
            return False
        except ConnectionError:
            return True

    check(instance.get("/health/live")[0] == 200, "others are served beside them")
    check(not any(over(each) for each in sockets), "they have their time")
    left = set(sockets)

    def all_gone():
        check(instance.get("/health/live")[0] == 200, "others are served beside them")
        left.difference_update([each for each in left if over(each)])
        return not left

    await until("who does not finish is gone", all_gone)
    check(instance.handshakes("abandoned") == STALLERS, "and counted")
    for each in sockets:
        each.close()
    instance.stop()


def idle_cost(engine, certificates):
    """Bytes of our memory for each idle WebSocket, with TLS and without."""
    costs = []
    for kind in (TlsInstance, Instance):
        settings = [certificates] if kind is TlsInstance else []
        instance = kind(engine, "idle", *settings, DOCKCAST_SERVING_LOOPS="1")
        connections = []
        for count in range(2 * IDLE):
            if count == IDLE:
                before = instance.resident_kib()  # what the first ones cost is not only theirs
            connection = (instance.connect() if kind is TlsInstance else
                          socket.create_connection(("127.0.0.1", instance.port)))
            connection.sendall((f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{instance.port}\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
            check(b" 101 " in connection.recv(4096), "it is upgraded")
            connections.append(connection)
        costs.append((instance.resident_kib() - before) * 1024 // IDLE)
        for connection in connections:
            connection.close()
        instance.stop()
    print(f"an idle WebSocket costs {costs[0]} bytes with TLS, {costs[1]} without")
    if SLOW == 1:  # else it is the sanitizer's own memory that is measured
        check(costs[0] < 32 * 1024, "TLS costs more than its state, and keeps buffers")


def check_config(certificates):
    def mistakes(**environment):
        return subprocess.run([BINARY, "--check-config"], env=environment, capture_output=True, text=True,
                              check=False).stderr

    key = certificates.path("server-key")
    check("but not DOCKCAST_TLS_CERT" in mistakes(DOCKCAST_TLS_KEY=key), "a key alone is a mistake")
    wrong = mistakes(DOCKCAST_TLS_KEY=certificates.path("ca-key"), DOCKCAST_TLS_CERT=certificates.path("server"))
    check(f"{certificates.path('ca-key')} is not the key of" in wrong, f"so is another's key: {wrong}")


async def clients(engine, certificates):
    with Container(engine, BURST) as container:
        instance = TlsInstance(engine, "tls", certificates, DOCKCAST_AUTH="none")
        check(f"https://127.0.0.1:{instance.port}/" in instance.said(), "it says where it is")
        by_curl(instance, certificates)
        await a_whole_log(instance, container)
        await origins(instance, container)
        resumed(instance)
        await new_certificates(instance, certificates, container)
        instance.stop()
    instance = TlsInstance(engine, "token", certificates, DOCKCAST_AUTH="token")
    check(f"Open https://127.0.0.1:{instance.port}/#token=" in instance.said(), "the address with the token, too")
    instance.stop()
    await stallers(engine, certificates)
    idle_cost(engine, certificates)
    check_config(certificates)


async def main():
    with tempfile.TemporaryDirectory(prefix="e2e-tls-") as folder:
        certificates = Certificates(folder)
        certificates.issue("server")
        await clients(ENGINES.get("26") or next(iter(ENGINES.values())), certificates)


asyncio.run(main())
