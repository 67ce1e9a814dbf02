"""What goes wrong in a chaos run: the kinds of faults, and the plan that is drawn of a seed."""
import asyncio
import random
import signal
import time


class Strikes:
    """Carries out a plan: a list of (second, kind, share, seconds); `share` chooses whom, `seconds` how long."""

    def __init__(self, members, redis, engines, proxy):
        self.members, self.redis, self.engines, self.proxy = members, redis, engines, proxy
        self.struck = {}  # kind: how often
        self.began = time.monotonic()

    @staticmethod
    def plan(seed, seconds):
        """Each kind comes once before any comes again."""
        drawn, plan, kinds, at = random.Random(seed), [], [], 3.0
        while at < seconds:
            if not kinds:
                kinds = sorted(KINDS)
                drawn.shuffle(kinds)
            plan.append((at, kinds.pop(), drawn.random(), drawn.uniform(0.5, 8)))
            at += drawn.uniform(1, 7)
        return plan

    async def carry_out(self, plan):
        tasks = [asyncio.create_task(self.one(*each)) for each in plan]
        await asyncio.gather(*tasks)

    async def one(self, at, kind, share, seconds):
        await asyncio.sleep(max(0.0, self.began + at - time.monotonic()))
        await KINDS[kind](self, kind, share, seconds)

    def note(self, kind, what=""):
        self.struck[kind] = self.struck.get(kind, 0) + 1
        print(f"{time.monotonic() - self.began:6.1f} s  {kind}{what and ': '}{what}", flush=True)

    async def to_instance(self, kind, share, seconds):
        """What one instance suffers; two at most suffer at a time."""
        async with self.members.two_at_most:
            free = [each for each in self.members.running() if not each.busy]
            member = free[int(share * len(free))]
            member.busy = True
            self.note(kind, f"{member.label}, {seconds:.1f} s")
            try:
                await INSTANCE[kind](self, member, seconds)
            finally:
                member.busy = False

    async def killed(self, member, seconds):
        member.kill()
        await asyncio.sleep(seconds)
        member.begin()

    async def paused(self, member, seconds):
        member.signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        member.signal(signal.SIGCONT)

    async def drained(self, member, _seconds):
        """Another one is added first, at the place that is free."""
        spare = next((each for each in self.members.all if not each.wanted and not each.busy), None)
        if spare:
            spare.busy = True
            spare.begin()
            for _ in range(100):
                if await asyncio.to_thread(spare.answers):
                    break
                await asyncio.sleep(0.1)  # between two looks at another process
            spare.busy = False
        await member.leave()
        if not spare:
            member.begin()

    async def split(self, member, seconds, directions=("ORIGINAL", "REPLY")):
        self.members.split(member, directions)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.members.join(member, directions)

    async def split_out(self, member, seconds):
        await self.split(member, seconds, ("ORIGINAL",))

    async def split_in(self, member, seconds):
        await self.split(member, seconds, ("REPLY",))

    async def to_redis(self, kind, _share, seconds):
        async with self.redis.lock:
            master = await self.redis.master()
            self.note(kind, f"{seconds:.1f} s")
            await REDIS[kind](self, master, seconds)

    async def redis_killed(self, master, seconds):
        """With 1.5 s or more the sentinels promote the other one."""
        self.redis.servers[master].kill()
        self.redis.servers[master].wait()
        await asyncio.sleep(seconds)
        self.redis.start(master)

    async def redis_paused(self, master, seconds):
        self.redis.servers[master].send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self.redis.servers[master].send_signal(signal.SIGCONT)

    async def redis_slow(self, master, seconds):
        for _ in range(int(seconds / 0.4) + 1):
            await self.redis_paused(master, 0.3)
            await asyncio.sleep(0.1)

    async def redis_full(self, _master, seconds):
        for value, wait_s in (("1", seconds), ("0", 0)):
            for port in self.redis.places:
                await self.redis.tell(port, f"CONFIG SET maxmemory {value}")
            await asyncio.sleep(wait_s)

    async def redis_flushed(self, master, _seconds):
        await self.redis.tell(master, "FLUSHALL")

    async def subscribers_cut(self, master, _seconds):
        await self.redis.tell(master, "CLIENT KILL TYPE pubsub")

    async def engine_cut(self, kind, share, _seconds):
        chosen = self.members.cutters if share < 0.5 else self.members.cutters[int(share * 8) - 4:][:1]
        self.note(kind, f"{sum(each.cut() for each in chosen)} connections")

    async def engine_killed(self, kind, share, _seconds):
        engine = self.engines[int(share * len(self.engines))]
        async with engine.lock:
            self.note(kind, engine.version)
            engine.signal(signal.SIGKILL)
            await engine.start()

    async def engine_paused(self, kind, share, seconds):
        engine = self.engines[int(share * len(self.engines))]
        async with engine.lock:
            self.note(kind, f"{engine.version}, {seconds:.1f} s")
            engine.signal(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            engine.signal(signal.SIGCONT)

    async def nginx_reloaded(self, kind, _share, _seconds):
        self.note(kind)
        await self.proxy.reload()


INSTANCE = {"instance killed": Strikes.killed, "instance paused": Strikes.paused,
            "instance drained, another added": Strikes.drained, "no packet between instance and Redis": Strikes.split,
            "no packet from instance to Redis": Strikes.split_out, "no packet from Redis to instance": Strikes.split_in}
REDIS = {"Redis master killed": Strikes.redis_killed, "Redis master paused": Strikes.redis_paused,
         "Redis slow": Strikes.redis_slow, "Redis full": Strikes.redis_full, "Redis flushed": Strikes.redis_flushed,
         "subscribers cut": Strikes.subscribers_cut}
KINDS = {**dict.fromkeys(INSTANCE, Strikes.to_instance), **dict.fromkeys(REDIS, Strikes.to_redis),
         "Engine connections cut": Strikes.engine_cut, "Engine killed and started": Strikes.engine_killed,
         "Engine paused": Strikes.engine_paused, "nginx reloaded": Strikes.nginx_reloaded}
