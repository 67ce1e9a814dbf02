#!/usr/bin/python3
"""The TypeScript client follows 100,000 lines while its connection is cut ten times, by a cut, by an instance that is
killed, and by one that leaves: each line comes once, in order on its stream, and no gap is told."""
import asyncio

from support import ENGINES, Cluster, Container, check, until
from web_parts import Balancer, Node

LINES, CUTS = 50_000, 10  # lines of each stream
PRINTS = "i=0; while true; do echo o $i; echo e $i >&2; i=$((i+1)); [ $((i % 50)) -gt 0 ] || usleep 20000; done"


async def main():
    engine = ENGINES.get("26") or next(iter(ENGINES.values()))
    with await asyncio.to_thread(Cluster, engine, 3) as cluster:
        balancer = await Balancer(cluster.instances).listen()
        with Container(engine, PRINTS) as container:
            async with Node("exact.mjs", f"http://127.0.0.1:{balancer.port}", container.id) as client:
                for n in range(CUTS):
                    part = (n + 1) * LINES // (CUTS + 1)
                    await until(client.said, lambda part=part: client.now.get("stdout", 0) >= part or
                                client.ended(), 60)
                    check(not client.ended(), client.said())
                    connections = client.now["connections"]
                    holder = cluster.instances[balancer.turn % 3]
                    if n == 3:
                        await asyncio.to_thread(holder.process.kill)
                        await asyncio.to_thread(holder.process.wait)
                        await asyncio.to_thread(holder.start)
                    elif n == 6:
                        await asyncio.to_thread(leave, holder)
                        await asyncio.to_thread(holder.start)
                    else:
                        check(balancer.cut() > 0, "there was a connection")
                    await until(client.said, lambda connections=connections: client.now["connections"] > connections or
                                client.ended(), 60)
                await until(client.said, lambda: client.ended() or
                            min(client.now["stdout"], client.now["stderr"]) >= LINES, 120)
                now = client.now
                check(not client.ended() and now["gaps"] == 0 and now["connections"] > CUTS, client.said())
                print(f"{now['stdout'] + now['stderr']} lines over {now['connections']} connections to "
                      f"{len(set(now['instances']))} instances: each once and in order, no gap")


def leave(instance):
    instance.process.terminate()
    instance.process.wait(60)


asyncio.run(main())
