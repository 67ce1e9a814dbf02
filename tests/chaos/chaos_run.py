"""One chaos run, from nothing to its verdict."""
import asyncio
import contextlib
import json
import os
import pathlib
import shutil
import tempfile

import verdict
from listening import Client, Source
from faults import Strikes
from parts import Engine, Members, RedisServers
from proxy_processes import Nginx
from support import ENGINES, Container, until
from web_clients import WebClients

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Of each Engine. Name, lines of each stream at a time, microseconds between, bytes of a line, options of `docker run`.
SOURCES = (("slow", 1, 500000, 20), ("calm", 1, 200000, 60), ("brisk", 2, 100000, 60),
           ("rotating", 1, 150000, 40, "--log-opt", "max-size=64k", "--log-opt", "max-file=3"),
           ("loud", 25, 100000, 400))  # 200 kB/s, twenty times what the bus may carry of it
LOUD = 25  # of so many clients one follows the loud source
# Rings that do not hold what a fault lasts, so that Docker is asked; limits that are met.
SETTINGS = {"DOCKCAST_LEASE_TTL": "2s", "DOCKCAST_LINGER": "2s", "DOCKCAST_RING_BYTES": "256KiB",
            "DOCKCAST_BUS_CHANNEL_RATE": "10000B", "DOCKCAST_DRAIN_NOTICE": "1s", "DOCKCAST_DRAIN_RATE": "50",
            "DOCKCAST_DRAIN_GRACE": "15s"}


class ChaosRun:
    """All parts, in the order in which they come and, backwards, go."""

    def __init__(self, options, folders):
        """`folders`: of the Engines, by version."""
        self.options, self.faults, self.tasks = options, [], []
        self.engines = [Engine(ROOT / "tools", version, folder, ENGINES[version], str(ROOT / "build/cache"))
                        for version, folder in folders.items()]
        self.sources = [Source(engine, *each) for each in SOURCES for engine in self.engines]
        self.clients, self.before, self.web = [], {}, None

    async def whole(self):
        with contextlib.ExitStack() as parts:
            folder = parts.enter_context(tempfile.TemporaryDirectory(prefix="chaos-"))
            os.chmod(folder, 0o755)  # the instances are users of their own
            binary = shutil.copy(self.options.build / "dockcast", folder)
            self.redis = RedisServers(folder)
            parts.callback(self.redis.end)
            self.redis.begin()
            self.members = Members(binary, self.engines, self.redis, folder)
            parts.callback(self.members.end)
            await self.members.begin(**SETTINGS)
            await self.all_well("before")
            self.before = {"kib": max(each.resident_kib() for each in self.members.running()),
                           "descriptors": max(each.descriptors() for each in self.members.running())}
            self.proxy = parts.enter_context(Nginx(*(each.port for each in self.members.all)))
            for source in self.sources:
                source.container = parts.enter_context(
                    Container(source.engine.url, source.script, "--restart", "always", *source.options))
            await self.all_listed()
            try:
                return await self.struck()
            finally:
                for task in self.tasks:
                    task.cancel()
                await asyncio.gather(*self.tasks, return_exceptions=True)
                if self.web:
                    await self.web.end()

    async def struck(self):
        watch = asyncio.create_task(self.watch())
        self.tasks.append(watch)
        louds = [each for each in self.sources if "loud" in each.name]
        others = [each for each in self.sources if each not in louds]
        self.web = WebClients(self.proxy.port)
        for n in range(self.options.clients):
            source = others[n % len(others)] if n % LOUD else louds[n // LOUD % len(louds)]
            if n < self.options.clients * self.options.web // 100:
                self.clients.append(await self.web.follow(source))
                continue
            self.clients.append(Client(self.proxy.port, source))
            self.tasks.append(asyncio.create_task(self.clients[-1].run()))
        await until("everybody hears lines", lambda: all(all(each.record.values()) for each in self.clients), 120)
        strikes = Strikes(self.members, self.redis, self.engines, self.proxy)
        await strikes.carry_out(strikes.plan(self.options.seed, self.options.seconds))
        await self.healed()
        watch.cancel()
        return self.judged(strikes)

    async def watch(self):
        """Looks at what is written and used twice a second."""
        while True:
            self.look()
            await asyncio.sleep(0.5)

    def look(self):
        for each in self.members.all:
            each.look()
        for source in self.sources:
            source.look(source.engine.log_file(source.container))

    async def all_listed(self):
        """Each instance lists the containers of both Engines before the first client comes."""
        ids = {source.container.id for source in self.sources}

        def lists_all(member):
            try:
                return ids <= {each["id"] for each in json.loads(member.get("/api/containers")[1])["containers"]}
            except OSError:  # it has met nobody yet
                return False
        for member in self.members.running():
            for _ in range(300):
                if await asyncio.to_thread(lists_all, member):
                    break
                await asyncio.sleep(0.1)  # between two looks at another process
            else:
                self.faults.append(f"{member.label} does not list every container: {member.said()[-600:]}")

    async def all_well(self, when):
        """Within 15 s of healing health says so."""
        def well(member):
            try:
                return json.loads(member.get("/health/websocket")[1])["status"] == "healthy"
            except OSError:
                return False
        waiting = self.members.running()
        for _ in range(150):
            waiting = [each for each in waiting if not await asyncio.to_thread(well, each)]
            if not waiting:
                return
            await asyncio.sleep(0.1)  # between two looks at other processes
        self.faults += [f"{each.label} is not healthy {when}: {each.said()[-600:]}" for each in waiting]

    async def healed(self):
        """The last lines are written, everybody has a minute to hear them; then everybody leaves."""
        await self.all_well("15 s after all has healed")
        for source in self.sources:
            await asyncio.to_thread(source.container.docker, "stop", "-t", "0", source.container.name)
        self.look()
        for _ in range(600):
            if all(each.has_all() for each in self.clients):
                break
            await asyncio.sleep(0.1)
        leaving, self.tasks = self.tasks[1:], self.tasks[:1]
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        await self.web.end()
        for _ in range(100):  # the linger, and what closes after it
            if all(each.descriptors() <= self.before["descriptors"] for each in self.members.running()):
                break
            await asyncio.sleep(0.1)

    def judged(self, strikes):
        total, reasons = verdict.of_clients(self.clients, len(self.engines) == 1, self.faults)
        verdict.of_members(self.members.all, self.before, len(self.clients), self.faults)
        damaged = sum(each.damaged for each in self.sources)
        quietest = max(self.clients, key=lambda each: each.silence)
        latest = max(self.clients, key=lambda each: each.delay)
        delay_s, at = latest.delay
        rows = [("seed", self.options.seed), ("lines written", sum(len(lines) for source in self.sources
                                                                  for lines in source.lines.values())),
                ("records that are no line of ours", damaged), ("lines heard", total["lines"]),
                ("missing", total["missing"]), ("twice", total["twice"]), ("out of order", total["out of order"]),
                ("not in the log", total["not in the log"]),
                ("gaps", f"{reasons or 'none'}; lines in them: {total['in gaps']}"),
                ("connections", f"{sum(each.connections for each in self.clients)} of {len(self.clients)} clients, "
                 f"{len(self.web.clients)} of them the TypeScript one"),
                ("told that nobody reaches the Engine", f"{sum(each.put_off for each in self.clients)} times"),
                ("longest silence", f"{quietest.silence:.1f} s, of {quietest.source.name}"),
                ("longest way of a line", f"{delay_s:.1f} s, of {latest.source.name}, "
                 f"that came at {at - strikes.began:.1f} s"),
                ("before the first client", f"{self.before['kib']} KiB, {self.before['descriptors']} descriptors")]
        rows += [(f"peak of {each.label}", f"{each.peak_kib} KiB, {each.peak_descriptors} descriptors")
                 for each in self.members.all if each.peak_kib]
        rows += [(kind, f"{count} times") for kind, count in sorted(strikes.struck.items())]
        print(verdict.table(rows))
        for fault in self.faults[:40]:
            print(f"FAILED: {fault}")
        if self.faults:
            self.members.logs_stay = True
            print("what they said: " + " ".join(each.log.name for each in self.members.all))
        print(f"chaos: seed {self.options.seed}: {len(self.faults)} promises broken")
        return int(bool(self.faults))
