#!/usr/bin/python3
"""The channels beside logs: docker:events, container:events, containers, container:stats; on both Engines."""
import asyncio
import contextlib
import json
import os
import time

from support import ENGINES, Container, Ear, Instance, check, until

IDLE, BUSY = "sleep 600", "while :; do :; done"


def changes(ear, container):
    """What `containers` has said of it: (change, state)."""
    return [(m["change"], m["container"]["state"]) for m in ear.of("container") if m["container"]["id"] == container.id]


async def picture(instance, engine):
    async with Ear(instance, "/ws/channels/containers") as ear:
        await ear.first("containers")
        check([m["type"] for m in ear.messages] == ["connected", "subscribed", "containers"], ear.messages)
        check("position" not in ear.messages[1], "`containers` has no position")
        with Container(engine, IDLE, "--label", "com.docker.compose.project=shop", "--label", "a=b") as container:
            added = await ear.first("container", lambda m: m["container"]["id"] == container.id and
                                    m["container"]["state"] == "running")
            check(added["container"]["name"] == container.name and added["container"]["labels"]["a"] == "b" and
                  added["container"]["project"] == "shop" and added["container"]["image"] == "demo:1", added)
            check(changes(ear, container)[0][0] == "added", changes(ear, container))
            async with Ear(instance, "/ws", {"type": "subscribe", "id": 1, "channel": "containers"}) as late:
                whole = await late.first("containers")
                check(container.id in [each["id"] for each in whole["containers"]], "the whole list comes first")
            container.docker("kill", container.name)
            dead = await ear.first("container", lambda m: m["container"]["id"] == container.id and
                                   m["container"]["state"] == "exited")
            check(dead["change"] == "changed" and dead["container"]["exit_code"] == 137, dead)
        gone = await ear.first("container", lambda m: m["container"]["id"] == container.id and m["change"] == "removed")
        check(gone["container"]["name"] == container.name, gone)
        check([change for change, _ in changes(ear, container)].count("added") == 1, changes(ear, container))


def actions(ear, container):
    return [m["event"]["Action"] for m in ear.of("docker_event") if m["event"]["Actor"]["ID"] == container.id]


async def events(instance, engine):
    stack = contextlib.ExitStack()
    async with Ear(instance, "/ws/events") as ear:
        before = await ear.first("subscribed")
        check(before["channel"] == "docker:events" and "recovered" not in before, before)
        container = stack.enter_context(Container(engine, IDLE))
        start = await ear.first("docker_event", lambda m: m["event"]["Action"] == "start" and
                                m["event"]["Actor"]["ID"] == container.id)
        check(start["event"]["Actor"]["Attributes"]["name"] == container.name, start)
        async with Ear(instance, f"/ws/containers/{container.name}/events?since={start['position']}") as own:
            answer = await own.first("subscribed")
            check(answer["channel"] == f"container:events:{container.id}" and answer["recovered"] == "full" and
                  answer["requested"] == f"container:events:{container.name}", answer)
            container.docker("pause", container.name)
            container.docker("unpause", container.name)
            stack.pop_all().close()  # it is removed
            await own.first("status", lambda m: m["state"] == "removed")
            told = own.of("container_event")
            check(all(m["Actor"]["ID"] == container.id and m["channel"] == answer["channel"] and "timeNano" in m
                      for m in told), told)
            check([m["Action"] for m in told][:2] == ["pause", "unpause"] and told[-1]["Action"] == "destroy", told)
            await until("the channel ends with the container",
                        lambda: f'"{answer["channel"]}"' not in channels(instance))
        await ear.first("docker_event", lambda m: m["event"]["Action"] == "destroy" and
                        m["event"]["Actor"]["ID"] == container.id)
        seen = actions(ear, container)
        check(seen[:4] == ["create", "start", "pause", "unpause"] and seen[-1] == "destroy", seen)
        # Whoever comes back is told what it missed, and nothing twice.
        at = next(i for i, m in enumerate(ear.messages) if m is start)
        missed = [m["position"] for m in ear.messages[at + 1:] if m["type"] == "docker_event"]
        async with Ear(instance, f"/ws/events?since={start['position']}") as back:
            await until("what was missed", lambda: len(back.of("docker_event")) >= len(missed))
            check(back.of("subscribed")[0]["recovered"] == "full", back.of("subscribed"))
            came = [m["position"] for m in back.of("docker_event")]
            check(came[:len(missed)] == missed, "missed events come in order")
        nowhere = "e1.7.1.1"
        async with Ear(instance, f"/ws/events?since={nowhere}") as foreign:
            answer = await foreign.first("subscribed")
            check(answer["recovered"] == "none" and answer["reason"] == "recreated" and "lost" not in answer, answer)
        async with Ear(instance, "/ws/events?since=1h") as hour:
            await hour.first("docker_event", lambda m: m["position"] == start["position"])
        async with Ear(instance, "/ws/events?since=yesterday") as bad:
            error = await bad.first("error")
            await until("the close", lambda: bad.close)
            check(error["code"] == "bad_request" and bad.close == 4000, (error, bad.close))


def channels(instance):
    return instance.get("/api/channels")[1]


async def stats(instance, engine):
    with contextlib.ExitStack() as stack:
        container = stack.enter_context(Container(engine, BUSY))
        async with Ear(instance, f"/ws/containers/{container.id[:12]}/stats", batches=False) as ear:
            await until("three frames", lambda: len(ear.of("stats")) >= 3)
            frames = ear.of("stats")
            check(all(m["type"] == "stats" for m in ear.messages), "a quiet opening says nothing else")
            # The first frame of the Engine has nothing to compare with: a busy container would look idle, or absurd.
            check(all(5 < m["cpu_percent"] <= 100 * (os.cpu_count() + 1) for m in frames), frames)
            check(all(m["memory_bytes"] > 0 and 0 < m["memory_percent"] < 100 and m["pids"] >= 1 and
                      m["memory_limit_bytes"] > m["memory_bytes"] and m["network_rx_bytes"] == 0
                      for m in frames), frames)
            check(frames[0]["time"] < frames[1]["time"] < frames[2]["time"], frames)
            container.docker("kill", container.name)
            container.docker("start", container.name)
            again = len(ear.of("stats"))
            await until("frames of the next run", lambda: len(ear.of("stats")) >= again + 2)
            check(all(m["cpu_percent"] >= 0 and m["memory_bytes"] > 0 for m in ear.of("stats")), ear.of("stats"))
            async with Ear(instance, "/ws", {"type": "connect", "id": "c", "subscriptions": [
                    {"channel": f"container:stats:{container.name}"}, {"channel": "docker:events"},
                    {"channel": "app:"}]}) as many:
                await many.first("stats")
                results = many.of("connected")[0]["subscriptions"]
                check([r["type"] for r in results] == ["subscribed", "subscribed", "error"], results)
                check(results[2]["code"] == "bad_request", results)
                await many.say(type="unsubscribe", id=2, channel=f"container:stats:{container.id}")
                await many.first("unsubscribed")
                count = len(many.of("stats"))
                again = len(ear.of("stats"))
                await until("more frames for the other one", lambda: len(ear.of("stats")) >= again + 2)
                check(len(many.of("stats")) == count, "nothing comes behind `unsubscribed`")
            stack.pop_all().close()  # it is removed
            await ear.first("status", lambda m: m["state"] == "removed")
    async with Ear(instance, "/ws/containers/" + "f" * 64 + "/stats") as none:
        error = await none.first("error")
        await until("the close", lambda: none.close)
        check(error["code"] == "not_found" and none.close == 4004, (error, none.close))


class SlowReader:
    """A WebSocket by hand, which reads a frame when it is told to, and answers pings when it reads them."""

    def __init__(self, instance, path):
        self.port, self.path = instance.port, path

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write((f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
        await self.reader.readuntil(b"\r\n\r\n")
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    async def stats(self):
        """The next frame of stats; pings before it are answered."""
        while True:
            first, length = await self.reader.readexactly(2)
            if length == 126:
                length = int.from_bytes(await self.reader.readexactly(2), "big")
            payload = await self.reader.readexactly(length)
            if first & 15 == 9:  # a pong, masked with zeros
                self.writer.write(bytes([0x8a, 0x80 | len(payload), 0, 0, 0, 0]) + payload)
            elif json.loads(payload)["type"] == "stats":
                return json.loads(payload)


async def newest(instance, engine):
    """Who reads seldom gets the newest frame, whatever sockets would have kept for it."""
    with Container(engine, BUSY) as container:
        path = f"/ws/containers/{container.id}/stats"
        async with Ear(instance, path) as ear, SlowReader(instance, path) as slow:
            await slow.stats()
            await slow.stats()
            for _ in range(2):
                before = len(ear.of("stats"))
                await until("frames that it does not read", lambda: len(ear.of("stats")) >= before + 5)
                at = ear.of("stats")[-1]["time"]
                frame = await slow.stats()
                check(frame["time"] >= at, f"{frame['time']} is older than {at}")


async def main():
    for version, engine in ENGINES.items():
        instance = Instance(engine, f"channels-{version}")
        try:
            for part in (picture, events, stats, newest):
                began = time.monotonic()
                await part(instance, engine)
                print(f"{version} {part.__name__}: {time.monotonic() - began:.1f} s")
        finally:
            instance.stop()


asyncio.run(main())
