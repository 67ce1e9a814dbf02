// One socket for all tabs of a site. Web Locks elect the tab that holds it, the leader; a BroadcastChannel carries all.
//
// Each tab has a whole client, whose sockets lead over the BroadcastChannel to the leader's relay, which answers them
// as dockcast would. So a tab resumes from the leader as it does from a server, by its positions.
import { Dockcast, type DockcastOptions } from "./client.js";
import { address, type Socket } from "./link.js";
import { Relay } from "./tabs/relay.js";
import { Rings, type Envelope, type Post } from "./tabs/rings.js";

/** What a tab is on the BroadcastChannel. It keeps what it hears, for the day when the leader is gone. */
class Tab {
  readonly bus: BroadcastChannel;
  readonly rings = new Rings();
  readonly sockets = new Map<string, TabSocket>();
  private readonly end = new AbortController();
  private readonly alive: Promise<void>;
  private relay?: Relay;
  private count = 0;
  private readonly id = crypto.getRandomValues(new Uint32Array(2)).join("-");

  constructor(options: DockcastOptions) {
    const name = `dockcast ${address(options.url)}`;
    this.bus = new BroadcastChannel(name);
    this.bus.onmessage = ({ data }) => this.hear(data as Post);
    const { signal } = this.end;
    const held = () => new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    const lead = () => {
      if (signal.aborted) return;
      this.relay = new Relay(options, name, this.rings);
      return held();
    };
    // The first of these says that this tab lives, the second makes it the leader when its turn has come.
    const alive = (resolve: () => void) => () => (resolve(), held());
    this.alive = new Promise((resolve) => {
      void navigator.locks.request(`${name} ${this.id}`, { signal }, alive(resolve)).catch(() => {});
    });
    void navigator.locks.request(name, { signal }, lead).catch(() => {});
  }

  open(socket: TabSocket): string {
    const id = `${this.id} ${++this.count}`;
    this.sockets.set(id, socket);
    this.knock(id);
    return id;
  }

  /** Not before it holds the lock by which the leader knows that it lives. */
  private knock(id: string): void {
    void this.alive.then(() => this.sockets.has(id) && this.bus.postMessage({ from: id, open: true } satisfies Post));
  }

  close(): void {
    for (const id of this.sockets.keys()) this.bus.postMessage({ from: id, close: true } satisfies Post);
    this.end.abort();
    this.relay?.close();
    this.bus.close();
  }

  private hear(post: Post): void {
    if (post.envelope) {
      this.rings.add(post.envelope);
      for (const socket of this.sockets.values()) socket.envelope(post.envelope);
    }
    if (post.leads) {
      this.bus.postMessage({ rings: this.rings.all() } satisfies Post);
      for (const [id, socket] of this.sockets) socket.led(() => this.knock(id));
    }
    if (post.to !== undefined) this.sockets.get(post.to)?.hear(post);
  }
}

/** A WebSocket to the leader. */
class TabSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  private readonly id: string;
  private readonly follows = new Set<string>();
  private isOpen = false;

  constructor(private readonly tab: Tab) {
    this.id = tab.open(this);
  }

  send(text: string): void {
    this.tab.bus.postMessage({ from: this.id, text } satisfies Post);
  }

  close(): void {
    this.tab.bus.postMessage({ from: this.id, close: true } satisfies Post);
    this.closed(1000, "");
  }

  /** What the leader says to this socket alone. */
  hear({ open, text, follow, unfollow, closed }: Post): void {
    if (open && !this.isOpen) {
      this.isOpen = true;
      this.onopen?.({});
    }
    for (const channel of follow ?? []) this.follows.add(channel);
    if (unfollow !== undefined) this.follows.delete(unfollow);
    if (text !== undefined) this.onmessage?.({ data: text });
    if (closed) this.closed(...closed);
  }

  envelope({ channel, message }: Envelope): void {
    if (this.follows.has(channel)) this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** Another tab leads: who waited for a leader is heard now, who had one begins anew, where it stands. */
  led(again: () => void): void {
    if (this.isOpen) this.closed(4200, '{"ms":0}');
    else again();
  }

  private closed(code: number, reason: string): void {
    if (this.tab.sockets.delete(this.id)) this.onclose?.({ code, reason });
  }
}

class SharedDockcast extends Dockcast {
  constructor(
    options: DockcastOptions,
    private readonly tab: Tab,
  ) {
    const WebSocket = class extends TabSocket {
      constructor() {
        super(tab);
      }
    };
    super({ ...options, token: undefined, WebSocket });
  }

  override close(): void {
    super.close();
    this.tab.close();
  }
}

/**
 * A client that shares one connection with all tabs of the site that ask for the same address, with the credentials of
 * the one that holds it; by itself where the
 * browser has no Web Locks or no BroadcastChannel. When the tab that holds the connection goes, another one takes over:
 * the tabs first make good among themselves what some of them have and others lack, then go on from there.
 *
 * @example
 * ```ts
 * import { sharedAcrossTabs } from "@dockcast/client/tabs";
 *
 * const shared = sharedAcrossTabs({ url: "http://127.0.0.1:8000" });
 * const sub = shared.logs("web", { tail: 100 });
 * sub.on((item) => console.log(item));
 * await new Promise((resolve) => setTimeout(resolve, 400));
 * shared.close();
 * ```
 */
export function sharedAcrossTabs(options: DockcastOptions = {}): Dockcast {
  const can = typeof BroadcastChannel === "function" && globalThis.navigator?.locks;
  return can ? new SharedDockcast(options, new Tab(options)) : new Dockcast(options);
}
