// Hooks for application channels: what is said on them, and who is there.
import type {
  ChannelItem,
  ChannelMessage,
  Dockcast,
  DockcastError,
  Member,
  Published,
  Since,
  SubscriptionState,
} from "@dockcast/client";
import { useCallback, useMemo } from "react";
import type { KeepOptions, Named } from "./docker.js";
import { newestItems, type ItemsResult } from "./items.js";
import { useDockcast, useStore } from "./provider.js";
import type { Source } from "./store.js";

export interface ChannelOptions extends KeepOptions {
  /** A position to go on from. */
  since?: Since;
  /** So many messages of the past come first. None, unless said. */
  history?: number;
  /** Also who joins and leaves, as items. */
  presence?: boolean;
}

export interface ChannelResult extends ItemsResult<ChannelItem> {
  /** Of the items, the messages. */
  messages: readonly ChannelMessage[];
  /** Resolves when it is stored; it is sent again over whatever breaks meanwhile. */
  publish: (data: unknown, options?: { messageId?: string }) => Promise<Published>;
}

const positionOf = (item: ChannelItem) => (item.kind === "message" ? item.position : undefined);

/** The past is asked for behind the subscription, and what came meanwhile is put behind it: nothing is between. */
function withHistory(
  inner: Source<ItemsResult<ChannelItem>, ChannelItem>,
  past: () => Promise<{ items: readonly unknown[] }>,
  soon: () => void,
): typeof inner {
  let told = false;
  let held: ChannelItem[] = [];
  return {
    ...inner,
    take(items) {
      if (told) inner.take(items);
      else held.push(...items);
    },
    beside(sub) {
      if (told) return inner.beside!(sub);
      const mine: ChannelItem[] = (held = []);
      const show = (items: readonly unknown[]) => {
        if (mine !== held) return;
        const past = items as ChannelItem[];
        const known = new Set(past.map(positionOf));
        const last = held.map((item) => known.has(positionOf(item) ?? "")).lastIndexOf(true);
        told = true;
        inner.take([...past, ...held.slice(last + 1)]); // before that it is in the page, or older
        soon();
      };
      past().then(
        ({ items }) => show(items),
        () => show([]),
      );
      const end = inner.beside!(sub);
      return () => {
        held = []; // an answer that comes now is late
        end();
      };
    },
  };
}

/**
 * An application channel, `app:…`, or one that other back-ends feed.
 *
 * @example
 * ```tsx
 * export function Chat() {
 *   const { messages, publish } = useChannel("app:chat", { history: 50 });
 *   return (
 *     <form action={(form: FormData) => void publish({ text: form.get("text") })}>
 *       {messages.map(({ position, data }) => <p key={position}>{(data as { text: string }).text}</p>)}
 *       <input name="text" aria-label="Message" />
 *     </form>
 *   );
 * }
 * ```
 */
export function useChannel(name: Named, options: ChannelOptions = {}): ChannelResult {
  const { since, history, presence, keep = 1000 } = options;
  const shown = useStore(
    (client, show, soon) => {
      const follow = (position = since) => (name ? client().channel(name, { presence, since: position }) : undefined);
      const items = newestItems<ChannelItem>(follow, keep, show);
      return history ? withHistory(items, () => client().history(name!, { limit: history }), soon) : items;
    },
    [name, since, history, presence, keep],
  );
  const client = useDockcast();
  const publish = useCallback<ChannelResult["publish"]>(
    (data, more) => client.publish(name ?? "", data, more),
    [client, name],
  );
  const { items } = shown;
  const messages = useMemo(() => items.filter((item) => item.kind === "message"), [items]);
  return { ...shown, messages, publish };
}

export interface PresenceResult {
  /** Who follows the channel. Of more than `DOCKCAST_APP_PRESENCE_MAX` of the server nobody is named who joins. */
  members: readonly Member[];
  count: number;
  /** Why they could not be listed; who joins and leaves is told all the same. */
  error?: DockcastError;
  state: SubscriptionState;
}

function members(client: () => Dockcast, name: Named, soon: () => void): Source<PresenceResult, ChannelItem> {
  let named = new Map<string, Member>();
  let others = 0;
  let shown: readonly Member[] = [];
  let early: ChannelItem[] | undefined; // who came and left while the list was on its way
  let error: DockcastError | undefined;

  function take(items: readonly ChannelItem[]): void {
    for (const item of items) {
      if (item.kind !== "join" && item.kind !== "leave") continue;
      early?.push(item);
      const { kind, session, subject, instance } = item;
      if (kind === "join") named.set(session, { session, subject, instance });
      else if (!named.delete(session) && others) others--;
    }
    shown = [...named.values()];
  }
  /** It is asked again with each new connection; only the newest answer counts. */
  function ask(): void {
    const mine: ChannelItem[] = (early = []);
    const answered = (failure?: DockcastError) => {
      if (mine !== early) return false;
      early = undefined;
      error = failure;
      soon();
      return true;
    };
    const told = ({ sessions, count }: { sessions: Member[]; count: number }) => {
      if (!answered()) return;
      named = new Map(sessions.map((member) => [member.session, member]));
      others = count - sessions.length;
      take(others ? [] : mine); // who is not named may be counted already
    };
    client().presence(name!).then(told, answered);
  }
  return {
    view: (state) => ({ members: shown, count: named.size + others, error, state }),
    begin: () => (name ? client().channel(name, { presence: true }) : undefined),
    take,
    beside(sub) {
      const renew = () => sub.state.kind === "live" && ask();
      renew();
      const stop = sub.onState(renew);
      return () => {
        early = undefined;
        stop();
      };
    },
  };
}

/**
 * Who follows an application channel. Who asks follows it too, and is one of them.
 *
 * @example
 * ```tsx
 * export function Present() {
 *   const { members, count } = usePresence("app:chat");
 *   return <p title={members.map(({ subject }) => subject).join(", ")}>{count} here</p>;
 * }
 * ```
 */
export function usePresence(name: Named): PresenceResult {
  return useStore((client, _show, soon) => members(client, name, soon), [name]);
}
