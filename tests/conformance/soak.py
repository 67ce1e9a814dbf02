#!/usr/bin/python3
"""Connections of every kind against one dockcast, round after round: afterwards no descriptor, no connection and no
memory is left of them.

    tests/conformance/soak.py [CONNECTIONS]     300 of each kind unless said otherwise; `make soak` takes 10,000
"""
import contextlib
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile

from peer import PING, TEXT, close, frame
from product import SANITIZED, Dockcast, wait

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path += [str(ROOT / "tools"), str(ROOT / "tests/e2e")]
from certificates import Certificates  # noqa: E402
from daemons import Daemons  # noqa: E402

ROUNDS, WARM_UP = 10, 3
KEPT_BYTES = 24  # per connection of any kind: far less than the smallest thing that could be forgotten
NOISE_BYTES = 1 << 20  # what an allocator may hold more or less of at any time
HEAD = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def reset(peer):
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def plain(peer):
    peer.say(HEAD + b"Connection: close\r\n\r\n")
    assert peer.head()[0] == 200


def kept(peer):
    for _each in range(3):
        peer.say(HEAD + b"\r\n")
        assert peer.head()[0] == 200
        peer.unread = b""


def refused(peer):
    peer.say(b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    assert peer.head()[0] in (400, 426)


def upgraded(peer):
    peer.open(None, "/ws")
    peer.say(frame(TEXT, '{"type":"ping"}') + frame(PING, "x") + close(1000))
    assert peer.hear_all()[-1] == 1000


def subscribed(peer):
    peer.open("permessage-deflate", "/ws")
    peer.say(frame(TEXT, '{"type":"subscribe","channel":"container:logs:%s"}' % ("a" * 64)))
    assert peer.hear() is not None


def half_open(_peer):
    pass


def slow(peer):
    for byte in HEAD[:5]:
        peer.say(bytes([byte]))


def half_closed(peer):
    peer.open(None, "/ws")
    peer.socket.shutdown(socket.SHUT_WR)
    assert peer.hear() is None


def cut_in_a_frame(peer):
    peer.open(None, "/ws")
    peer.say(frame(TEXT, "x" * 30_000)[:20_000])
    reset(peer)


def cut_in_a_request(peer):
    peer.say(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n" + b"x" * 5000)
    reset(peer)


def deaf_in_its_handshake(peer):
    with socket.create_connection(peer.socket.getpeername()) as another:
        another.sendall(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a ClientHello


def without_tls(peer):
    with socket.create_connection(peer.socket.getpeername()) as another:
        another.sendall(HEAD + b"\r\n")
        while another.recv(1 << 16):
            pass


def followed(peer):
    peer.open(None, "/ws")
    for channel in (f"container:logs:{NAME}", "containers", "docker:events"):
        peer.say(frame(TEXT, json.dumps({"type": "subscribe", "channel": channel})))
    heard = ""
    while heard.count('"type":"subscribed"') < 3 or '"type":"log"' not in heard:
        heard += peer.hear()[1].decode()


def streamed(peer):
    peer.say(f"GET /api/channels/container:logs:{NAME}/stream?tail=5 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    while b'"type":"log"' not in peer.unread:
        assert peer.more(), peer.unread


def downloaded(peer):
    peer.say(f"GET /api/containers/{NAME}/logs HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    while peer.more():
        pass
    assert peer.unread.endswith(b"\r\n0\r\n\r\n"), peer.unread[-20:]


KINDS = (plain, kept, refused, upgraded, subscribed, half_open, slow, half_closed, cut_in_a_frame, cut_in_a_request)
IN_TLS = (plain, kept, upgraded, half_open, half_closed, deaf_in_its_handshake, without_tls)
OF_AN_ENGINE = (followed, streamed, downloaded)
NAME = f"soak-{os.getpid()}"


def one_round(dockcast, kinds, each_kind):
    for kind in kinds:
        for _each in range(each_kind):
            with dockcast.peer() as peer:
                kind(peer)
    wait("all are gone", lambda: dockcast.metric("dockcast_connections") == 1)
    return dockcast.resident(), dockcast.descriptors()


def soak(what, kinds, each_round, **settings):
    with Dockcast(DOCKCAST_DEFLATE="true", DOCKCAST_LOG_LEVEL="error", DOCKCAST_LINGER="1s", **settings) as dockcast:
        if "DOCKER_HOST" in settings:
            wait("the Engine is read", lambda: dockcast.answers(f"/api/containers/{NAME}/logs?tail=1"))
        rounds = [one_round(dockcast, kinds, each_round) for _each in range(ROUNDS)]
        opened = re.search(r'websocket_connections_total\{channel="ws",[^}]*\} (\d+)', dockcast.get("/metrics"))
        wait(f"{what}: no descriptor is left, of {rounds[0][1]} at first",
             lambda: dockcast.descriptors() <= rounds[0][1])
        wait("no subscription is left",
             lambda: dockcast.metric("dockcast_subscriptions{channel=\"container:logs\"}") == 0)
    assert opened and int(opened[1]) > 0, f"{what}: nobody was upgraded"
    connections = each_round * len(kinds) * (ROUNDS - WARM_UP)
    memory, descriptors = [each[0] for each in rounds[WARM_UP - 1:]], [each[1] for each in rounds]
    grown = memory[-1] - memory[0]
    print(f"{what}: {connections} connections after the warm-up: {grown} bytes, {grown / connections:.1f} each; "
          f"KiB after each round {[each[0] // 1024 for each in rounds]}, descriptors {descriptors}", flush=True)
    assert SANITIZED or grown < NOISE_BYTES + KEPT_BYTES * connections, f"{what}: memory: {memory}"


@contextlib.contextmanager
def engine():
    """The URL of one with a container that has printed; of the tests where they run, else a private one, for root."""
    daemons, found = Daemons(ROOT / "build"), dict(os.environ)
    try:
        if "DOCKCAST_TEST_ENGINE_26" not in found and os.geteuid() == 0:
            daemons.start_engine("26", found)
            assert not daemons.failures, daemons.failures
        url = found.get("DOCKCAST_TEST_ENGINE_26")
        docker = ["docker", "-H", url or "", "run", "-d", "--name", NAME, "--network", "none", "demo:1", "sh", "-c",
                  "seq 100; exec sleep 3600"]
        if url:
            subprocess.run(docker, check=True, capture_output=True)
        yield url
        if url:
            subprocess.run([*docker[:3], "rm", "-f", NAME], check=True, capture_output=True)
    finally:
        daemons.stop()


def main():
    each_round = max(int(sys.argv[1]) if sys.argv[1:] else 300, ROUNDS) // ROUNDS
    soak("plain text", KINDS, each_round)
    with tempfile.TemporaryDirectory() as folder:
        certificates = Certificates(folder)
        certificates.issue("server")
        soak("TLS", IN_TLS, each_round, tls=certificates.client(), DOCKCAST_TLS_CERT=certificates.path("server"),
             DOCKCAST_TLS_KEY=certificates.path("server-key"))
    with engine() as url:
        if not url:
            return print("of an Engine: left out, since only root can start one")
        soak("of an Engine", OF_AN_ENGINE, each_round, DOCKER_HOST=url)


main()
