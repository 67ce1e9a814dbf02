// A channel as its listeners share it: one subscription on the wire, and the items that came last for who comes later.
import type { Container, Gap, Item } from "./items.js";
import { itemsOf } from "./items.js";
import type { SubscriptionState, Want } from "./machine/types.js";
import type { Subscription } from "./subscription.js";
import type { Message } from "./wire.js";

/** RFC 3339, Unix seconds, or a duration; what is none of these is a position, into which nobody looks. */
const TIME = /^(\d{4}-|[\d.]+([a-z]+[\d.]*)*$)/;

export function isPosition(since: unknown): since is string {
  return typeof since === "string" && !TIME.test(since);
}

/** Whether an item is of the streams that are wanted; what is no line is. */
export function isOf({ stdout, stderr }: Pick<Want, "stdout" | "stderr">, item: Item): boolean {
  return item.kind !== "line" || (item.stream === "stdout" ? stdout : stderr) !== false;
}

interface Batch {
  items: Item[];
  position?: string;
}

export class Feed {
  readonly key: string;
  /** With what each has come. */
  readonly listeners = new Map<Subscription<any>, Want>();
  private batches: Batch[] = [];
  private kept = 0;
  private begins?: string; // the position before the batches, where it is known
  private readonly picture = new Map<string, Container>();
  position?: string;
  view: SubscriptionState = { kind: "pending" };

  /** `first`: what the first listener wants. */
  constructor(
    first: Want,
    private readonly max: number,
    private readonly latest: boolean,
    private readonly gone: (feed: Feed) => void,
  ) {
    this.key = first.channel;
    if (isPosition(first.since)) this.begins = first.since;
  }

  /** `want`: with which the listener comes; it is answered from what is kept. */
  join(listener: Subscription<any>, want: Want): void {
    listener.feed = this;
    this.listeners.set(listener, want);
    for (const { items, position } of this.past(want)) listener.take(items, position);
    listener.show(this.view);
  }

  leave(listener: Subscription<any>): void {
    if (this.listeners.delete(listener) && !this.listeners.size) this.gone(this);
  }

  deliver(message: Message, position?: string): void {
    const items = itemsOf(message, this.picture);
    this.keep(items, position);
    this.position = position ?? this.position;
    for (const listener of [...this.listeners.keys()]) listener.take(items, position);
  }

  show(view: SubscriptionState): void {
    this.view = view;
    for (const listener of [...this.listeners.keys()]) listener.show(view);
  }

  private keep(items: Item[], position?: string): void {
    if (this.latest) this.batches = this.batches.filter((each) => each.items[0]?.kind !== items[0]?.kind);
    this.batches.push({ items, position });
    this.kept += items.length;
    while (!this.latest && this.batches.length > 1 && (this.kept > this.max || this.batches.length > this.max)) {
      const { items, position } = this.batches.shift()!;
      this.begins = position ?? this.begins;
      this.kept -= items.length;
    }
  }

  /** What is kept of what a second listener asks for. */
  private past({ since, tail, ...streams }: Want): Batch[] {
    const { batches } = this;
    if (this.latest) return batches;
    if (isPosition(since)) {
      if (since === this.position) return [];
      const at = batches.findIndex((each) => each.position === since);
      if (at >= 0 || since === this.begins) return batches.slice(at + 1);
      const gap: Gap = { kind: "gap", from: since, to: this.begins, reason: "retained" };
      return [{ items: [gap] }, ...batches];
    }
    if (tail === undefined || tail === "all") return batches;
    const wanted = (item: Item) => item.kind !== "status" && isOf(streams, item);
    const all = batches.map(({ items, position }) => ({ items: items.filter(wanted), position }));
    let surplus = all.flatMap(({ items }) => items).length - Number(tail);
    for (const { items } of all) surplus -= items.splice(0, surplus).length; // below 0 it takes nothing
    return all;
  }
}
