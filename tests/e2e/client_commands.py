"""The commands of docs/clients.md that end by themselves, and what each must print; wherever the port leads to."""
import json
import re
import subprocess

from documented import end
from support import check


def printed_log(container):
    """What `docker logs` prints, both streams as they come."""
    return subprocess.run(["docker", "-H", container.engine, "logs", container.name], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=True).stdout


def listed(here):
    container = here.container
    shown = [each for each in json.loads(here.run("list"))["containers"] if each["id"] == container.id]
    check(len(shown) == 1 and shown[0]["name"] == container.name, f"it is listed once: {shown}")
    one = json.loads(here.run("one"))
    check(one["id"] == container.id and one["inspect"]["Id"] == container.id, f"one is {one}")


def downloaded(here):
    """The container no longer speaks."""
    here.run("download")
    wanted, got = printed_log(here.container), here.file("web.log")
    check(got == wanted and wanted, f"{len(got)} bytes were downloaded, docker logs prints {len(wanted)}")


def watched(here):
    status = json.loads(here.run("health"))
    check(status["status"] in ("ready", "degraded"), f"its health is {status}")
    check(re.search(r"^websocket_active_connections\{.*\} \d", here.run("metrics"), re.MULTILINE), "metrics are shown")


class Typed:
    """python3 -m websockets, whose keyboard and screen we are. It paints with escape sequences around each line."""

    def __init__(self, here, name):
        self.process = here.start(name, stdin=subprocess.PIPE, stderr=subprocess.STDOUT)

    def hear(self):
        """The next message."""
        for line in self.process.stdout:
            if found := re.search(rb"< (\{.*\})", line):
                return json.loads(found[1])
        return check(False, "the connection was closed")

    def type(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        end(self.process)


def by_websockets(here, words):
    """Its last lines are `words`."""
    client, heard = Typed(here, "websocket"), []
    while heard[-len(words):] != words:
        heard += [message["data"] for message in [client.hear()] if message["type"] == "log"]
    client.close()
    client = Typed(here, "websocket-commands")
    heard = []
    for command in here.text("commands").splitlines():
        client.type(command)
        while json.loads(command)["id"] not in [each.get("id") for each in heard]:
            heard.append(client.hear())
    lines = [each["data"] for each in heard if each["type"] == "log"]
    while lines[-len(words):] != words:
        lines += [message["data"] for message in [client.hear()] if message["type"] == "log"]
    types = [each["type"] for each in heard if "id" in each]
    check(types == ["pong", "subscribed"], f"its commands are answered with {types}")
    client.close()
