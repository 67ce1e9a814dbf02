"""A follower that is the documented curl commands: an event stream or lines of JSON, resumed by Last-Event-ID."""
import asyncio
import json
import subprocess

from documented import Here, end
from support import Follower


class CurlFollower(Follower):
    """`form`: events or lines. What is cut off in the middle of an event or of a line is not heard, and comes again."""

    def __init__(self, port, container, form):
        super().__init__([port], container)
        self.form, self.here, self.event = form, Here(port, container), {}

    async def run(self):
        while not asyncio.current_task().cancelling():
            name = self.form + "-resumed" * bool(self.position)
            process = self.here.start(name, self.position, stderr=subprocess.DEVNULL)
            try:
                await asyncio.to_thread(self.read, process)
            finally:
                end(process)
            self.cuts += 1
            await asyncio.sleep(0.05)  # a client's back-off

    def read(self, process):
        self.event = {}
        for line in process.stdout:
            if line.endswith(b"\n"):
                (self.hear_event if self.form == "events" else self.hear_line)(line.decode().rstrip("\n"))

    def hear_event(self, line):
        if line:
            name, _, value = line.partition(": ")
            self.event[name] = value
            return
        event, self.event = self.event, {}
        if "data" in event:  # else it is a comment
            self.position = event.get("id", self.position)
            self.hear(json.loads(event["data"]))

    def hear_line(self, line):
        message = json.loads(line)
        self.position = message.get("position", self.position)
        self.hear(message)

    def hear(self, message):
        if message["type"] == "log":
            self.lines["o" if message["stream"] == "stdout" else "e"].append(message["data"])
        elif message["type"] != "logs":
            super().hear(message)

    def ends_as(self, container):
        """What it has is the end of what `docker logs` prints."""
        printed = {stream: [line.decode() for line in lines] for stream, lines in container.logs().items()}
        return all(lines and lines == printed[stream][-len(lines):] for stream, lines in self.lines.items())
