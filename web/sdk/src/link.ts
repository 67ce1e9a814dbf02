// What gives the machine a world: sockets, timers, the time, chance, and the page that it lives in.
import { DockcastError } from "./errors.js";
import { machine, step } from "./machine.js";
import type { ClientState, Effect, Event, Machine, Settings, SubscriptionState, Want } from "./machine/types.js";
import { attempt } from "./tell.js";
import type { Message, MessageMessage } from "./wire.js";

/** As much of a WebSocket as is used. Node's, the browser's and the package `ws` all have it. */
export interface Socket {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type SocketClass = new (url: string, protocols?: string | string[]) => Socket;

/** Why a token is asked for: the first of all, or the last one was accepted once (`expired`), or never (`refused`). */
export type TokenReason = "first" | "expired" | "refused";

export interface LinkOptions extends Partial<Settings> {
  /** Where dockcast is: `https://host/base`, or with `ws:`. Default: where the page came from. */
  url?: string | URL;
  /** Credentials, or who gives them; asked when they are needed, once at a time. */
  token?: string | ((why: TokenReason) => string | Promise<string>);
  /** Where there is none of that name: in Node 20, that of the package `ws`. */
  WebSocket?: SocketClass;
}

/** Who is told. */
export interface Hearer {
  deliver(key: string, message: Message, position?: string): void;
  topic(key: string, view: SubscriptionState): void;
  alias(key: string, to: string): void;
  state(view: ClientState): void;
  mail(message: MessageMessage): void;
}

export class Link {
  readonly machine: Machine;
  private readonly sockets = new Map<number, Socket>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly answers = new Map<number, (message?: Message, error?: DockcastError) => void>();
  private requests = 0;
  private busy = false;
  private readonly events: Event[] = [];
  private page?: AbortController;

  constructor(
    private readonly options: LinkOptions,
    private readonly hearer: Hearer,
  ) {
    const { token } = options;
    const provider = typeof token === "function";
    this.machine = machine(given(options), provider ? undefined : token, provider);
  }

  /** Not before something is wanted: a client that is made and thrown away leaves nothing behind. */
  private listen(): AbortController {
    const world = globalThis as typeof globalThis & Partial<Window>;
    const page = new AbortController();
    if (!world.addEventListener || !world.document) return page;
    const { signal } = page;
    for (const type of ["online", "offline"] as const)
      world.addEventListener(type, () => this.happen({ type }), { signal });
    const visible = () => document.visibilityState === "visible" && this.happen({ type: "visible" });
    document.addEventListener("visibilitychange", visible, { signal });
    return page;
  }

  want(key: string, want: Want): void {
    this.happen({ type: "want", key, want });
  }

  /** Sends a command until it is answered, or its time is up. */
  request<M extends Message>(command: Record<string, unknown>): Promise<M> {
    const key = ++this.requests;
    return new Promise((resolve, reject) => {
      this.answers.set(key, (message, error) => (error ? reject(error) : resolve(message as M)));
      this.happen({ type: "request", key, command });
    });
  }

  /** Effects may make events of their own: these come after the effects, in order. */
  happen(event: Event): void {
    this.page ??= this.listen();
    this.events.push(event);
    if (this.busy) return;
    this.busy = true;
    try {
      for (let next; (next = this.events.shift()); ) {
        for (const effect of step(this.machine, next, Date.now(), Math.random)) attempt(() => this.carryOut(effect));
        if (next.type === "close") this.page.abort();
      }
    } finally {
      this.busy = false;
    }
  }

  private carryOut(effect: Effect): void {
    switch (effect.type) {
      case "open":
        return this.open(effect.socket);
      case "send":
        return this.sockets.get(effect.socket)?.send(effect.text);
      case "close":
        return this.drop(effect.socket);
      case "timer":
      case "clear":
        return this.setTimer(effect.name, effect.type === "timer" ? effect.ms : undefined);
      case "token":
        return void this.askForToken(effect.why);
      case "answer":
        this.answers.get(effect.key)?.(effect.message, effect.refusal && new DockcastError(effect.refusal));
        this.answers.delete(effect.key);
        return;
      case "deliver":
        return this.hearer.deliver(effect.key, effect.message, effect.position);
      case "alias":
        return this.hearer.alias(effect.key, effect.to);
      case "topic":
        return this.hearer.topic(effect.key, effect.view);
      case "mail":
        return this.hearer.mail(effect.message);
      case "state":
        return this.hearer.state(effect.view);
    }
  }

  private setTimer(name: string, ms?: number): void {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
    if (ms !== undefined) this.timers.set(name, setTimeout(() => this.happen({ type: "timer", name }), ms));
  }

  private open(n: number): void {
    const closed = (code: number, reason: string) => {
      if (this.sockets.delete(n)) this.happen({ type: "closed", socket: n, code, reason });
    };
    try {
      const Class = this.options.WebSocket ?? (globalThis.WebSocket as unknown as SocketClass);
      if (!Class) throw new Error("No WebSocket: outside of a page the option says which.");
      const socket = new Class(address(this.options.url), "dockcast.v1");
      this.sockets.set(n, socket);
      socket.onopen = () => this.happen({ type: "opened", socket: n });
      socket.onmessage = ({ data }: { data: string }) => this.happen({ type: "text", socket: n, text: data });
      socket.onclose = ({ code, reason }: { code: number; reason: string }) => closed(code, String(reason));
      socket.onerror = () => {}; // the close behind it says the same
    } catch (error) {
      queueMicrotask(() => this.happen({ type: "closed", socket: n, code: 1006, reason: (error as Error).message }));
    }
  }

  private drop(n: number): void {
    const socket = this.sockets.get(n);
    if (!socket) return;
    this.sockets.delete(n);
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  private async askForToken(why: TokenReason): Promise<void> {
    let event: Event;
    try {
      event = { type: "token", token: await (this.options.token as (why: TokenReason) => Promise<string>)(why) };
    } catch (error) {
      event = { type: "no-token", message: `No credentials: ${error instanceof Error ? error.message : error}` };
    }
    this.happen(event);
  }
}

/** An option that is undefined is not given. */
function given<O extends object>(options: O): O {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as O;
}

/** The address of /ws: an `http:` URL becomes `ws:`, the path of a base stays. */
export function address(url?: string | URL): string {
  const page = (globalThis as { location?: Location }).location?.href;
  if (url === undefined && page === undefined)
    throw new Error("No url: outside of a page the option says where dockcast is.");
  const base = new URL(url ?? ".", page);
  base.protocol = base.protocol.replace("http", "ws");
  base.pathname = base.pathname.replace(/(\/ws)?\/?$/, "/ws");
  base.hash = "";
  return base.href;
}
