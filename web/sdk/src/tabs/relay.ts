// The leader's side: one connection to dockcast, and an answer to every tab's socket as dockcast would give it.
import { DockcastError } from "../errors.js";
import { isPosition } from "../feed.js";
import { Link, type LinkOptions } from "../link.js";
import type { ClientState, SubscriptionState, Want } from "../machine/types.js";
import type { Message, StatusMessage } from "../wire.js";
import { Rings, type Envelope, type Post } from "./rings.js";

/** So long the other tabs have to say what they heard, and so long a channel that nobody follows is kept. */
const GATHER_MS = 150;
const LINGER_MS = 5_000;

interface Channel {
  want: Want;
  followers: Set<string>;
  position?: string;
  status?: StatusMessage;
  /** Other names for it. */
  names: Set<string>;
  gone?: ReturnType<typeof setTimeout>;
}

export class Relay {
  private readonly bus: BroadcastChannel;
  private readonly link: Link;
  private readonly channels = new Map<string, Channel>();
  /** Those that have asked to be let in, with what ends the wait for their tab's death; and those that are in. */
  private readonly doors = new Map<string, AbortController>();
  private readonly sessions = new Set<string>();
  private readonly rings = new Rings();
  private gathered = false;

  constructor(
    options: LinkOptions,
    private readonly name: string,
    heard: Rings,
  ) {
    this.rings.merge(heard.all());
    this.link = new Link(options, {
      deliver: (key, message, position) => this.deliver(key, message, position),
      topic: (key, view) => this.topic(key, view),
      alias: (key, to) => this.channels.get(to)?.names.add(key),
      state: (view) => this.state(view),
      mail: (message) => this.sessions.forEach((to) => this.tell(to, message)),
    });
    this.bus = new BroadcastChannel(name);
    this.bus.onmessage = ({ data }) => this.hear(data as Post);
    this.bus.postMessage({ leads: true } satisfies Post);
    setTimeout(() => {
      this.gathered = true;
      this.admit();
    }, GATHER_MS);
  }

  close(): void {
    for (const from of this.doors.keys()) this.leave(from); // the next leader tells the tabs
    this.link.happen({ type: "close" });
    for (const { gone } of this.channels.values()) clearTimeout(gone);
    this.bus.close();
  }

  private get open(): boolean {
    return "session" in this.link.machine.view;
  }

  private hear({ rings, from, open, close, text }: Post): void {
    if (rings && !this.gathered) this.rings.merge(rings);
    if (from === undefined) return;
    if (open) this.knock(from);
    if (close) this.leave(from);
    if (text !== undefined && this.sessions.has(from)) void this.command(from, JSON.parse(text));
  }

  private knock(from: string): void {
    if (this.doors.has(from)) return;
    const door = new AbortController();
    this.doors.set(from, door);
    this.link.happen({ type: "hold" });
    if (this.link.machine.closed) this.link.happen({ type: "reconnect" }); // who asks anew may try anew
    // Its tab holds this lock as long as it lives.
    const [tab] = from.split(" ");
    const dead = () => this.leave(from);
    void navigator.locks.request(`${this.name} ${tab}`, { signal: door.signal, mode: "shared" }, dead).catch(dead);
    this.admit();
  }

  /** Lets in who waits, when there is a connection, and it is known what the tabs have. */
  private admit(): void {
    if (!this.gathered || !this.open) return;
    for (const to of this.doors.keys()) {
      if (this.sessions.has(to)) continue;
      this.sessions.add(to);
      this.post({ to, open: true });
    }
  }

  private leave(from: string): void {
    const door = this.doors.get(from);
    if (!door) return;
    this.doors.delete(from);
    this.sessions.delete(from);
    door.abort();
    for (const key of this.channels.keys()) this.unfollow(from, key);
    this.link.happen({ type: "release" });
  }

  /** The tabs are connected as long as this is; that it is in vain is told to those who wait as well. */
  private state(view: ClientState): void {
    if ("session" in view) return this.admit();
    const over = view.kind === "closed";
    const closed: Post["closed"] = over ? [view.why.code ?? 4000, view.why.message] : [4200, '{"ms":0}'];
    for (const to of over ? this.doors.keys() : this.sessions) {
      this.post({ to, closed });
      this.leave(to);
    }
  }

  private async command(from: string, { id, ...command }: Record<string, any>): Promise<void> {
    const { type, channel } = command;
    switch (type) {
      case "connect": {
        const wants = command["subscriptions"] as Want[];
        const { session, instance } = this.link.machine.view as Extract<ClientState, { kind: "open" }>;
        const subscriptions = wants.map((want) => this.subscribed(want));
        this.tell(from, { type: "connected", id, session, instance, ping_ms: 25_000, subscriptions });
        for (const want of wants) this.follow(from, want);
        return;
      }
      case "subscribe":
        this.tell(from, { ...this.subscribed(command as Want), id });
        return this.follow(from, command as Want);
      case "unsubscribe":
        this.unfollow(from, channel);
        this.post({ to: from, unfollow: channel });
        return this.tell(from, { type: "unsubscribed", channel, id });
      case "ping":
        return this.tell(from, { type: "pong", id });
    }
    try {
      this.tell(from, { ...(await this.link.request(command)), id });
    } catch (error) {
      const { code, message, retry, ref } = error as DockcastError;
      this.tell(from, { type: "error", id, code, message, retry: retry && code !== "unknown_outcome", ref });
    }
  }

  /** A tab knows a channel by the name that it asked for; what is missing for it is told as a gap. */
  private subscribed({ channel, since }: Want): object {
    const position = isPosition(since) ? { position: since, recovered: "full" } : {};
    return { type: "subscribed", channel, requested: channel, ...position };
  }

  private follow(from: string, { type: _type, ...want }: Want & { type?: string }): void {
    const key = want.channel;
    const known = this.channels.get(key);
    const channel: Channel = known ?? { want, followers: new Set(), names: new Set() };
    this.channels.set(key, channel);
    clearTimeout(channel.gone);
    channel.followers.add(from);
    const ring = this.rings.of(key);
    channel.position ??= ring.at(-1)?.position ?? (isPosition(want.since) ? want.since : undefined);
    for (const message of past(ring, want)) this.tell(from, message);
    if (channel.status) this.tell(from, channel.status);
    this.post({ to: from, follow: [key] });
    if (known && key === "containers") this.link.happen({ type: "unwant", key }); // the whole list comes again
    const { position } = channel;
    this.link.want(key, known || position === undefined ? want : { ...want, since: position, tail: undefined });
  }

  private unfollow(from: string, key: string): void {
    const channel = this.channels.get(key);
    if (!channel?.followers.delete(from) || channel.followers.size) return;
    channel.gone = setTimeout(() => this.forget(key), LINGER_MS);
  }

  /** Not as long as somebody follows it, by whatever name. */
  private forget(key: string): void {
    const channel = this.channels.get(key);
    if (!channel || channel.followers.size || channel.names.size) return;
    this.drop(key);
    this.link.happen({ type: "unwant", key });
    for (const [first, { names }] of this.channels) if (names.delete(key)) this.forget(first);
  }

  private drop(key: string): void {
    clearTimeout(this.channels.get(key)?.gone);
    this.channels.delete(key);
    this.rings.forget(key);
  }

  private deliver(key: string, message: Message, position?: string): void {
    const channel = this.channels.get(key);
    if (!channel) return;
    const moves = message.type === "gap" || "position" in message;
    const prev = message.type === "logs" ? message.prev : channel.position;
    if (message.type === "status") channel.status = message;
    if (message.type === "subscribed") return void (channel.position ??= position); // it answers the relay alone
    if (moves) channel.position = position;
    for (const name of [key, ...channel.names]) {
      const told = { ...message, channel: name } as Message;
      const envelope: Envelope = { channel: name, prev, position: moves ? position : undefined, message: told };
      this.rings.add(envelope);
      this.post({ envelope });
    }
  }

  private topic(key: string, view: SubscriptionState): void {
    const ended = this.channels.get(key);
    if (!ended || view.kind !== "ended") return;
    for (const channel of [key, ...ended.names]) {
      const { followers } = this.channels.get(channel)!;
      this.drop(channel);
      if (typeof view.why === "object")
        for (const to of followers) this.tell(to, { type: "error", channel, ...view.why });
    }
  }

  private tell(to: string, message: object): void {
    this.post({ to, text: JSON.stringify(message) });
  }

  private post(post: Post): void {
    this.bus.postMessage(post);
  }
}

/** What the ring has of what a tab asks for. */
function past(ring: Envelope[], { since, tail }: Want): Message[] {
  const last = ring.at(-1);
  if (!last) return [];
  if (!isPosition(since)) return tailOf(ring, tail).map((each) => each.message);
  if (last.position === since) return [];
  const at = ring.findIndex((each) => each.prev === since);
  if (at >= 0) return ring.slice(at).map((each) => each.message);
  const { channel, prev } = ring[0]!;
  const gap = { type: "gap", channel, from: since, to: prev!, reason: "retained" as "slow" } as const;
  return [gap, ...ring.map((each) => each.message)];
}

/** The last envelopes that have so many lines, or all. */
function tailOf(ring: Envelope[], tail: Want["tail"]): Envelope[] {
  let left = tail === undefined || tail === "all" ? Infinity : Number(tail);
  let at = ring.length;
  while (at > 0 && left > 0) {
    const { message } = ring[--at]!;
    left -= message.type === "logs" ? message.lines.length : 1;
  }
  return ring.slice(at);
}
