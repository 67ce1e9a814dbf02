// What one component shows of a subscription, which lasts as long as somebody looks. Rendering makes a store and reads
// it; only effects open it.
import type { Gap, Subscription, SubscriptionState } from "@dockcast/client";
import { cell, type Cell } from "./cell.js";

/** What a store is filled from. */
export interface Source<S, T> {
  /** What is shown now. */
  view: (state: SubscriptionState) => S;
  /** Subscribes; undefined: nothing is wanted. The second time it goes on where it was. */
  begin: () => Subscription<T> | undefined;
  take: (items: readonly (T | Gap)[]) => void;
  /** What else belongs to a subscription; what it returns is done before the subscription ends. */
  beside?: (sub: Subscription<T>) => () => void;
}

/** `make` is given what shows now what there is, and what does so with the next frame. */
export function store<S, T>(make: (show: () => void, soon: () => void) => Source<S, T>): Cell<S> {
  let lookers = 0;
  let state: SubscriptionState = { kind: "pending" };
  let close: (() => void) | undefined;
  let cancel: (() => void) | undefined;

  const show = () => {
    cancel?.();
    cancel = undefined;
    set(source.view(state));
  };
  /** Ten thousand items in a second are sixty renderings. */
  const soon = () => void (cancel ??= frame(show));
  const source = make(show, soon);
  const [shown, set] = cell(source.view(state));

  function open(): () => void {
    const sub = source.begin();
    if (!sub) return () => {};
    const told = () => {
      state = sub.state;
      show();
    };
    const aside = source.beside?.(sub);
    const ends = [
      sub.onState(told),
      sub.onItems((items) => {
        source.take(items);
        soon();
      }),
    ];
    told();
    return () => {
      aside?.();
      for (const end of ends) end();
      sub.close();
    };
  }

  return {
    ...shown,
    /** Who leaves and comes back at once, as StrictMode does, has never left. */
    subscribe(listener) {
      const end = shown.subscribe(listener);
      lookers++;
      close ??= open();
      return () => {
        end();
        lookers--;
        queueMicrotask(() => {
          if (lookers) return;
          cancel?.();
          close?.();
          cancel = close = undefined;
        });
      };
    },
  };
}

/** A page that is not seen has no frames, but timers, about one a second. */
function frame(what: () => void): () => void {
  if (typeof requestAnimationFrame === "function" && !globalThis.document?.hidden) {
    const asked = requestAnimationFrame(what);
    return () => cancelAnimationFrame(asked);
  }
  const set = setTimeout(what, 16);
  return () => clearTimeout(set);
}
