// Tabs that share one connection, in a browser that is made here: its locks and its BroadcastChannel.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Dockcast, Item } from "../src/index.js";
import { sharedAcrossTabs } from "../src/tabs.js";
import { FakeServer } from "../src/testing.js";

/** What belongs to one tab, so that it can be killed or be deaf for a while. */
interface Process {
  dead?: boolean;
  deaf?: boolean;
}
let current: Process;
const inTab = <T>(tab: Process, what: () => T): T => {
  const before = current;
  current = tab;
  try {
    return what();
  } finally {
    current = before;
  }
};

let channels: Channel[];
class Channel {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  private readonly process = current;
  private closed = false;
  constructor(readonly name: string) {
    channels.push(this);
  }
  postMessage(data: unknown): void {
    if (this.process.dead || this.closed) return;
    const copy = structuredClone(data);
    for (const each of channels)
      if (each !== this && each.name === this.name && !each.process.deaf)
        queueMicrotask(() => {
          if (!each.process.dead && !each.closed) inTab(each.process, () => each.onmessage?.({ data: copy }));
        });
  }
  close(): void {
    this.closed = true;
  }
}

interface Wish {
  process: Process;
  shared: boolean;
  grant: () => Promise<unknown>;
}
/** Web Locks: a queue for each name. */
class Locks {
  private readonly held = new Map<string, Wish[]>();
  private readonly waiting = new Map<string, Wish[]>();

  request(name: string, options: { signal?: AbortSignal; mode?: string }, what: () => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const process = current;
      const grant = async () => void resolve((await inTab(process, what)) as void);
      const wish = { process, shared: options.mode === "shared", grant };
      options.signal?.addEventListener("abort", () => {
        const queue = this.waiting.get(name) ?? [];
        if (queue.includes(wish)) queue.splice(queue.indexOf(wish), 1);
        reject(new Error("aborted"));
      });
      this.waiting.set(name, [...(this.waiting.get(name) ?? []), wish]);
      this.turn(name);
    });
  }

  kill(process: Process): void {
    process.dead = true;
    for (const wishes of [this.waiting, this.held])
      for (const [name, list] of wishes) wishes.set(name, list.filter((each) => each.process !== process));
    for (const name of this.waiting.keys()) this.turn(name);
  }

  private turn(name: string): void {
    const held = this.held.get(name) ?? [];
    const next = this.waiting.get(name)?.[0];
    if (!next || (held.length && !(next.shared && held.every((each) => each.shared)))) return;
    this.waiting.get(name)!.shift();
    this.held.set(name, [...held, next]);
    queueMicrotask(async () => {
      await next.grant();
      this.held.set(name, this.held.get(name)!.filter((each) => each !== next));
      this.turn(name);
    });
    this.turn(name);
  }
}

interface Opened {
  process: Process;
  client: Dockcast;
  heard: Item[];
}
let server: FakeServer;
let locks: Locks;
let tabs: Opened[];
const go = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const lines = ({ heard }: Opened) => heard.flatMap((each) => (each.kind === "line" ? [each.text] : []));
const gaps = ({ heard }: Opened) => heard.filter((each) => each.kind === "gap");

function open(...names: string[]): Opened {
  const process: Process = {};
  return inTab(process, () => {
    const WebSocket = class extends server.WebSocket {
      constructor(url: string) {
        if (process.dead) throw new Error("a tab that is gone opens no socket");
        super(url);
      }
    };
    const client = sharedAcrossTabs({ url: "http://fake", WebSocket });
    const tab: Opened = { process, client, heard: [] };
    for (const name of names) client.logs(name).on((item) => tab.heard.push(item));
    tabs.push(tab);
    return tab;
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer({ containers: { web: "4f1c", db: "5e2d" } });
  [locks, channels, tabs, current] = [new Locks(), [], [], {}];
  vi.stubGlobal("BroadcastChannel", Channel);
  vi.stubGlobal("navigator", { locks });
});
afterEach(async () => {
  for (const { client, process } of tabs) inTab(process, () => client.close());
  await go(1_000);
  vi.unstubAllGlobals();
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
      locks.kill(all.find(({ process }) => !process.dead)!.process);
      server.closeAll(1001);
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
  locks.kill(first.process);
  server.closeAll(1001);
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
  for (const { client, process } of tabs) inTab(process, () => client.close());
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

test("without Web Locks a tab has its own connection", async () => {
  vi.stubGlobal("navigator", {});
  const [one, two] = [open("web"), open("web")];
  await go(100);
  server.log("web", "a");
  await go(0);
  expect([lines(one), lines(two), server.connections.length]).toEqual([["a"], ["a"], 2]);
});
