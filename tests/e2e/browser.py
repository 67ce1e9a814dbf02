#!/usr/bin/python3
"""The two pages of docs/clients.md in Chromium, through the nginx of deploy/: cut by its death and by ours,
they show every line of a log, each once and in order."""
import asyncio
import pathlib
import signal
import tempfile
import time

from chromium import Chromium
from documented import Here
from proxy_processes import Nginx
from support import ENGINES, SLOW, Container, Instance, check, until

PAGES = ("eventsource", "websocket-page")
COUNTING = """trap 'exit 0' TERM; i=0
while true; do echo "o $i"; echo "e $i" >&2; i=$((i+1)); usleep 20000; done"""


class Shown:
    """What a page shows."""

    def __init__(self, name, page):
        self.name, self.page, self.lines = name, page, []

    async def look(self):
        text = await self.page.evaluate("document.getElementById('log')?.textContent ?? ''")
        self.lines = text.splitlines()

    async def until(self, what, condition):
        deadline = time.monotonic() + 90 * SLOW
        await self.look()
        while not condition(self.lines):
            check(time.monotonic() < deadline, f"{self.name}: waited in vain for {what}; it ends {self.lines[-3:]}")
            await asyncio.sleep(0.1)  # between two looks at another process
            await self.look()


def printed(container):
    return {stream: [line.decode() for line in lines] for stream, lines in container.logs().items()}


def judge(shown, wanted):
    for stream, name in (("o", "stdout"), ("e", "stderr")):
        lines = [line.removeprefix(name + " ") for line in shown.lines if line.startswith(name + " ")]
        differs = next((i for i, (a, b) in enumerate(zip(lines, wanted[stream])) if a != b), "none")
        check(lines == wanted[stream], f"{shown.name}: {len(lines)} lines of {name} are shown, docker logs prints "
                                       f"{len(wanted[stream])}; they differ at {differs}")
    others = [line for line in shown.lines if not line.startswith(("stdout o ", "stderr e "))]
    check(not others, f"{shown.name} shows {others[:3]} as well")


async def cut_and_followed(pages, instance, proxy):
    """All pages have lines; then nginx is killed, and then this instance is replaced, with 502 meanwhile."""
    async def go_on(what):
        for shown in pages:
            count = len(shown.lines)
            await shown.until(f"lines {what}", lambda lines, count=count: len(lines) > count + 40)

    await go_on("at first")
    await asyncio.to_thread(proxy.kill)
    await asyncio.to_thread(proxy.start)
    for shown in pages:
        await shown.look()
    await go_on("after nginx was killed")
    await asyncio.to_thread(instance.signal, signal.SIGTERM)
    await asyncio.to_thread(instance.process.wait, 60 * SLOW)
    check(instance.process.returncode == 0, f"it ends with {instance.process.returncode}")
    for shown in pages:
        await shown.look()
    await until("both pages are told 502",
                lambda: proxy.answered("/api/channels/", 502) and proxy.answered("/ws/", 502))
    await asyncio.to_thread(instance.start)
    await go_on("after dockcast was replaced")


async def main():
    engine = ENGINES.get("26") or next(iter(ENGINES.values()))
    instance = await asyncio.to_thread(Instance, engine, "browser")
    with tempfile.TemporaryDirectory(prefix="e2e-pages-") as folder, \
            await asyncio.to_thread(Nginx, instance.port, pages=folder) as proxy, \
            Container(engine, COUNTING) as container:
        here = Here(proxy.port, container)
        for name in PAGES:
            (pathlib.Path(folder) / f"{name}.html").write_text(here.text(name))
        async with Chromium() as browser:
            pages = [Shown(name, await browser.open(f"http://127.0.0.1:{proxy.port}/pages/{name}.html"))
                     for name in PAGES]
            await cut_and_followed(pages, instance, proxy)
            await asyncio.to_thread(container.docker, "stop", container.name)
            wanted = printed(container)
            for shown in pages:
                count = sum(len(lines) for lines in wanted.values())
                await shown.until("the end of the log", lambda lines, count=count: len(lines) >= count)
                judge(shown, wanted)
                print(f"{shown.name}: {count} lines, each once and in order")
    await asyncio.to_thread(instance.stop)


if __name__ == "__main__":
    asyncio.run(main())
