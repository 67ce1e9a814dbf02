// The client as one machine: what happens goes in, what is to be done comes out. It owns its state and changes it in
// place; it has no clock, no chance and no sockets of its own, so that the same events make the same effects.
//
//            want              opened              connected
//   idle ───────────► connecting ─────► (joining) ───────────► open ──── migrate ───► moving ──► open
//    ▲                  ▲     │             │                   │                       (two sockets, then one)
//    │ nothing wanted   │     └─────────────┴─── closed ────────┤
//    └──────────────────┴── timer ── waiting ◄── 41xx 42xx … ───┤    unauthorized ◄── 43xx: a token, then connecting
//                                                               └──► closed ◄── 40xx, close()
import { attempt, begin, closed, finish, lost, need, show } from "./machine/connection.js";
import { hurry, offline, pong, probeDue } from "./machine/heartbeat.js";
import { joined, opened } from "./machine/joining.js";
import { again, deadline, forget, request, reply } from "./machine/requests.js";
import { record, release } from "./machine/records.js";
import { ready, refusal, timer } from "./machine/turn.js";
import { RETRIES, answered, subscribe, unwant, want, unsubscribed } from "./machine/topics.js";
import type { Conn, Effect, Event, Machine, Settings, Turn } from "./machine/types.js";
import { LEAVES, START, defaults } from "./machine/types.js";
import type { ErrorMessage, Message, SubscribedMessage } from "./wire.js";

export function machine(settings: Partial<Settings> = {}, token?: string, provider = false): Machine {
  return {
    settings: { ...defaults, ...settings },
    sockets: 0,
    ids: 0,
    attempt: 0,
    why: START,
    provider,
    token,
    tokenWhy: provider ? "first" : undefined,
    holds: 0,
    messageBytes: 65_536,
    topics: new Map(),
    channels: new Map(),
    requests: new Map(),
    asked: new Map(),
    view: { kind: "idle" },
  };
}

/** `chance` gives numbers from 0 to 1. */
export function step(m: Machine, event: Event, now: number, chance: () => number): Effect[] {
  const t: Turn = { m, now, chance, out: [] };
  happen(t, event);
  show(t);
  return t.out;
}

function happen(t: Turn, event: Event): void {
  const m = t.m;
  switch (event.type) {
    case "want":
      return want(t, event.key, event.want);
    case "unwant":
      return unwant(t, event.key);
    case "hold":
    case "release":
      m.holds += event.type === "hold" ? 1 : -1;
      return need(t);
    case "request":
      return request(t, event.key, event.command);
    case "forget":
      return forget(t, event.key);
    case "opened":
      return with_(m, event.socket, (conn) => opened(t, conn));
    case "text":
      return with_(m, event.socket, (conn) => text(t, conn, event.text));
    case "closed":
      return with_(m, event.socket, (conn) => closed(t, conn, event.code, event.reason));
    case "timer":
      return fired(t, event.name);
    case "online":
    case "visible":
      return hurry(t, event.type === "online");
    case "offline":
      return offline(t);
    case "token":
      m.asking = false;
      m.token = event.token;
      m.tokenWhy = undefined;
      return [m.main, m.next].forEach((conn) => conn?.phase === "token" && begin(t, conn));
    case "no-token":
      m.asking = false;
      return [m.next, m.main].forEach(
        (conn) => conn?.phase === "token" && lost(t, conn, { kind: "credentials", message: event.message }),
      );
    case "reconnect":
      if (m.main || (m.closed && m.why.kind === "user")) return;
      m.closed = false;
      if (m.retryAt !== undefined) attempt(t);
      return need(t);
    case "close":
      return finish(t, { kind: "user", message: "The client was closed." });
  }
}

function with_(m: Machine, socket: number, what: (conn: Conn) => void): void {
  const conn = [m.main, m.next].find((each) => each?.n === socket);
  if (conn) what(conn);
}

function fired(t: Turn, timerName: string): void {
  const m = t.m;
  const [name, ...rest] = timerName.split(" ");
  const of = rest.join(" ");
  switch (name) {
    case "retry":
      m.retryAt = undefined;
      return m.main || m.closed ? undefined : attempt(t);
    case "idle":
      return need(t, true);
    case "useful":
      m.attempt = 0;
      m.hurried = false;
      return;
    case "move":
      if (m.next) timer(t, "move", 250);
      else if (m.main?.phase === "open" && m.moveWhy) attempt(t, true);
      return;
    case "open":
      return with_(m, +of, (conn) => lost(t, conn, { kind: "network", message: "No connection came about in time." }));
    case "ping":
      return with_(m, +of, (conn) => probeDue(t, conn));
    case "pong":
      return with_(m, +of, (conn) => pong(t, conn));
    case "topic": {
      const topic = m.topics.get(of);
      if (topic?.home === RETRIES && ready(m.main)) subscribe(t, topic, m.main);
      return;
    }
    case "again":
      return again(t, +of);
    case "deadline":
      return deadline(t, +of);
  }
}

function text(t: Turn, conn: Conn, raw: string): void {
  const m = t.m;
  conn.heard = t.now;
  conn.probed = false;
  let message: Message;
  try {
    message = JSON.parse(raw) as Message;
  } catch {
    return; // what is not understood is ignored, as messages of an unknown type are
  }
  if (message.type === "connected") return joined(t, conn, message);
  if ("id" in message && message.type !== "container_event") {
    const id = message.id as number;
    const asked = m.asked.get(id);
    m.asked.delete(id);
    if (!asked) {
      if (message.type === "error" && id === conn.joinId) conn.refusal = refusal(message);
      return;
    }
    const { key } = asked;
    if (typeof key === "number") return reply(t, key, message);
    const topic = m.topics.get(key);
    if (message.type === "unsubscribed") unsubscribed(t, conn, message);
    else if (topic?.asked === id) answered(t, topic, message as SubscribedMessage | ErrorMessage);
    return release(t, conn);
  }
  if (message.type === "migrate") {
    m.moveWhy = LEAVES;
    return timer(t, "move", message.in_ms);
  }
  if (message.type === "error" && message.channel === undefined) conn.refusal = refusal(message);
  else if ("channel" in message) record(t, conn, message);
}
