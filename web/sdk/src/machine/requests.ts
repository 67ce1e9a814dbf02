// Requests with one answer: publish, history, presence, ping. Each is sent again until it is answered, or its time is
// up.
import type { Message } from "../wire.js";
import { need } from "./connection.js";
import { ask, backoff, clear, ready, refusal, timer } from "./turn.js";
import type { Conn, Refusal, Request, Turn, Why } from "./types.js";

/** Room for `"id":…,`. */
const ID_BYTES = 32;

export function request(t: Turn, key: number, command: Record<string, unknown>): void {
  const { m } = t;
  const made: Request = { key, command, failures: 0 };
  const waiting = [...m.requests.values()].filter(({ id }) => id === undefined).length;
  if (m.closed) return answer(t, made, closedFor(m.why));
  if (!ready(m.main) && waiting >= m.settings.pendingMax) {
    const message = `${waiting} requests wait for a connection already: try again when there is one.`;
    return answer(t, made, { code: "too_many", message, retry: true });
  }
  m.requests.set(key, made);
  timer(t, `deadline ${key}`, m.settings.requestMs);
  if (ready(m.main)) start(t, made, m.main);
  need(t);
}

function start(t: Turn, request: Request, conn: Conn): void {
  const { length } = new TextEncoder().encode(JSON.stringify(request.command));
  if (length + ID_BYTES > t.m.messageBytes) {
    const message = `A message of more than ${t.m.messageBytes} bytes is not accepted: send less.`;
    return answer(t, request, { code: "too_large", message, retry: false });
  }
  request.id = ask(t, conn, request.key, request.command);
}

/** Those whose socket is gone wait for the next one. Of a publication that was on its way nobody knows. */
export function drop(t: Turn): void {
  for (const request of t.m.requests.values()) {
    if (request.id === undefined || t.m.asked.has(request.id)) continue;
    request.id = undefined;
    request.unsure = true;
  }
}

export function resume(t: Turn, conn: Conn): void {
  for (const request of [...t.m.requests.values()])
    if (request.id === undefined && !request.waits) start(t, request, conn);
}

export function reply(t: Turn, key: number, message: Message): void {
  const request = t.m.requests.get(key);
  if (!request) return;
  request.id = undefined;
  if (message.type !== "error") return answer(t, request, undefined, message);
  if (message.code === "unknown_outcome" || message.code === "internal") request.unsure = true;
  request.refusal = refusal(message);
  if (!message.retry) return answer(t, request, request.refusal);
  request.waits = true;
  timer(t, `again ${key}`, backoff(t, ++request.failures));
}

export function again(t: Turn, key: number): void {
  const request = t.m.requests.get(key);
  if (!request) return;
  request.waits = false;
  if (ready(t.m.main)) start(t, request, t.m.main);
}

/** Its time is up: what is said of it is what is known. */
export function deadline(t: Turn, key: number): void {
  const request = t.m.requests.get(key);
  if (!request) return;
  const { command, unsure, id } = request;
  if (command["type"] === "publish" && (unsure || id !== undefined)) {
    const message = "Nobody knows whether it was published: no answer came in time.";
    return answer(t, request, { code: "unknown_outcome", message, retry: true });
  }
  const message = "There was no connection to answer it in time.";
  answer(t, request, request.refusal ?? { code: "unavailable", message, retry: true });
}

export function forget(t: Turn, key: number): void {
  if (!t.m.requests.delete(key)) return;
  clear(t, `deadline ${key}`, `again ${key}`);
  need(t);
}

/** What is asked of a client that is closed. */
export function closedFor({ message }: Why): Refusal {
  return { code: "closed", message, retry: false };
}

export function answer(t: Turn, { key }: Request, refusal?: Refusal, message?: Message): void {
  t.out.push({ type: "answer", key, refusal, message });
  forget(t, key);
}
