// The life of the connection: attempts, losses and what each close code asks for, and the shown state.
import { answer, closedFor, drop } from "./requests.js";
import { end, settle, show as showTopic, stay } from "./topics.js";
import { backoff, clear, ready, timer } from "./turn.js";
import { BROKEN, LEAVES, OFFLINE, type ClientState, type Conn, type Machine, type Turn, type Why } from "./types.js";

const wanted = (m: Machine) => m.holds + m.topics.size + m.requests.size > 0;

/** Something is wanted now, or is not any more. `over`: it has not been for long enough. */
export function need(t: Turn, over = false): void {
  const { m } = t;
  if (m.closed) return;
  if (wanted(m)) {
    clear(t, "idle");
    if (!m.main && m.retryAt === undefined) attempt(t);
  } else if (over || !m.main) {
    quit(t);
  } else {
    timer(t, "idle", m.settings.idleMs);
  }
}

/** `moving`: beside the connection that there is. */
export function attempt(t: Turn, moving = false): void {
  const { m } = t;
  const conn: Conn = {
    n: ++m.sockets,
    phase: "token",
    keys: [],
    joinId: 0,
    session: "",
    instance: "",
    pingMs: 25_000,
    heard: t.now,
    early: [],
  };
  m.retryAt = undefined;
  clear(t, "retry");
  if (moving) m.next = conn;
  else m.main = conn;
  if (!m.tokenWhy) return begin(t, conn);
  if (m.asking) return;
  m.asking = true;
  t.out.push({ type: "token", why: m.tokenWhy });
}

export function begin(t: Turn, conn: Conn): void {
  conn.phase = "opening";
  timer(t, `open ${conn.n}`, t.m.settings.openMs);
  t.out.push({ type: "open", socket: conn.n });
}

/** Lets go of a socket, whatever became of it. */
export function discard(t: Turn, conn: Conn, alive: boolean): void {
  const { m } = t;
  clear(t, `open ${conn.n}`, `ping ${conn.n}`, `pong ${conn.n}`);
  if (alive && conn.phase !== "token") t.out.push({ type: "close", socket: conn.n });
  for (const [id, asked] of m.asked) if (asked.socket === conn.n) m.asked.delete(id);
  drop(t);
}

function quit(t: Turn): void {
  const { m } = t;
  const conns = [m.main, m.next];
  m.main = m.next = m.moveWhy = m.retryAt = undefined;
  clear(t, "retry", "idle", "useful", "move");
  for (const conn of conns) if (conn) discard(t, conn, true);
}

/** The socket has closed. */
export function closed(t: Turn, conn: Conn, code: number, reason: string): void {
  const range = hundreds(code);
  const broken = t.m.offline ? OFFLINE : { ...BROKEN, message: reason || BROKEN.message };
  if (range < 40) return lost(t, conn, { ...broken, code }, undefined, false);
  if (range === 42) return lost(t, conn, { ...LEAVES, code }, delayIn(reason), false);
  const message = conn.refusal?.message || reason || `The connection was closed (${code}).`;
  lost(t, conn, { kind: "code", message, code }, undefined, false);
}

const hundreds = (code = 0) => Math.floor(code / 100);

function delayIn(reason: string): number | undefined {
  try {
    const { ms } = JSON.parse(reason) as { ms: unknown };
    return typeof ms === "number" && ms >= 0 ? ms : undefined;
  } catch {
    return undefined;
  }
}

/** A connection is over; the next one comes at a time that `why` and `delay` say. */
export function lost(t: Turn, conn: Conn, why: Why, delay?: number, alive = true): void {
  const { m } = t;
  const range = hundreds(why.code);
  if (range === 43 && m.provider) m.tokenWhy = conn.session ? "expired" : "refused";
  if (conn === m.next) {
    m.next = undefined;
    discard(t, conn, alive);
    stay(t, conn);
    return timer(t, "move", Math.max(250, delay ?? backoff(t, m.attempt++)));
  }
  m.main = m.next;
  m.next = undefined;
  discard(t, conn, alive);
  clear(t, "useful");
  m.why = why;
  for (const topic of m.topics.values()) settle(topic, conn);
  if (m.main) return;
  m.moveWhy = undefined;
  clear(t, "move");
  if (range === 40) return finish(t, why, conn);
  if (!wanted(m)) return quit(t);
  const first = range === 43 && m.attempt === 0; // new credentials are worth an attempt at once
  const ms = delay ?? (first && m.provider ? 0 : backoff(t, m.attempt));
  if (delay === undefined) m.attempt++;
  m.retryAt = t.now + ms;
  timer(t, "retry", ms);
}

/** Nothing more: by the user, or since the server said that it is in vain. */
export function finish(t: Turn, why: Why, conn?: Conn): void {
  const { m } = t;
  if (m.closed && m.why.kind === "user") return;
  m.closed = true;
  m.why = why;
  const refusal = conn?.refusal ?? closedFor(why);
  for (const topic of [...m.topics.values()]) end(t, topic, why.kind === "user" ? "closed" : refusal);
  for (const request of [...m.requests.values()]) answer(t, request, refusal);
  quit(t);
}

function view({ m }: Turn): ClientState {
  const { main, attempt, why, retryAt: at } = m;
  if (m.closed) return { kind: "closed", why };
  if (main?.phase === "open") {
    const { session, instance } = main;
    return m.next ? { kind: "moving", session, instance, why: m.moveWhy! } : { kind: "open", session, instance };
  }
  if (hundreds(why.code) === 43 && (at !== undefined || main?.phase === "token"))
    return { kind: "unauthorized", attempt, at, why };
  if (main) return { kind: "connecting", attempt };
  return at === undefined ? { kind: "idle" } : { kind: "waiting", attempt, at, why };
}

/** Says what has become of the states, where they are others now. */
export function show(t: Turn): void {
  const { m } = t;
  for (const topic of m.topics.values()) showTopic(t, topic, ready(m.main));
  const now = view(t);
  if (JSON.stringify(now) === JSON.stringify(m.view)) return;
  m.view = now;
  t.out.push({ type: "state", view: now });
}
