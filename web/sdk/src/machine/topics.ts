// The channels that are wanted: subscribing, what the reply makes of it, retries, and where each stands.
import type { ErrorMessage, Lost, SubscribedMessage, UnsubscribedMessage } from "../wire.js";
import { need } from "./connection.js";
import { gap } from "./records.js";
import { ask, backoff, clear, ready, refusal, timer } from "./turn.js";
import type { Conn, Refusal, SubscriptionState, Topic, Turn, Want, Why } from "./types.js";

/** The `home` of a topic whose timer will subscribe it. */
export const RETRIES = -1;

export function want(t: Turn, key: string, wish: Want): void {
  const { m } = t;
  if (m.closed) {
    t.out.push({ type: "topic", key, view: { kind: "ended", why: "closed" } });
    return;
  }
  const known = m.topics.get(key);
  if (known) return widen(t, known, wish);
  const view = { kind: "pending" } as const;
  const topic: Topic = { key, want: wish, recent: [], home: 0, failures: 0, view };
  m.topics.set(key, topic);
  if (ready(m.main)) subscribe(t, topic, m.main);
  need(t);
}

/** Somebody wants more of a channel that is followed: it goes on where it stands, with that. */
function widen(t: Turn, topic: Topic, wish: Want): void {
  const { want } = topic;
  const wider = { ...want };
  if (wish.stdout !== false) delete wider.stdout;
  if (wish.stderr !== false) delete wider.stderr;
  if (wish.presence) wider.presence = true;
  topic.want = wider;
  const lacked = (want.stdout === false && !("stdout" in wider)) || (want.stderr === false && !("stderr" in wider));
  if (lacked || (wish.presence && !want.presence)) redo(t, topic);
}

export function unwant(t: Turn, key: string): void {
  const { m } = t;
  const topic = m.topics.get(key);
  if (!topic) return;
  leave(t, topic);
  for (const conn of [m.main, m.next])
    if (ready(conn) && (topic.home === conn.n || topic.ahead?.from === conn.n))
      unsubscribe(t, topic, conn);
  need(t);
}

function leave(t: Turn, topic: Topic): void {
  t.m.topics.delete(topic.key);
  if (topic.channel && t.m.channels.get(topic.channel) === topic) t.m.channels.delete(topic.channel);
  clear(t, `topic ${topic.key}`);
}

/** What `subscribe` says of it. A position takes the place of the wish where to begin. */
export function fields(topic: Topic): Want {
  const { want, position } = topic;
  return position === undefined ? want : { ...want, tail: undefined, since: position };
}

export function subscribe(t: Turn, topic: Topic, conn: Conn): void {
  takeHome(t, topic, conn, ask(t, conn, topic.key, { type: "subscribe", ...fields(topic) }));
}

/** From now on its records are those of this socket; another that has been bringing them may go on for a while. */
export function takeHome(t: Turn, topic: Topic, conn: Conn, asked: number): void {
  const old = topic.home;
  const moves = old !== conn.n && old === t.m.main?.n && topic.asked === undefined;
  if (moves && !topic.ahead) topic.ahead = { from: old, position: topic.position, taken: {} };
  topic.home = conn.n;
  topic.asked = asked;
  topic.since = topic.position;
}

/** The old socket is gone: what it has brought ahead of the new one is all. */
export function settle(topic: Topic, old: Conn): void {
  if (topic.ahead?.from === old.n) topic.ahead.from = 0;
  if (topic.ahead?.position === topic.position) topic.ahead = undefined;
}

/** The new socket failed, and the old one goes on being the one. */
export function stay(t: Turn, failed: Conn): void {
  const { main } = t.m;
  for (const topic of t.m.topics.values()) {
    if (topic.home !== failed.n) continue;
    const { ahead } = topic;
    topic.asked = undefined;
    topic.home = main?.n ?? 0;
    if (!ahead || ahead.from !== topic.home) {
      redo(t, topic); // not all that the old one brought was taken
      continue;
    }
    topic.position = ahead.position;
    topic.ahead = undefined;
  }
}

/** Begins again at the position where it stands. */
export function redo(t: Turn, topic: Topic): void {
  const { main } = t.m;
  if (!ready(main) || topic.home !== main.n) return; // the next `connect` says it
  unsubscribe(t, topic, main);
  subscribe(t, topic, main);
}

function unsubscribe(t: Turn, { key, channel = key }: Topic, conn: Conn): void {
  ask(t, conn, key, { type: "unsubscribe", channel });
}

/** What came of the channel up to here, and is held, belongs to the subscription that is over. */
export function unsubscribed(t: Turn, conn: Conn, message: UnsubscribedMessage): void {
  conn.early = conn.early.filter((each) => each.channel !== message.channel);
  // Another name for it was given up, and the server knows it by one only.
  const topic = t.m.channels.get(message.channel);
  if (topic?.home === conn.n && topic.asked === undefined) subscribe(t, topic, conn);
}

/** The reply to `subscribe`, or that part of the reply to `connect`. */
export function answered(t: Turn, topic: Topic, message: SubscribedMessage | ErrorMessage): void {
  if (message.type === "error") return refused(t, topic, refusal(message));
  const { m } = t;
  const { channel, recovered, position } = message;
  const lost = recovered === "partial" ? message.lost : undefined;
  topic.asked = undefined;
  topic.failures = 0;
  topic.begun = true;
  const other = m.channels.get(channel);
  if (other && other !== topic) return join(t, topic, other);
  topic.channel = channel;
  m.channels.set(channel, topic);
  const since = topic.ahead?.position ?? topic.since ?? (topic.want.since as string | undefined);
  if (recovered === "none") {
    topic.ahead = topic.gap = undefined;
    missing(t, topic, { from: String(since), to: position ?? "", reason: message.reason ?? "recreated" });
  }
  if (lost) missing(t, topic, lost);
  if (!topic.position) t.out.push({ type: "deliver", key: topic.key, message, position }); // no items: where it begins
  topic.position = lost?.to ?? position ?? topic.position;
  setView(t, topic, { kind: "live" });
}

function missing(t: Turn, topic: Topic, { from, to, reason }: Lost): void {
  gap(t, topic, { type: "gap", channel: topic.channel!, from, to, reason: reason as "slow" }, topic);
}

/** Two names for one channel, of which the server now has the later one's options: the first goes on, for both. */
function join(t: Turn, topic: Topic, first: Topic): void {
  leave(t, topic);
  t.out.push({ type: "alias", key: topic.key, to: first.key });
  widen(t, first, topic.want);
  if (first.asked === undefined) redo(t, first);
}

/** The server refuses the subscription, or ends it. */
export function refused(t: Turn, topic: Topic, refusal: Refusal): void {
  topic.asked = undefined;
  if (!refusal.retry) return end(t, topic, refusal);
  const why: Why = { kind: "error", message: refusal.message };
  setView(t, topic, topic.begun ? { kind: "resuming", why } : { kind: "pending", why });
  topic.home = RETRIES;
  timer(t, `topic ${topic.key}`, backoff(t, ++topic.failures));
}

export function end(t: Turn, topic: Topic, why: "removed" | "closed" | Refusal): void {
  setView(t, topic, { kind: "ended", why });
  leave(t, topic);
  need(t);
}

function setView(t: Turn, topic: Topic, view: SubscriptionState): void {
  if (JSON.stringify(view) === JSON.stringify(topic.view)) return;
  topic.view = view;
  t.out.push({ type: "topic", key: topic.key, view });
}

/** What the source's status says of it. */
export function status(t: Turn, topic: Topic, state: string, engine?: string): void {
  if (state === "removed") return end(t, topic, "removed");
  const view: Record<string, SubscriptionState> = {
    stopped: { kind: "stopped" },
    source_down: { kind: "sourceDown", engine },
    degraded: { kind: "degraded" },
  };
  setView(t, topic, view[state] ?? { kind: "live" });
}

/** A topic that has no connection is resumed. */
export function show(t: Turn, topic: Topic, ready: boolean): void {
  if (ready || !topic.begun || topic.view.kind === "resuming") return;
  setView(t, topic, { kind: "resuming", why: t.m.why });
}
