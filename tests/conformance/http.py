#!/usr/bin/python3
"""HTTP/1.1 as tables (RFC 9112, RFC 6455 4.2): what is sent, the statuses that come back, and whether the connection
goes on. Against ws_echo, which answers every good request with its body; in pieces of several sizes."""
from peer import Peer, run

CASES = {}  # by name: what is sent, the statuses in order, and whether it stays open
PROBE = b"GET /probe HTTP/1.1\r\nHost: a\r\n\r\n"


def case(name, sent, *statuses, goes_on=False):
    CASES[name] = sent if isinstance(sent, bytes) else sent.encode("latin-1"), list(statuses), goes_on


def request(line="GET / HTTP/1.1", *fields, host="Host: a", body=""):
    return "\r\n".join([line, *([host] if host else []), *fields]) + "\r\n\r\n" + body


def upgrade(line="GET / HTTP/1.1", drop=None, **instead):
    fields = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
              "Sec-WebSocket-Version": "13"}
    fields.update({name.replace("_", "-"): value for name, value in instead.items()})
    return request(line, *(f"{name}: {value}" for name, value in fields.items() if name != drop))


for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"):
    case(f"method {method}", request(f"{method} /any?x=1 HTTP/1.1"), 200, goes_on=True)
case("two in one segment", request() + request("POST / HTTP/1.1", "Content-Length: 2", body="ab"), 200, 200,
     goes_on=True)
case("a body by its length", request("POST / HTTP/1.1", "Content-Length: 5", body="12345"), 200, goes_on=True)
case("a body in chunks", request("POST / HTTP/1.1", "Transfer-Encoding: chunked", body="3\r\nabc\r\n0\r\n\r\n"), 200,
     goes_on=True)
case("chunk extension, trailer", request("POST / HTTP/1.1", "Transfer-Encoding: chunked",
                                         body="3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n"), 200, goes_on=True)
case("Expect", request("POST / HTTP/1.1", "Content-Length: 2", "Expect: 100-continue", body="ab"), 100, 200,
     goes_on=True)
case("Connection: close", request("GET / HTTP/1.1", "Connection: close") + request(), 200)
case("HTTP/1.0", request("GET / HTTP/1.0", host=None) + request(), 200)
case("HTTP/1.0 keep-alive", request("GET / HTTP/1.0", "Connection: keep-alive"), 200, goes_on=True)
case("absolute target", request("GET http://a/x HTTP/1.1"), 200, goes_on=True)
case("absolute target of https", request("GET https://a/x HTTP/1.1"), 200, goes_on=True)
case("empty lines before", "\r\n" + request(), 200, goes_on=True)

for name, sent in {
        "no Host": request(host=None),
        "two Hosts": request("GET / HTTP/1.1", "Host: b"),
        "an empty field name": request("GET / HTTP/1.1", ": x"),
        "a space before the colon": request("GET / HTTP/1.1", "X : y"),
        "a folded line": request("GET / HTTP/1.1", "X: y\r\n z"),
        "a NUL in a value": request("GET / HTTP/1.1", "X: a\0b"),
        "a bare CR": request("GET / HTTP/1.1", "X: a\rb"),
        "lengths that differ": request("POST / HTTP/1.1", "Content-Length: 1", "Content-Length: 2", body="ab"),
        "a length and chunks": request("POST / HTTP/1.1", "Content-Length: 3", "Transfer-Encoding: chunked",
                                       body="0\r\n\r\n"),
        "a length that is none": request("POST / HTTP/1.1", "Content-Length: +1", body="a"),
        "a length too large to count": request("POST / HTTP/1.1", "Content-Length: 99999999999999999999"),
        "a chunk size that is none": request("POST / HTTP/1.1", "Transfer-Encoding: chunked", body="x\r\n"),
        "a chunk size over 2^64": request("POST / HTTP/1.1", "Transfer-Encoding: chunked", body="1" * 17 + "\r\n"),
        "a chunk that is longer": request("POST / HTTP/1.1", "Transfer-Encoding: chunked", body="1\r\nab\r\n"),
        "a bare LF": "GET / HTTP/1.1\nHost: a\n\n",
        "a space too many": request("GET  / HTTP/1.1"),
        "no version": request("GET /"),
        "another version": request("GET / HTTP/2.0"),
        "a target without a slash": request("GET ../x HTTP/1.1"),
        "a target with %00": request("GET /%00 HTTP/1.1"),
        "not HTTP": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"}.items():
    case(f"400: {name}", sent.encode("latin-1") + PROBE, 400)
case("414", request(f"GET /{'x' * 40_000} HTTP/1.1") + request(), 414)
case("431 by size", request("GET / HTTP/1.1", f"X: {'x' * 70_000}") + request(), 431)
case("431 by number", request("GET / HTTP/1.1", *["X: y"] * 200) + request(), 431)
case("413", request("POST / HTTP/1.1", "Content-Length: 100000000"), 413)
case("501: a coding we do not know", request("POST / HTTP/1.1", "Transfer-Encoding: gzip, chunked"), 501)

case("upgrade: version 8", upgrade(Sec_WebSocket_Version="8") + request(), 426)
case("upgrade: no version", upgrade(drop="Sec-WebSocket-Version") + request(), 426)
case("upgrade: no key", upgrade(drop="Sec-WebSocket-Key") + request(), 400)
case("upgrade: a short key", upgrade(Sec_WebSocket_Key="AAAA") + request(), 400)
case("upgrade: Connection does not say so", upgrade(Connection="keep-alive") + request(), 400)
case("upgrade: POST", upgrade("POST / HTTP/1.1") + request(), 405)
case("upgrade: HTTP/1.0", upgrade("GET / HTTP/1.0") + request(), 400)
case("upgrade: h2c is ignored", upgrade(Upgrade="h2c"), 200, goes_on=True)
case("upgrade: in any case", upgrade(Upgrade="WebSocket", Connection="keep-alive, UPGRADE") + "\x88\x80abcd", 101)


def statuses(peer):
    heard = []
    while True:
        status, fields = peer.head()
        if status is None:
            return heard
        heard.append(status)
        if status == 101:
            while peer.hear() is not None:
                pass
            return heard
        size = int(fields.get("content-length", "0"))
        if peer.head_only:
            size = 0
        while len(peer.unread) < size and peer.more():
            pass
        peer.unread = peer.unread[size:]


def judge(port, sent, wanted, goes_on):
    for piece in (None, 1) if len(sent) < 2000 else (None, 1000):
        with Peer(port) as peer:
            peer.head_only = sent.startswith(b"HEAD")
            peer.say(sent, piece)
            if goes_on:  # then it answers one more, the last
                peer.say(b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            got = statuses(peer)
        assert got == wanted + [200] * goes_on, f"in pieces of {piece}: {got}"


if __name__ == "__main__":
    run([(name, lambda port, t=told: judge(port, *t)) for name, told in CASES.items()])
