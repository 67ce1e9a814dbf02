#!/usr/bin/python3
"""The Engine killed, silent, talking nonsense, forgetful: the process lives, health tells it, and what followers know
is right again by itself. A proxy lies where a real Engine cannot be made to; on both Engines."""
import asyncio
import json
import os
import re
import subprocess
import tempfile

from support import COUNTING, ENGINES, Container, Ear, Follower, Instance, check, until

SOURCE = os.environ.get("DOCKCAST_TEST_SOURCE", ".")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


# What is answered instead, and whether the connection is then closed, or left silent.
NONSENSE = {
    "500": (b'HTTP/1.1 500 Oops\r\nContent-Length: 20\r\n\r\n{"message":"broken"}', True),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", True),
    "an empty answer": (b"", True),
    "a head without end": (b"HTTP/1.1 200 OK\r\nX: y\r\n", False),
    "a frame of 4 GiB": (OK + chunk(b"\x01\0\0\0\xff\xff\xff\xffabc"), False),
    "a stream of type 9": (OK + chunk(b"\x09\0\0\0\0\0\0\x03abc"), True),
    "a frame cut in its midst": (OK + chunk(b"\x01\0\0\0\0\0\0\x64abc"), True),
    "a bad chunk": (OK + b"xyz\r\nabc\r\n", True),
    "truncated JSON": (b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[{"Id":"a', True),
    "JSON of another shape": (b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"a":[1,2]}', True),
}


class Liar:
    """Passes requests on to an Engine, but for those whose path matches `about`: they get `answer`. `deaf`: nobody is
    answered at all."""

    def __init__(self, engine):
        self.path, self.about, self.answer, self.deaf, self.lies = engine.removeprefix("unix://"), None, None, False, 0
        self.open = set()

    async def listen(self, path):
        self.server = await asyncio.start_unix_server(self.serve, path)
        return self

    async def serve(self, reader, writer):
        self.open.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if self.deaf:
                await reader.read()
            elif self.about and re.search(self.about, head.split(b"\r\n")[0].decode()):
                self.lies += 1
                writer.write(self.answer[0])
                await writer.drain()
                if not self.answer[1]:
                    await reader.read()
            else:
                await self.pass_on(head, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort() if self.deaf else writer.close()
            self.open.discard(writer)

    async def pass_on(self, head, reader, writer):
        there = await asyncio.open_unix_connection(self.path)
        there[1].write(head)

        async def pump(source, sink):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
            sink.close()
        try:
            await asyncio.gather(pump(there[0], writer), pump(reader, there[1]))
        finally:
            there[1].transport.abort()

    def cut(self):
        for writer in list(self.open):
            writer.transport.abort()


def health(instance):
    return json.loads(instance.get("/health/websocket")[1])


async def exact(follower, container):
    """It is stopped, and the follower has exactly what `docker logs` prints."""
    await asyncio.to_thread(container.docker, "kill", container.name)
    await until("the end of the log", lambda: follower.statuses[-1:] == ["stopped"])
    printed = {stream: [line.decode() for line in lines] for stream, lines in container.logs().items()}
    check(follower.lines == printed and follower.exact(), f"it is not what docker logs prints: {follower}")


async def nonsense(engine, path, liar):
    """One container's log, then every answer, is nonsense; others do not notice, and it heals."""
    instance = await asyncio.to_thread(Instance, f"unix://{path}", "lied-to")
    with Container(engine, COUNTING) as sick, Container(engine, COUNTING) as well:
        followers = [Follower([instance.port], each, query="tail=all") for each in (sick, well)]
        tasks = [asyncio.create_task(each.run()) for each in followers]
        await until("both are followed", lambda: all(each.lines["o"] for each in followers))
        for name, answer in NONSENSE.items():
            liar.about, liar.answer, liar.lies = f"/containers/{sick.id}/logs", answer, 0
            liar.cut()
            await until(f"{name} is told", lambda: liar.lies > 0)
            heard = len(followers[1].lines["o"])
            await until(f"the other one goes on beside {name}", lambda: len(followers[1].lines["o"]) > heard + 20)
            check(instance.get("/health/live")[0] == 200, name)
            liar.about = None
            liar.cut()
            heard = len(followers[0].lines["o"])
            await until(f"it goes on behind {name}", lambda: len(followers[0].lines["o"]) > heard + 20)
        for each, container in zip(followers, (sick, well)):
            await exact(each, container)
            check(each.cuts == 0, f"no client's connection was cut: {each}")
        for name, answer in NONSENSE.items():  # of every question
            liar.about, liar.answer, liar.lies = ".", answer, 0
            liar.cut()
            await until(f"{name} is told everywhere", lambda: liar.lies > 2)
            check(instance.get("/health/live")[0] == 200 and instance.get("/health/ready")[0] == 200, name)
        liar.about = None
        liar.cut()
        async with Ear(instance, "/ws/channels/containers") as ear:
            await ear.first("containers", lambda m: sick.id in [each["id"] for each in m["containers"]])
        for task in tasks:
            task.cancel()
    await asyncio.to_thread(instance.stop)
    print(f"{len(NONSENSE)} kinds of nonsense: {followers[0]}")


async def deaf(engine, path, liar):
    """It accepts, and says nothing, while more happens than it remembers."""
    instance = await asyncio.to_thread(Instance, f"unix://{path}", "deaf")
    with Container(engine, COUNTING) as container, Container(engine, "sleep 600") as renamed:
        follower = Follower([instance.port], container, query="tail=all")
        task = asyncio.create_task(follower.run())
        async with Ear(instance, "/ws/channels/containers") as ear, Ear(instance, "/ws/events") as events:
            await ear.first("containers")
            before = (await events.first("subscribed"))["position"]
            await until("it is followed", lambda: follower.lines["o"])
            liar.deaf = True
            liar.cut()
            await ear.first("status", lambda m: m["state"] == "source_down")
            await events.first("status", lambda m: m["state"] == "source_down")
            await until("health knows it", lambda: "dockcast_engine_up 0" in instance.get("/metrics")[1])
            check(instance.get("/health/ready")[0] == 200, "a fault of all instances is no reason to leave")
            await asyncio.to_thread(rename_often, engine, renamed)
            with Container(engine, "sleep 600") as new:
                liar.deaf = False
                liar.cut()
                await ear.first("status", lambda m: m["state"] == "recovered")
                whole = await ear.first("containers", lambda m: new.id in [each["id"] for each in m["containers"]])
                names = {each["id"]: each["name"] for each in whole["containers"]}
                check(names[renamed.id] == renamed.name, f"the picture is right again: {names}")
                async with Ear(instance, f"/ws/events?since={before}") as back:
                    answer = await back.first("subscribed")
                    check(answer["recovered"] == "partial" and answer["lost"]["from"] == before, answer)
        await exact(follower, container)
        check(follower.cuts == 0, f"the client's connection stayed: {follower}")
        task.cancel()
    await asyncio.to_thread(instance.stop)
    print(f"deaf, and 600 renames missed: {follower}")


def rename_often(engine, container):
    """600 events, its name at the end as it was before; asked of the Engine itself, since `docker` is slow to start."""
    import http.client
    import socket

    class Direct(http.client.HTTPConnection):
        def connect(self):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(engine.removeprefix("unix://"))

    asked = Direct("localhost")
    for number in range(600):
        name = container.name if number % 2 else f"{container.name}-x"
        asked.request("POST", f"/containers/{container.id}/rename?name={name}")
        answer = asked.getresponse()
        answer.read()
        check(answer.status == 204, f"rename: {answer.status}")


async def killed(engine):
    """SIGKILL of the daemon, which takes its events with it, and its return."""
    folder = os.path.dirname(engine.removeprefix("unix://"))
    pid_file = os.path.join(folder, "dockerd.pid")
    if not os.path.exists(pid_file):
        print("the Engine is not ours to kill")
        return
    instance = await asyncio.to_thread(Instance, engine, "killed")
    with Container(engine, COUNTING) as container:
        follower = Follower([instance.port], container, query="tail=all")
        task = asyncio.create_task(follower.run())
        async with Ear(instance, "/ws/channels/containers") as ear, \
                Ear(instance, f"/ws/containers/{container.id}/stats") as stats:
            await ear.first("containers")
            await stats.first("stats")
            await until("it is followed", lambda: follower.lines["o"])
            with open(pid_file, encoding="ascii") as file:
                os.kill(int(file.read()), 9)
            await ear.first("status", lambda m: m["state"] == "source_down")
            await stats.first("status", lambda m: m["state"] == "source_down")
            await until("its log's followers know it", lambda: "source_down" in follower.statuses)
            check(health(instance)["status"] != "unhealthy", health(instance))
            with open(os.path.join(folder, "version"), encoding="ascii") as file:
                version = file.read().strip()
            command = [os.path.join(SOURCE, "tools/engine"), "start", version, folder]
            await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
            await ear.first("status", lambda m: m["state"] == "recovered")
            # The daemon came back without its processes, and remembers no event of their end.
            def exited():
                known = {}
                for message in ear.of("containers", "container"):
                    for each in message.get("containers") or [message["container"]]:
                        known[each["id"]] = each["state"]
                return known.get(container.id) == "exited"
            await until("the picture is right", exited)
            await asyncio.to_thread(container.docker, "start", container.name)
            await until("the next run", lambda: follower.statuses[-1:] == ["live"] and "restarted" in follower.statuses)
            again = len(stats.of("stats"))
            await until("stats of the next run", lambda: len(stats.of("stats")) > again + 1)
            await asyncio.to_thread(container.docker, "kill", container.name)
            await until("the end of the log", lambda: follower.statuses[-1:] == ["stopped"])
            printed = {stream: [line.decode() for line in lines] for stream, lines in container.logs().items()}
            check(follower.lines == printed and not follower.gaps, f"it is not what docker logs prints: {follower}")
        task.cancel()
    await asyncio.to_thread(instance.stop)
    print(f"killed and brought back: {follower}")


async def main():
    for version, engine in ENGINES.items():
        print(f"Engine {version}")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "docker.sock")
            liar = await Liar(engine).listen(path)
            await nonsense(engine, path, liar)
            await deaf(engine, path, liar)
        await killed(engine)


asyncio.run(main())
