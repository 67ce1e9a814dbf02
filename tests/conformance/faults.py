#!/usr/bin/python3
# Longer than most: a list of cases.
"""Bad input and attacks against dockcast itself, by their numbers in docs/faults.md. No Engine is needed for them.

What floods, exhausts and lasts is in tests/e2e/attacks.py, where somebody follows a log meanwhile.
"""
import contextlib
import json
import os
import re
import socket
import struct
import sys
import time

from peer import CONTINUATION, DEFLATE, PATIENCE_S, PING, PONG, RSV1, TEXT, Peer, close, deflated, frame
from product import SANITIZED, Dockcast, wait

TOKEN = "s3cret-t0ken-of-nobody"
JOBS = []


def fault(name):
    def keep(job):
        JOBS.append((name, job))
        return job
    return keep


def ends_with(dockcast, code, said, extensions=DEFLATE, piece=None):
    """A fresh WebSocket says this and is closed with the code. What it heard before."""
    with Peer(dockcast.port) as peer:
        peer.open(extensions, "/ws")
        peer.say(said, piece)
        heard = peer.hear_all()
    assert heard and heard[-1] == code, f"wanted {code}, heard {str(heard)[-200:]}"
    return heard[:-1]


def answer(dockcast, sent):
    """What comes until the connection is closed."""
    with Peer(dockcast.port) as peer:
        peer.say(sent if isinstance(sent, bytes) else sent.encode("latin-1"))
        while peer.more():
            pass
        return peer.unread.decode("latin-1")


def refused(dockcast, status, sent):
    """One answer of this status and no other, then the end."""
    got = answer(dockcast, sent)
    assert got.startswith(f"HTTP/1.1 {status} ") and got.count("HTTP/1.1 ") == 1, f"wanted {status}: {got[:200]}"
    assert "Connection: close" in got and '"ref":"' in got, got
    return got


def command(**fields):
    return frame(TEXT, json.dumps(fields))


def upgrade(path="/ws", *fields, line=None, drop=None, host="localhost"):
    lines = [line or f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"]
    return "\r\n".join([each for each in lines if not drop or not each.startswith(drop)] + [*fields, "", ""])


NEXT = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


# The WebSocket protocol

@fault("1 a frame that is not masked")
def _(dockcast, _hasty):
    ends_with(dockcast, 1002, frame(TEXT, "{}", masked=False))


@fault("2 reserved bits")
def _(dockcast, _hasty):
    ends_with(dockcast, 1002, frame(TEXT, "{}", reserved=RSV1), extensions=None)
    ends_with(dockcast, 1002, frame(TEXT, "{}", reserved=0x20))
    ends_with(dockcast, 1002, frame(PING, reserved=RSV1))
    ends_with(dockcast, 1002, frame(TEXT, last=False) + frame(CONTINUATION, reserved=RSV1))


@fault("3 reserved opcodes")
def _(dockcast, _hasty):
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        ends_with(dockcast, 1002, frame(opcode, "x"))


@fault("4 control frames that are too long or in fragments")
def _(dockcast, _hasty):
    ends_with(dockcast, 1002, frame(PING, "x" * 126))
    ends_with(dockcast, 1002, frame(PING, "x", last=False))


@fault("5 lengths of 2^63 and 4 GiB are refused by their header, without memory")
def _(dockcast, _hasty):
    before = dockcast.resident()
    for length in (b"\x80" + bytes(7), (1 << 32).to_bytes(8, "big"), b"\xff" * 8):
        for _each in range(30):
            ends_with(dockcast, 1009, frame(TEXT, "ten bytes.", length=(127, length)))
    assert SANITIZED or dockcast.resident() < before + (8 << 20), "nothing is allocated for what is announced"
    assert dockcast.struck("message_bytes") >= 90


@fault("6 lengths that are not minimal")
def _(dockcast, _hasty):
    ends_with(dockcast, 1002, frame(TEXT, "x", length=(126, b"\0\x01")))
    ends_with(dockcast, 1002, frame(TEXT, "x", length=(127, (1).to_bytes(8, "big"))))


@fault("7 what is not UTF-8, split and in a close reason too")
def _(dockcast, _hasty):
    ends_with(dockcast, 1007, frame(TEXT, b"\xc3\x28"))
    ends_with(dockcast, 1007, frame(TEXT, b"\xce", last=False) + frame(CONTINUATION, b"("))
    ends_with(dockcast, 1007, frame(TEXT, deflated(b"\xff"), reserved=RSV1))
    ends_with(dockcast, 1007, close(1000, b"\xff"))


@fault("8 a message that is never finished has its deadline, and a bound of fragments")
def _(dockcast, hasty):
    ends_with(dockcast, 1009, frame(TEXT, last=False) + frame(CONTINUATION, "x", last=False) * 1025)
    with contextlib.ExitStack() as stack:
        before = hasty.resident()
        peers = [stack.enter_context(Peer(hasty.port)) for _each in range(100)]
        for peer in peers:
            peer.open(None, "/ws")
            peer.say(frame(TEXT, "x" * 60_000, last=False))
        grown = hasty.resident() - before
        assert SANITIZED or grown < 100 * (65_536 + 32_768), f"100 unfinished messages took {grown} bytes"
        for peer in peers:
            peer.socket.settimeout(0.05)
        ended = set()
        deadline = time.monotonic() + PATIENCE_S
        while len(ended) < len(peers) and time.monotonic() < deadline:
            for peer in set(peers) - ended:
                with contextlib.suppress(OSError):
                    peer.say(frame(CONTINUATION, "x", last=False))  # it goes on for ever
                if b"\x10\x07" in peer.unread or not heard_more(peer):
                    ended.add(peer)
        codes = [peer.unread for peer in peers]
        assert all(b"\x10\x07" in each for each in codes), "each is closed with 4103"
    assert hasty.struck("message_time") == 100


def heard_more(peer):
    try:
        return peer.more()
    except TimeoutError:
        return True


@fault("9 a deflate bomb is stopped while it inflates")
def _(dockcast, _hasty):
    before = dockcast.resident()
    for text in (bytes(10_000_000), b"{\"type\":" * 1_000_000):
        for _each in range(5):
            ends_with(dockcast, 1009, frame(TEXT, deflated(text), reserved=RSV1))
    assert SANITIZED or dockcast.resident() < before + (8 << 20), "it is never whole in memory"
    assert dockcast.struck("inflation") + dockcast.struck("message_bytes") >= 10


@fault("10 corrupt deflate data, bad window bits")
def _(dockcast, _hasty):
    ends_with(dockcast, 1007, frame(TEXT, b"\xff\xff\xff", reserved=RSV1))
    for offer in ("server_max_window_bits=7", "server_max_window_bits=16", "client_max_window_bits=99", "mux"):
        with Peer(dockcast.port) as peer:
            assert peer.open(f"{DEFLATE}; {offer}", "/ws") is None, offer


@fault("11 frames behind the handshake, in single bytes, ten thousand at once")
def _(dockcast, _hasty):
    few = b"".join(command(type="ping", id=number) for number in range(20))
    many = b"".join(command(type="ping", id=number) for number in range(10_000))
    for said, piece, count in ((few, 0, 20), (few, 1, 20), (many, None, 10_000)):
        with Peer(dockcast.port) as peer:
            peer.open(None, "/ws", behind=said if piece == 0 else b"")
            if piece != 0:
                peer.say(said, piece)
            peer.say(close(1000))
            heard = peer.hear_all()
        pongs = [json.loads(text) for kind, text in heard[1:-1]]
        assert pongs == [{"type": "pong", "id": number} for number in range(count)], f"{count}: {len(pongs)} pongs"


@fault("12 a ping flood is answered with less, and then closed with 4129")
def _(dockcast, _hasty):
    pongs = ends_with(dockcast, 4129, frame(PING, "x") * 100_000)
    assert all(each == ("pong", b"x") for each in pongs) and len(pongs) < 10_000, "pongs are coalesced"
    assert dockcast.struck("pings") >= 1


@fault("13 close half-done, reset in mid-frame, half-close: everything is given back")
def _(_dockcast, hasty):
    for ending in ("half-done", "reset", "half-close"):
        with Peer(hasty.port) as peer:
            peer.open(None, "/ws")
            if ending == "half-done":
                peer.say(command(type="ping") + close(1000)[:3])
            elif ending == "reset":
                peer.say(frame(TEXT, "x" * 1000)[:500])
                peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                peer.socket.shutdown(socket.SHUT_WR)
                assert peer.hear() is None
    with Peer(hasty.port) as deaf:  # never says close, though it was told
        deaf.open(None, "/ws")
        deaf.say(frame(3))
        assert deaf.hear_all() == [1002]
        wait("it is let go", lambda: hasty.metric("dockcast_connections") == 1)
    assert hasty.descriptors() < 40, f"{hasty.descriptors()} descriptors"


@fault("14 a client that answers no ping is closed with 4108")
def _(_dockcast, hasty):
    with Peer(hasty.port) as peer:
        peer.open(None, "/ws")
        heard = []
        while (each := peer.hear()) is not None:
            heard.append(each)
    assert heard[0][0] == PING and struct.unpack(">H", heard[-1][1][:2])[0] == 4108, heard
    with Peer(hasty.port) as peer:  # one that does stays, until it says close
        peer.open(None, "/ws")
        for _each in range(4):
            opcode, payload, _squeezed = peer.hear()
            peer.say(frame(PONG, payload) if opcode == PING else b"")
        peer.say(close(1000))
        assert peer.hear_all()[-1] == 1000


# HTTP

@fault("15 slowloris: headers that trickle have one deadline")
def _(_dockcast, hasty):
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(Peer(hasty.port)) for _each in range(100)]
        waiting = set(peers)
        sent = "GET / HTTP/1.1\r\n" + "A: b\r\n" * 1000
        for byte in sent:
            for peer in list(waiting):
                peer.say(byte.encode())
                peer.socket.settimeout(0.001)
                try:
                    waiting.difference_update(() if peer.more() else (peer,))
                except TimeoutError:
                    pass
            if len(waiting) == 100:
                hasty.get("/health/live")  # a fresh client is served
            if not waiting:
                break
        assert not waiting, f"{len(waiting)} are still there"
        assert all(peer.unread.startswith(b"HTTP/1.1 408 ") for peer in peers)
    assert hasty.struck("handshake_time") >= 100


@fault("16 headers too large and too many, a URL too long")
def _(dockcast, _hasty):
    refused(dockcast, 431, "GET / HTTP/1.1\r\nHost: a\r\nA: " + "x" * 1_000_000 + "\r\n\r\n" + NEXT)
    refused(dockcast, 431, "GET / HTTP/1.1\r\nHost: a\r\n" + "A: b\r\n" * 10_000 + "\r\n" + NEXT)
    refused(dockcast, 414, f"GET /{'x' * 100_000} HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT)


@fault("17 two framings, bare LF, folded lines, NUL, Hosts: 400 and closed")
def _(dockcast, _hasty):
    post = "POST / HTTP/1.1\r\nHost: localhost\r\n"
    for sent in (post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 post + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
                 post + "Transfer-Encoding: chunked\r\n\r\n5;\nabcde0\r\n\r\n",
                 "GET / HTTP/1.1\nHost: localhost\n\n", "GET / HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c\r\n\r\n",
                 "GET / HTTP/1.1\r\nHost: localhost\r\nA: b\0c\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
                 "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
                 "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n"):
        refused(dockcast, 400, sent + NEXT)


@fault("18 a bad upgrade is closed, and what is pipelined behind it never answered")
def _(dockcast, _hasty):
    for status, sent in ((426, upgrade(drop="Sec-WebSocket-Version")), (400, upgrade(drop="Sec-WebSocket-Key")),
                         (426, upgrade(drop="Sec-WebSocket-Version") + "Sec-WebSocket-Version: 8\r\n"),
                         (405, upgrade(line="POST /ws HTTP/1.1")), (400, upgrade(line="GET /ws HTTP/1.0")),
                         (403, upgrade("/ws", "Origin: https://evil.example"))):
        refused(dockcast, status, sent + NEXT)


@fault("19 h2c and Upgrade on other paths")
def _(dockcast, _hasty):
    h2c = ("GET /health/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
           "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n")
    got = answer(dockcast, h2c + NEXT.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))
    assert got.count("HTTP/1.1 200 ") == 2 and "101" not in got.split("\r\n")[0], got
    refused(dockcast, 404, upgrade("/nothing") + NEXT)


@fault("20 paths that climb lead nowhere")
def _(dockcast, _hasty):
    paths = ("/../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/etc/passwd", "/%2e%2e%5cetc", "/.%00./etc/passwd",
             "/%00", "//etc/passwd", "/%c0%ae%c0%ae/etc/passwd", "/\\..\\etc\\passwd", "/api/containers/..%2f..%2finfo",
             "/api/containers/../../info", "../etc/passwd", "/%252e%252e/etc/passwd")
    for path in paths:
        got = answer(dockcast, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert re.match(r"HTTP/1\.1 (400|404|503) ", got) and "root:" not in got, f"{path}: {got[:200]}"


# Attacks seen in the wild

@fault("cross-site hijack: only our own pages and those that were allowed may connect")
def _(dockcast, _hasty):
    for origin in ("https://evil.example", "null", "http://localhost.evil.example", "http://localhost:81",
                   "https://localhost:8443", "http://evil.example/http://localhost", "http://localhost@evil.example"):
        refused(dockcast, 403, upgrade("/ws", f"Origin: {origin}") + NEXT)
    got = answer(dockcast, upgrade("/ws", "Origin: https://app.example.com") + "\x88\x80abcd")
    assert got.startswith("HTTP/1.1 101 "), got
    refused(dockcast, 421, upgrade(host="rebound.example") + NEXT)


@fault("without the token nothing is told, on any route")
def _(_dockcast, _hasty):
    with Dockcast(DOCKCAST_TOKEN=TOKEN) as closed:
        for path in ("/api/containers", "/api/containers?all=true", "/api/containers/web"):
            refused_without = answer(closed, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert refused_without.startswith("HTTP/1.1 401 "), refused_without
        heard = ends_with(closed, 4300, command(type="connect", token="wrong"))
        assert json.loads(heard[0][1])["code"] == "unauthorized"
        heard = ends_with(closed, 1000, command(type="subscribe", channel="container:logs:web") + close(1000))
        assert json.loads(heard[0][1])["code"] == "unauthorized"
        with Peer(closed.port) as peer:  # in the URL it counts for nothing, unless that is allowed
            peer.open(None, f"/ws?token={TOKEN}")
            peer.say(command(type="ping") + close(1000))
            assert json.loads(peer.hear_all()[0][1])["code"] == "unauthorized"


@fault("a token stands in no log, however it was sent")
def _(_dockcast, _hasty):
    with Dockcast(DOCKCAST_TOKEN=TOKEN, DOCKCAST_ALLOW_QUERY_TOKEN="true", DOCKCAST_LOG_LEVEL="debug") as closed:
        sent = [f"GET /ws?token={TOKEN} HTTP/1.1\r\nHost: a\r\n\r\n",
                f"GET /{'x' * 9000}?token={TOKEN} HTTP/1.1\r\n\r\n",
                f"GET /nothing?token={TOKEN} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                f"GET /api/containers?token={TOKEN} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                upgrade(f"/ws?token={TOKEN}x"), upgrade("/ws", f"Authorization: Bearer {TOKEN}x"),
                upgrade(f"/ws?token={TOKEN}") + "\x88\x80abcd",
                upgrade("/ws", f"Authorization: Bearer {TOKEN}", "Origin: https://evil.example"),
                f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: {TOKEN}\r\nA\r\n\r\n"]
        for each in sent:
            answer(closed, each)
        for told in (TOKEN, TOKEN + "x"):
            ends_with(closed, 4300 if told != TOKEN else 1000,
                      command(type="connect", token=told) + (close(1000) if told == TOKEN else b""))
        wait("all of it is logged", lambda: closed.said().count("Refused") >= 7)
        assert TOKEN not in closed.said(), "the token is in the log"


@fault("paths of Docker's API lead nowhere")
def _(dockcast, _hasty):
    for path in ("/plugins", "/v1.41/containers/json", "/containers/json", "/info", "/api/containers/x/json",
                 "/api/containers/x/archive?path=/", "/api/images", "/api/plugins", "/build", "/exec/x/start"):
        for method in ("GET", "POST", "PUT", "DELETE"):
            got = answer(dockcast, f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                                   "Connection: close\r\n\r\n")
            assert re.match(r"HTTP/1\.1 40[45] ", got), f"{method} {path}: {got[:100]}"


@fault("28 what clients write cannot forge, break or colour a line of our log")
def _(dockcast, _hasty):
    before = dockcast.said().count("\n")
    nasty = "\x1b[2J\r\n2026-01-01T00:00:00Z error forged\x9b31m \u202e\u2028" + "y" * 50_000
    heard = ends_with(dockcast, 1000, command(type="subscribe", channel=nasty) + close(1000))
    assert json.loads(heard[-1][1])["code"] == "bad_request"
    ends_with(dockcast, 1000, command(type="subscribe", channel="app:" + "z" * 200) + close(1000))
    answer(dockcast, "GET /%1b%5b2J%0d%0aforged%e2%80%ae%c2%9b HTTP/1.1\r\nHost: localhost\r\n"
                     "Connection: close\r\n\r\n")
    answer(dockcast, "GET /\x1b[31m HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer(dockcast, "GET /forged%e2%80%ae%c2%9b%e2%80%a8%22 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    wait("it is logged", lambda: "/forged" in dockcast.said())
    said = dockcast.said()
    lines = said.split("\n")[before:]
    for line in lines:
        assert not line or re.match(r"\d{4}-\d\d-\d\dT\S+ (info|warning|error|debug) ", line), f"forged: {line[:200]}"
        wild = re.search(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffd]", line)
        assert not wild, ascii(line[:300])
        assert len(line) < 3000, f"{len(line)} letters"


def main():
    hasty = dict(DOCKCAST_HANDSHAKE_TIMEOUT="2s", DOCKCAST_MESSAGE_TIMEOUT="2s", DOCKCAST_PING_INTERVAL="1s",
                 DOCKCAST_PONG_TIMEOUT="2s", DOCKCAST_CLOSE_TIMEOUT="1s")
    failed = 0
    wanted = [(name, job) for name, job in JOBS if not sys.argv[1:] or any(word in name for word in sys.argv[1:])]
    for name, job in wanted:
        try:
            with Dockcast(DOCKCAST_DEFLATE="true", DOCKCAST_ALLOWED_ORIGINS="https://app.example.com") as dockcast, \
                    Dockcast(**hasty) as second:
                job(dockcast, second)
        except (AssertionError, OSError, TypeError, ValueError, IndexError) as wrong:
            failed += 1
            print(f"FAIL {name}: {wrong!r}")
    print(f"{len(wanted) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
