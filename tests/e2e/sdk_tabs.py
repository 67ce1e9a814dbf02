#!/usr/bin/python3
"""30 tabs of one site in Chromium share one connection; whichever tab holds it is closed, and another takes over: no
tab misses a line or has one twice."""
import asyncio
import contextlib

from support import ENGINES, Container, Instance, check, free_port, until
from web_parts import Node

TABS, CLOSED = 30, 5
PRINTS = "i=0; while true; do echo o $i; i=$((i+1)); usleep 20000; done"


async def main():
    engine = ENGINES.get("26") or next(iter(ENGINES.values()))
    port = free_port()
    instance = await asyncio.to_thread(Instance, engine, "tabs",
                                       DOCKCAST_ALLOWED_ORIGINS=f"http://127.0.0.1:{port}")
    with contextlib.closing(instance), Container(engine, PRINTS) as container:
        async with Node("tabs.mjs", f"http://127.0.0.1:{instance.port}", container.id, TABS, CLOSED, port) as tabs:
            held = []
            for phase in ("all", *(f"closed {n + 1}" for n in range(CLOSED))):
                await until(tabs.said, lambda phase=phase: tabs.ended() or
                            phase in [each.get("phase") for each in tabs.all], 120)
                now = next((each for each in tabs.all if each.get("phase") == phase), {})
                check(now and not now.get("wrong"), tabs.said())
                check(len(now["sockets"]) == 1 and now["gaps"] == 0 and now["states"] == ["open"], now)
                check(now["sockets"][0] not in held, f"it was not the holder that was closed: {now}")
                held += now["sockets"]
            await until(tabs.said, tabs.ended)
            check(tabs.process.returncode == 0, tabs.said())
    print(f"{TABS} tabs had one connection; {CLOSED} that held it were closed: nothing lost, nothing twice")


asyncio.run(main())
