// The WebSocket of useWebSocket, without React: one that comes back, goes on where it was, and moves when it is asked.
//
//   start ──► connecting ──opened──► connected ──migrate──► moving (two sockets) ──opened──► connected
//                ▲   │                   │                     │
//                │   └──────closed───────┴─────────────────────┘
//                └─ timer ── waiting, unless the code is final or there were enough attempts
import { cell, type Cell } from "./cell.js";

export interface UseWebSocketOptions {
  /** Each message, parsed. Heartbeats are answered and `migrate` is followed, so neither is shown. */
  onMessage?: (message: any) => void;
  onOpen?: (event: Event) => void;
  onClose?: (event: CloseEvent) => void;
  onError?: (event: Event) => void;
  /** Milliseconds from a loss to the next attempt, unless the server names them. 5,000. */
  reconnectInterval?: number;
  /** Attempts in a row without success. 10. */
  maxReconnectAttempts?: number;
}

export interface UseWebSocketResult {
  isConnected: boolean;
  /** Attempts since it was connected. */
  reconnectCount: number;
  /** As JSON. False: there is no connection, and nothing was sent. */
  sendMessage: (message: unknown) => boolean;
  /** Until `reconnect`, or until the url changes. */
  disconnect: () => void;
  /** Connects anew, at once, and goes on where it was. */
  reconnect: () => void;
}

/** Messages whose `position` says how far their channel was read; what applications say may have one of their own. */
const POSITIONED = /^(logs?|gap|(docker|container)_event)$/;

export interface Reconnecting {
  /** What it returns ends it. A start that is ended at once, as StrictMode does, opens no socket. */
  start: (url: string) => () => void;
  shown: Cell<UseWebSocketResult>;
}

export function reconnecting(options: { readonly current: UseWebSocketOptions }): Reconnecting {
  let url: string | undefined;
  let starting: object | undefined;
  let main: WebSocket | undefined; // the one that is or will be the connection
  let old: WebSocket | undefined; // while `main` opens: the one that serves until then
  let timer: ReturnType<typeof setTimeout>;
  let position: string | undefined;
  const can = { sendMessage, disconnect: () => disconnect(), reconnect };
  let now: UseWebSocketResult = { isConnected: false, reconnectCount: 0, ...can };
  const [shown, set] = cell(now);

  function show(isConnected: boolean, reconnectCount: number): void {
    if (isConnected === now.isConnected && reconnectCount === now.reconnectCount) return;
    set((now = { ...can, isConnected, reconnectCount }));
  }

  function after(ms: number, what: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(what, ms);
  }

  function connect(): void {
    const socket = (main = new WebSocket(resumed(url!, position)));
    let channel: unknown; // a position is of one channel; a path has one, whatever else was subscribed to
    socket.onopen = (event) => {
      const moved = now.isConnected;
      old = leave(old);
      show(true, 0);
      if (!moved) options.current.onOpen?.(event);
    };
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      const type = message?.type;
      if (type === "heartbeat") return void sendMessage({ type: "pong" });
      if (type === "migrate") return void (socket === main && after(message.in_ms, move));
      const at = type === "gap" ? message.to : message?.position;
      if (at && POSITIONED.test(type) && message.channel === (channel ??= message.channel)) position = at;
      options.current.onMessage?.(message);
    };
    socket.onerror = (event) => options.current.onError?.(event);
    socket.onclose = (event) => closed(socket, event);
  }

  /** What the old one says from now on comes on the new one too, where that goes on from a position. */
  function move(): void {
    old = main;
    if (position) old!.onmessage = null;
    connect();
  }

  function closed(socket: WebSocket, event: CloseEvent): void {
    let { reconnectCount } = now;
    if (socket === old) old = undefined; // its successor is on the way
    else {
      clearTimeout(timer);
      main = undefined;
      old = leave(old);
      const { maxReconnectAttempts = 10, reconnectInterval = 5000 } = options.current;
      const ms = delay(event, reconnectInterval);
      if (ms !== undefined && reconnectCount < maxReconnectAttempts) {
        reconnectCount++;
        after(ms, connect);
      }
    }
    show(false, reconnectCount);
    options.current.onClose?.(event);
  }

  function sendMessage(message: unknown): boolean {
    const socket = old ?? main;
    if (!now.isConnected || socket!.readyState > 1) return false;
    socket!.send(JSON.stringify(message));
    return true;
  }

  function disconnect(count = now.reconnectCount): void {
    clearTimeout(timer);
    starting = undefined;
    main = leave(main);
    old = leave(old);
    show(false, count);
  }

  function reconnect(): void {
    disconnect(0);
    if (url !== undefined) connect();
  }

  function start(at: string): () => void {
    url = at;
    position = undefined;
    const mine = (starting = {});
    queueMicrotask(() => mine === starting && connect());
    return () => {
      url = undefined;
      disconnect(0);
    };
  }
  return { start, shown };
}

/** The hundreds of a code say what to do; undefined: the same address would be refused again. */
function delay({ code, reason }: CloseEvent, interval: number): number | undefined {
  const range = Math.floor(code / 100);
  if (range === 40 || range === 43) return undefined;
  if (range === 41) return 2 * interval * Math.random();
  const ms = range === 42 && /^{"ms":(\d+)}$/.exec(reason);
  return ms ? +ms[1]! : interval;
}

/** Nothing of it is heard any more. */
function leave(socket: WebSocket | undefined): undefined {
  if (!socket) return;
  socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
  socket.close();
}

/** The address that goes on from a position: what was wanted of the past was shown. `/ws` has no channel of its own. */
function resumed(from: string, position?: string): string {
  const url = new URL(from, globalThis.location?.href);
  url.protocol = url.protocol.replace("http", "ws");
  if (position === undefined || /\/ws\/?$/.test(url.pathname)) return url.href;
  url.searchParams.set("since", position);
  url.searchParams.delete("tail");
  return url.href;
}
