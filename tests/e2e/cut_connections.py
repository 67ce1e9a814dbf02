#!/usr/bin/python3
"""Connections cut twenty times, the client's to dockcast or dockcast's to the Engine: every line once, in order."""
import asyncio
import os
import tempfile

from support import ENGINES, Container, Cutter, Follower, Instance, check, until

CUTS = 20
# Lines of 600 characters on both streams until it is stopped, so that messages are long and many are cut in two.
LONG = """trap 'exit 0' TERM; x=$(head -c 600 /dev/zero | tr '\\0' x); i=0
while true; do echo "o $i $x"; echo "e $i $x" >&2; i=$((i+1)); [ $((i%10)) -ne 0 ] || usleep 10000; done"""


async def follow_through_cuts(container, port, cutter, request):
    """A follower that got all of the log, which ends after the last cut. Each cut the answer to such a request."""
    follower = Follower([port], container, query="tail=all")
    task = asyncio.create_task(follower.run())
    for _ in range(CUTS):
        await until("it is asked again", lambda: any(request in each for each in cutter.requests))
        heard = len(follower.lines["o"])
        await until("lines between two cuts", lambda: len(follower.lines["o"]) > heard + 20)
        cutter.requests.clear()
        check(cutter.cut() > 0, "there was a connection to cut")
    await asyncio.to_thread(container.docker, "stop", container.name)
    await until("the end of the log", lambda: follower.statuses[-1:] == ["stopped"])
    task.cancel()
    printed = {stream: [line.decode() for line in lines] for stream, lines in container.logs().items()}
    check(follower.lines == printed, f"it is not what docker logs prints: {follower}")
    check(follower.exact(), f"it does not join: {follower}")
    return follower


async def between_client_and_dockcast(engine):
    with Container(engine, LONG) as container:
        instance = await asyncio.to_thread(Instance, engine, "cut-clients")
        cutter = await Cutter("127.0.0.1", instance.port).listen()
        follower = await follow_through_cuts(container, cutter.port, cutter, "/ws/")
        check(follower.cuts == CUTS and follower.recovered == [None] + ["full"] * CUTS, f"its cuts: {follower}")
        print(f"{CUTS} connections of a client cut: {follower}")
        instance.stop()


async def between_dockcast_and_the_engine(engine):
    with tempfile.TemporaryDirectory() as folder, Container(engine, LONG) as container:
        path = os.path.join(folder, "docker.sock")
        cutter = await Cutter(path=engine.removeprefix("unix://")).listen(path)
        instance = await asyncio.to_thread(Instance, f"unix://{path}", "cut-engine")
        follower = await follow_through_cuts(container, instance.port, cutter, "follow=1")
        check(not follower.cuts, f"the client's connection stayed: {follower}")
        print(f"{CUTS} times all connections to the Engine cut: {follower}")
        await asyncio.to_thread(instance.stop)


async def main():
    for version, engine in ENGINES.items():
        print(f"Engine {version}")
        await between_client_and_dockcast(engine)
        await between_dockcast_and_the_engine(engine)


asyncio.run(main())
