// What hooks show of a stream: the newest so many items, with gaps and statuses in their places; or the newest value.
import type { Gap, Status, Subscription, SubscriptionState } from "@dockcast/client";
import type { Source } from "./store.js";

export interface ItemsResult<T> {
  /** The newest, the oldest of them first; a new array when there are new ones, and only then. */
  items: readonly T[];
  /** How many came before these and are kept no more: `first + index` is an item's key. */
  first: number;
  /** What the subscription does. */
  state: SubscriptionState;
  /** Shows none of what came up to now. */
  clear: () => void;
}

/** `follow` is given the position to go on from, where it was begun before. */
export function newestItems<T>(
  follow: (position: string | undefined) => Subscription<T> | undefined,
  keep: number,
  show: () => void,
): Source<ItemsResult<T | Gap>, T> {
  let kept: (T | Gap)[] = [];
  let items: readonly (T | Gap)[] = [];
  let first = 0;
  let changed = false;
  let position: string | undefined;

  function trim(to: number): void {
    const over = kept.length - to;
    if (over <= 0) return;
    kept.splice(0, over);
    first += over;
    changed = true;
  }
  function clear(): void {
    trim(0);
    show();
  }
  return {
    view(state) {
      trim(keep);
      if (changed) items = kept.slice();
      changed = false;
      return { items, first, state, clear };
    },
    begin: () => follow(position),
    take(more) {
      for (const item of more) kept.push(item);
      changed = true;
      if (kept.length > 2 * keep) trim(keep); // a page that is not seen draws seldom
    },
    beside: (sub) => () => void (position = sub.position),
  };
}

/** Of these only the newest counts. */
export function newestValue<T extends { kind: string }>(
  begin: () => Subscription<T> | undefined,
): Source<{ value?: Exclude<T, Status | Gap>; state: SubscriptionState }, T> {
  let value: Exclude<T, Status | Gap> | undefined;
  return {
    view: (state) => ({ value, state }),
    begin,
    take(items) {
      for (const item of items)
        if (item.kind !== "status" && item.kind !== "gap") value = item as Exclude<T, Status | Gap>;
    },
  };
}
