// One listener of a channel: a stream of items, taken by `for await` or by callbacks, and a state.
import { DockcastError } from "./errors.js";
import { Inbox } from "./inbox.js";
import type { Gap } from "./items.js";
import type { SubscriptionState } from "./machine/types.js";
import { tell } from "./tell.js";

/** What a subscription is cut from: the channel that listeners share. */
export interface Source {
  leave(listener: Subscription<any>): void;
}

export interface Shape<T> {
  /** What of the channel this listener wants. */
  keep?: (item: T) => boolean;
  queueMax: number;
  latest: boolean;
}

/**
 * One listener of a channel. Take its items with `for await`, or in batches with `onItems`, which is faster; what comes
 * before either is there is kept for it. What is missing is told as an item of kind `gap`, never thrown.
 *
 * @example
 * ```ts
 * const sub = client.logs("web", { tail: 100 });
 * sub.onState((state) => console.log(state.kind)); // pending, live …
 * const stop = sub.onItems((items) => {
 *   for (const item of items) if (item.kind === "line") console.log(item.text);
 * });
 * await new Promise((resolve) => setTimeout(resolve, 50));
 * localStorage.setItem("position", sub.position ?? ""); // `since: position` goes on from there
 * stop();
 * sub.close();
 * ```
 */
export class Subscription<T> implements AsyncIterable<T | Gap> {
  private inbox?: Inbox<T>;
  private iterated = false;
  private last?: string;
  private view: SubscriptionState;
  private readonly itemListeners = new Set<(items: readonly (T | Gap)[]) => void>();
  private readonly stateListeners = new Set<(state: SubscriptionState) => void>();
  private wake?: () => void;
  /** @internal */
  feed?: Source;
  /** The newest whole item of `containers()` or `stats()`. */
  snapshot?: T;

  /** @internal */
  constructor(
    readonly channel: string,
    private readonly shape: Shape<T>,
    view: SubscriptionState,
  ) {
    this.view = view;
    this.inbox = this.emptyInbox();
  }

  /** What it does now: the same object until that changes. */
  get state(): SubscriptionState {
    return this.view;
  }

  /** Behind what was taken last; `since: position` goes on from there. Undefined before anything is known. */
  get position(): string | undefined {
    return this.inbox ? this.inbox.position : this.last;
  }

  /** Calls back for each change of `state`. What it returns ends that. */
  onState(listener: (state: SubscriptionState) => void): () => void {
    this.stateListeners.add(listener);
    return () => void this.stateListeners.delete(listener);
  }

  /** Calls back with the items of each batch, as they come. What it returns ends that. */
  onItems(listener: (items: readonly (T | Gap)[]) => void): () => void {
    const waiting = this.itemListeners.size ? [] : this.flush();
    this.itemListeners.add(listener);
    if (waiting.length) listener(waiting);
    return () => void this.itemListeners.delete(listener);
  }

  /** Calls back with each item. What it returns ends that. */
  on(listener: (item: T | Gap) => void): () => void {
    return this.onItems((items) => items.forEach((item) => tell([listener], item)));
  }

  /** Listens no more. The last listener of a channel unsubscribes from it. */
  close(): void {
    this.feed?.leave(this);
    this.feed = undefined;
    this.show({ kind: "ended", why: "closed" });
  }

  /** Ends with the subscription; throws a `DockcastError` where the server refused it. To break off unsubscribes. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T | Gap, void, undefined> {
    this.iterated = true;
    this.inbox ??= this.emptyInbox();
    const { inbox } = this;
    try {
      for (;;) {
        const item = inbox.shift();
        if (item !== undefined) yield item;
        else if (this.view.kind === "ended") break;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      this.close();
    }
    if (typeof this.view.why === "object") throw new DockcastError(this.view.why);
  }

  /** @internal */
  take(all: readonly T[], position?: string): void {
    const { keep } = this.shape;
    const items = keep ? all.filter(keep) : all;
    if (this.shape.latest && items.length) this.snapshot = newest(items) ?? this.snapshot;
    if (this.inbox) this.inbox.push(items, position);
    else this.last = position ?? this.last;
    if (items.length) tell(this.itemListeners, items);
    this.wake?.();
  }

  /** @internal */
  show(view: SubscriptionState): void {
    if (this.view.kind === "ended" || view === this.view) return;
    this.view = view;
    tell(this.stateListeners, view);
    this.wake?.();
  }

  /** Where only callbacks take items, nothing is queued. */
  private flush(): (T | Gap)[] {
    const { inbox } = this;
    if (!inbox || this.iterated) return [];
    const items: (T | Gap)[] = [];
    for (let item; (item = inbox.shift()) !== undefined; ) items.push(item);
    this.last = inbox.position;
    this.inbox = undefined;
    return items;
  }

  private emptyInbox(): Inbox<T> {
    const inbox = new Inbox<T>(this.shape.queueMax, this.shape.latest);
    inbox.position = this.last;
    return inbox;
  }
}

function newest<T>(items: readonly T[]): T | undefined {
  return items.filter((item) => (item as { kind: string }).kind !== "status").at(-1);
}
