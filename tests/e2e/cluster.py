#!/usr/bin/python3
"""Three instances on one Redis: one reader, whoever is killed, stopped or ended; every follower gets every line."""
import asyncio
import os
import signal
import tempfile

from support import COUNTING, ENGINES, SLOW, Cluster, Container, Cutter, Follower, check, until

TTL_S = 2


async def settle(followers, seconds):
    """Lets time pass in which nothing else happens."""
    await asyncio.sleep(seconds)
    for follower in followers:
        follower.silence = 0.0


async def one_reader_for_three_hundred(engine):
    with tempfile.TemporaryDirectory() as folder, Container(engine, COUNTING) as container:
        socket = os.path.join(folder, "docker.sock")
        counting = await Cutter(path=engine.removeprefix("unix://")).listen(socket)
        with await asyncio.to_thread(Cluster, f"unix://{socket}", 3) as cluster:
            ports = [each.port for each in cluster.instances]
            followers = [Follower(ports, container, first=n) for n in range(300)]
            tasks = [asyncio.create_task(each.run()) for each in followers]
            await until("300 followers hear lines", lambda: all(len(each.lines["o"]) > 20 for each in followers), 60)
            def follows_asked():
                return [each for each in counting.requests if "/logs" in each and "follow=1" in each]
            await until("a follow stands, after the histories", follows_asked)
            for task in tasks:
                task.cancel()
            follows = follows_asked()
            check(len(follows) == 1, f"one follow in the cluster, not {len(follows)}: {follows}")
            for follower in followers:
                check(follower.exact() and not follower.cuts, f"a follower is not exact: {follower}")
            print(f"300 followers on 3 instances: {len(follows)} follow, {len(counting.requests)} requests in all")


async def the_reader_dies_and_its_successor(engine):
    with Container(engine, COUNTING) as container:
        with await asyncio.to_thread(Cluster, engine, 3, DOCKCAST_LEASE_TTL=f"{TTL_S}s") as cluster:
            ports = [each.port for each in cluster.instances]
            followers = [Follower(ports, container, first=n % 3) for n in range(9)]
            tasks = [asyncio.create_task(each.run()) for each in followers]
            await until("all hear lines", lambda: all(len(each.lines["e"]) > 20 for each in followers))
            await settle(followers, 1)
            for turn in ("the reader", "its successor"):
                reader = cluster.reader(container)
                reader.signal(signal.SIGKILL)
                reader.process.wait()
                cluster.instances.remove(reader)
                await until("another reads", lambda: cluster.reader(container) in cluster.instances, TTL_S * 3)
                counts = [len(each.lines["o"]) for each in followers]
                await until("all hear lines again",
                            lambda: all(len(each.lines["o"]) > count + 50 for each, count in zip(followers, counts)))
                longest = max(each.silence for each in followers)
                print(f"SIGKILL of {turn}: longest silence {longest:.2f} s at a TTL of {TTL_S} s")
                check(longest <= (TTL_S + 2) * SLOW, f"{longest:.2f} s of silence are more than TTL + 2 s")
                for follower in followers:
                    check(follower.exact(), f"after the kill of {turn}: {follower}")
                    follower.silence = 0.0
            for task in tasks:
                task.cancel()


async def the_reader_hands_over(engine):
    """The lease time is so long that a successor who waited for its end would be waited for in vain."""
    with Container(engine, COUNTING) as container:
        with await asyncio.to_thread(Cluster, engine, 2, DOCKCAST_LEASE_TTL="10m") as cluster:
            ports = [each.port for each in cluster.instances]
            followers = [Follower(ports, container, first=n % 2) for n in range(6)]
            tasks = [asyncio.create_task(each.run()) for each in followers]
            await until("all hear lines", lambda: all(len(each.lines["e"]) > 20 for each in followers))
            reader = cluster.reader(container)
            await settle(followers, 1)
            reader.signal(signal.SIGTERM)
            counts = [len(each.lines["o"]) for each in followers]
            await until("all hear lines again",
                        lambda: all(len(each.lines["o"]) > count + 100 for each, count in zip(followers, counts)))
            check(await asyncio.to_thread(reader.process.wait, 30 * SLOW) == 0, "the instance ends with exit code 0")
            stayed = [each for each in followers if not each.cuts]
            check(stayed, "the other instance's followers kept their sockets")
            longest = max(each.silence for each in stayed)
            print(f"SIGTERM of the reader: longest silence of those who stayed {longest:.2f} s")
            for follower in followers:
                check(follower.exact(), f"after the handover: {follower}")
            for task in tasks:
                task.cancel()


async def the_reader_sleeps_for_three_lease_times(engine):
    with Container(engine, COUNTING) as container:
        with await asyncio.to_thread(Cluster, engine, 3, DOCKCAST_LEASE_TTL=f"{TTL_S}s") as cluster:
            ports = [each.port for each in cluster.instances]
            followers = [Follower(ports, container, first=n % 3) for n in range(6)]
            tasks = [asyncio.create_task(each.run()) for each in followers]
            await until("all hear lines", lambda: all(len(each.lines["e"]) > 20 for each in followers))
            sleeper = cluster.reader(container)
            sleeper.signal(signal.SIGSTOP)
            await asyncio.sleep(3 * TTL_S)
            await until("another has taken over", lambda: cluster.reader(container) not in (sleeper, None))
            successor = cluster.reader(container)
            sleeper.signal(signal.SIGCONT)
            await asyncio.sleep(2 * TTL_S)
            check(cluster.reader(container) is successor, "and goes on reading, alone")
            longest = max(len(each.lines["o"]) for each in followers)
            await until("all have caught up", lambda: all(len(each.lines["o"]) >= longest for each in followers))
            for follower in followers:
                check(follower.exact(), f"after the sleep: {follower}")
            print("SIGSTOP of the reader for three lease times: nothing lost or repeated, one reader")
            for task in tasks:
                task.cancel()


async def main():
    engine = ENGINES["26"]
    await one_reader_for_three_hundred(engine)
    await the_reader_dies_and_its_successor(engine)
    await the_reader_hands_over(engine)
    await the_reader_sleeps_for_three_lease_times(engine)


asyncio.run(main())
