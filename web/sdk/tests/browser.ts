// A browser as far as tabs need one: its Web Locks and BroadcastChannel, tabs that can be killed, and the fake server.
import { vi } from "vitest";
import type { Dockcast, Item } from "../src/index.js";
import { sharedAcrossTabs } from "../src/tabs.js";
import { FakeServer } from "../src/testing.js";

/** What belongs to one tab, so that it can be killed or be deaf for a while. */
export interface Process {
  dead?: boolean;
  deaf?: boolean;
  socket?: { close(code?: number): void };
}
let current: Process = {};
export const inTab = <T>(tab: Process, what: () => T): T => {
  const before = current;
  current = tab;
  try {
    return what();
  } finally {
    current = before;
  }
};

let channels: Channel[] = [];
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
  granted = 0;
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

  get wishes(): number {
    return [...this.waiting.values()].flat().length;
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
    if (!/\d-\d+$/.test(name)) this.granted++;
    this.held.set(name, [...held, next]);
    queueMicrotask(async () => {
      await next.grant();
      this.held.set(name, this.held.get(name)!.filter((each) => each !== next));
      this.turn(name);
    });
    this.turn(name);
  }
}

export interface Tab {
  process: Process;
  client: Dockcast;
  heard: Item[];
}

export class Browser {
  readonly server = new FakeServer({ containers: { web: "4f1c", db: "5e2d" } });
  readonly tabs: Tab[] = [];
  private readonly locks = new Locks();

  constructor() {
    channels = [];
    vi.stubGlobal("BroadcastChannel", Channel);
    vi.stubGlobal("navigator", { locks: this.locks });
  }

  get living(): Tab[] {
    return this.tabs.filter(({ process }) => !process.dead);
  }

  /** How many tabs have been leaders. */
  get led(): number {
    return this.locks.granted;
  }

  /** How many lock requests wait. */
  get wishes(): number {
    return this.locks.wishes;
  }

  /** A tab that follows these containers' logs. */
  open(...names: string[]): Tab {
    const { server } = this;
    const process: Process = {};
    return inTab(process, () => {
      const WebSocket = class extends server.WebSocket {
        constructor(url: string) {
          if (process.dead) throw new Error("a tab that is gone opens no socket");
          super(url);
          process.socket = this;
        }
      };
      const tab: Tab = { process, client: sharedAcrossTabs({ url: "http://fake", WebSocket }), heard: [] };
      for (const name of names) tab.client.logs(name).on((item) => tab.heard.push(item));
      this.tabs.push(tab);
      return tab;
    });
  }

  /** Its process dies: its socket is cut, its locks are free, and it says nothing any more. */
  kill({ process }: Tab): void {
    process.socket?.close(1001);
    this.locks.kill(process);
  }

  quit({ process, client }: Tab): void {
    inTab(process, () => client.close());
    process.dead = true;
  }

  async end(): Promise<void> {
    for (const { client, process } of this.tabs) inTab(process, () => client.close());
    await vi.advanceTimersByTimeAsync(1_000);
    vi.unstubAllGlobals();
  }
}
