#!/usr/bin/python3
"""What Redis and the way to it may do to three instances under load: it is killed, stopped, flushed, fails over, cuts
its subscribers; an instance is parted from it, both ways, one way, again and again. Sockets stay, nobody loses a line
or has one twice, health tells the truth within ten seconds of the fault and of its end, and some instance is ready."""
import asyncio
import contextlib
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import urllib.error

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path += [str(ROOT / "tools"), str(ROOT / "tests/chaos")]
import own_network  # noqa: E402
from parts import Members, RedisServers  # noqa: E402
from support import BINARY, ENGINES, Container, Follower, Redis, check, until  # noqa: E402

WRITING = 'i=0; while true; do echo "o $i"; echo "e $i" >&2; i=$((i+1)); usleep 20000; done'
LASTS_S = 10  # the faults that last
TRUTH_S = 10  # within which health tells it
CONTAINERS, FOLLOWERS_EACH = 2, 2  # at each instance


class LoneRedis(Redis):
    """One without a replica, as the instances' network knows it."""

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def ports(self):
        return str(self.port)

    def signal(self, number):
        self.process.send_signal(number)


class Health:
    """Asks every instance five times a second how it is."""

    def __init__(self, members):
        self.members, self.status, self.unready, self.nobody = members, {}, set(), 0

    async def run(self):
        while True:
            ready = [await asyncio.to_thread(self.look, each) for each in self.members]
            self.nobody += not any(ready)
            await asyncio.sleep(0.2)

    def look(self, member):
        self.status[member.label] = json.loads(answer_of(member, "/health/websocket"))["status"]
        ready = json.loads(answer_of(member, "/health/ready"))["status"] != "unready"
        if not ready:
            self.unready.add(member.label)
        return ready

    async def says(self, status, of):
        await until(lambda: f"{[each.label for each in of]} say {status}: {self.status}",
                    lambda: all(self.status.get(each.label) == status for each in of), TRUTH_S)


def answer_of(member, path):
    try:
        return member.get(path)[1]
    except urllib.error.HTTPError as refused:
        return refused.read().decode()


class Audience:
    """Followers of each container at each instance, and how the instances are."""

    def __init__(self, members, containers):
        self.members = members
        self.followers = [Follower([each.port], container) for each in members for container in containers
                          for _ in range(FOLLOWERS_EACH)]
        self.health = Health(members)

    async def hears_more(self):
        counts = [len(each.lines["e"]) for each in self.followers]
        await until(lambda: f"all hear lines: {[str(each) for each in self.followers]}", lambda: all(
            len(each.lines["e"]) > count + 30 for each, count in zip(self.followers, counts)), 60)

    def judge(self, fault, parted=()):
        for each in self.followers:
            check(each.exact() and not each.cuts, f"{fault}: {each}")
        check(not self.health.nobody, f"{fault}: some instance is ready all along")
        unready = self.health.unready - {each.label for each in parted}
        check(not unready, f"{fault}: it is nobody's own fault, but {unready} were not ready")
        silence = max(each.silence for each in self.followers)
        print(f"{fault}: {len(self.followers)} followers of three instances, nothing lost, nothing twice, no socket "
              f"cut; longest silence {silence:.1f} s", flush=True)
        for each in self.followers:
            each.silence = 0.0

    @contextlib.asynccontextmanager
    async def there(self):
        tasks = [asyncio.create_task(each.run()) for each in (*self.followers, self.health)]
        try:
            await self.hears_more()
            for each in self.followers:
                each.silence, each.cuts = 0.0, 0  # an instance may be ready before the Engine has answered it
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def lasting(audience, fault, begin, end, of=None):
    """A fault of ten seconds that health tells of."""
    of = of or audience.members
    begin()
    await audience.health.says("degraded", of)
    await asyncio.sleep(LASTS_S)  # what the fault lasts
    end()
    await audience.health.says("healthy", audience.members)
    await audience.hears_more()
    audience.judge(fault, of if len(of) < len(audience.members) else ())


async def passing(audience, fault, strike):
    """One that is over at once, three times."""
    for _ in range(3):
        await strike()
        await audience.hears_more()
    await audience.health.says("healthy", audience.members)
    audience.judge(fault)


async def of_one_redis(audience, members, redis):
    await lasting(audience, "Redis killed, back empty", redis.kill, redis.start)
    await lasting(audience, "Redis stopped", lambda: redis.signal(signal.SIGSTOP), lambda: redis.signal(signal.SIGCONT))
    for command, answer in (("CLIENT KILL TYPE pubsub", b":"), ("FLUSHALL", b"+OK")):
        await passing(audience, command, lambda told=(command, answer): asyncio.to_thread(redis.tell, *told))
    both = ("ORIGINAL", "REPLY")
    for name, directions in (("both ways", both), ("towards it", both[:1]), ("back from it", both[1:])):
        reader = await reader_of(audience)
        await lasting(audience, f"The reader parted from Redis, {name}",
                      lambda of=reader, lost=directions: members.split(of, lost),
                      lambda of=reader, lost=directions: members.join(of, lost), [reader])
    await flapping(audience, members)


async def reader_of(audience):
    """The instance that reads the first container's log for all."""
    channel = f"container:logs:{audience.followers[0].container.id}"

    def readers():
        channels = json.loads(answer_of(audience.members[0], "/api/channels"))["channels"]
        return [each["reader"] for each in channels if each["channel"] == channel and each["reader"]]
    await until("somebody reads", readers)
    return next(each for each in audience.members if each.label == readers()[0])


async def flapping(audience, members):
    """The reader's way to Redis is gone and there again every two seconds; the Engine is not asked again and again."""
    flapping_one, asked = await reader_of(audience), sum(map(log_requests, members.cutters))
    check(asked >= CONTAINERS, "requests for logs are counted")
    for _ in range(5):
        members.split(flapping_one, ("ORIGINAL", "REPLY"))
        await asyncio.sleep(2)  # so long is it gone
        members.join(flapping_one, ("ORIGINAL", "REPLY"))
        await asyncio.sleep(2)
    await audience.health.says("healthy", audience.members)
    await audience.hears_more()
    asked = sum(map(log_requests, members.cutters)) - asked
    # Each change may make one instance read alone, one take over, and each of the three catch up once.
    check(asked <= 10 * CONTAINERS * (2 + len(audience.members)), f"{asked} requests for logs in ten changes")
    audience.judge(f"The reader parted and joined every 2 s, {asked} requests for logs", [flapping_one])


def log_requests(cutter):
    return sum("/logs?" in each for each in cutter.requests)


async def of_sentinels(audience, redis):
    for fault, strike, heal in (
            ("Failover, the master killed", lambda server: (server.kill(), server.wait()), redis.start),
            ("Failover, the master stopped", lambda server: server.send_signal(signal.SIGSTOP),
             lambda port: redis.servers[port].send_signal(signal.SIGCONT))):
        master = await redis.master()
        strike(redis.servers[master])
        await until_master(redis, master)
        await audience.health.says("healthy", audience.members)
        await audience.hears_more()
        heal(master)
        await audience.hears_more()
        await audience.health.says("healthy", audience.members)
        await replica_of_the_new(redis, master)
        audience.judge(fault)


async def until_master(redis, not_this):
    for _ in range(300):
        if await redis.master() != not_this:
            return
        await asyncio.sleep(0.1)  # between two looks at other processes
    check(False, "the sentinels promote the replica")


async def replica_of_the_new(redis, port):
    for _ in range(300):
        if "master_link_status:up" in await redis.tell(port, "INFO replication"):
            return
        await asyncio.sleep(0.1)
    check(False, "the former master becomes a replica")


async def three_instances(engine, folder, redis, strikes):
    binary = shutil.copy(BINARY, folder)
    members = Members(binary, engine, redis, folder)
    try:
        await members.begin(DOCKCAST_LEASE_TTL="2s")
        with contextlib.ExitStack() as stack:
            containers = [stack.enter_context(Container(engine, WRITING)) for _ in range(CONTAINERS)]
            for each in members.running():
                await until(f"{each.label} is ready", each.answers)
            audience = Audience(members.running(), containers)
            async with audience.there():
                await strikes(audience, members)
    finally:
        members.end()


async def main():
    engine = list(ENGINES.values())[-1]
    with tempfile.TemporaryDirectory(prefix="redis-faults-") as folder:
        os.chmod(folder, 0o755)  # the instances are users of their own
        lone = LoneRedis(folder)
        try:
            await three_instances(engine, folder, lone, lambda audience, members: of_one_redis(audience, members, lone))
        finally:
            lone.signal(signal.SIGCONT)
            lone.kill()
    with tempfile.TemporaryDirectory(prefix="redis-faults-") as folder:
        os.chmod(folder, 0o755)
        servers = RedisServers(folder)
        servers.begin()
        try:
            await three_instances(engine, folder, servers, lambda audience, _members: of_sentinels(audience, servers))
        finally:
            servers.end()


if own_network.enter():
    asyncio.run(main())
else:
    print("not run: this machine lets us have no network of our own")
