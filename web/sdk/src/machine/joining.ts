// From an open socket to one that everything is subscribed on: `connect`, its reply, and the move from an old socket.
import type { ConnectedMessage } from "../wire.js";
import { discard, need } from "./connection.js";
import { release } from "./records.js";
import { resume } from "./requests.js";
import { RETRIES, answered, fields, settle, subscribe, takeHome } from "./topics.js";
import { clear, send, timer } from "./turn.js";
import { START, type Conn, type Turn } from "./types.js";

/** So much of a `connect` is certainly allowed; what is beyond is subscribed one by one. */
const CONNECT_LENGTH = 32_768;

export function opened(t: Turn, conn: Conn): void {
  const { m } = t;
  conn.phase = "joining";
  conn.heard = t.now;
  conn.joinId = ++m.ids;
  const subscriptions = [];
  const rest = [];
  let length = 0;
  for (const topic of m.topics.values()) {
    const wish = fields(topic);
    length += JSON.stringify(wish).length;
    if (length > CONNECT_LENGTH) {
      rest.push(topic);
      continue;
    }
    subscriptions.push(wish);
    conn.keys.push(topic.key);
    takeHome(t, topic, conn, conn.joinId);
  }
  const { token } = m;
  send(t, conn, { type: "connect", id: conn.joinId, token, subscriptions });
  for (const topic of rest) subscribe(t, topic, conn);
}

export function joined(t: Turn, conn: Conn, message: ConnectedMessage): void {
  const { m } = t;
  if (conn.phase !== "joining") return;
  conn.phase = "open";
  m.why = START;
  conn.session = message.session;
  conn.instance = message.instance;
  conn.pingMs = message.ping_ms ?? conn.pingMs;
  m.messageBytes = message.limits?.message_bytes ?? m.messageBytes;
  clear(t, `open ${conn.n}`);
  timer(t, `ping ${conn.n}`, conn.pingMs + m.settings.silenceMs);
  timer(t, "useful", m.settings.usefulMs);
  const old = conn === m.next ? m.main : undefined;
  if (old) {
    m.main = conn;
    m.next = m.moveWhy = undefined;
    for (const topic of m.topics.values()) settle(topic, old);
  }
  message.subscriptions?.forEach((result, at) => {
    const topic = m.topics.get(conn.keys[at]!);
    if (topic?.asked === conn.joinId && topic.home === conn.n) {
      answered(t, topic, result);
    } else if (!topic && old && result.type === "subscribed") {
      send(t, conn, { type: "unsubscribe", channel: result.channel }); // unwanted while it was asked for
    }
  });
  release(t, conn);
  if (old) discard(t, old, true);
  for (const topic of m.topics.values())
    if (topic.home !== conn.n && topic.home !== RETRIES) subscribe(t, topic, conn);
  resume(t, conn);
  need(t);
}
