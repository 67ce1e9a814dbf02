"""Application channels: a publisher at the load generator's core, and the bare commands that it is held against."""
import socket
import struct
import time

from cluster import RedisRun
from measured import Failure, Run

WINDOW = 64  # publications that are not answered yet
SETTINGS = {"DOCKCAST_COMMANDS_PER_SECOND": "1000000", "DOCKCAST_PUBLISHES_PER_SECOND": "1000000",
            "DOCKCAST_APP_HISTORY": "*=1000/1h"}
NAME = "b" * 56 + "00000000"  # of the load generator's first channel


class Asker:
    """A connection on which each request has an answer that holds `mark`."""

    def __init__(self, port, mark, refusal):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.mark, self.refusal, self.rest, self.waiting = mark, refusal, b"", 0

    def ask(self, request, window):
        """At most `window` are then without an answer."""
        self.socket.sendall(request)
        self.waiting += 1
        self.hear(window)

    def hear(self, window=0):
        while self.waiting > window:
            heard = self.socket.recv(1 << 16)
            if not heard:
                raise Failure("the publisher's connection was closed")
            self.rest += heard
            if self.refusal in self.rest:
                raise Failure(f"refused: {self.rest[-300:]}")
            self.waiting -= self.rest.count(self.mark)
            self.rest = self.rest[self.rest.rfind(self.mark) + 1:][-4096:]


def upgraded(port):
    asker = Asker(port, b'"type":"published"', b'"type":"error"')
    asker.socket.sendall(b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    if b" 101 " not in asker.socket.recv(4096):
        raise Failure("no upgrade for the publisher")
    return asker


def line(sequence, size):
    """As line.hpp has it."""
    text = f"@@{0:08}{sequence:08}{size:08}{time.time_ns() // 1000:016}"
    return text + "x" * (size - 1 - len(text)) + "$"


def frame(data):
    """A publication in one frame, masked by zeros."""
    command = f'{{"type":"publish","id":1,"channel":"app:{NAME}","data":"{data}"}}'.encode()
    return struct.pack("!BBHI", 0x81, 0x80 | 126, len(command), 0) + command


class MessageRun(Run):
    """The clients follow an application channel, on which a container's lines are published."""

    target = "/ws/channels/app:{id}"

    def start(self, server):
        super().start(server)
        self.publisher, self.sequence = upgraded(self.port), 0

    def settings(self):
        return super().settings() | SETTINGS

    def print(self, lines, rate, seconds):
        begun = time.monotonic()
        for sent in range(lines):
            self.publisher.ask(frame(line(self.sequence, self.bench.line_bytes)), WINDOW - 1)
            self.sequence += 1
            if rate:
                time.sleep(max(0.0, begun + (sent + 1) / rate - time.monotonic()))
        self.publisher.hear()

    def stop(self):
        if hasattr(self, "publisher"):
            self.publisher.socket.close()
        super().stop()


class PublishRun(MessageRun, RedisRun):
    """They are stored in Redis. Nobody follows."""


class RawRun(RedisRun):
    """The same as bare commands: an XADD to a stream of as many, and a PUBLISH, in one pipeline."""

    def start(self, server):
        super().start(server)
        self.publisher, self.sequence = Asker(self.redis_port, b"\r\n:", b"\r\n-"), 0

    def print(self, lines, rate, seconds):
        for _each in range(lines):
            data = line(self.sequence, self.bench.line_bytes)
            self.sequence += 1
            self.publisher.ask(command("XADD", "s", "MAXLEN", "~", "1000", "*", "d", data) +
                               command("PUBLISH", "c", data), WINDOW - 1)
        self.publisher.hear()

    def stop(self):
        if hasattr(self, "publisher"):
            self.publisher.socket.close()
        super().stop()


def command(*words):
    return f"*{len(words)}\r\n".encode() + b"".join(f"${len(each)}\r\n{each}\r\n".encode() for each in words)
