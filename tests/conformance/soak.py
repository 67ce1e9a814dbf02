#!/usr/bin/python3
"""Connections of every kind against one dockcast, round after round: afterwards no descriptor, no connection and no
memory is left of them.

    tests/conformance/soak.py [CONNECTIONS]     300 of each kind unless said otherwise; `make soak` takes 10,000
"""
import re
import socket
import struct
import sys

from peer import PING, TEXT, Peer, close, frame
from product import SANITIZED, Dockcast, wait

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


KINDS = (plain, kept, refused, upgraded, subscribed, half_open, slow, half_closed, cut_in_a_frame, cut_in_a_request)


def one_round(dockcast, each_kind):
    for kind in KINDS:
        for _each in range(each_kind):
            with Peer(dockcast.port) as peer:
                kind(peer)
    wait("all are gone", lambda: dockcast.metric("dockcast_connections") == 1)
    return dockcast.resident(), dockcast.descriptors()


def main():
    each_round = max(int(sys.argv[1]) if sys.argv[1:] else 300, ROUNDS) // ROUNDS
    with Dockcast(DOCKCAST_DEFLATE="true", DOCKCAST_LOG_LEVEL="error") as dockcast:
        rounds = [one_round(dockcast, each_round) for _each in range(ROUNDS)]
        opened = re.search(r'websocket_connections_total\{channel="ws",[^}]*\} (\d+)', dockcast.get("/metrics"))
        sessions = dockcast.metric("dockcast_subscriptions{channel=\"container:logs\"}")
    assert opened and int(opened[1]) > 0 and sessions == 0, f"{sessions} subscriptions are left"
    connections = each_round * len(KINDS) * (ROUNDS - WARM_UP)
    memory, descriptors = [each[0] for each in rounds[WARM_UP - 1:]], [each[1] for each in rounds]
    grown = memory[-1] - memory[0]
    print(f"{connections} connections after the warm-up: {grown} bytes, {grown / connections:.1f} each; "
          f"KiB after each round {[each[0] // 1024 for each in rounds]}, descriptors {descriptors}")
    assert descriptors[-1] <= descriptors[0], f"descriptors: {descriptors}"
    assert SANITIZED or grown < NOISE_BYTES + KEPT_BYTES * connections, f"memory: {memory}"


main()
