#!/usr/bin/python3
"""On one core the control loop serves too: one thread, which reads, fans out, answers and drains."""
import asyncio
import os
import signal

import websockets

from support import COUNTING, ENGINES, SLOW, Container, Follower, Instance, check, until


async def told_to_go(instance, container):
    """The close code of one who is there when the instance drains."""
    url = f"ws://127.0.0.1:{instance.port}/ws/containers/{container.id}/logs?tail=0"
    async with websockets.connect(url, max_size=None) as socket:
        await socket.recv()
        instance.signal(signal.SIGTERM)
        try:
            while True:
                await asyncio.wait_for(socket.recv(), 30 * SLOW)
        except websockets.ConnectionClosed as closed:
            return closed.code


async def main():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # inherited by what is started from here on
    engine = ENGINES["26"] if "26" in ENGINES else next(iter(ENGINES.values()))
    instance = Instance(engine, "one-core")
    with Container(engine, COUNTING) as container:
        threads = os.listdir(f"/proc/{instance.process.pid}/task")
        check(len(threads) == 1 or "TSAN_OPTIONS" in os.environ, f"one thread, not {len(threads)}")
        followers = [Follower([instance.port], container) for _ in range(30)]
        running = [asyncio.create_task(each.run()) for each in followers]
        await until("everybody has lines", lambda: all(len(each.lines["o"]) > 100 for each in followers))
        check(instance.get("/health/websocket")[0] == 200, "it answers while it serves")
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for each in followers:
            check(each.exact(), f"every line once and in order: {each}")
        code = await told_to_go(instance, container)
        check(code == 4200, f"who is there when it drains is told to go by 4200, not {code}")
    instance.stop()
    print("one core: exact")


asyncio.run(main())
