#!/usr/bin/python3
"""What instances do without Redis and without the Engine: nobody's line is lost, everybody is told, both come back."""
import asyncio
import json
import os
import socket
import subprocess
import tempfile
import urllib.error

from support import COUNTING, ENGINES, Container, Follower, Instance, check, free_port, until


class Redis:
    """One of our own, to kill."""

    def __init__(self, folder, running=True):
        self.folder, self.port = folder, free_port()
        if running:
            self.start()

    def start(self):
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                                         "--appendonly", "no", "--dir", self.folder], stdout=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def tell(self, command):
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(command.encode() + b"\r\n")
            check(connection.recv(64) == b"+OK\r\n", f"Redis does {command}")


def health(instance):
    return json.loads(instance.get("/health/websocket")[1])


async def without_redis(engine):
    """Redis dies and returns, empty, while four follow on two instances; a client that comes meanwhile is served."""
    with tempfile.TemporaryDirectory() as folder, Container(engine, COUNTING) as container:
        redis = Redis(folder)
        instances = [await asyncio.to_thread(Instance, engine, f"i{n}", REDIS_URL=f"redis://127.0.0.1:{redis.port}",
                                             DOCKCAST_LEASE_TTL="2s") for n in range(2)]
        followers = [Follower([instances[n % 2].port], container) for n in range(4)]
        tasks = [asyncio.create_task(each.run()) for each in followers]

        async def all_hear(what, more):
            counts = [len(each.lines["o"]) for each in followers]
            await until(what, lambda: all(len(each.lines["o"]) > had + more for each, had in zip(followers, counts)))

        await all_hear("all hear lines", 50)
        redis.kill()
        await until("all are told", lambda: all("degraded" in each.statuses for each in followers))
        followers.append(Follower([instances[0].port], container))
        tasks.append(asyncio.create_task(followers[-1].run()))
        await all_hear("all hear lines without Redis", 200)
        check(health(instances[0])["status"] == "degraded", "and health says so")
        await until("the newcomer is told, too", lambda: "degraded" in followers[-1].statuses)
        redis.start()
        await until("all are told again", lambda: all(each.statuses[-1] == "recovered" for each in followers))
        await all_hear("all hear lines with Redis", 300)
        check(health(instances[0])["status"] == "healthy", "and health says so")
        for follower in followers:
            check(follower.exact() and not follower.cuts, f"nothing is lost: {follower}")
        print(f"Redis killed and back: {followers[0]}")
        for task in tasks:
            task.cancel()
        for instance in instances:
            instance.stop()
        redis.kill()


async def redis_comes_late(engine):
    """Redis is not there when the instance starts: it serves its own followers and tells them, also that Redis came."""
    with tempfile.TemporaryDirectory() as folder, Container(engine, COUNTING) as container:
        redis = Redis(folder, running=False)
        instance = await asyncio.to_thread(Instance, engine, "early", REDIS_URL=f"redis://127.0.0.1:{redis.port}")
        followers = [Follower([instance.port], container)]
        tasks = [asyncio.create_task(followers[0].run())]
        await until("lines without Redis", lambda: len(followers[0].lines["o"]) > 50)
        await until("it is told", lambda: "degraded" in followers[0].statuses)
        check(health(instance)["status"] == "degraded", "and health says so")
        followers.append(Follower([instance.port], container))
        tasks.append(asyncio.create_task(followers[1].run()))
        await until("the newcomer is told, too", lambda: "degraded" in followers[1].statuses)
        redis.start()
        await until("both are told again", lambda: all(each.statuses[-1] == "recovered" for each in followers))
        counts = [len(each.lines["o"]) for each in followers]
        await until("lines with Redis", lambda: all(len(each.lines["o"]) > had + 100
                                                    for each, had in zip(followers, counts)))
        check(health(instance)["status"] == "healthy", "and health says so")
        for follower in followers:
            check(follower.exact() and not follower.cuts, f"nothing is lost: {follower}")
        print(f"A Redis that comes late: {followers[0]}")
        for task in tasks:
            task.cancel()
        await asyncio.to_thread(instance.stop)
        redis.kill()


async def redis_is_full(engine):
    """Redis refuses leases, and passes on what is published: the logs go on, those that were followed and new ones."""
    with tempfile.TemporaryDirectory() as folder, Container(engine, COUNTING) as old, \
            Container(engine, COUNTING) as new:
        redis = Redis(folder)
        instances = [await asyncio.to_thread(Instance, engine, f"f{n}", REDIS_URL=f"redis://127.0.0.1:{redis.port}",
                                             DOCKCAST_LEASE_TTL="2s") for n in range(2)]
        followers = [Follower([instances[n % 2].port], old) for n in range(2)]
        tasks = [asyncio.create_task(each.run()) for each in followers]
        await until("all hear lines", lambda: all(len(each.lines["o"]) > 50 for each in followers))
        redis.tell("CONFIG SET maxmemory 1")
        followers += [Follower([each.port], new) for each in instances]
        tasks += [asyncio.create_task(each.run()) for each in followers[2:]]
        counts = [len(each.lines["o"]) for each in followers]
        await until("all hear lines from a full Redis' instances", lambda: all(
            len(each.lines["o"]) > had + 500 for each, had in zip(followers, counts)))
        redis.tell("CONFIG SET maxmemory 0")
        counts = [len(each.lines["o"]) for each in followers]
        await until("all hear lines again", lambda: all(
            len(each.lines["o"]) > had + 200 for each, had in zip(followers, counts)))
        for follower in followers:
            check(follower.exact() and not follower.cuts, f"nothing is lost: {follower}")
        print(f"Redis full, and not any more: {followers[-1]}")
        for task in tasks:
            task.cancel()
        for instance in instances:
            await asyncio.to_thread(instance.stop)
        redis.kill()


async def without_the_engine(engine):
    """The Engine is not there when the instance starts, and comes."""
    with tempfile.TemporaryDirectory() as folder, Container(engine, COUNTING) as container:
        there = os.path.join(folder, "docker.sock")
        instance = Instance(f"unix://{there}", "lonely", ready=False)
        await until("it lives", lambda: status(instance, "/health/live") == 200)
        check(status(instance, "/health/ready") == 503, "it lives, but is not ready")
        os.symlink(engine.removeprefix("unix://"), there)
        await until("it is ready", instance.answers)
        follower = Follower([instance.port], container)
        task = asyncio.create_task(follower.run())
        await until("lines", lambda: len(follower.lines["o"]) > 50)
        task.cancel()
        check(follower.exact(), f"nothing is lost: {follower}")
        print("An Engine that comes late is found")
        instance.stop()


def status(instance, path):
    try:
        return instance.get(path)[0]
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return None


async def main():
    for engine in ENGINES.values():
        await without_redis(engine)
        await redis_comes_late(engine)
        await redis_is_full(engine)
        await without_the_engine(engine)


asyncio.run(main())
