#!/usr/bin/python3
"""Strangers attack while others follow a log: nobody's line is lost, newcomers are served, memory stays within what the
limits add up to, everything is given back, and each strike is counted. How late lines become: bench/attacks."""
import asyncio
import contextlib
import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import urllib.error

from support import COUNTING, ENGINES, SLOW, Container, Follower, Instance, check, until

MIB = 1024  # KiB
HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 4
UPGRADE = (b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
# Attack: the limits that must have struck, what it must have been told, and how much memory its limits allow (KiB):
# connections x (a message or a head, twice while it grows) and what a flood may have waiting.
ATTACKS = {
    "slowloris": ({"handshake_time"}, {"408"}, 1000 * 4 + 16 * MIB),
    "pings": ({"pings"}, {"4129"}, 16 * MIB),
    "commands": ({"commands", "waiting_bytes"}, None, 16 * MIB),
    "topics": ({"subscriptions"}, None, 24 * MIB),
    "bombs": ({"inflation", "message_bytes"}, {"1009"}, 16 * MIB),
    "fragments": ({"message_time"}, {"4103"}, 200 * 96 + 16 * MIB),
    "connects": ({"connections"}, {"503"}, 2000 * 8 + 16 * MIB),
}


def metric(instance, name):
    return float(re.search(rf"^{re.escape(name)} (\S+)$", instance.get("/metrics")[1], re.MULTILINE)[1])


def struck(instance, limit):
    return metric(instance, f'dockcast_limits_total{{limit="{limit}"}}')


def peak_kib(instance, begin=False):
    """The most memory it has had since the beginning that was marked."""
    folder = pathlib.Path(f"/proc/{instance.process.pid}")
    if begin:
        (folder / "clear_refs").write_text("5")
    return int(re.search(r"VmHWM:\s+(\d+)", (folder / "status").read_text())[1])


class Bystanders:
    """Followers of a log, and a newcomer now and then."""

    def __init__(self, instance, container):
        self.instance = instance
        self.followers = [Follower([instance.port], container) for _each in range(4)]
        self.tasks = [asyncio.create_task(each.run()) for each in self.followers]
        self.newcomers = 0

    async def hear(self, what, more=50):
        had = [len(each.lines["o"]) for each in self.followers]
        await until(what, lambda: all(len(each.lines["o"]) > so_far + more
                                      for each, so_far in zip(self.followers, had)))

    async def newcomer(self):
        """Whoever comes fresh is served, as often as it is looked."""
        status = await asyncio.to_thread(lambda: self.instance.get("/health/live")[0])
        self.newcomers += status == 200

    def judge(self, what):
        for follower in self.followers:
            check(follower.exact() and not follower.cuts, f"{what}: nobody's line is lost: {follower}")

    def leave(self):
        for task in self.tasks:
            task.cancel()


async def run_attack(name, instance, container, seconds):
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / "attackers.py"), name, str(instance.port), str(seconds), container.name,
        stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    check(process.returncode == 0, f"the attacker {name} ran")
    return json.loads(output)


async def attack(name, instance, container, bystanders):
    limits, wanted, memory_kib = ATTACKS[name]
    baseline = instance.descriptors(), metric(instance, "dockcast_connections"), peak_kib(instance, begin=True)
    counts = {limit: struck(instance, limit) for limit in limits}
    running = asyncio.create_task(run_attack(name, instance, container, SECONDS * SLOW))
    await bystanders.hear(f"lines during {name}")
    if name != "connects":  # for which there is no room
        await bystanders.newcomer()
    ends = await running
    await bystanders.hear(f"lines after {name}")
    bystanders.judge(name)
    grown = peak_kib(instance) - baseline[2]
    check(SLOW > 1 or grown < memory_kib, f"{name}: {grown} KiB more than before, {memory_kib} allowed")
    check(any(struck(instance, limit) > counts[limit] for limit in limits), f"{name}: one of {limits} has struck")
    check(wanted is None or wanted & ends.keys(), f"{name}: was told {ends}")
    await until(f"connections are as before {name}",
                lambda: metric(instance, "dockcast_connections") <= baseline[1] + 1)
    await until(f"descriptors are as before {name}", lambda: instance.descriptors() <= baseline[0] + 2)
    print(f"{name}: it was told {ends}; {grown / MIB:.1f} MiB at most")


async def all_attacks(engine):
    with Container(engine, COUNTING) as container:
        instance = await asyncio.to_thread(
            Instance, engine, "attacked", DOCKCAST_DEFLATE="true", DOCKCAST_HANDSHAKE_TIMEOUT="2s",
            DOCKCAST_MESSAGE_TIMEOUT="2s", DOCKCAST_CLOSE_TIMEOUT="1s", DOCKCAST_CONNECTIONS_MAX="600",
            DOCKCAST_SERVING_LOOPS="2")
        bystanders = Bystanders(instance, container)
        await bystanders.hear("the first lines")
        for name in ATTACKS:
            await attack(name, instance, container, bystanders)
        check(bystanders.newcomers == len(ATTACKS) - 1, "every newcomer was served")
        bystanders.leave()
        said = instance.said()
        left_out = sum(map(int, re.findall(r"Lines were left out.* lines=(\d+)", said)))
        check(left_out > 0, "the log has a bound")
        print(f"its log has {said.count(chr(10))} lines, {left_out} were left out")
        await asyncio.to_thread(instance.stop)


def connect(port, count):
    """Sockets, some of which may be refused at once."""
    sockets = []
    for _each in range(count):
        sockets.append(socket.create_connection(("127.0.0.1", port), 20 * SLOW))
    return sockets


def told(sockets):
    """What each was told for an upgrade: a status, or nothing."""
    for each in sockets:
        with contextlib.suppress(OSError):
            each.sendall(UPGRADE)
    answers = []
    for each in sockets:
        each.settimeout(2 * SLOW)
        try:
            answers.append(each.recv(12)[9:].decode() or "closed")
        except TimeoutError:
            answers.append("open")
        except OSError:
            answers.append("closed")
    return {answer: answers.count(answer) for answer in answers}


def containers_listed(instance):
    try:
        return instance.get("/api/containers")[0] == 200
    except (OSError, urllib.error.HTTPError):
        return False


async def descriptors_run_out(engine):
    """First in good order, by the bound that is drawn from their number; then all the same, by a lower limit."""
    with Container(engine, COUNTING) as container, Container(engine, COUNTING) as another:
        instance = await asyncio.to_thread(
            Instance, engine, "narrow", under=("prlimit", "--nofile=300"), DOCKCAST_SERVING_LOOPS="2",
            DOCKCAST_HANDSHAKE_TIMEOUT="1m", DOCKCAST_CLOSE_TIMEOUT="1s")
        bystanders = Bystanders(instance, container)
        await bystanders.hear("the first lines")
        baseline = instance.descriptors()
        crowd = connect(instance.port, 400)
        answers = await asyncio.to_thread(told, crowd)
        check(answers.get("503", 0) > 0 and answers.get("101", 0) > 0, f"in good order: {answers}")
        check(instance.descriptors() < 300 - 64, "what the Engine needs is left")
        await bystanders.hear("lines beside the crowd")
        for each in crowd:
            each.close()
        await until("they are all gone", lambda: instance.descriptors() <= baseline + 2)
        newcomer = Follower([instance.port], another)
        following = asyncio.create_task(newcomer.run())
        await until("another log is followed", lambda: len(newcomer.lines["o"]) > 20)

        if SLOW > 1:  # UBSan looks at objects through a pipe, and calls them invalid where it gets none
            print("descriptors that run out are not for sanitizers")
            following.cancel()
            bystanders.leave()
            await asyncio.to_thread(instance.stop)
            return
        resource.prlimit(instance.process.pid, resource.RLIMIT_NOFILE, (instance.descriptors() + 5, 300))
        crowd = connect(instance.port, 60)
        answers = await asyncio.to_thread(told, crowd)
        check(answers.get("closed", 0) >= 50, f"each is taken by the spare one and closed: {answers}")
        await bystanders.hear("lines without a descriptor left")
        for each in crowd:
            each.close()
        resource.prlimit(instance.process.pid, resource.RLIMIT_NOFILE, (300, 300))
        await until("accepting resumes", lambda: containers_listed(instance))
        await until("it is counted", lambda: struck(instance, "descriptors") >= 50)
        warnings = instance.said().count("connections cannot be accepted")
        check(1 <= warnings <= 5, f"{warnings} warnings for 50 refusals")
        await bystanders.hear("lines at the end")
        bystanders.judge("descriptors")
        check(newcomer.exact() and not newcomer.cuts, f"the newcomer's too: {newcomer}")
        following.cancel()
        bystanders.leave()
        print(f"descriptors: {answers}, {warnings} warnings")
        await asyncio.to_thread(instance.stop)


async def one_address(engine):
    """A net of its own, with an address that is not loopback and that nobody else can reach."""
    net = ("unshare", "-n", "sh", "-c", 'ip link set lo up && ip addr add 192.0.2.1/32 dev lo && exec "$0" "$@"')
    if subprocess.run([*net, "true"], capture_output=True, check=False).returncode:
        return print("one address: not run, since this machine lets us have no net of our own")
    instance = Instance(engine, "crowded", ready=False, under=net, DOCKCAST_LISTEN="0.0.0.0", DOCKCAST_AUTH="none",
                        DOCKCAST_ADDRESS_CONNECTIONS_MAX="500", DOCKCAST_CLOSE_TIMEOUT="1m",
                        DOCKCAST_SERVING_LOOPS="1")  # each loop refuses 64 at once in words
    inside = f"/proc/{instance.process.pid}/ns/net"
    await until("it is in its own net", lambda: os.readlink(inside) != os.readlink("/proc/self/ns/net"))
    attacker = await asyncio.create_subprocess_exec(
        "nsenter", "-t", str(instance.process.pid), "-n", sys.executable, str(HERE / "attackers.py"), "one_address",
        str(instance.port), str(20 * SLOW), "192.0.2.1", stdout=asyncio.subprocess.PIPE)
    ends = json.loads((await attacker.communicate())[0])
    check(ends["upgraded"] == 500 and 0 < ends.get("429", 0) <= 64, f"one address: {ends}")
    check(ends["of this machine"] == 1, "this machine's own connections do not count")
    print(f"one address: {ends}")
    await asyncio.to_thread(instance.stop)


async def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    engine = list(ENGINES.values())[-1]
    await all_attacks(engine)
    await descriptors_run_out(engine)
    await one_address(engine)


asyncio.run(main())
