#!/usr/bin/python3
"""One instance, seen from outside: its routes, both shapes of a log, refusals, the end; on both Engines."""
import asyncio
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

import websockets

from support import BINARY, COUNTING, ENGINES, SLOW, Container, Instance, check, until

# A burst on both streams, one line over Docker's 16 KiB pieces, and a word at the end of each stream.
BURST = ('i=0; while [ $((i = i + 1)) -le 2000 ]; do echo "o $i ünïcödé"; '
         '[ $((i % 7)) -ne 0 ] || echo "e $i" >&2; done; '
         'head -c 40000 /dev/zero | tr "\\0" x; echo; sleep 1; echo end; echo end >&2; sleep 600')


def ask(instance, path, **headers):
    """Status and text."""
    try:
        request = urllib.request.Request(f"http://127.0.0.1:{instance.port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


class Client:
    """Hears what one connection is told, until it has enough or is closed."""

    def __init__(self, instance, path, *commands):
        self.url, self.commands = f"ws://127.0.0.1:{instance.port}{path}", commands
        self.messages, self.lines, self.close = [], {"o": [], "e": []}, None

    async def hear(self, enough=lambda _: False):
        async with websockets.connect(self.url, subprotocols=["dockcast.v1"] if self.commands else None,
                                      max_size=None) as socket:
            for command in self.commands:
                await socket.send(json.dumps(command))
            try:
                while not enough(self):
                    self.take(json.loads(await asyncio.wait_for(socket.recv(), 30 * SLOW)))
            except websockets.ConnectionClosed as closed:
                self.close = closed
        return self

    def take(self, message):
        self.messages.append(message)
        if message["type"] == "log":
            self.lines[message["stream"][3]].append(message["data"].encode())
        for line in message["lines"] if message["type"] == "logs" else []:
            self.lines[line[1]].append(line[2].encode())

    def of(self, kind):
        return [message for message in self.messages if message["type"] == kind]


def whole(client):
    return all(b"end" in lines[-1:] for lines in client.lines.values())


async def routes(instance, container):
    for path in ("/", "/health/live", "/health/ready", "/health/websocket", "/metrics"):
        check(ask(instance, path)[0] == 200, f"{path} is 200")
    listed = json.loads(ask(instance, "/api/containers?label=tier%3Dweb")[1])["containers"]
    check([each["id"] for each in listed] == [container.id], f"the list by label is {listed}")
    one = json.loads(ask(instance, f"/api/containers/{container.name}")[1])
    check(one["id"] == container.id and one["inspect"]["Id"] == container.id, f"one container is {one}")
    check(ask(instance, "/api/containers/no-such")[0] == 404, "a container that is not there is 404")
    check(ask(instance, "/nowhere")[0] == 404, "what is not there is 404")
    check(ask(instance, "/", Host="evil.example")[0] == 421, "a name that is not ours is 421")
    check(json.loads(ask(instance, "/health/websocket")[1])["status"] == "healthy", "it is healthy")
    check('websocket_active_connections{channel="container:logs"' in ask(instance, "/metrics")[1], "it is measured")


async def a_log_in_both_shapes(instance, container):
    plain = Client(instance, f"/ws/containers/{container.name}/logs")
    batches = Client(instance, "/ws", {"type": "subscribe", "id": 1, "channel": f"container:logs:{container.name}"})
    await asyncio.gather(plain.hear(whole), batches.hear(whole))
    log, channel = container.logs(), f"container:logs:{container.id}"
    for what, client in (("lines", plain), ("batches", batches)):
        check(client.lines == log, f"{what} are what docker logs prints")
        check(all(each["channel"] == channel for each in client.of("log") + client.of("logs")), "the full id")
        check(not client.of("gap"), "nothing is missing")
    check(not plain.of("connected") and not plain.of("subscribed"), "the opening is quiet")
    check([each["type"] for each in batches.messages[:2]] == ["connected", "subscribed"], "this one is not")
    middle = plain.of("log")[:1001]
    wish = {"channel": channel, "since": middle[-1]["position"]}
    again = await Client(instance, "/ws", {"type": "connect", "id": 7, "subscriptions": [wish]}).hear(whole)
    told = again.of("connected")[0]
    check(told["id"] == 7 and told["subscriptions"][0]["recovered"] == "full", f"it is told {told}")
    for stream, lines in log.items():
        seen = sum(each["stream"][3] == stream for each in middle)
        check(again.lines[stream] == lines[seen:], f"from a position on there is the rest of {stream}")
    counted = ("dockcast_engine_up 1", 'dockcast_channels{role="owning"} 1')
    await until("the channel is counted", lambda: all(each in ask(instance, "/metrics")[1] for each in counted))


async def deflated(engine, container):
    """Where it is switched on and offered, the same log comes in fewer bytes; where it is not, as before."""
    instance = Instance(engine, "deflated", DOCKCAST_DEFLATE="true")
    path = f"/ws/containers/{container.id}/logs"
    heard, sizes = [], []
    for compression in ("deflate", None):
        async with websockets.connect(f"ws://127.0.0.1:{instance.port}{path}", subprotocols=["dockcast.v1"],
                                      compression=compression, max_size=None) as socket:
            agreed = socket.response_headers.get("Sec-WebSocket-Extensions")
            check((agreed is not None) == (compression is not None), f"agreed on {agreed}")
            client = Client(instance, path)
            while not whole(client):
                client.take(json.loads(await asyncio.wait_for(socket.recv(), 30 * SLOW)))
            await socket.send(json.dumps({"type": "ping", "id": "x" * 1000}))  # deflated by the client
            while not client.of("pong"):
                client.take(json.loads(await asyncio.wait_for(socket.recv(), 30 * SLOW)))
            heard.append(client.lines)
        sizes.append(sum(map(len, client.lines["o"])))
    check(heard[0] == heard[1] and sizes[0] > 40_000, "both hear the same")
    instance.stop()


async def refusals(engine):
    instance = Instance(engine, "open")
    nobody = await Client(instance, "/ws/containers/no-such/logs").hear()
    check(nobody.of("error")[0]["code"] == "not_found" and nobody.close.code == 4004, "no such container")
    check((await Client(instance, "/ws/containers/no-such/logs?tail=x").hear()).close.code == 4000, "a bad tail")
    instance.stop()
    instance = Instance(engine, "closed", DOCKCAST_TOKEN="s3cret")
    check(ask(instance, "/api/containers")[0] == 401, "no token")
    check(ask(instance, "/api/containers", Authorization="Bearer s3cret")[0] == 200, "the token")
    check(ask(instance, "/health/live")[0] == 200, "health needs none")
    known = await Client(instance, "/ws", {"type": "connect", "token": "s3cret"}).hear(lambda client: client.messages)
    check(known.messages[0]["type"] == "connected", "the token in connect")
    check((await Client(instance, "/ws", {"type": "connect", "token": "x"}).hear()).close.code == 4300, "a wrong one")
    instance.stop()


async def the_end(engine):
    with Container(engine, COUNTING) as container:
        instance = Instance(engine, "mortal")
        client = Client(instance, f"/ws/containers/{container.id}/logs")
        hearing = asyncio.create_task(client.hear())
        while len(client.messages) < 20:
            await asyncio.sleep(0.02)
        began = time.monotonic()
        instance.signal(signal.SIGTERM)
        await hearing
        check(client.close.code == 4200 and json.loads(client.close.reason)["ms"] >= 0, f"it is told {client.close}")
        check(await asyncio.to_thread(instance.process.wait, 30 * SLOW) == 0, "the exit code is 0")
        print(f"SIGTERM: ended within {time.monotonic() - began:.3f} s")
        instance.stop()


def settings():
    sanitizers = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}

    def dockcast(*words, **environment):
        environment.update(sanitizers)
        return subprocess.run([BINARY, *words], capture_output=True, text=True, check=False, env=environment)

    wrong = dockcast("--check-config", PORT="x", DOCKCAST_LEASE_TTL="soon")
    check(wrong.returncode == 2 and wrong.stderr.count("\n") == 2, f"every mistake at once: {wrong.stderr}")
    check(dockcast("--check-config").returncode == 0, "the defaults are fine")
    check(dockcast("--version").stdout.startswith("dockcast "), "it knows its version")
    docs = pathlib.Path(os.environ.get("DOCKCAST_TEST_SOURCE", ".")) / "docs"
    for flag, name in (("--print-reference", "settings.md"), ("--print-example", "dockcast.example.toml"),
                       ("--print-limits", "limits.md")):
        check(dockcast(flag).stdout == (docs / name).read_text(), f"stale: dockcast {flag} > docs/{name}")


async def main():
    settings()
    for version, engine in ENGINES.items():
        print(f"Engine {version}")
        with Container(engine, BURST, "--label", "tier=web") as container:
            instance = Instance(engine, "one")
            await routes(instance, container)
            await a_log_in_both_shapes(instance, container)
            instance.stop()
            await deflated(engine, container)
        await refusals(engine)
        await the_end(engine)


asyncio.run(main())
