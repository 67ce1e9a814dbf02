// The page at /, which dockcast gives away, with the fake server at the other end.
// @vitest-environment happy-dom
// @vitest-environment-options { "url": "http://fake/" }
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeServer } from "../src/testing.js";

const page = `${import.meta.dirname}/../../page/`;
const web = { id: "4f1c".padEnd(64, "0"), name: "web", image: "web:1", state: "running", status: "Up", labels: {} };
const $ = (id: string) => document.getElementById(id)!;
let server: FakeServer;
let frame: (() => void) | undefined;

/** Shows it to a browser, in which frames are drawn when the test says so. */
async function show(options: ConstructorParameters<typeof FakeServer>[0]): Promise<void> {
  server = new FakeServer(options);
  vi.stubGlobal("WebSocket", server.WebSocket);
  const html = readFileSync(`${page}index.html`, "utf8");
  document.body.innerHTML = html.slice(html.indexOf("<header>"), html.indexOf("<script"));
  await import(/* @vite-ignore */ `${page}page.js?${Math.random()}`);
}

beforeEach(() => {
  sessionStorage.clear();
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => (frame = draw));
});
afterEach(() => vi.unstubAllGlobals());

test("of more rows than are kept till they are drawn the oldest go, and a row says so", async () => {
  await show({ containers: { web: web.id } });
  server.container(web.id, web as never);
  await vi.waitFor(() => document.querySelector<HTMLElement>("nav button")!.click());
  await vi.waitFor(() => expect(server.connections[0]!.channels).toContain(`container:logs:${web.id}`));
  server.log("web", ...Array.from({ length: 6_500 }, (_, n) => `line ${n}`));
  await server.settled();
  frame!();
  const rows = [...$("log").children].map((row) => row.querySelector("span")?.textContent ?? row.textContent);
  expect(rows.slice(0, 2)).toEqual(["2000 lines came too fast to be shown here.", "line 2000"]);
  expect(rows.slice(1)).toEqual(Array.from({ length: 4_500 }, (_, n) => `line ${n + 2_000}`));
  expect([$("log").getAttribute("role"), $("log").getAttribute("aria-live")]).toEqual(["log", "off"]);
});

test("that a token is not accepted is said when there was one", async () => {
  await show({ tokens: ["right"] });
  const alert = document.querySelector("[role=alert]")!;
  await vi.waitFor(() => expect($("login").hidden).toBe(false));
  expect(alert.textContent).toBe("");
  ($("token") as HTMLInputElement).value = "wrong";
  $("login").dispatchEvent(new Event("submit", { cancelable: true }));
  expect($("login").hidden).toBe(true);
  await vi.waitFor(() => expect(alert.textContent).toBe("That token is not accepted."), { timeout: 20_000 });
  expect($("login").hidden).toBe(false);
});
