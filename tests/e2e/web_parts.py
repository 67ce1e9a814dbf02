"""What tests of the TypeScript client share: a balancer that cuts, and Node processes that say what they see."""
import asyncio
import json
import os
import pathlib
import tempfile

from support import Cutter

WEB = pathlib.Path(os.environ.get("DOCKCAST_TEST_SOURCE", ".")).resolve() / "web"


class Balancer(Cutter):
    """Leads each connection to the next instance that takes it."""

    def __init__(self, instances):
        super().__init__()
        self.instances, self.turn = instances, 0
        self.led = []  # when connections came, by the loop's time

    async def serve(self, reader, writer):
        for _ in self.instances:
            self.turn += 1
            instance = self.instances[self.turn % len(self.instances)]
            if instance.process.poll() is None and instance.answers():
                self.led.append(asyncio.get_running_loop().time())
                self.target = ("127.0.0.1", instance.port, None)
                return await super().serve(reader, writer)
        writer.transport.abort()


class Node:
    """A script of web/e2e/ that says what it sees, a JSON object a line: `all`, of which `now` is the last."""

    def __init__(self, script, *words):
        self.words = ["node", str(WEB / "e2e" / script), *map(str, words)]
        self.now, self.all, self.errors = {}, [], tempfile.TemporaryFile()

    async def __aenter__(self):
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(*self.words, stdin=pipe, stdout=pipe, stderr=self.errors,
                                                            limit=1 << 22)
        self.task = asyncio.create_task(self.run())
        return self

    async def run(self):
        async for line in self.process.stdout:
            self.now = json.loads(line)
            self.all.append(self.now)
        await self.process.wait()

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
        await self.task
        self.errors.close()

    def ended(self):
        return self.process.returncode is not None

    def say(self, line):
        self.process.stdin.write(f"{line}\n".encode())

    def said(self):
        self.errors.seek(0)
        return f"{self.now} {self.errors.read().decode()[-2000:]}"
