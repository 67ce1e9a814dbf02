#!/usr/bin/python3
"""What instances do without Redis and without the Engine: nobody's line is lost, everybody is told, both come back."""
import asyncio
import json
import os
import tempfile
import urllib.error

from support import COUNTING, ENGINES, Container, Follower, Instance, Redis, check, until


def health(instance):
    return json.loads(instance.get("/health/websocket")[1])


class Audience:
    """Followers that run."""

    def __init__(self):
        self.followers, self.tasks = [], []

    def join(self, instance, container):
        self.followers.append(Follower([instance.port], container))
        self.tasks.append(asyncio.create_task(self.followers[-1].run()))
        return self.followers[-1]

    async def hear(self, what, more):
        """Each of them gets more than so many lines of stdout from now on."""
        counts = [len(each.lines["o"]) for each in self.followers]
        await until(what, lambda: all(len(each.lines["o"]) > had + more
                                      for each, had in zip(self.followers, counts)))

    async def are_told(self, what, status, last=False):
        await until(what, lambda: all(status in (each.statuses[-1:] if last else each.statuses)
                                      for each in self.followers))

    def leave(self, of):
        """Nothing was lost, and no connection."""
        for follower in self.followers:
            check(follower.exact() and not follower.cuts, f"nothing is lost: {follower}")
        print(f"{of}: {self.followers[-1]}")
        for task in self.tasks:
            task.cancel()


async def start(engine, names, redis, **settings):
    return [await asyncio.to_thread(Instance, engine, name, REDIS_URL=f"redis://127.0.0.1:{redis.port}", **settings)
            for name in names]


async def stop(instances, redis):
    for instance in instances:
        await asyncio.to_thread(instance.stop)
    redis.kill()


async def without_redis(engine):
    """Redis dies and returns, empty, while four follow on two instances; a client that comes meanwhile is served."""
    with tempfile.TemporaryDirectory() as folder, Container(engine, COUNTING) as container:
        redis, audience = Redis(folder), Audience()
        instances = await start(engine, ["i0", "i1"], redis, DOCKCAST_LEASE_TTL="2s")
        for n in range(4):
            audience.join(instances[n % 2], container)
        await audience.hear("all hear lines", 50)
        redis.kill()
        await audience.are_told("all are told", "degraded")
        newcomer = audience.join(instances[0], container)
        await audience.hear("all hear lines without Redis", 200)
        check(health(instances[0])["status"] == "degraded", "and health says so")
        await until("the newcomer is told, too", lambda: "degraded" in newcomer.statuses)
        redis.start()
        await audience.are_told("all are told again", "recovered", last=True)
        await audience.hear("all hear lines with Redis", 300)
        check(health(instances[0])["status"] == "healthy", "and health says so")
        audience.leave("Redis killed and back")
        await stop(instances, redis)


async def redis_comes_late(engine):
    """Redis is not there when the instance starts: it serves its own followers and tells them, also that Redis came."""
    with tempfile.TemporaryDirectory() as folder, Container(engine, COUNTING) as container:
        redis, audience = Redis(folder, running=False), Audience()
        instances = await start(engine, ["early"], redis)
        audience.join(instances[0], container)
        await audience.hear("lines without Redis", 50)
        await audience.are_told("it is told", "degraded")
        check(health(instances[0])["status"] == "degraded", "and health says so")
        newcomer = audience.join(instances[0], container)
        await until("the newcomer is told, too", lambda: "degraded" in newcomer.statuses)
        redis.start()
        await audience.are_told("both are told again", "recovered", last=True)
        await audience.hear("lines with Redis", 100)
        check(health(instances[0])["status"] == "healthy", "and health says so")
        audience.leave("A Redis that comes late")
        await stop(instances, redis)


async def redis_is_full(engine):
    """Redis refuses leases, and passes on what is published: the logs go on, those that were followed and new ones."""
    with tempfile.TemporaryDirectory() as folder, Container(engine, COUNTING) as old, \
            Container(engine, COUNTING) as new:
        redis, audience = Redis(folder), Audience()
        instances = await start(engine, ["f0", "f1"], redis, DOCKCAST_LEASE_TTL="2s")
        for instance in instances:
            audience.join(instance, old)
        await audience.hear("all hear lines", 50)
        redis.tell("CONFIG SET maxmemory 1")
        for instance in instances:
            audience.join(instance, new)
        await audience.hear("all hear lines from a full Redis' instances", 500)
        redis.tell("CONFIG SET maxmemory 0")
        await audience.hear("all hear lines again", 200)
        audience.leave("Redis full, and not any more")
        await stop(instances, redis)


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
