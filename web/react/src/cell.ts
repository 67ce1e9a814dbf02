// A value that components show: the same object until it is set.
import { useSyncExternalStore } from "react";

export interface Cell<S> {
  now: () => S;
  subscribe: (listener: () => void) => () => void;
}

/** The cell, and what sets it. */
export function cell<S>(now: S): [Cell<S>, (next: S) => void] {
  const listeners = new Set<() => void>();
  const made: Cell<S> = {
    now: () => now,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const set = (next: S) => {
    now = next;
    for (const listener of [...listeners]) listener();
  };
  return [made, set];
}

/** On a server, and in a page's first rendering of what that made, nothing has happened to a cell. */
export function useCell<S>({ subscribe, now }: Cell<S>): S {
  return useSyncExternalStore(subscribe, now, now);
}
