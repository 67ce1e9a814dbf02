#!/usr/bin/python3
"""Several instances behind nginx and HAProxy as deploy/ configures them: a reload under load that nobody sees, an
instance that dies, addresses that stay at an instance, and connections that have nothing to say for long."""
import asyncio
import contextlib
import json
import signal

import websockets

from mover import Mover
from proxy_processes import HaProxy, Nginx, NginxByAddress, configuration
from support import ENGINES, Cluster, Container, Ear, Follower, check, until

CALM = 'i=0; while true; do echo "o $i"; echo "e $i" >&2; i=$((i+1)); usleep 50000; done'
FOLLOWERS, RELOADS, NETWORKS = 30, 3, 24


@contextlib.asynccontextmanager
async def followed(clients):
    tasks = [asyncio.create_task(each.run()) for each in clients]
    try:
        await more_lines(clients)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def more_lines(clients):
    counts = [len(each.lines["e"]) for each in clients]
    await until(lambda: f"all hear lines: {[str(each) for each in clients]}", lambda: all(
        len(each.lines["e"]) > count + 10 for each, count in zip(clients, counts)), 60)


class Newcomers:
    """Connects and leaves, over and over, and counts; whatever goes wrong ends the test."""

    def __init__(self, port):
        self.url, self.count = f"ws://127.0.0.1:{port}/ws", 0

    async def run(self):
        while not asyncio.current_task().cancelling():  # websockets may swallow the CancelledError
            await instance_of(self.url)
            self.count += 1

    async def more(self):
        count = self.count
        await until("newcomers are served", lambda: self.task.done() or self.count > count + 10)
        if self.task.done():
            self.task.result()

    async def __aenter__(self):
        self.task = asyncio.create_task(self.run())
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def instance_of(url, **options):
    async with websockets.connect(url, open_timeout=60, **options) as socket:
        await socket.send('{"type":"connect","id":1}')
        return json.loads(await socket.recv())["instance"]


async def reloaded(kind, cluster, container):
    with await asyncio.to_thread(kind, *(each.port for each in cluster.instances)) as proxy:
        clients = [Mover(proxy.port, container) for _ in range(FOLLOWERS)]
        async with followed(clients), Newcomers(proxy.port) as newcomers:
            for _ in range(RELOADS):
                await proxy.reload()
                await newcomers.more()
                await more_lines(clients)
        for each in clients:
            check(each.exact() and not each.faults and not each.cuts, f"{proxy.name} reloaded: {each} {each.faults}")
        at = [sum(each.instances == [one.label] for each in clients) for one in cluster.instances]
        check(max(at) - min(at) <= FOLLOWERS // 3, f"{proxy.name} spreads them over the instances: {at}")
        print(f"{proxy.name}: {RELOADS} reloads under {FOLLOWERS} followers, spread {at}; {newcomers.count} newcomers")


async def one_dies(kind, engine, container):
    """Followers of the dead one are cut, and resume at the other; newcomers do not see it."""
    with await asyncio.to_thread(Cluster, engine, 2, DOCKCAST_LEASE_TTL="2s") as cluster:
        with await asyncio.to_thread(kind, *(each.port for each in cluster.instances)) as proxy:
            clients = [Follower([proxy.port], container) for _ in range(FOLLOWERS)]
            async with followed(clients), Newcomers(proxy.port) as newcomers:
                reader = cluster.reader(container)
                reader.signal(signal.SIGKILL)
                reader.process.wait()
                cluster.instances.remove(reader)
                await newcomers.more()
                await until("its followers were cut", lambda: sum(each.cuts for each in clients) > FOLLOWERS // 4)
                await more_lines(clients)
            for each in clients:
                check(each.exact() and each.cuts <= 1, f"{proxy.name}, an instance died: {each}")
            cut = sum(each.cuts for each in clients)
            print(f"{proxy.name}: an instance died under {cut} of {FOLLOWERS} followers, {newcomers.count} newcomers")


async def by_address(cluster):
    with await asyncio.to_thread(NginxByAddress, *(each.port for each in cluster.instances)) as proxy:
        url, at = f"ws://127.0.0.1:{proxy.port}/ws", {}
        for turn in range(3):
            for network in range(NETWORKS):
                instance = await instance_of(url, local_addr=(f"127.0.{network}.{turn + 1}", 0))
                check(at.setdefault(network, instance) == instance, f"127.0.{network}.x: {at[network]}, {instance}")
        spread = {each.label: list(at.values()).count(each.label) for each in cluster.instances}
        check(all(spread.values()), f"addresses are spread: {spread}")
        print(f"ip_hash: {NETWORKS} networks, each at one instance: {spread}")


async def silent(kind, cluster, quiet):
    """Heard 90 s and nothing but heartbeats: longer than any time-out of the proxy."""
    with await asyncio.to_thread(kind, cluster.instances[0].port) as proxy:
        async with Ear(proxy, f"/ws/containers/{quiet.id}/logs") as ear:
            await until("three heartbeats", lambda: ear.close or len(ear.of("heartbeat")) == 3, 120)
            check(ear.close is None, f"through {proxy.name} who is silent is closed with {ear.close}")


async def main():
    engine = ENGINES.get("26") or next(iter(ENGINES.values()))
    sites = [configuration(kind.file, [1]).split("server 127", 1)[1] for kind in (Nginx, NginxByAddress)]
    check(sites[0] == sites[1], "the two files of nginx differ in how they balance alone")
    with Container(engine, CALM) as container, Container(engine, "sleep 3600") as quiet:
        with await asyncio.to_thread(Cluster, engine, 3) as cluster:
            silence = [asyncio.create_task(silent(kind, cluster, quiet)) for kind in (Nginx, HaProxy)]
            await by_address(cluster)
            for kind in (Nginx, HaProxy):
                await reloaded(kind, cluster, container)
                await one_dies(kind, engine, container)
            await asyncio.gather(*silence)


if __name__ == "__main__":
    asyncio.run(main())
