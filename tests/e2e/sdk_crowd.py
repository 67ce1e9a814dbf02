#!/usr/bin/python3
"""500 TypeScript clients on two instances, of which one is killed and then the other leaves: who lost its connection
comes back at a moment of its own, drawn evenly from the whole first span; who is told to move does so beside its old
connection (how fast is printed; that the pace is kept, tests/e2e/leaving.py checks); nobody misses a line or has one
twice."""
import asyncio

from mover import most_in_a_second
from support import ENGINES, Cluster, Container, check, until
from web_parts import Balancer, Node

CLIENTS, RATE, FIRST_MS = 500, 100, 500
PRINTS = "i=0; while true; do echo o $i; i=$((i+1)); usleep 100000; done"


def histogram(values, most, bins=10):
    counts = [0] * bins
    for each in values:
        counts[min(bins - 1, int(each * bins / most))] += 1
    return counts


def unevenness(values, most):
    """Kolmogorov and Smirnov's distance from the uniform distribution on 0 … most."""
    ranked = sorted(values)
    return max(max(abs(each / most - n / len(ranked)), abs(each / most - (n + 1) / len(ranked)))
               for n, each in enumerate(ranked))


async def all_hear(crowd):
    least = crowd.now.get("least", -1)
    await until(crowd.said, lambda: crowd.ended() or
                (crowd.now.get("open") == CLIENTS and crowd.now["least"] > max(least, 0) + 10), 120)
    check(not crowd.ended() and not crowd.now["wrong"] and not crowd.now["gaps"], crowd.said())


async def killed(crowd, instance):
    crowd.say("mark")
    await all_hear(crowd)
    instance.process.kill()
    await asyncio.to_thread(instance.process.wait)
    await until(crowd.said, lambda: crowd.now.get("waits"))
    await all_hear(crowd)
    waits = crowd.now["waits"]
    lost = CLIENTS // 2
    check(lost * 0.8 < len(waits), f"{len(waits)} clients waited; every second one was there")
    check(all(-50 <= each <= FIRST_MS for each in waits[:lost // 2]), f"first waits: {waits}")
    print(f"killed: {len(waits)} waited, by tenths of {FIRST_MS} ms: {histogram(waits, FIRST_MS)}; "
          f"longest silence {crowd.now['silence']:.0f} ms")
    # Below 2.2 / √n in all but one of 10,000 runs.
    uneven = unevenness(waits, FIRST_MS)
    check(uneven < 2.2 / len(waits) ** 0.5 + 0.02, f"the waits are not spread evenly: {uneven:.3f}")


async def left(crowd, instance, balancer):
    crowd.say("mark")
    await all_hear(crowd)
    before = len(balancer.led)
    instance.process.terminate()
    await asyncio.to_thread(instance.process.wait, 60)
    await all_hear(crowd)
    came = balancer.led[before:]
    print(f"left: {crowd.now['moves']} moved, {most_in_a_second(came)} in the busiest second of at most {RATE}; "
          f"{len(crowd.now['waits'])} waited; longest silence {crowd.now['silence']:.0f} ms")
    check(crowd.now["moves"] > CLIENTS // 4 > len(crowd.now["waits"]), crowd.said())


async def main():
    engine = ENGINES.get("26") or next(iter(ENGINES.values()))
    with await asyncio.to_thread(Cluster, engine, 2, DOCKCAST_DRAIN_RATE=str(RATE)) as cluster:
        one, two = cluster.instances
        balancer = await Balancer([one, two]).listen()
        with Container(engine, PRINTS) as container:
            async with Node("crowd.mjs", f"http://127.0.0.1:{balancer.port}", container.id, CLIENTS) as crowd:
                await all_hear(crowd)
                await killed(crowd, one)
                await asyncio.to_thread(one.start)
                await left(crowd, two, balancer)
                await asyncio.to_thread(two.start)


asyncio.run(main())
