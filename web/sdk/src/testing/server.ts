// A server that speaks dockcast's protocol in the same process, and keeps what was said so that clients can resume.
import type { Socket } from "../link.js";
import type { Container, ErrorCode, Member, Message, StatusMessage } from "../wire.js";
import { FakeChannel } from "./channel.js";
import { FakeConnection } from "./connection.js";

export interface Verdict {
  code: ErrorCode;
  message: string;
  retry: boolean;
}

/**
 * A dockcast for tests: give its `WebSocket` to the client. It has channels that keep what is said, positions that can
 * be resumed from, and everything that goes wrong in life: refused and broken connections, close codes, draining,
 * errors, credentials that expire. It answers at once, in microtasks, or after `latencyMs`: also with fake timers.
 *
 * @example
 * ```ts
 * const fake = new FakeServer({ containers: { web: "4f1c" } });
 * const own = new Dockcast({ url: "ws://fake", WebSocket: fake.WebSocket });
 * const lines: string[] = [];
 * own.logs("web").on((item) => item.kind === "line" && lines.push(item.text));
 * fake.log("web", "one");
 * await fake.settled();
 * fake.connections[0]!.close(4100); // a fault; the client comes back
 * fake.log("web", "two");
 * while (lines.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
 * console.log(lines); // [ 'one', 'two' ]
 * own.close();
 * ```
 */
export class FakeServer {
  /** To be given to the client. */
  readonly WebSocket: new (url: string, protocols?: string | string[]) => Socket;
  /** Those that are open, the oldest first. */
  readonly connections: FakeConnection[] = [];
  instance = "fake";
  latencyMs: number;
  /** False: new connections break off before they are open. */
  accepts = true;
  /** Where they are set, `connect` must name one of them. */
  tokens?: Set<string>;
  /** Every command is shown to it; what it returns is answered instead of doing what was asked. */
  verdict?: (command: Record<string, any>, connection: FakeConnection) => Verdict | undefined;
  private readonly channels = new Map<string, FakeChannel>();
  private readonly names = new Map<string, string>();
  private readonly published_ = new Map<string, string>();
  private readonly picture = new Map<string, Container>();
  private count = 0;
  private clock = 0;

  /** `containers`: name -> id; an id is padded to its 64 digits. */
  constructor(options: { latencyMs?: number; tokens?: string[]; containers?: Record<string, string> } = {}) {
    this.latencyMs = options.latencyMs ?? 0;
    if (options.tokens) this.tokens = new Set(options.tokens);
    for (const [name, id] of Object.entries(options.containers ?? {})) this.names.set(name, id.padEnd(64, "0"));
    this.WebSocket = socketTo(this);
  }

  /** A connection, made by hand: for tests of what lies below WebSockets. */
  connect(ear: { text(text: string): void; closed(code: number, reason: string): void }): FakeConnection {
    const made = new FakeConnection(this, ++this.count, ear);
    this.connections.push(made);
    return made;
  }

  /** Lines of a container's log. */
  log(container: string, ...lines: (string | { text: string; stream: "stdout" | "stderr" })[]): void {
    const name = this.resolve(`container:logs:${container}`);
    this.add(name, lines.map((line) => {
      const { text, stream } = typeof line === "string" ? { text: line, stream: "stdout" } : line;
      return [this.time(), stream === "stdout" ? "o" : "e", text];
    }));
  }

  /** An event of Docker. */
  event(event: Record<string, unknown>, container?: string): void {
    this.add(container ? this.resolve(`container:events:${container}`) : "docker:events", [event]);
  }

  /** A message on a channel; what is not `app:` is heard by those who follow it now. */
  say(name: string, data: unknown, more: Record<string, unknown> = {}): string | undefined {
    const channel = this.channel(name);
    if (!channel.isKept) return void this.tell(name, { type: "message", channel: name, data, ...more });
    this.add(name, [{ time: this.time(), from: "fake", ...more, data }]);
    return channel.position(channel.top);
  }

  /** Any message to the followers of a channel, as it is: a `status`, `stats`, or something nobody knows. */
  tell(name: string, message: Message | object): void {
    const channel = this.resolve(name);
    for (const each of [...this.connections]) each.tell(channel, { ...message, channel });
  }

  /** The source's status; `removed` ends the subscriptions. */
  status(name: string, state: StatusMessage["state"]): void {
    this.tell(name, { type: "status", state });
    if (state === "removed") for (const each of this.connections) each.ends(this.resolve(name));
  }

  /** A container comes, changes, or goes (`undefined`). */
  container(id: string, container: Container | undefined): void {
    const known = this.picture.get(id);
    if (container) this.picture.set(id, container);
    else this.picture.delete(id);
    const change = container ? (known ? "changed" : "added") : "removed";
    if (container ?? known) this.tell("containers", { type: "container", change, container: container ?? known });
  }

  /** Says something to a session without a subscription. */
  letter(session: string, data: unknown): void {
    for (const each of this.connections)
      if (each.session === session) each.send({ type: "message", channel: `session:${session}`, data });
  }

  /** All up to a position, or up to now, is gone. */
  trim(name: string, position?: string): void {
    const channel = this.channel(this.resolve(name));
    channel.trim(position === undefined ? channel.top : (channel.at(position) ?? 0));
  }

  /** What was there cannot be resumed. */
  recreate(name: string): void {
    this.channel(this.resolve(name)).recreate();
  }

  /** Asks all to move, as an instance that leaves. */
  migrate(in_ms: number): void {
    for (const each of [...this.connections]) each.migrate(in_ms);
  }

  /** Closes all connections. */
  closeAll(code = 1006, reason = ""): void {
    for (const each of [...this.connections]) each.close(code, reason);
  }

  /** What is on its way has arrived, where `latencyMs` is 0. */
  async settled(): Promise<void> {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }

  /** @internal */
  channel(name: string): FakeChannel {
    let channel = this.channels.get(name);
    if (!channel) this.channels.set(name, (channel = new FakeChannel(name)));
    return channel;
  }

  /** The channel by its full name. @internal */
  resolve(name: string): string {
    const [, family, id] = /^(container:\w+:)(.*)$/.exec(name) ?? [];
    return family ? family + (this.names.get(id!) ?? id) : name;
  }

  /** @internal */
  judge(command: Record<string, any>, connection: FakeConnection): Verdict | undefined {
    return this.verdict?.(command, connection);
  }

  /** What a follower is told first. @internal */
  standing(name: string): object[] {
    if (name === "containers") return [{ type: "containers", channel: name, containers: [...this.picture.values()] }];
    return name.startsWith("container:logs:") ? [{ type: "status", channel: name, state: "live" }] : [];
  }

  /** @internal */
  published({ channel, data, message_id }: { channel: string; data: unknown; message_id?: string }): object {
    const known = message_id === undefined ? undefined : this.published_.get(`${channel} ${message_id}`);
    const position = known ?? this.say(channel, data, { message_id })!;
    if (message_id !== undefined) this.published_.set(`${channel} ${message_id}`, position);
    return { type: "published", channel, position, duplicate: known !== undefined };
  }

  /** @internal */
  history(name: string, { since, before, limit = 100 }: Record<string, any>): object {
    const channel = this.channel(name);
    const end = before === undefined ? channel.top : (channel.at(before) ?? 0);
    const from = since === undefined ? Math.max(0, end - limit) : (channel.at(since) ?? 0);
    const to = since === undefined ? end : Math.min(channel.top, from + limit);
    const more = since === undefined ? from > 0 : to < channel.top;
    const [first, last] = [channel.position(from), channel.position(to)];
    return { type: "history", channel: name, items: channel.page(from, to), first, last, more };
  }

  /** @internal */
  presence(name: string): { sessions: Member[]; count: number } {
    const sessions = this.connections
      .filter((each) => each.channels.includes(name))
      .map(({ session }) => ({ session, subject: "fake", instance: this.instance }));
    return { sessions, count: sessions.length };
  }

  /** Somebody came to a channel or left it: those who watch are told. @internal */
  moved(name: string, type: "join" | "leave", session: string): void {
    if (!name.startsWith("app:")) return;
    const message = { type, channel: name, session, subject: "fake", instance: this.instance };
    for (const each of [...this.connections])
      if (each.session !== session && each.wantsPresence(name)) each.tell(name, message);
  }

  /** @internal */
  forget(connection: FakeConnection): void {
    const at = this.connections.indexOf(connection);
    if (at >= 0) this.connections.splice(at, 1);
    for (const name of connection.channels) this.moved(name, "leave", connection.session);
  }

  private add(name: string, said: Parameters<FakeChannel["add"]>[0]): void {
    this.channel(name).add(said);
    for (const each of [...this.connections]) each.catchUp(name);
  }

  private time(): string {
    return `2026-01-01T00:00:00.${String(++this.clock).padStart(9, "0")}Z`;
  }
}

/** The class of WebSockets that lead to it. */
function socketTo(server: FakeServer): FakeServer["WebSocket"] {
  const later = (what: () => void) => (server.latencyMs ? setTimeout(what, server.latencyMs) : queueMicrotask(what));
  return class FakeSocket implements Socket {
    onopen: Socket["onopen"] = null;
    onmessage: Socket["onmessage"] = null;
    onclose: Socket["onclose"] = null;
    onerror: Socket["onerror"] = null;
    private connection?: FakeConnection;
    private over = false;

    constructor() {
      later(() => {
        if (this.over) return;
        if (!server.accepts) return this.close(1006);
        this.connection = server.connect({
          text: (data) => later(() => this.over || this.onmessage?.({ data })),
          closed: (code, reason) => later(() => this.close(code, reason)),
        });
        this.onopen?.({});
      });
    }

    send(text: string): void {
      if (!this.connection) throw new Error("The WebSocket is not open yet.");
      later(() => this.connection!.receive(text));
    }

    close(code = 1005, reason = ""): void {
      if (this.over) return;
      this.over = true;
      if (this.connection?.isOpen) this.connection.gone();
      later(() => this.onclose?.({ code, reason }));
    }
  };
}
