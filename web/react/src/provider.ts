// Which client the hooks below it use, and how they reach it.
import { Dockcast, type ClientState, type TokenReason } from "@dockcast/client";
import {
  createContext,
  createElement,
  useContext,
  useEffect,
  useInsertionEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
  type ReactElement,
  type ReactNode,
} from "react";
import { useCell } from "./cell.js";
import { store, type Source } from "./store.js";

const IDLE: ClientState = { kind: "idle" };
const nothing = () => () => {};

/** A client that is made when it is first asked for, and closed when nobody holds it any more. */
interface Holder {
  get: () => Dockcast;
  state: () => ClientState;
  watch: (listener: () => void) => () => void;
  /** Who lets go and holds it again at once, as StrictMode does, keeps the client. */
  hold: () => () => void;
}

function holderOf(make: () => Dockcast): Holder {
  let client: Dockcast | undefined;
  let ending: ReturnType<typeof setTimeout>;
  const get = () => (client ??= make());
  return {
    get,
    state: () => client?.state ?? IDLE,
    watch: (listener) => get().onState(listener),
    hold() {
      clearTimeout(ending);
      return () => {
        ending = setTimeout(() => {
          client?.close();
          client = undefined;
        });
      };
    },
  };
}

const Held = createContext<Holder | undefined>(undefined);

export interface DockcastProviderProps {
  /** Where dockcast is; where the page came from unless said. Another url is another client. */
  url?: string | URL;
  /** Gives credentials when they are needed; `why` says whether those before were refused. */
  getToken?: (why: TokenReason) => string | Promise<string>;
  /** A client of your own, which you close: `url` and `getToken` are not looked at then. */
  client?: Dockcast;
  children?: ReactNode;
}

/**
 * Gives the hooks below it a client. It connects when one of them wants something, and disconnects when none does.
 *
 * @example
 * ```tsx
 * export function App() {
 *   return (
 *     <DockcastProvider url="http://127.0.0.1:8000" getToken={async () => sessionStorage.getItem("token") ?? ""}>
 *       <p>What is in here can use the hooks.</p>
 *     </DockcastProvider>
 *   );
 * }
 * ```
 */
export function DockcastProvider({ url, getToken, client, children }: DockcastProviderProps): ReactElement {
  const newest = useRef(getToken);
  useInsertionEffect(() => void (newest.current = getToken));
  const address = url === undefined ? undefined : String(url);
  const asks = !!getToken;
  const holder = useMemo(() => {
    const token = asks ? (why: TokenReason) => newest.current!(why) : undefined;
    return holderOf(() => client ?? new Dockcast({ url: address, token }));
  }, [client, address, asks]);
  useEffect(() => (client ? undefined : holder.hold()), [client, holder]);
  return createElement(Held.Provider, { value: holder }, children);
}

function useHolder(): Holder {
  const holder = useContext(Held);
  if (!holder) throw new Error("No <DockcastProvider>: put one around what uses dockcast's hooks.");
  return holder;
}

/**
 * The client itself, for what is done once: to publish, to read history, to ask who is there.
 *
 * @example
 * ```tsx
 * export function Deploy() {
 *   const client = useDockcast();
 *   return <button onClick={() => client.publish("app:deploys", { service: "web" })}>Deploy</button>;
 * }
 * ```
 */
export function useDockcast(): Dockcast {
  const { get } = useHolder();
  return useSyncExternalStore(nothing, get, get);
}

/**
 * What the connection does, and what happens next.
 *
 * @example
 * ```tsx
 * export function Connection() {
 *   const state = useConnection();
 *   if (state.kind === "waiting") return <p role="status">Away: {state.why.message}</p>;
 *   return <p role="status">{state.kind}</p>;
 * }
 * ```
 */
export function useConnection(): ClientState {
  const { watch, state } = useHolder();
  return useSyncExternalStore(watch, state, () => IDLE);
}

/** One store for as long as `key` is the same; a new one begins empty, in the very render that names it. */
export function useStore<S, T>(
  make: (client: () => Dockcast, show: () => void, soon: () => void) => Source<S, T>,
  key: readonly unknown[],
): S {
  const { get } = useHolder();
  return useCell(useMemo(() => store<S, T>((show, soon) => make(get, show, soon)), [get, ...key]));
}
