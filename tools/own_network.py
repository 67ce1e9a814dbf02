"""A network of our own for a measurement or a test: a loopback without the machine's traffic and settings."""
import ctypes
import fcntl
import os
import socket
import struct

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
CONTROL = "/proc/sys/net/ipv4/tcp_congestion_control"
CHOSEN = ("cubic", "reno")  # Linux' own default, and what is allowed everywhere: a machine may keep others to itself


def enter():
    """Moves this process and its children to come into it; false where that is not allowed, to who is not root. BBR,
    which many machines have as their default, paces what leaves by what it saw arrive before; on a loopback that
    throttles who sends a little at a time, so what would be measured is the pacing."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    if os.path.exists(CONTROL):
        any(use(name) for name in CHOSEN)
    return True


def use(name):
    try:
        with open(CONTROL, "w") as control:
            control.write(name)
        return True
    except OSError:
        return False


def congestion_control():
    """What the sockets that are opened from now on use."""
    with socket.socket() as probe:
        return probe.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).split(b"\0")[0].decode()
