// What tabs say to one another, and what each keeps of it: the last envelopes of every channel.
import type { Message } from "../wire.js";

/** A message of a channel with the position before it and behind it, where it has any. */
export interface Envelope {
  /** As it was asked for. */
  channel: string;
  prev?: string;
  position?: string;
  message: Message;
}

/** One thing said on the BroadcastChannel. */
export interface Post {
  /** A new leader asks what the others have. */
  leads?: true;
  rings?: Envelope[];
  envelope?: Envelope;
  /** From a socket to the leader, or from the leader to a socket. */
  from?: string;
  to?: string;
  open?: true;
  close?: true;
  closed?: [code: number, reason: string];
  text?: string;
  follow?: string[];
  unfollow?: string;
}

const RING = 64; // envelopes of a channel
const CHANNELS = 256;

export class Rings {
  private readonly of_ = new Map<string, Envelope[]>();

  /** Those that chain: what lies before a hole is let go. */
  add(envelope: Envelope): void {
    if (envelope.position === undefined) return;
    const ring = this.of(envelope.channel);
    const last = ring.at(-1);
    if (last && last.position !== envelope.prev) ring.length = 0;
    if (ring.push(envelope) > RING) ring.shift();
  }

  of(channel: string): Envelope[] {
    let ring = this.of_.get(channel);
    if (ring) return ring;
    const [oldest] = this.of_.keys();
    if (this.of_.size >= CHANNELS) this.of_.delete(oldest!);
    this.of_.set(channel, (ring = []));
    return ring;
  }

  all(): Envelope[] {
    return [...this.of_.values()].flat();
  }

  forget(channel: string): void {
    this.of_.delete(channel);
  }

  /** Goes on with what another tab has, as far as it joins on to what this one has; what is unknown here is taken. */
  merge(others: Envelope[]): void {
    for (const channel of new Set(others.map((each) => each.channel))) {
      const ring = this.of(channel);
      const theirs = others.filter((each) => each.channel === channel);
      const known = (position?: string) => ring.some((each) => each.position === position);
      if (!ring.length) ring.push(...theirs);
      const next = theirs.findIndex((each) => each.prev === ring.at(-1)!.position);
      if (next >= 0) ring.push(...theirs.slice(next));
      // They may also reach back further.
      const first = theirs.findIndex((each) => each.position === ring[0]!.prev);
      if (first >= 0) ring.unshift(...theirs.slice(0, first + 1).filter((each) => !known(each.position)));
      ring.splice(0, Math.max(0, ring.length - RING));
    }
  }
}
