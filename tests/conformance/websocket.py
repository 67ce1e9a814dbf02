#!/usr/bin/python3
"""RFC 6455 and RFC 7692 as tables: what is said, what must come back. Against ws_echo, in pieces of several sizes."""
from peer import BINARY, CONTINUATION, DEFLATE, PING, PONG, RSV1, TEXT, Peer, close, deflated, frame, run

BYE = close(1000)
CASES = {}  # by name: what is said, and what must be heard


def case(name, said, *heard):
    CASES[name] = said, list(heard)


def text(payload):
    return "text", payload.encode() if isinstance(payload, str) else payload


for size in (0, 1, 125, 126, 127, 128, 65535, 65536, 300_000):
    case(f"5.2 text of {size} bytes", frame(TEXT, "*" * size) + BYE, text("*" * size), 1000)
    case(f"5.2 binary of {size} bytes", frame(BINARY, b"\xfe" * size) + BYE, ("binary", b"\xfe" * size), 1000)
case("5.2 a length of 2^63", frame(TEXT, length=(127, b"\x80" + b"\0" * 7)), 1009)
case("5.2 a length of 4 GiB", frame(TEXT, b"ten bytes.", length=(127, (1 << 32).to_bytes(8, "big"))), 1009)
case("5.2 126 for 125 bytes", frame(TEXT, "*" * 125, length=(126, b"\0\x7d")), 1002)
case("5.2 127 for 65,535 bytes", frame(TEXT, "*" * 65535, length=(127, (65535).to_bytes(8, "big"))), 1002)
case("5.1 not masked", frame(TEXT, "a", masked=False), 1002)
for bit in (0x40, 0x20, 0x10, 0x70):
    case(f"5.2 reserved bits {bit:x}", frame(TEXT, "a", reserved=bit), 1002)
    case(f"5.2 reserved bits {bit:x} on a ping", frame(PING, reserved=bit), 1002)
for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
    case(f"5.2 reserved opcode {opcode}", frame(TEXT, "before") + frame(opcode, "a") + frame(TEXT, "b"),
         text("before"), 1002)

for payload in (b"", b"hello", b"\x00\xff\xfe", b"\xfe" * 125):
    case(f"5.5.2 a ping of {len(payload)} bytes", frame(PING, payload) + BYE, ("pong", payload), 1000)
case("5.5 a ping of 126 bytes", frame(PING, b"\xfe" * 126), 1002)
case("5.5 a ping in fragments", frame(PING, "a", last=False) + frame(CONTINUATION, "b"), 1002)
case("5.5.3 pongs nobody asked for", frame(PONG, "a") + frame(PONG) + frame(TEXT, "b") + BYE, text("b"), 1000)
case("5.5.2 ten pings", b"".join(frame(PING, str(i)) for i in range(10)) + BYE,
     *(("pong", str(i).encode()) for i in range(10)), 1000)

case("5.4 fragments", frame(TEXT, "a", last=False) + frame(CONTINUATION, "b", last=False) +
     frame(CONTINUATION, "c") + BYE, text("abc"), 1000)
case("5.4 a ping between fragments", frame(TEXT, "a", last=False) + frame(PING, "p") + frame(CONTINUATION, "b") + BYE,
     ("pong", b"p"), text("ab"), 1000)
case("5.4 empty fragments", frame(TEXT, last=False) + frame(CONTINUATION, last=False) + frame(CONTINUATION) + BYE,
     text(""), 1000)
case("5.4 a thousand fragments", frame(BINARY, last=False) + frame(CONTINUATION, "x", last=False) * 1000 +
     frame(CONTINUATION) + BYE, ("binary", b"x" * 1000), 1000)
case("5.4 a continuation of nothing", frame(CONTINUATION, "a") + frame(TEXT, "b"), 1002)
case("5.4 a continuation behind a whole message", frame(TEXT, "a") + frame(CONTINUATION, "b"), text("a"), 1002)
case("5.4 a message within a message", frame(TEXT, "a", last=False) + frame(TEXT, "b"), 1002)

for good in ("κόσμε", "\x00", "\x7f", "\u0080", "\u07ff", "\u0800", "\uffff", "\U00010000", "\U0010ffff", "\ufdd0"):
    raw = good.encode()
    case(f"8.1 {raw.hex()}", frame(TEXT, raw) + BYE, text(raw), 1000)
    split = b"".join(frame(CONTINUATION if i else TEXT, raw[i:i + 1], last=i + 1 == len(raw)) for i in range(len(raw)))
    case(f"8.1 {raw.hex()} split at every byte", split + BYE, text(raw), 1000)
for bad in ("80", "bf", "c0af", "c1bf", "e080af", "e09fbf", "eda080", "edbfbf", "f08080af", "f08fbfbf", "f4908080",
            "f5808080", "fe", "ff", "ce", "e2a1", "f09d84", "ceba20ce", "c328", "e228a1", "f0288cbc"):
    raw = bytes.fromhex(bad)
    case(f"8.1 not UTF-8: {bad}", frame(TEXT, raw), 1007)
    split = b"".join(frame(CONTINUATION if i else TEXT, raw[i:i + 1], last=False) for i in range(len(raw)))
    case(f"8.1 not UTF-8, split: {bad}", split + frame(CONTINUATION), 1007)
case("8.1 fails before the message ends", frame(TEXT, b"\xce\xba\xed\xa0\x80", last=False), 1007)

case("5.5.1 without a code", close(), None)
case("5.5.1 of one byte", frame(8, b"\x03"), 1002)
case("5.5.1 over 125 bytes", frame(8, b"\x03\xe8" + b"*" * 124), 1002)
case("5.5.1 with a reason", close(1000, "bye".encode()), 1000)
case("5.5.1 with the longest reason", close(1000, b"*" * 123), 1000)
case("5.5.1 a reason that is not UTF-8", close(1000, b"\xce\xba\xed\xa0\x80"), 1007)
case("5.5.1 nothing is heard behind it", BYE + frame(TEXT, "late") + frame(PING), 1000)
for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999):
    case(f"7.4 code {code}", close(code), code)
for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
    case(f"7.4 code {code} may not be said", close(code), 1002)

SQUEEZED = {}
CASES, PLAIN = SQUEEZED, CASES
for message in ("", "a", "hello" * 1000, "κόσμε" * 100):
    raw = deflated(message)
    case(f"deflated {len(message)}", frame(TEXT, raw, reserved=RSV1) + BYE, text(message), 1000)
    half = len(raw) // 2
    case(f"deflated {len(message)} in fragments", frame(TEXT, raw[:half], last=False, reserved=RSV1) +
         frame(PING, "p") + frame(CONTINUATION, raw[half:]) + BYE, ("pong", b"p"), text(message), 1000)
case("a plain message beside", frame(TEXT, "plain") + frame(TEXT, deflated("squeezed"), reserved=RSV1) + BYE,
     text("plain"), text("squeezed"), 1000)
case("with a last block", frame(TEXT, bytes.fromhex("f348cdc9c9070000"), reserved=RSV1) + BYE, text("Hello"), 1000)
case("not compressed", frame(TEXT, bytes.fromhex("000500faff48656c6c6f00"), reserved=RSV1) + BYE, text("Hello"), 1000)
case("in two blocks", frame(TEXT, bytes.fromhex("f248050000 00ffffcac9c90700"), reserved=RSV1) + BYE, text("Hello"),
     1000)
case("a window of 9 bits", frame(BINARY, deflated(bytes(5000), 9), reserved=RSV1) + BYE, ("binary", bytes(5000)), 1000)
case("RSV1 on a continuation", frame(TEXT, last=False) + frame(CONTINUATION, reserved=RSV1), 1002)
case("RSV1 on a ping", frame(PING, reserved=RSV1), 1002)
case("RSV2", frame(TEXT, deflated("a"), reserved=0x60), 1002)
case("corrupt", frame(TEXT, b"\xff\xff\xff", reserved=RSV1), 1007)
case("cut off", frame(TEXT, deflated("some words")[:-3], reserved=RSV1), 1007)
case("not UTF-8", frame(TEXT, deflated(b"\xce"), reserved=RSV1), 1007)
case("a bomb", frame(BINARY, deflated(bytes(80_000_000)), reserved=RSV1), 1009)

OFFERS = {  # what is agreed on; None: nothing
    DEFLATE: [],
    f"{DEFLATE}; client_max_window_bits": [],
    f"{DEFLATE}; client_max_window_bits=9; server_no_context_takeover": [],
    f"{DEFLATE}; server_max_window_bits=10": ["server_max_window_bits=10"],
    f"{DEFLATE}; server_max_window_bits=7, {DEFLATE}; server_max_window_bits=12": ["server_max_window_bits=12"],
    f"{DEFLATE}; server_max_window_bits=16": None,
    f"{DEFLATE}; server_max_window_bits": None,
    f"{DEFLATE}; mux=1": None,
    f"{DEFLATE}; client_no_context_takeover=1": None,
    "x-webkit-deflate-frame": None,
}


def judge(port, said, heard, extensions=None):
    for piece in (None, 1, 7) if len(said) < 2000 else (None, 4096):
        with Peer(port) as peer:
            agreed = peer.open(extensions)
            assert bool(agreed) == bool(extensions), f"agreed on {agreed}"
            peer.say(said, piece)
            got = peer.hear_all()
        assert got == heard, f"in pieces of {piece}: heard {str(got)[:300]}"


def judge_offer(port, offer, wanted):
    with Peer(port) as peer:
        agreed = peer.open(offer)
        if wanted is None:
            assert agreed is None, f"{offer}: agreed on {agreed}"
            return
        name, *parameters = [part.strip() for part in agreed.split(";")]
        takeover = ["server_no_context_takeover", "client_no_context_takeover"]
        assert name == DEFLATE and sorted(parameters) == sorted(takeover + wanted), f"{offer}: agreed on {agreed}"
        peer.say(frame(TEXT, "words " * 100))
        opcode, payload, squeezed = peer.hear()
        assert opcode == TEXT and squeezed and len(payload) < 100, "what comes back is deflated"


if __name__ == "__main__":
    run([(name, lambda port, c=told, e=extensions: judge(port, *c, e))
         for cases, extensions in ((PLAIN, None), (SQUEEZED, DEFLATE)) for name, told in cases.items()] +
        [(offer, lambda port, o=offer, w=wanted: judge_offer(port, o, w)) for offer, wanted in OFFERS.items()])
