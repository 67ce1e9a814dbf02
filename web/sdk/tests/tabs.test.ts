// Tabs that share one connection.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Browser, inTab, type Tab } from "./browser.js";
import type { FakeServer } from "../src/testing.js";

let browser: Browser;
let server: FakeServer;
const go = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const open = (...names: string[]) => browser.open(...names);
const lines = ({ heard }: Tab) => heard.flatMap((each) => (each.kind === "line" ? [each.text] : []));
const gaps = ({ heard }: Tab) => heard.filter((each) => each.kind === "gap");

beforeEach(() => {
  vi.useFakeTimers();
  browser = new Browser();
  server = browser.server;
});
afterEach(async () => {
  await browser.end();
  vi.useRealTimers();
});

test("tabs share one connection and one subscription", async () => {
  const [one, two] = [open("web"), open("web", "db")];
  await go(500);
  server.log("web", "a", "b");
  server.log("db", "c");
  await go(0);
  expect([lines(one), lines(two)]).toEqual([["a", "b"], ["a", "b", "c"]]);
  expect(server.connections).toHaveLength(1);
  expect(server.connections[0]!.channels).toHaveLength(2);
  expect(await Promise.all([two.client.publish("app:x", 1), go(10)])).toMatchObject([{ duplicate: false }, {}]);
  const late = open("web");
  await go(500);
  expect(lines(late)).toEqual(["a", "b"]);
  inTab(one.process, () => one.client.close());
  await go(1_000);
  server.log("web", "d");
  await go(0);
  expect([lines(two), lines(late)]).toEqual([["a", "b", "c", "d"], ["a", "b", "d"]]);
  expect(server.connections).toHaveLength(1);
});

test("when the tab with the connection dies, nothing is lost and nothing comes twice", async () => {
  const all = [open("web"), open("web"), open("web")];
  await go(500);
  for (let n = 1; n <= 60; n++) {
    server.log("web", String(n));
    await go(20);
    if (n === 20 || n === 40) {
      browser.kill(browser.living[0]!);
    }
  }
  await go(2_000);
  const wanted = Array.from({ length: 60 }, (_, n) => String(n + 1));
  expect(lines(all[2]!)).toEqual(wanted);
  expect(gaps(all[2]!)).toEqual([]);
  expect(server.connections).toHaveLength(1);
});

test("a tab that has missed something has it from the others, when another leads", async () => {
  const [first, deaf, third] = [open("web"), open("web"), open("web")];
  await go(500);
  server.log("web", "a");
  await go(0);
  deaf.process.deaf = true;
  server.log("web", "b", "c");
  await go(0);
  deaf.process.deaf = false;
  browser.kill(first);
  server.trim("container:logs:web"); // the server cannot say it again
  await go(1_000);
  server.log("web", "d");
  await go(1_000);
  expect([lines(deaf), lines(third)]).toEqual([["a", "b", "c", "d"], ["a", "b", "c", "d"]]);
  expect([gaps(deaf), gaps(third)]).toEqual([[], []]);
});

test("the leader's connection breaks: all resume; and it is closed when no tab wants anything", async () => {
  const [one, two] = [open("web"), open("web")];
  await go(500);
  server.connections[0]!.close();
  server.log("web", "a");
  await go(3_000);
  expect([lines(one), lines(two), one.client.state.kind]).toEqual([["a"], ["a"], "open"]);
  const states: string[] = [];
  const sub = inTab(two.process, () => two.client.logs("db"));
  sub.onState(({ kind }) => states.push(kind));
  await go(100);
  server.status("container:logs:db", "removed");
  await go(10);
  expect(states).toEqual(["live", "ended"]);
  for (const { client, process } of browser.tabs) inTab(process, () => client.close());
  await go(20_000);
  expect(server.connections).toHaveLength(0);
});

test("what the server refuses for good is shown by all, and tried again when somebody asks", async () => {
  const [one, two] = [open("web"), open("web")];
  await go(500);
  server.closeAll(4003, "no");
  await go(100);
  expect([one, two].map(({ client }) => client.state)).toMatchObject([
    { kind: "closed", why: { code: 4003, message: "no" } },
    { kind: "closed", why: { code: 4003, message: "no" } },
  ]);
  inTab(two.process, () => (two.client.reconnect(), two.client.logs("web")));
  await go(1_000);
  expect(two.client.state.kind).toBe("open");
});

test("what is refused for good before anything was open is shown as well, and not waited for", async () => {
  server.latencyMs = 50;
  const one = open("web");
  while (!server.connections.length) await go(1);
  server.closeAll(4003, "no");
  await go(1_000);
  expect(one.client.state).toMatchObject({ kind: "closed", why: { code: 4003, message: "no" } });
});

test("what the server answers to the leader is not taken for an answer to a tab", async () => {
  server.latencyMs = 30;
  const one = open("web");
  const published: unknown[] = [];
  one.client.onState(({ kind }) => {
    if (kind !== "open" || published.length) return;
    for (let n = 0; n < 3; n++) published.push(inTab(one.process, () => one.client.publish("app:x", n)));
  });
  await go(2_000);
  const told = (await Promise.all(published)) as { position: string; duplicate: boolean }[];
  expect(told.map(({ duplicate }) => duplicate)).toEqual([false, false, false]);
  expect(new Set(told.map(({ position }) => position)).size).toBe(3);
});

test("a channel is followed by one name when the tab that knows it by another has left", async () => {
  const [, one, two] = [open(), open("web"), open()]; // the first leads
  await go(500);
  inTab(two.process, () => two.client.logs("4f1c".padEnd(64, "0")).on((item) => two.heard.push(item)));
  await go(500);
  server.log("web", "a");
  await go(0);
  inTab(one.process, () => one.client.close());
  await go(10_000);
  server.log("web", "b");
  await go(10);
  expect(lines(two)).toEqual(["a", "b"]);
});

test("a channel of two names is let go when nobody follows either, and its end is told to both", async () => {
  const [third, one, two] = [open("db"), open("web"), open()];
  await go(500);
  const sub = inTab(two.process, () => two.client.logs("4f1c".padEnd(64, "0")));
  const first = inTab(one.process, () => one.client.logs("web"));
  await go(500);
  server.tell("container:logs:web", { type: "error", code: "gone", message: "It is gone.", retry: false });
  await go(10);
  expect([first.state, sub.state]).toMatchObject([
    { kind: "ended", why: { message: "It is gone." } },
    { kind: "ended", why: { message: "It is gone." } },
  ]);
  inTab(one.process, () => one.client.logs("web"));
  await go(100);
  inTab(two.process, () => two.client.logs("4f1c".padEnd(64, "0")));
  await go(100);
  for (const { client, process } of [two, one]) {
    inTab(process, () => client.close());
    await go(6_000);
  }
  expect(server.connections[0]!.channels).toEqual([server.resolve("container:logs:db")]);
  expect(third.client.state.kind).toBe("open");
});

test("a tab's socket that is over leaves no lock request behind", async () => {
  const one = open("web");
  await go(500);
  const before = browser.wishes;
  for (let n = 0; n < 5; n++) {
    server.closeAll(4200, '{"ms":0}');
    await go(500);
  }
  expect([browser.wishes, one.client.state.kind]).toEqual([before, "open"]);
});

test("without Web Locks a tab has its own connection", async () => {
  vi.stubGlobal("navigator", {});
  const [one, two] = [open("web"), open("web")];
  await go(100);
  server.log("web", "a");
  await go(0);
  expect([lines(one), lines(two), server.connections.length]).toEqual([["a"], ["a"], 2]);
});
