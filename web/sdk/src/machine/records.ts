// The records of a channel: each once and in order, or a gap. What stands here is why nothing comes twice.
//
// Everything up to `position` was delivered, and beyond it what stands in `ahead.taken`: records that an old connection
// brought while the new one, which begins at `position`, was being opened. The new one brings them again, in the same
// order for each stream of a log; so they are taken off the front of their list instead of being delivered.
import type { GapMessage, LogsMessage, Message } from "../wire.js";
import { lost } from "./connection.js";
import { redo, refused, status } from "./topics.js";
import { refusal } from "./turn.js";
import type { Ahead, Conn, OfChannel, Topic, Turn } from "./types.js";

const RECENT = 64; // positions that are remembered: more than can come twice by one mistake
const EARLY_MAX = 10_000;
const MAIL = /^(session|user):/;

/** Where a chain stands: the topic itself, or what is ahead of it. */
type Place = { position?: string };

/** A message of a channel came on a socket. */
export function record(t: Turn, conn: Conn, message: OfChannel): void {
  const { m } = t;
  const topic = m.channels.get(message.channel!) ?? m.topics.get(message.channel!);
  const home = topic?.home === conn.n;
  if (topic && !home) {
    if (topic.ahead?.from === conn.n) take(t, topic, topic.ahead, message);
    return;
  }
  const waits = (each: Topic) => each.asked !== undefined && each.home === conn.n;
  if (topic ? waits(topic) : [...m.topics.values()].some(waits)) {
    if (conn.early.push(message) <= EARLY_MAX) return; // till the reply that says whose it is
    return lost(t, conn, { kind: "error", message: "A subscription was not answered." });
  }
  if (topic) take(t, topic, topic, message);
  else if (message.type === "message" && MAIL.test(message.channel)) t.out.push({ type: "mail", message });
}

/** A reply has come: what was held is looked at again. */
export function release(t: Turn, conn: Conn): void {
  for (const each of conn.early.splice(0)) record(t, conn, each);
}

function take(t: Turn, topic: Topic, place: Topic | Ahead, message: OfChannel): void {
  switch (message.type) {
    case "logs":
      return batch(t, topic, place, message);
    case "gap":
      gap(t, topic, message, place);
      place.position = message.to;
      return;
    case "error":
      return place === topic ? refused(t, topic, refusal(message)) : undefined;
    case "status":
      deliver(t, topic, message);
      return status(t, topic, message.state, message.engine);
    default:
      return single(t, topic, place, message);
  }
}

/** A message of its own: told apart by its position, where it has one. */
function single(t: Turn, topic: Topic, place: Topic | Ahead, message: OfChannel): void {
  const position = "position" in message ? message.position : undefined;
  if (position !== undefined) {
    if (topic.recent.includes(position) && place === topic && !topic.ahead) return;
    place.position = position;
    if (!isNew(t, topic, place, "p", position)) return;
    if (note(topic, position)) return;
    topic.broken = false;
  }
  deliver(t, topic, message);
  if (place !== topic && position !== undefined) bound(t, topic);
}

/** Lines, chained by `prev`. */
function batch(t: Turn, topic: Topic, place: Topic | Ahead, message: LogsMessage): void {
  const { prev, position } = message;
  if ((place as Place).position !== undefined && prev !== place.position) {
    if (topic.recent.includes(position)) return;
    if (place !== topic) {
      (place as Ahead).from = 0; // no more of it: the new connection has everything
      return;
    }
    if (!topic.broken) {
      topic.broken = true;
      return redo(t, topic);
    }
    // Resumed, and yet it does not join on: that is said, and gone on from.
    const { channel } = message;
    gap(t, topic, { type: "gap", channel, from: topic.position!, to: prev, reason: "chain" as "slow" }, place);
  }
  topic.broken = false;
  place.position = position;
  const lines = message.lines.filter((line) => isNew(t, topic, place, line[1], `${line[0]} ${line[2]}`));
  note(topic, position);
  deliver(t, topic, lines.length === message.lines.length ? message : { ...message, lines });
  if (place !== topic) bound(t, topic);
}

/** Notes what an old connection brings; takes off what the new one brings again. */
function isNew(t: Turn, topic: Topic, place: Topic | Ahead, stream: string, key: string): boolean {
  const { ahead } = topic;
  if (!ahead) return true;
  const taken = (ahead.taken[stream] ??= []);
  if (place === ahead) {
    taken.push(key);
    return true;
  }
  const at = taken.indexOf(key);
  if (at < 0) {
    taken.length = 0;
    ahead.position = undefined; // the new connection has come further
    if (topic.gap) deliver(t, topic, topic.gap, topic.gap.to);
  } else {
    taken.splice(0, at + 1);
  }
  topic.gap = undefined;
  if (!ahead.from && !Object.values(ahead.taken).some((keys) => keys.length)) topic.ahead = undefined;
  return at < 0;
}

function bound(t: Turn, topic: Topic): void {
  const { ahead } = topic;
  const many = Object.values(ahead!.taken).reduce((sum, keys) => sum + keys.length, 0);
  if (many >= t.m.settings.overlapMax) ahead!.from = 0;
}

/** True if it was noted already. */
function note(topic: Topic, what: string): boolean {
  if (topic.recent.includes(what)) return true;
  if (topic.recent.push(what) > RECENT) topic.recent.shift();
  return false;
}

/** Once for each missing run, whether the reply or the stream says it first. */
export function gap(t: Turn, topic: Topic, message: GapMessage, place: Topic | Ahead): void {
  const { ahead } = topic;
  if (note(topic, `${message.from} ${message.to}`)) return;
  if (!ahead || place === ahead) return deliver(t, topic, message, message.to);
  const from = topic.gap?.from ?? ahead.position ?? message.from;
  if (ahead.position !== message.to) topic.gap = { ...message, from };
}

function deliver(t: Turn, topic: Topic, message: Message, to?: string): void {
  const position = topic.ahead?.position ?? topic.position;
  t.out.push({ type: "deliver", key: topic.key, message, position: to ?? position });
}
