// Whether anybody is there: asked where silence lasts, and where the page or the network comes back.
import { lost } from "./connection.js";
import { ask, timer } from "./turn.js";
import { OFFLINE, type Conn, type Turn } from "./types.js";

/** A network is there again, or somebody looks. */
export function hurry(t: Turn, online: boolean): void {
  const { m } = t;
  if (online) m.offline = false;
  if (m.main?.phase === "open") return probe(t, m.main, m.settings.probeMs);
  if (m.retryAt === undefined || m.hurried || m.why.kind === "drain") return;
  m.hurried = true;
  const ms = t.chance() * m.settings.hurryMs;
  if (t.now + ms >= m.retryAt) return;
  m.retryAt = t.now + ms;
  timer(t, "retry", ms);
}

export function offline(t: Turn): void {
  const { m } = t;
  m.offline = true;
  if (m.main?.phase === "open") probe(t, m.main, m.settings.probeMs);
  else if (m.retryAt !== undefined) m.why = OFFLINE;
}

/** Asks whether the other side is there; within `patience` something must be heard. */
export function probe(t: Turn, conn: Conn, patience: number): void {
  conn.probed = true;
  ask(t, conn, "", { type: "ping" });
  timer(t, `pong ${conn.n}`, patience);
}

/** The time in which something should have been heard is over. */
export function probeDue(t: Turn, conn: Conn): void {
  const quiet = t.now - conn.heard;
  const limit = conn.pingMs + t.m.settings.silenceMs;
  timer(t, `ping ${conn.n}`, quiet < limit ? Math.max(1, limit - quiet) : limit);
  if (quiet >= limit) probe(t, conn, t.m.settings.pongMs);
}

/** The patience with a probe is over. */
export function pong(t: Turn, conn: Conn): void {
  if (!conn.probed) return;
  lost(t, conn, { kind: "silent", message: "Nothing was heard from the server any more." });
}
