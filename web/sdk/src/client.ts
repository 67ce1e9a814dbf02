// The client: channels as subscriptions, requests as promises, and the state of the connection.
import { Feed, isOf } from "./feed.js";
import { itemsOf } from "./items.js";
import type { ChannelItem, ChannelMessage, ContainersItem, EventItem, Item, LogItem, StatsItem } from "./items.js";
import { Link, type Hearer, type LinkOptions } from "./link.js";
import type { ClientState, SubscriptionState, Want } from "./machine/types.js";
import { Subscription } from "./subscription.js";
import { tell } from "./tell.js";
import type { HistoryMessage, Member, MessageMessage, PresenceMessage, PublishedMessage } from "./wire.js";

/** Where to begin: a position (exclusive: it resumes), RFC 3339, Unix seconds, or a duration such as `10m`. */
export type Since = string | number;

export interface LogOptions {
  /** So many lines of the past; all of them unless said. */
  tail?: number | "all";
  since?: Since;
  stdout?: boolean;
  stderr?: boolean;
}

export interface DockcastOptions extends LinkOptions {
  /** Items that an iterator has not taken; beyond, the oldest become a gap. 10,000. */
  queueMax?: number;
  /** Items of a channel that are kept for who listens to it later. 1,000. */
  retain?: number;
}

export interface HistoryRange {
  /** What comes behind it. */
  since?: Since;
  /** A position: what comes before it. With neither, the newest. */
  before?: string;
  /** 100; at most 1,000. */
  limit?: number;
}

/** Part of a channel's past. `since: last` goes on forwards, `before: first` backwards. */
export interface History {
  items: Item[];
  first: string;
  last: string;
  /** There is more in the direction asked. */
  more: boolean;
}

/**
 * A client of one dockcast. It connects when something is wanted, comes back for ever after whatever breaks, goes on
 * exactly where it was, and disconnects when nothing is wanted any more.
 *
 * @example
 * ```ts
 * const client = new Dockcast({ url: "http://127.0.0.1:8000" });
 * for await (const item of client.logs("web", { tail: 3 })) {
 *   if (item.kind === "line") console.log(item.time, item.text);
 *   else if (item.kind === "gap") console.log("lines are missing:", item.reason);
 *   else break; // a status: the past was told, what comes now is live
 * }
 * client.close();
 * ```
 */
export class Dockcast {
  private readonly link: Link;
  private readonly feeds = new Map<string, Feed>();
  private readonly stateListeners = new Set<(state: ClientState) => void>();
  private readonly mailListeners = new Set<(message: ChannelMessage & { channel: string }) => void>();
  private readonly queueMax: number;
  private readonly retain: number;

  constructor({ queueMax = 10_000, retain = 1_000, ...options }: DockcastOptions = {}) {
    this.queueMax = queueMax;
    this.retain = retain;
    const hearer: Hearer = {
      deliver: (key, message, position) => this.feeds.get(key)?.deliver(message, position),
      topic: (key, view) => this.shown(key, view),
      alias: (key, to) => this.join(key, to),
      state: (view) => tell(this.stateListeners, view),
      mail: (message) => this.mailed(message),
    };
    this.link = new Link(options, hearer);
  }

  /** What the connection does: the same object until that changes. */
  get state(): ClientState {
    return this.link.machine.view;
  }

  /** This connection's name for `POST /api/sessions/{session}/send`, while it is open. */
  get session(): string | undefined {
    const { state } = this;
    return "session" in state ? state.session : undefined;
  }

  /** Calls back for each change of `state`. What it returns ends that. */
  onState(listener: (state: ClientState) => void): () => void {
    this.stateListeners.add(listener);
    return () => void this.stateListeners.delete(listener);
  }

  /** A container's log, by id, the beginning of one, or name. */
  logs(container: string, options: LogOptions = {}): Subscription<LogItem> {
    const keep = (item: LogItem) => isOf(options, item);
    const want: Want = { ...options, channel: `container:logs:${container}` };
    return this.subscribe<LogItem>(want, keep);
  }

  /** What Docker tells, of all Engines. */
  events(options: { since?: Since } = {}): Subscription<EventItem> {
    return this.subscribe({ ...options, channel: "docker:events" });
  }

  /** What Docker tells about one container. */
  containerEvents(container: string, options: { since?: Since } = {}): Subscription<EventItem> {
    return this.subscribe({ ...options, channel: `container:events:${container}` });
  }

  /** All containers: each item is the whole picture, and `snapshot` the newest. */
  containers(): Subscription<ContainersItem> {
    return this.subscribe<ContainersItem>({ channel: "containers" }, undefined, true);
  }

  /** What a container uses, once a second; `snapshot` is the newest. */
  stats(container: string): Subscription<StatsItem> {
    return this.subscribe<StatsItem>({ channel: `container:stats:${container}` }, undefined, true);
  }

  /** An application channel, `app:…`, or one that other back-ends feed. `presence`: also who joins and leaves. */
  channel(name: string, options: { since?: Since; presence?: boolean } = {}): Subscription<ChannelItem> {
    const keep = (item: ChannelItem) => item.kind !== "join" && item.kind !== "leave";
    return this.subscribe<ChannelItem>({ ...options, channel: name }, options.presence ? undefined : keep);
  }

  /**
   * Says something on an application channel. Resolves when it is stored: it is sent again, under the same message id,
   * over whatever breaks meanwhile. Rejects with `unknown_outcome` where no answer came in time.
   *
   * @example
   * ```ts
   * const { position, duplicate } = await client.publish("app:chat", { text: "Hello." });
   * console.log(position, duplicate);
   * ```
   */
  async publish(channel: string, data: unknown, options: { messageId?: string } = {}): Promise<Published> {
    const message_id = options.messageId ?? drawn();
    const command = { type: "publish", channel, data, message_id };
    const { position, duplicate } = await this.link.request<PublishedMessage>(command);
    return { position, duplicate, messageId: message_id };
  }

  /** A page of the past of a log (`container:logs:…`) or of an application channel, which need not be followed. */
  async history(channel: string, range: HistoryRange = {}): Promise<History> {
    const command = { type: "history", channel, ...range };
    const { items, first, last, more } = await this.link.request<HistoryMessage>(command);
    return { items: items.flatMap((each) => itemsOf(each)), first, last, more };
  }

  /** Who follows an application channel; beyond `DOCKCAST_APP_PRESENCE_MAX` of the server they are counted only. */
  async presence(channel: string): Promise<{ sessions: Member[]; count: number }> {
    const { sessions, count } = await this.link.request<PresenceMessage>({ type: "presence", channel });
    return { sessions, count };
  }

  /** Asks whether anybody is there; resolves to the milliseconds that took. */
  async ping(): Promise<number> {
    const began = performance.now();
    await this.link.request({ type: "ping" });
    return performance.now() - began;
  }

  /** What is said to this session or this user. As long as somebody listens the client stays connected. */
  onMessage(listener: (message: ChannelMessage & { channel: string }) => void): () => void {
    this.mailListeners.add(listener);
    this.link.happen({ type: "hold" });
    return () => void (this.mailListeners.delete(listener) && this.link.happen({ type: "release" }));
  }

  /** Tries at once, where it waits. Where the server closed it for good, what is subscribed from now on is tried. */
  reconnect(): void {
    this.link.happen({ type: "reconnect" });
  }

  /** Ends everything. Nothing comes after it. */
  close(): void {
    this.link.happen({ type: "close" });
  }

  private subscribe<T>(want: Want, keep?: (item: T) => boolean, latest = false): Subscription<T> {
    const key = want.channel;
    const feed = this.feeds.get(key) ?? new Feed(want, this.retain, latest, (gone) => this.gone(gone));
    this.feeds.set(key, feed);
    const made = new Subscription<T>(key, { keep, queueMax: this.queueMax, latest }, feed.view);
    feed.join(made, want);
    this.link.want(key, want);
    return made;
  }

  private gone(feed: Feed): void {
    if (this.feeds.get(feed.key) !== feed) return;
    this.feeds.delete(feed.key);
    this.link.happen({ type: "unwant", key: feed.key });
  }

  private shown(key: string, view: SubscriptionState): void {
    const feed = this.feeds.get(key);
    if (view.kind === "ended") this.feeds.delete(key); // who asks again begins anew
    feed?.show(view);
  }

  /** Two names for one channel: the listeners of the second go on with the first's, each from where it stands. */
  private join(key: string, to: string): void {
    const [from, into] = [this.feeds.get(key), this.feeds.get(to)];
    this.feeds.delete(key);
    for (const [listener, want] of from?.listeners ?? [])
      into?.join(listener, { ...want, since: from!.position ?? want.since });
  }

  private mailed(message: MessageMessage): void {
    const [item] = itemsOf(message) as [ChannelMessage];
    tell(this.mailListeners, { ...item, channel: message.channel });
  }
}

export interface Published {
  position: string;
  /** It was there before: also where an earlier attempt of this very call had stored it. */
  duplicate: boolean;
  messageId: string;
}

/** 128 random bits; `crypto.randomUUID` is there on secure pages only. */
function drawn(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
