#!/usr/bin/python3
"""Looking back with `history`: pages joined are the whole log, and fifty of them cost what they show."""
import asyncio
import json
import tempfile

import websockets

from support import ENGINES, SLOW, Container, Cutter, Instance, check, until

LINES = 200_000
MANY = f'i=0; while [ $((i = i + 1)) -le {LINES} ]; do echo "line $i of many, as long as one of a log may be"; done'
# Both streams, in bursts and with a pause, lines in pieces among those of the other stream, one that fills a piece.
MIXED = ('i=0; while [ $((i = i + 1)) -le 2500 ]; do echo "o $i ünïcödé"; [ $((i % 3)) -ne 0 ] || echo "e $i" >&2; '
         '[ $((i % 400)) -ne 0 ] || { head -c 40000 /dev/zero | tr "\\0" x; echo; } & '
         '[ $((i % 500)) -ne 0 ] || sleep 0.1; done; wait; head -c 16384 /dev/zero | tr "\\0" y; echo; echo end')


class Counting(Cutter):
    """Counts what the Engine says."""

    said = 0

    async def pump(self, reader, writer, asked):
        if not asked:
            read = reader.read

            async def counted(size):
                data = await read(size)
                self.said += len(data)
                return data

            reader.read = counted
        await super().pump(reader, writer, asked)


class Session:
    def __init__(self, instance):
        self.opening = websockets.connect(f"ws://127.0.0.1:{instance.port}/ws", subprotocols=["dockcast.v1"])

    async def __aenter__(self):
        self.socket = await self.opening.__aenter__()
        return self

    async def __aexit__(self, *_):
        await self.socket.close()

    async def ask(self, channel, **fields):
        await self.socket.send(json.dumps({"type": "history", "id": 1, "channel": channel, **fields}))
        while True:
            told = json.loads(await asyncio.wait_for(self.socket.recv(), 60 * SLOW))
            if told["type"] in ("history", "error"):
                return told


async def back(session, container, limit, pages=10**9, start=None):
    items, place = [], start
    for _ in range(pages):
        told = await session.ask(f"container:logs:{container.id}", limit=limit, **({"before": place} if place else {}))
        check(told["type"] == "history" and told["id"] == 1, f"it is told {told}")
        check(len(told["items"]) <= limit, f"{len(told['items'])} items")
        check(place is None or told["last"] == place, "a page ends where it was asked to")
        items, place = told["items"] + items, told["first"]
        if not told["more"]:
            break
    return items, place


async def onward(session, container, limit, since):
    items, more = [], True
    while more:
        told = await session.ask(f"container:logs:{container.id}", limit=limit, since=since)
        check(told["type"] == "history", f"it is told {told}")
        items, since, more = items + told["items"], told["last"], told["more"]
    return items


def texts(items):
    return [(each["stream"], each["time"], each["data"]) for each in items]


async def pages_are_the_log(instance, container):
    one_read = []
    async with websockets.connect(f"ws://127.0.0.1:{instance.port}/ws/containers/{container.id}/logs",
                                  max_size=None) as client:
        while not (one_read and one_read[-1]["data"] == "end"):
            message = json.loads(await asyncio.wait_for(client.recv(), 30 * SLOW))
            if message["type"] == "log":
                one_read.append(message)
    async with Session(instance) as session:
        for limit in (1000, 97):
            items, first = await back(session, container, limit)
            check(all(set(each) == set(one_read[0]) for each in items), f"an item is {items[0]}")
            check(texts(items) == texts(one_read), f"{limit} back: {len(items)} of {len(one_read)}")
            ahead = await onward(session, container, limit, first)
            check(texts(ahead) == texts(one_read), f"{limit} on: {len(ahead)} of {len(one_read)}")
        middle = one_read[len(one_read) // 2]
        before, _ = await back(session, container, 200, start=middle["position"])
        check(texts(before) == texts(one_read[:len(one_read) // 2 + 1]), f"before a line's place: {len(before)}")
        behind = await onward(session, container, 500, middle["position"])
        check(texts(behind) == texts(one_read[len(one_read) // 2 + 1:]), f"behind it: {len(behind)}")
        for name, code in ((f"container:logs:{'0' * 64}", "not_found"), ("docker:events", "unsupported")):
            check((await session.ask(name))["code"] == code, f"{name} is {code}")
        check((await session.ask(f"container:logs:{container.name}", limit=1))["items"][0]["data"] == "end", "by name")


async def fifty_pages(engine, container):
    with tempfile.TemporaryDirectory() as folder:
        counting = await Counting(path=engine.removeprefix("unix://")).listen(f"{folder}/engine.sock")
        instance = await asyncio.to_thread(Instance, f"unix://{folder}/engine.sock", "history")
        log = len((await asyncio.to_thread(container.docker, "logs", "--timestamps", container.name)).encode())
        async with Session(instance) as session:
            for limit in (100, 1000):
                before = counting.said
                items, _ = await back(session, container, limit, pages=50)
                said = counting.said - before
                check(len(items) == 50 * limit, f"{len(items)} items")
                last = [int(each["data"].split()[1]) for each in items]
                check(last == list(range(LINES - 50 * limit + 1, LINES + 1)), "these are the last lines")
                share = sum(len(each["data"]) + 31 + 9 for each in items)
                print(f"50 pages of {limit} from a log of {log} bytes: {said} read, {share} of them shown")
                check(said < 2.5 * share + 50 * 20_000, f"{said} bytes are read for {share}")
        await asyncio.to_thread(instance.stop)
        counting.server.close()


async def main():
    for version, engine in ENGINES.items():
        print(f"Engine {version}", flush=True)
        instance = await asyncio.to_thread(Instance, engine, "pages")
        for options in ((), ("--log-driver", "local")):
            with Container(engine, MIXED, *options) as container:
                await until("it has ended", lambda c=container: "exited" in c.docker(
                    "inspect", "-f", "{{.State.Status}}", c.name), 120)
                await pages_are_the_log(instance, container)
        instance.stop()
        with Container(engine, MANY) as container:
            await until("it has ended", lambda c=container: "exited" in c.docker(
                "inspect", "-f", "{{.State.Status}}", c.name), 120)
            await fifty_pages(engine, container)


asyncio.run(main())
