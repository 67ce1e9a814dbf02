// The small verbs of the machine: to send, to set a timer, to draw a back-off.
import type { ErrorMessage } from "../wire.js";
import type { Conn, Refusal, Turn } from "./types.js";

export function timer(t: Turn, name: string, ms: number): void {
  t.out.push({ type: "timer", name, ms });
}

export function clear(t: Turn, ...names: string[]): void {
  for (const name of names) t.out.push({ type: "clear", name });
}

/** Sends a command under a new id, which is given back. `key`: the number of a request, or the key of a topic. */
export function ask(t: Turn, conn: Conn, key: string | number, command: object): number {
  const id = ++t.m.ids;
  t.m.asked.set(id, { key, socket: conn.n });
  send(t, conn, { ...command, id });
  return id;
}

export function send(t: Turn, conn: Conn, command: object): void {
  t.out.push({ type: "send", socket: conn.n, text: JSON.stringify(command) });
}

/** Full jitter: from nothing to base * 2^failures. */
export function backoff(t: Turn, failures: number): number {
  const { backoffBaseMs, backoffMaxMs } = t.m.settings;
  return t.chance() * Math.min(backoffMaxMs, backoffBaseMs * 2 ** failures);
}

/** Commands can be sent: `connect` is, and they are handled in order. */
export function ready(conn: Conn | undefined): conn is Conn {
  return conn?.phase === "joining" || conn?.phase === "open";
}

export function refusal({ code, message, retry, ref, candidates }: ErrorMessage): Refusal {
  return { code, message, retry, ref, candidates };
}
