// The fake server's WebSocket as a page has it: global, with its addresses and states, remembered.
import { FakeServer } from "@dockcast/client/testing";
import { act } from "@testing-library/react";
import { vi } from "vitest";

export interface Page {
  fake: FakeServer;
  /** The addresses that were connected to, in order. */
  urls: string[];
  /** How many sockets are open or opening. */
  open: () => number;
}

export function page(): Page {
  const fake = new FakeServer();
  const urls: string[] = [];
  const alive = new Set<object>();
  class PageSocket extends fake.WebSocket {
    static readonly OPEN = 1;
    constructor(url: string | URL, protocols?: string | string[]) {
      super(String(url), protocols);
      urls.push(String(url));
      alive.add(this);
    }
    get readyState(): number {
      return alive.has(this) ? 1 : 3;
    }
    override close(code?: number, reason?: string): void {
      alive.delete(this);
      super.close(code, reason);
    }
  }
  vi.stubGlobal("WebSocket", PageSocket);
  return { fake, urls, open: () => alive.size };
}

/** Lets time go by, and React show what came of it. */
export const pass = (ms = 0) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));

/** The query of an address. */
export const query = (url: string | undefined) => Object.fromEntries(new URL(url!).searchParams);
