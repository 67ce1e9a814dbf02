// Opens many tabs of one page in Chromium and closes, one after the other, those that hold the connection. Says which
// connections the server has and what the tabs have seen, as one JSON object a line.
//
//   node tabs.mjs URL CONTAINER TABS CLOSED PORT      PORT: where the page is to be served
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [url, container, tabs, closed, port] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const types = { ".html": "text/html", ".js": "text/javascript" };
const server = createServer(async ({ url: path }, answer) => {
  const name = new URL(path, "http://x").pathname;
  const file = name === "/dockcast.js" ? join(here, "../page/dockcast.js") : join(here, "tabs.html");
  const text = await readFile(file).catch(() => null);
  answer.writeHead(text ? 200 : 404, { "content-type": types[file.slice(file.lastIndexOf("."))] ?? "text/plain" });
  answer.end(text);
});
await new Promise((listening) => server.listen(Number(port), "127.0.0.1", listening));

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const context = await browser.newContext();
const pages = [];
for (let i = 0; i < Number(tabs); ++i) {
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error("page:", error.message));
  await page.goto(`http://127.0.0.1:${port}/?url=${encodeURIComponent(url)}&container=${container}`);
  pages.push(page);
}

const seen = () => Promise.all(pages.map((page) => page.evaluate(() => window.seen)));
/** Until every tab has heard so many lines more. */
async function heard(more) {
  const before = await seen();
  for (;;) {
    const now = await seen();
    const wrong = now.map((each) => each.wrong).filter(Boolean);
    if (wrong.length > 0) return { wrong };
    if (now.every((each, i) => each.first >= 0 && each.next > Math.max(before[i].next, 0) + more)) {
      const { sessions } = await (await fetch(`${url}/api/sessions`)).json();
      const gaps = now.reduce((sum, each) => sum + each.gaps, 0);
      const states = [...new Set(now.map((each) => each.state))];
      return { tabs: now.length, sockets: sessions.map((each) => each.session), gaps, states };
    }
    await new Promise((later) => setTimeout(later, 50));
  }
}

console.log(JSON.stringify({ phase: "all", ...(await heard(20)) }));
for (let i = 0; i < Number(closed); ++i) {
  await pages.shift().close(); // the one that has waited longest for the lock has it
  console.log(JSON.stringify({ phase: `closed ${i + 1}`, ...(await heard(20)) }));
}
await browser.close();
server.close();
