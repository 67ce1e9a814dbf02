#!/usr/bin/python3
"""Both pages of examples/react in Chromium, one with the hooks and one with the old hook: dockcast is killed, and then
replaced, and they show every line of a log, each once and in order, and what people say to each other."""
import asyncio
import contextlib
import functools
import http.server
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

from chromium import Chromium
from support import ENGINES, SLOW, Container, Instance, check

SOURCE = pathlib.Path(os.environ.get("DOCKCAST_TEST_SOURCE", "."))
COUNTING = """trap 'exit 0' TERM; i=0
while true; do echo "o $i"; echo "e $i" >&2; i=$((i+1)); usleep 100000; done"""
CHOOSE = "[...document.querySelectorAll('nav button')].find((each) => each.textContent.startsWith(%s))?.click()"
SHOWN = """JSON.stringify({
  lines: [...document.querySelectorAll('.row.stdout span, .row.stderr span')].map((each) => each.textContent),
  title: document.querySelector('main h2')?.textContent, state: document.querySelector('header .state')?.className,
  gaps: document.querySelectorAll('.gap').length, said: document.querySelector('.messages')?.textContent})"""
SAY = """(() => {
  const input = document.querySelector('.chat input');
  input.value = %s;
  input.form.requestSubmit();
})()"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def served(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


async def look(page):
    return json.loads(await page.evaluate(SHOWN) or "{}")


async def shows(page, what, condition):
    """What it shows, as soon as that is so."""
    deadline = time.monotonic() + 90 * SLOW
    while not condition(shown := await look(page)):
        check(time.monotonic() < deadline, f"waited in vain for {what}: {str(shown)[-300:]}")
        await asyncio.sleep(0.1)  # between two looks at another process
    return shown


async def go_on(pages, what):
    for page in pages:
        count = len((await look(page))["lines"])
        await shows(page, f"lines {what}", lambda shown, count=count: len(shown["lines"]) > count + 8)


async def choose(page, name):
    while (await look(page)).get("title") != name:
        await page.evaluate(CHOOSE % json.dumps(name))
        await asyncio.sleep(0.1)  # between two looks at another process


async def live(pages, instance):
    await go_on(pages, "at first")
    for number, page in enumerate(pages):
        await page.evaluate(SAY % json.dumps(f"said {number}"))
        for each in pages:
            await shows(each, f"what page {number} said", lambda shown, n=number: f"said {n}" in shown["said"])
    await asyncio.to_thread(instance.signal, signal.SIGKILL)
    await asyncio.to_thread(instance.process.wait)
    for page in pages:
        await shows(page, "that the connection is lost", lambda shown: "good" not in shown["state"])
    await asyncio.to_thread(instance.start)
    await go_on(pages, "after dockcast was killed")
    await asyncio.to_thread(instance.signal, signal.SIGTERM)
    await asyncio.to_thread(instance.process.wait, 60 * SLOW)
    await asyncio.to_thread(instance.start)
    await go_on(pages, "after dockcast was replaced")


async def main():
    engine = ENGINES.get("26") or next(iter(ENGINES.values()))
    with tempfile.TemporaryDirectory(prefix="e2e-react-") as folder:
        command = ["npm", "--prefix", SOURCE / "web", "--silent", "run", "example", "-w", "@dockcast/react", "--",
                   folder]
        built = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
        check(built.returncode == 0, f"the pages are built: {built.stderr}")
        server = served(folder)
        origin = f"http://127.0.0.1:{server.server_port}"
        instance = await asyncio.to_thread(Instance, engine, "react", DOCKCAST_ALLOWED_ORIGINS=origin)
        with contextlib.closing(instance), Container(engine, COUNTING) as container:
            async with Chromium() as browser:
                at = f"?at=http://127.0.0.1:{instance.port}"
                pages = [await browser.open(f"{origin}/{name}{at}") for name in ("index.html", "old.html")]
                for page in pages:
                    await choose(page, container.name)
                await live(pages, instance)
                await asyncio.to_thread(container.docker, "stop", container.name)
                wanted = {stream: [line.decode() for line in lines] for stream, lines in container.logs().items()}
                count = sum(len(lines) for lines in wanted.values())
                for page in pages:
                    shown = await shows(page, "the end of the log", lambda shown: len(shown["lines"]) >= count)
                    by_stream = {stream: [line for line in shown["lines"] if line[0] == stream] for stream in "oe"}
                    check(by_stream == wanted, f"{shown['lines'][:3]}… are shown, {count} lines were printed")
                    check(shown["gaps"] == 0, "no gap is shown")
                print(f"both pages: {count} lines, each once and in order")
        server.shutdown()


if __name__ == "__main__":
    asyncio.run(main())
