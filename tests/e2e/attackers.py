"""What strangers do to a server, one attack a call: attackers.py NAME PORT SECONDS [CONTAINER]. Bounded; raw sockets,
so that it says what no library would. Prints what it saw as JSON. Used by attacks.py and by bench/attacks."""
import collections
import contextlib
import json
import pathlib
import resource
import select
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "conformance"))
from peer import CONTINUATION, DEFLATE, PING, RSV1, TEXT, Peer, deflated, frame  # noqa: E402


class Crowd:
    """Connections that are all listened to, whatever they say. `ends` counts what each was told last."""

    def __init__(self, port, count, host="127.0.0.1"):
        self.peers, self.ends, self.poll = {}, collections.Counter(), select.poll()
        for _each in range(count):
            with contextlib.suppress(OSError):
                peer = Peer(port, host)
                peer.socket.setblocking(False)
                self.peers[peer.socket.fileno()] = peer
                self.poll.register(peer.socket, select.POLLIN)

    def say(self, data):
        for peer in self.peers.values():
            with contextlib.suppress(OSError):
                peer.socket.send(data)

    def listen(self, seconds):
        until = time.monotonic() + seconds
        while self.peers:
            for number, _event in self.poll.poll(max(0, until - time.monotonic()) * 1000):
                peer = self.peers[number]
                try:
                    going_on = peer.more()
                except BlockingIOError:
                    continue
                if not going_on:
                    self.poll.unregister(number)
                    self.ends[last_words(peer.unread)] += 1
                    self.peers.pop(number).socket.close()
            if time.monotonic() >= until:
                return

    def close(self):
        for peer in self.peers.values():
            peer.socket.close()
        self.ends["open"] += len(self.peers)


def last_words(heard):
    """An HTTP status, a close code, or nothing."""
    if heard.startswith(b"HTTP/1.1 ") and not heard.startswith(b"HTTP/1.1 101"):
        return heard[9:12].decode()
    at = heard.rfind(b"\x88")
    return str(struct.unpack(">H", heard[at + 2:at + 4])[0]) if at >= 0 and len(heard) >= at + 4 else "nothing"


UPGRADE = (b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")


def slowloris(port, seconds, _container):
    """A byte of a header now and then, on a thousand connections, until each is told off."""
    crowd, until = Crowd(port, 1000), time.monotonic() + seconds
    for byte in b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 100_000:
        if not crowd.peers or time.monotonic() > until:
            break
        crowd.say(bytes([byte]))
        crowd.listen(0.25)
    crowd.close()
    return crowd.ends


def flood(port, seconds, said, extensions=None):
    """One connection says it as fast as it is taken; closed, another one does."""
    ends, until = collections.Counter(), time.monotonic() + seconds
    while time.monotonic() < until:
        with Peer(port) as peer:
            peer.open(extensions, "/ws")
            peer.socket.setblocking(False)
            at, ended = 0, False
            while not ended and time.monotonic() < until:
                readable, writable, _ = select.select([peer.socket], [peer.socket], [], 0.1)
                try:
                    ended = bool(readable) and not peer.more()
                    if writable and not ended:
                        at = (at + peer.socket.send(said[at:at + 65536])) % len(said)
                except BlockingIOError:
                    pass
                except OSError:  # it would not hear its last words
                    while peer.more():
                        pass
                    ended = True
            ends["rate_limited"] += peer.unread.count(b'"rate_limited"')
            ends[last_words(peer.unread) if ended else "open"] += 1
    return ends


def pings(port, seconds, _container):
    return flood(port, seconds, frame(PING, "x") * 10_000)


def commands(port, seconds, container):
    channel = f"container:logs:{container}"
    both = [json.dumps({"type": kind, "channel": channel}) for kind in ("subscribe", "unsubscribe")]
    return flood(port, seconds, b"".join(frame(TEXT, each) for each in both) * 1000)


def topics(port, seconds, _container):
    """A million channels, in one connect after another, then one by one."""
    wishes = ",".join('{"channel":"container:logs:%d"}' % number for number in range(1500))
    said = frame(TEXT, '{"type":"connect","subscriptions":[%s]}' % wishes)
    said += b"".join(frame(TEXT, '{"type":"subscribe","channel":"app:%d"}' % number) for number in range(30_000))
    return flood(port, seconds, said)


def bombs(port, seconds, _container):
    return flood(port, seconds, frame(TEXT, deflated(bytes(10_000_000)), reserved=RSV1), DEFLATE)


def fragments(port, seconds, _container):
    """Messages of one-byte fragments that never end, on two hundred connections."""
    crowd, until = Crowd(port, 200), time.monotonic() + seconds
    crowd.say(UPGRADE + frame(TEXT, "{", last=False))
    while crowd.peers and time.monotonic() < until:
        crowd.say(frame(CONTINUATION, " ", last=False))
        crowd.listen(0.1)
    crowd.close()
    return crowd.ends


def connects(port, seconds, _container):
    """Two thousand connections that say nothing for a while."""
    crowd = Crowd(port, 2000)
    crowd.listen(min(seconds, 1))
    crowd.say(UPGRADE)
    crowd.listen(min(seconds, 1))
    crowd.ends["upgraded"] += sum(b" 101 " in peer.unread for peer in crowd.peers.values())
    crowd.close()
    return crowd.ends


def one_address(port, seconds, host):
    """Seven hundred connections from an address that is not loopback; then one from loopback."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:  # it is not there yet
        with contextlib.suppress(OSError), Peer(port):
            break
        time.sleep(0.05)
    crowd = Crowd(port, 700, host)
    crowd.say(UPGRADE)
    with Peer(port) as peer:  # answered when all before it have been accepted, and none of them is closed yet
        peer.open(None, "/ws")
        crowd.ends["of this machine"] += 1
    crowd.listen(1)
    crowd.ends["upgraded"] += sum(b" 101 " in peer.unread for peer in crowd.peers.values())
    crowd.close()
    return crowd.ends


ATTACKS = (slowloris, pings, commands, topics, bombs, fragments, connects, one_address)

if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    attack = next(each for each in ATTACKS if each.__name__ == sys.argv[1])
    print(json.dumps(attack(int(sys.argv[2]), float(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else "none")))
