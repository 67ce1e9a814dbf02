// Hooks for what Docker tells: logs, events, the containers and what they use.
import type {
  Container,
  EventItem,
  LogItem,
  LogOptions,
  Since,
  Stats,
  SubscriptionState,
} from "@dockcast/client";
import { newestItems, newestValue, type ItemsResult } from "./items.js";
import { useStore } from "./provider.js";

/** A name, an id or the beginning of one; without any, nothing is subscribed to. */
export type Named = string | null | undefined;

export interface KeepOptions {
  /** So many of the newest items are shown. 5,000 of a log; 1,000 of others. */
  keep?: number;
}

/**
 * A container's log. Gaps and statuses are items in their places, so that what is missing is seen where it is missing.
 *
 * @example
 * ```tsx
 * export function Log({ container }: { container: string }) {
 *   const { items, first, state, clear } = useLogs(container, { tail: 200 });
 *   const text = (item: LogItem) => (item.kind === "line" ? item.text : item.kind === "gap" ? "…" : item.state);
 *   return (
 *     <section aria-label={state.kind}>
 *       <button onClick={clear}>Clear</button>
 *       {items.map((item, index) => <div key={first + index}>{text(item)}</div>)}
 *     </section>
 *   );
 * }
 * ```
 */
export function useLogs(container: Named, options: LogOptions & KeepOptions = {}): ItemsResult<LogItem> {
  const { tail, since, stdout, stderr, keep = 5000 } = options;
  return useStore(
    (client, show) => {
      const follow = (position?: string) => {
        const from = position === undefined ? { tail, since } : { since: position };
        return container ? client().logs(container, { ...from, stdout, stderr }) : undefined;
      };
      return newestItems(follow, keep, show);
    },
    [container, tail, since, stdout, stderr, keep],
  );
}

/**
 * What Docker tells: of everything, or of one `container`.
 *
 * @example
 * ```tsx
 * export function Events() {
 *   const { items, first } = useEvents({ since: "10m", keep: 100 });
 *   return (
 *     <ol>
 *       {items.map((item, index) => item.kind === "event" && <li key={first + index}>{item.event.Action}</li>)}
 *     </ol>
 *   );
 * }
 * ```
 */
export function useEvents(options: { container?: Named; since?: Since } & KeepOptions = {}): ItemsResult<EventItem> {
  const { container, since, keep = 1000 } = options;
  return useStore(
    (client, show) => {
      const follow = (position = since) =>
        container ? client().containerEvents(container, { since: position }) : client().events({ since: position });
      return newestItems(follow, keep, show);
    },
    [container, since, keep],
  );
}

/**
 * All containers, as they are now; undefined until that is known.
 *
 * @example
 * ```tsx
 * export function Containers() {
 *   const { containers, state } = useContainers();
 *   if (!containers) return <p>{state.kind}…</p>;
 *   return <ul>{containers.map(({ id, name, status }) => <li key={id}>{name}: {status}</li>)}</ul>;
 * }
 * ```
 */
export function useContainers(): { containers: readonly Container[] | undefined; state: SubscriptionState } {
  const { value, state } = useStore((client) => newestValue(() => client().containers()), []);
  return { containers: value?.containers, state };
}

/**
 * What a container uses, once a second; undefined until it is known.
 *
 * @example
 * ```tsx
 * export function Usage({ container }: { container: string }) {
 *   const { stats } = useStats(container);
 *   return <meter min={0} max={100} value={stats?.cpuPercent ?? 0} title={`${stats?.cpuPercent ?? "?"} % CPU`} />;
 * }
 * ```
 */
export function useStats(container: Named): { stats: Stats | undefined; state: SubscriptionState } {
  const { value, state } = useStore(
    (client) => newestValue(() => (container ? client().stats(container) : undefined)),
    [container],
  );
  return { stats: value, state };
}
