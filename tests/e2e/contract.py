#!/usr/bin/python3
"""What a running dockcast answers and says is what protocol/ says, and the documents made of it are valid.

The documents are asked for as anybody would; each HTTP answer and each WebSocket message is then judged by the schema
that they have for it, closed to fields that they do not name (tools/validators). What protocol/ calls offered must be
served, and what it calls later or reserved must not be: whoever offers it changes its status there. It is longer than
most, since what is to be heard and seen is one list.
"""
import asyncio
import contextlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

import websockets

from support import COUNTING, ENGINES, SLOW, Container, Instance, check, until

SOURCE = pathlib.Path(os.environ.get("DOCKCAST_TEST_SOURCE", "."))
MODULES = SOURCE / "build/validators/node_modules"
DOCUMENTS = ("openapi", "asyncapi")
# Offered, and not worth the wait or the accident that brings them: unit tests tell their shapes.
UNHEARD = {"heartbeat", "gap"}
LIVES = 'i=0; while [ $((i = i + 1)) -le 30 ]; do echo "o $i"; echo "e $i" >&2; usleep 20000; done'


def table(name):
    return json.loads((SOURCE / f"protocol/{name}.json").read_text())


def offered(rows, is_offered=True):
    return [row for row in rows if (row["status"] == "offered") == is_offered]


class Values:
    """What was seen, each with the place of the schema that must fit."""

    def __init__(self, documents):
        self.documents, self.seen, self.heard = documents, [], set()

    def add(self, what, document, at, value):
        self.seen.append({"what": what, "document": document, "at": at, "value": value})

    def answer(self, route, answer, method="get"):
        """An HTTP answer: its status and type are described, and so is its body."""
        status, kind, body = answer
        known = self.documents["openapi"]["paths"][route][method]["responses"]
        place = str(status) if str(status) in known else "default"
        at = ["paths", route, method, "responses", place, "content"]
        content = known[place].get("content")
        if content is not None:  # else a reference, and JSON like the other problems
            check(kind in content, f"{route} answers {status} {kind}, which is not described")
        values = [body] if not kind.endswith("json") else map(json.loads, body.splitlines() if "nd" in kind else [body])
        for value in values:
            self.add(f"{method.upper()} {route} {status}", "openapi", [*at, kind, "schema"], value)

    def message(self, message, command=False):
        name = "".join(map(str.capitalize, message["type"].split("_"))) + ("Command" if command else "Message")
        check(name in self.documents["asyncapi"]["components"]["schemas"], f"{message} is not described")
        self.heard.add(message["type"])
        self.add(name, "asyncapi", ["components", "schemas", name], message)

    def judged(self, documents=None):
        """Exit code and output of the validators; of these documents instead of the right ones."""
        with tempfile.TemporaryDirectory() as folder:
            files = [pathlib.Path(folder) / f"{name}.json" for name in DOCUMENTS]
            for file, name in zip(files, DOCUMENTS):
                file.write_text(json.dumps((documents or self.documents)[name]))
            done = subprocess.run(["node", SOURCE / "tools/validators/validate.cjs", *files], text=True, check=False,
                                  input="\n".join(map(json.dumps, self.seen)), stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, env={**os.environ, "NODE_PATH": str(MODULES)})
            return done.returncode, done.stdout


def ask(instance, path, method="GET", **headers):
    """Status, type and text; of an endless answer its beginning."""
    url = f"http://127.0.0.1:{instance.port}{path}"
    request = urllib.request.Request(url, headers={k.replace("_", "-"): v for k, v in headers.items()}, method=method)
    try:
        answer = urllib.request.urlopen(request, timeout=20 * SLOW)
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        endless = path.endswith("/stream")
        body = b"".join(answer.readline() for _ in range(4)) if endless else answer.read()
        return answer.status, answer.headers.get_content_type(), body.decode()


def filled(path, container, session="x"):
    channel = "app:x" if path.endswith("/presence") else f"container:logs:{container.name}"
    path = path.replace("{id}", container.name).replace("{channel}", channel).replace("{name}", "x")
    return path.replace("{subject}", "anonymous").replace("{session}", session).replace(" ", "-")


def routes(values, instance, container):
    """Every route and every type that it can answer with; and what each refuses."""
    paths = values.documents["openapi"]["paths"]
    for path, described in ((path, methods) for path, methods in paths.items() if "get" in methods):
        for kind in described["get"]["responses"]["200"]["content"]:
            status, given, body = ask(instance, filled(path, container), Accept=kind)
            check((status, given) == (200, kind), f"GET {path} as {kind} is {status} {given}: {body[:300]}")
            values.answer(path, (status, given, body))
        if "{id}" in path:
            values.answer(path, ask(instance, path.replace("{id}", "no-such")))
    values.answer("/api/containers", ask(instance, "/api/containers?all=perhaps"))
    values.answer("/api/containers", ask(instance, "/api/containers?all=true&label=tier%3Dweb&name=e2e"))
    schema = ["components", "responses", "Problem", "content", "application/problem+json", "schema"]
    for path, method, headers, wanted in (
            ("/nowhere", "GET", {}, 404), ("/", "POST", {}, 405), ("/", "BREW", {}, 501), ("/%00", "GET", {}, 400),
            ("/", "GET", {"Host": "evil.example"}, 421), ("/", "GET", {"Accept_Encoding": "*;q=0"}, 406),
            ("/ws", "GET", {}, 426), ("/" + "x" * 9000, "GET", {}, 414)):
        status, kind, body = ask(instance, path, method, **headers)
        check((status, kind) == (wanted, "application/problem+json"), f"{method} {path[:50]} is {status} {kind}")
        values.add(f"{method} {path[:50]}", "openapi", schema, json.loads(body))
    for row in offered(table("routes"), False):
        for method in row.get("methods", ["GET"]):
            status = ask(instance, filled(row["path"], container).replace("{s", "x{s"), method)[0]
            check(status in (404, 405, 501), f"{method} {row['path']} is {status}, and {row['status']} in protocol/")


def without_the_others(values, engine):
    with running(engine, "lonely", REDIS_URL="redis://127.0.0.1:1") as instance:
        for path in ("/api/instances", "/api/sessions", "/api/channels"):
            answer = ask(instance, path)
            check('"partial":true' in answer[2], f"{path} without Redis says that it is partial: {answer}")
            values.answer(path, answer)


def credentials(values, engine):
    with running(engine, "closed", DOCKCAST_TOKEN="s3cret") as instance:
        for path, methods in values.documents["openapi"]["paths"].items():
            for method, described in methods.items():
                answer = ask(instance, path.replace("{id}", "x").replace("{channel}", "x"), method.upper())
                is_open = described.get("security") == []
                check((answer[0] != 401) == is_open, f"{method} {path} without credentials is {answer[0]}")
                if answer[0] == 401:
                    values.answer(path, answer, method)


class Client:
    """One WebSocket, all of whose commands and messages are values."""

    def __init__(self, values, instance, path, batches=True):
        self.values, self.messages = values, []
        self.opening = websockets.connect(f"ws://127.0.0.1:{instance.port}{path}", max_size=None,
                                          subprotocols=["dockcast.v1"] if batches else None)

    async def __aenter__(self):
        self.socket = await self.opening
        return self

    async def __aexit__(self, *_):
        await self.socket.close()

    async def say(self, **command):
        self.values.message(command, command=True)
        return await self.ask(**command)

    async def ask(self, **command):
        """Sends it and waits for its reply."""
        await self.socket.send(json.dumps(command))
        return await self.until(lambda message: message.get("id") == command["id"])

    async def until(self, wanted):
        while True:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), 30 * SLOW))
            self.values.message(message)
            self.messages.append(message)
            if wanted(message):
                return message


async def conversation(values, instance, container):
    limits = {row["name"]: row["value"] for row in table("limits")}
    async with Client(values, instance, "/ws") as client:
        wishes = [{"channel": f"container:logs:{name}", "tail": 5} for name in (container.name, "no-such")]
        told = await client.say(type="connect", id=1, token="x", subscriptions=wishes)
        check([each["type"] for each in told["subscriptions"]] == ["subscribed", "error"], f"connect is told {told}")
        check(told["limits"] == {name: limits[name] for name in told["limits"]}, f"limits are {told['limits']}")
        batch = await client.until(lambda message: message["type"] == "logs")
        await client.say(type="subscribe", id="a", channel=f"container:logs:{container.id}", since=batch["position"])
        await client.say(type="subscribe", id=1.5, channel="container:logs:no-such", since="10m")
        for row in offered(table("channels")):
            channel = filled(row["name"], container, told["session"])
            reply = await client.say(type="subscribe", id=row["family"], channel=channel)
            check(reply["type"] == "subscribed", f"{channel} is offered, and answered with {reply}")
        for row in offered(table("channels")):
            for kind in {"stats", "containers"} & set(row["messages"]):  # which come by themselves
                if kind not in [message["type"] for message in client.messages]:
                    await client.until(lambda message, kind=kind: message["type"] == kind)
        await client.say(type="ping", id=3)
        await client.ask(type="nothing", id=4)
        for row in offered(table("commands")):
            if row["type"] in ("history", "unsubscribe"):
                more = {"limit": 3} if row["type"] == "history" else {}
                channel = f"container:logs:{container.id}"
                reply = await client.say(type=row["type"], id=row["type"], channel=channel, **more)
                check(reply["type"] == row["reply"], f"{row['type']} is offered, and answered with {reply}")
            if row["type"] in ("publish", "presence", "history"):
                said = {"channel": "app:x"} | ({"data": [1, {"a": None}]} if row["type"] == "publish" else {})
                reply = await client.say(type=row["type"], id=f"app {row['type']}", **said)
                check(reply["type"] == row["reply"], f"{row['type']} is offered, and answered with {reply}")
        await client.say(type="subscribe", id="watch", channel="app:x", presence=True)
        await client.say(type="presence", id="who", channel="app:x")  # what was there when it began to watch is known
        async with Client(values, instance, "/ws") as other:
            await other.say(type="connect", id=1, token="x", subscriptions=[{"channel": "app:x"}])
            await client.until(lambda message: message["type"] == "join")
        await client.until(lambda message: message["type"] == "leave")
        for row in offered(table("commands"), False):
            reply = await client.ask(type=row["type"], id=row["type"], channel="app:x", token="x", data=1)
            check(reply.get("code") == "unsupported", f"{reply}, though protocol/ says {row['status']}: {row['type']}")
        for row in offered(table("channels"), False):
            reply = await client.ask(type="subscribe", id=row["name"], channel=re.sub(r"{\w+}| ", "x", row["name"]))
            check(reply.get("code") == "unsupported", f"{reply}, though protocol/ says {row['status']}: {row['name']}")


def ends(message, container):
    """It is the last that an endpoint says of the container."""
    event, listed = message.get("event", {}), message.get("container", {})
    return (message.get("state") == "removed" or
            event.get("Action") == "destroy" and event["Actor"]["ID"] == container.id or
            message.get("change") == "removed" and listed["id"] == container.id)


async def a_life(values, instance, engine):
    """Whatever is said of a container from its start to its removal, on every endpoint."""
    with Container(engine, LIVES) as container:
        paths = [filled(row["path"], container) for row in offered(table("endpoints")) if row["path"] != "/ws"]
        paths += [f"/ws/channels/{row['name']}" for row in offered(table("channels"))
                  if "{" not in row["name"] and row["family"] != "plain"]
        listeners = [Client(values, instance, path, batches) for path in paths for batches in (True, False)]
        async with contextlib.AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(each) for each in listeners]
            hearing = [asyncio.create_task(each.until(lambda message: ends(message, container))) for each in clients]
            await asyncio.to_thread(container.docker, "wait", container.name)
            await asyncio.to_thread(container.docker, "restart", container.name)
            await asyncio.to_thread(container.docker, "rm", "-f", container.name)
            container.docker("create", "--name", container.name, "--network", "none", "demo:1", "true")
            await asyncio.gather(*hearing)


async def the_end(values, instance):
    """It comes last: nobody is served behind it."""
    async with Client(values, instance, "/ws") as client:
        await client.say(type="ping", id=1)
        refused = await asyncio.to_thread(ask, instance, "/api/drain", "POST", Origin="http://other.example")
        check(refused[0] == 403, f"a page of others is told {refused}")
        values.answer("/api/drain", refused, "post")
        answer = await asyncio.to_thread(ask, instance, "/api/drain", "POST")
        check(answer[0] == 202, f"POST /api/drain is {answer}")
        values.answer("/api/drain", answer, "post")
        await client.until(lambda message: message["type"] == "migrate")


@contextlib.contextmanager
def running(engine, label, **settings):
    instance = Instance(engine, label, **settings)
    yield instance
    instance.stop()


def metrics(text):
    """What the table says of metrics is what /metrics shows."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE))
    for row in (row for row in table("metrics") if "where" not in row):
        check(kinds.get(row["name"]) == row["type"], f"{row['name']} is {kinds.get(row['name'])}")
        labels = re.search(rf"^{row['name']}(?:_count)?(?:{{(.*?)}})? ", text, re.MULTILINE)[1] or ""
        check(re.findall(r'(\w+)="', labels) == row["labels"], f"{row['name']} has the labels {labels}")
    named = {row["name"] for row in table("metrics")}
    kept = {name for name in kinds if name.startswith("websocket_")}
    check(kept <= named, f"not in protocol/: {kept - named}")


def can_fail(values):
    """A check that cannot fail proves nothing: each is shown something broken."""
    def broken(name, change):
        documents = json.loads(json.dumps(values.documents))
        change(documents[name])
        return documents

    for what, documents in {
            "no title": broken("openapi", lambda it: it["info"].pop("title")),
            "a reference to nothing": broken("openapi", lambda it: it["components"]["schemas"].pop("Candidate", None)
                                             or it["components"]["schemas"].pop("Container")),
            "a path parameter of no name": broken("openapi", lambda it: it["paths"]["/api/containers/{id}"]["get"].pop(
                "parameters")),
            "no channel": broken("asyncapi", lambda it: it["channels"].pop("many")),
            "an action of no kind": broken("asyncapi", lambda it: it["operations"]["many.tell"].update(action="x")),
            "a field less": broken("asyncapi", lambda it: it["components"]["schemas"]["LogMessage"]["properties"].pop(
                "stream")),
            "a word less": broken("openapi", lambda it: it["components"]["schemas"]["Live"]["properties"]["status"][
                "enum"].remove("live"))}.items():
        code, output = values.judged(documents)
        check(code == 1, f"with {what} the validators say {code}: {output[:500]}")


async def main():
    check((MODULES / ".locked.json").exists(), "the validators are not installed: run tools/setup test")
    engine = list(ENGINES.values())[-1]
    with running(engine, "described") as instance, Container(engine, COUNTING, "--label", "tier=web") as container:
        values = Values({name: json.loads(ask(instance, f"/api/{name}.json")[2]) for name in DOCUMENTS})
        await conversation(values, instance, container)
        await a_life(values, instance, engine)
        async with Client(values, instance, "/ws/events"):
            await until("a session to be listed", lambda: '"subscriptions":1' in ask(instance, "/api/sessions")[2])
            await asyncio.to_thread(routes, values, instance, container)
        metrics(ask(instance, "/metrics")[2])
        await the_end(values, instance)
    await asyncio.to_thread(without_the_others, values, engine)
    await asyncio.to_thread(credentials, values, engine)
    unheard = {row["type"] for row in offered(table("messages"))} - values.heard - UNHEARD
    check(not unheard, f"offered and never heard: {unheard}")
    code, output = values.judged()
    print(output)
    check(code == 0, "what was seen is not what the documents say")
    can_fail(values)


asyncio.run(main())
