// One connection to the fake server: commands in, replies and messages out, in order.
import type { ErrorCode, Message, Subscription as Wish } from "../wire.js";
import type { FakeServer } from "./server.js";

/** The other side of a connection. */
export interface Ear {
  text(text: string): void;
  closed(code: number, reason: string): void;
}

interface Follow {
  wish: Wish;
  at: number;
}

export class FakeConnection {
  readonly session: string;
  /** Every command that came, in order. */
  readonly commands: Record<string, any>[] = [];
  private readonly follows = new Map<string, Follow>();
  private open = true;
  private greeted = false;
  private allowed: boolean;
  private frozen = false;

  /** @internal */
  constructor(
    private readonly server: FakeServer,
    readonly number: number,
    private readonly ear: Ear,
  ) {
    this.session = `fake-${number}`;
    this.allowed = !server.tokens;
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** The channels that it follows. */
  get channels(): string[] {
    return [...this.follows.keys()];
  }

  /** Closes it as dockcast does: `close(4200, '{"ms":50}')`. */
  close(code = 1006, reason = ""): void {
    if (!this.open) return;
    this.gone();
    this.ear.closed(code, reason);
  }

  /** As if a cable was pulled: nothing arrives any more, in neither direction, and nobody is told. */
  freeze(): void {
    this.frozen = true;
  }

  migrate(in_ms: number): void {
    this.send({ type: "migrate", in_ms, reason: "drain" });
  }

  /** The client has closed it. @internal */
  gone(): void {
    this.open = false;
    this.server.forget(this);
  }

  send(message: object): void {
    if (this.open && !this.frozen) this.ear.text(JSON.stringify(message));
  }

  /** @internal */
  receive(text: string): void {
    if (!this.open || this.frozen) return;
    const command = JSON.parse(text) as Record<string, any>;
    this.commands.push(command);
    const refusal = this.server.judge(command, this);
    if (refusal) return this.refuse(command, refusal.code, refusal.message, refusal.retry);
    if (command.type === "connect") return this.connect(command);
    if (!this.allowed) return this.refuse(command, "unauthorized", "Say who you are first.", false);
    if (!this.greeted) this.greet({});
    this.handle(command);
  }

  private connect(command: Record<string, any>): void {
    if (this.server.tokens && !this.server.tokens.has(command.token)) {
      this.refuse(command, "unauthorized", "The credentials are not accepted.", false);
      return this.close(4300, "unauthorized");
    }
    this.allowed = true;
    const after: (() => void)[] = [];
    const subscriptions = ((command.subscriptions ?? []) as Wish[]).map((wish) => this.subscribe(wish, after));
    this.greet({ id: command.id, subscriptions });
    for (const each of after) each();
  }

  private greet(more: object): void {
    this.greeted = true;
    const limits = { message_bytes: 65_536, subscriptions: 100 };
    const { session } = this;
    this.send({ type: "connected", session, instance: this.server.instance, ping_ms: 25_000, limits, ...more });
  }

  private handle(command: Record<string, any>): void {
    const { id, type } = command;
    const reply = (message: object) => this.send({ ...message, id });
    const channel = this.server.resolve(String(command.channel ?? ""));
    if (type === "ping") return reply({ type: "pong" });
    if (type === "publish") return reply(this.server.published(command as never));
    if (type === "history") return reply(this.server.history(channel, command));
    if (type === "presence") return reply({ type: "presence", channel, ...this.server.presence(channel) });
    if (type === "unsubscribe") {
      if (!this.follows.delete(channel))
        return this.refuse(command, "not_found", `Not subscribed to ${command.channel}.`, false);
      reply({ type: "unsubscribed", channel });
      return this.server.moved(channel, "leave", this.session);
    }
    if (type !== "subscribe") return this.refuse(command, "unsupported", `There is no ${type}.`, false);
    const after: (() => void)[] = [];
    reply(this.subscribe(command as unknown as Wish, after));
    for (const each of after) each();
  }

  /** The result; `after`: what follows it. */
  private subscribe(wish: Wish, after: (() => void)[]): object {
    const refusal = this.server.judge({ type: "subscribe", ...wish, part: true }, this);
    if (refusal) return this.error(refusal.code, refusal.message, refusal.retry, wish.channel);
    const name = this.server.resolve(wish.channel);
    const channel = this.server.channel(name);
    const { at, reply, gap } = channel.begin(wish);
    const follow = { wish, at };
    this.follows.set(name, follow);
    after.push(() => {
      if (gap) this.send(gap);
      this.catchUp(name);
      for (const message of this.server.standing(name)) this.send(message);
      this.server.moved(name, "join", this.session);
    });
    return { type: "subscribed", channel: name, requested: wish.channel, ...reply };
  }

  /** Sends what the channel has and this follower has not. @internal */
  catchUp(name: string): void {
    const follow = this.follows.get(name);
    const channel = this.server.channel(name);
    if (!follow || !channel.isKept) return;
    const { at } = follow;
    follow.at = channel.top;
    for (const message of channel.between(at, channel.top, follow.wish)) this.send(message);
  }

  /** @internal */
  tell(name: string, message: Message | object): void {
    if (this.follows.has(name)) this.send(message);
  }

  /** @internal */
  wantsPresence(name: string): boolean {
    return String(this.follows.get(name)?.wish.presence) === "true";
  }

  /** The channel ends: its container was removed. @internal */
  ends(name: string): void {
    this.follows.delete(name);
  }

  private refuse({ id, channel }: Record<string, any>, code: ErrorCode, message: string, retry: boolean): void {
    this.send({ ...this.error(code, message, retry, channel), id });
  }

  private error(code: ErrorCode, message: string, retry: boolean, channel?: string): object {
    return { type: "error", channel, code, message, retry, ref: "0123456789abcdef" };
  }
}
