"""A Chromium without a window, told what to do over its DevTools protocol."""
import asyncio
import json
import pathlib
import subprocess
import tempfile
import urllib.parse
import urllib.request

import websockets

from documented import end
from support import check, until

# As root in a container: no sandbox. Nothing of its own goes to any network.
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--no-default-browser-check", "--no-proxy-server", "--disable-extensions", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
         "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--metrics-recording-only",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-port=0")


class Chromium:
    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="e2e-chromium-", ignore_cleanup_errors=True)
        self.folder = pathlib.Path(self.temporary.name)

    async def __aenter__(self):
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(["chromium", *FLAGS, f"--user-data-dir={self.folder}/user", "about:blank"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        chosen = self.folder / "user/DevToolsActivePort"
        await until(self.said, lambda: chosen.exists() and "\n" in chosen.read_text(), 120)
        self.port = int(chosen.read_text().split()[0])
        return self

    async def __aexit__(self, *_):
        await asyncio.to_thread(end, self.process)
        self.temporary.cleanup()

    def said(self):
        ended = f"chromium ended with {self.process.poll()}" if self.process.poll() is not None else "chromium starts"
        return f"{ended}: {(self.folder / 'log').read_text(errors='replace')[-2000:]}"

    async def open(self, url):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/json/new?{urllib.parse.quote(url, safe='')}",
                                         method="PUT")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        answer = await asyncio.to_thread(lambda: opener.open(request, timeout=60).read())
        return await Page(json.loads(answer)["webSocketDebuggerUrl"]).connect()


class Page:
    def __init__(self, url):
        self.url, self.count = url, 0

    async def connect(self):
        self.socket = await websockets.connect(self.url, max_size=None, ping_interval=None)
        return self

    async def evaluate(self, expression):
        self.count += 1
        await self.socket.send(json.dumps({"id": self.count, "method": "Runtime.evaluate",
                                           "params": {"expression": expression, "returnByValue": True}}))
        while (answer := json.loads(await asyncio.wait_for(self.socket.recv(), 60))).get("id") != self.count:
            pass
        check("exceptionDetails" not in answer.get("result", {}), f"{expression}: {answer}")
        return answer["result"]["result"].get("value")
