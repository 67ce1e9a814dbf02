"""The clients of a chaos run that are the TypeScript one: all in one Node process (web/e2e/chaos.mjs)."""
import array
import asyncio
import pathlib
import tempfile
import time

from listening import RUN, STREAMS

WEB = pathlib.Path(__file__).resolve().parent.parent.parent / "web"


class WebClient:
    """One of them, as the verdict looks at it: see listening.Client."""

    def __init__(self, source):
        self.source = source
        self.record = {stream: array.array("q") for stream in STREAMS}
        self.gaps, self.faults = [], []
        self.connections = self.put_off = 0
        self.silence, self.delay = 0.0, (0.0, 0.0)

    def hear(self, kind, words):
        if kind == "l":
            stream, run, first, last = words[0], *map(int, words[1:])
            self.record[stream].extend(range(run * RUN + first, run * RUN + last + 1))
        elif kind == "g":
            self.gaps.append(words[0])
            for record in self.record.values():
                record.append(-len(self.gaps))
        elif kind == "t":
            self.silence = max(self.silence, int(words[0]) / 1000)
            self.delay = max(self.delay, (int(words[1]) / 1000, time.monotonic()))
        elif kind == "c":
            self.connections += 1
        elif kind == "p":
            self.put_off += 1
        else:
            self.faults.append(" ".join(words))

    def has_all(self):
        return all(truth and self.record[stream] and self.record[stream][-1] == truth[-1]
                   for stream, truth in self.source.lines.items())


class WebClients:
    """The process. It ends with this."""

    def __init__(self, port):
        self.port, self.clients, self.process, self.errors = port, [], None, tempfile.TemporaryFile()

    async def follow(self, source):
        if not self.process:
            pipe = asyncio.subprocess.PIPE
            self.process = await asyncio.create_subprocess_exec(
                "node", str(WEB / "e2e/chaos.mjs"), f"http://127.0.0.1:{self.port}", stdin=pipe, stdout=pipe,
                stderr=self.errors, limit=1 << 24)
            self.task = asyncio.create_task(self.run())
        client = WebClient(source)
        self.process.stdin.write(f"{len(self.clients)} {source.container.id} {source.filler}\n".encode())
        self.clients.append(client)
        return client

    async def run(self):
        async for line in self.process.stdout:
            number, kind, *words = line.decode().split()
            self.clients[int(number)].hear(kind, words)

    async def end(self):
        if not self.process:
            return
        process, self.process = self.process, None
        if process.returncode is None:
            process.kill()
        else:
            self.errors.seek(0)
            self.clients[0].faults.append(f"node ended: {process.returncode} {self.errors.read().decode()[-600:]}")
        await process.wait()
        await self.task
