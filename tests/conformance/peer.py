"""A WebSocket client of bytes, for the tables in this folder: it says exactly what it is told, right or wrong."""
import os
import socket
import struct
import subprocess
import sys
import zlib

DEFLATE = "permessage-deflate"
ECHO = os.path.join(os.path.dirname(os.environ.get("DOCKCAST_TEST_BINARY", "build/dev/dockcast")), "ws_echo")
PATIENCE_S = 20 * float(os.environ.get("DOCKCAST_TEST_SLOW", "1"))
TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
RSV1 = 0x40


def frame(opcode, payload=b"", last=True, reserved=0, masked=True, length=None):
    """One frame; `length`: what its header says where that is not the truth, as (7 bits, the rest in bytes)."""
    payload = payload.encode() if isinstance(payload, str) else payload
    head = bytes([(0x80 if last else 0) | reserved | opcode])
    if length is not None:
        bits, rest = length
    elif len(payload) < 126:
        bits, rest = len(payload), b""
    elif len(payload) < 65536:
        bits, rest = 126, struct.pack(">H", len(payload))
    else:
        bits, rest = 127, struct.pack(">Q", len(payload))
    if not masked:
        return head + bytes([bits]) + rest + payload
    key = b"\x37\xfa\x21\x3d"
    mask = (key * (len(payload) // 4 + 1))[:len(payload)]
    hidden = (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(len(payload), "big")
    return head + bytes([0x80 | bits]) + rest + key + hidden


def close(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack(">H", code) + reason)


def deflated(text, window_bits=15):
    text = text.encode() if isinstance(text, str) else text
    squeeze = zlib.compressobj(wbits=-window_bits)
    return (squeeze.compress(text) + squeeze.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflated(payload, window_bits=15):
    return zlib.decompressobj(wbits=-window_bits).decompress(payload + b"\0\0\xff\xff")


class Echo:
    """The program, as long as the with statement lasts."""

    def __enter__(self):
        self.process = subprocess.Popen([ECHO, "--port", "0"], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.code = self.process.wait(PATIENCE_S)
        assert self.code == 0, f"ws_echo ended with {self.code}"


class Peer:
    """One connection. What it heard is judged by its owner."""

    def __init__(self, port, host="127.0.0.1", tls=None):
        self.socket = socket.create_connection((host, port), PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=host)
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, data, piece=None):
        for at in range(0, len(data), piece or max(len(data), 1)):
            try:
                self.socket.sendall(data[at:at + (piece or len(data))])
            except (BrokenPipeError, ConnectionResetError):
                return  # it has said its last word

    def more(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        self.unread += data
        return bool(data)

    def head(self):
        """Status, and the header fields in lower case."""
        while b"\r\n\r\n" not in self.unread:
            if not self.more():
                return None, {}
        text, self.unread = self.unread.split(b"\r\n\r\n", 1)
        lines = text.decode().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:])
        return int(lines[0].split(" ")[1]), {name.lower(): value for name, value in fields.items()}

    def open(self, extensions=None, path="/echo", behind=b""):
        """The handshake, with something right behind it; what was agreed on of the extensions."""
        request = (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n")
        request += f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions else ""
        self.say((request + "\r\n").encode() + behind)
        status, fields = self.head()
        assert status == 101 and fields["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", (status, fields)
        return fields.get("sec-websocket-extensions")

    def hear(self):
        """The next frame as (opcode, payload, RSV1), or None at the end."""
        while True:
            data = self.unread
            if len(data) >= 2:
                bits, start = data[1] & 0x7f, 2
                wide = {126: 2, 127: 8}.get(bits, 0)
                if len(data) >= start + wide:
                    size = int.from_bytes(data[start:start + wide], "big") if wide else bits
                    start += wide
                    if len(data) >= start + size:
                        assert data[0] & 0x80 and not data[1] & 0x80, "a fragment, or masked"
                        self.unread = data[start + size:]
                        return data[0] & 0x0f, data[start:start + size], bool(data[0] & RSV1)
            if not self.more():
                return None

    def hear_all(self):
        """Everything up to the end: texts, payloads, the close code."""
        heard = []
        while (each := self.hear()) is not None:
            opcode, payload, squeezed = each
            payload = inflated(payload) if squeezed else payload
            if opcode == CLOSE:
                heard.append(struct.unpack(">H", payload[:2])[0] if payload else None)
            else:
                heard.append(({TEXT: "text", BINARY: "binary", PONG: "pong"}[opcode], payload))
        return heard


def run(jobs):
    """Calls each of these (name, function of the port) against one ws_echo, counts, and ends the program."""
    failed = 0
    with Echo() as echo:
        for name, job in jobs:
            try:
                job(echo.port)
            except (AssertionError, OSError) as wrong:
                failed += 1
                print(f"FAIL {name}: {wrong}")
    print(f"{len(jobs) - failed} passed, {failed} failed")
    sys.exit(failed > 0)
