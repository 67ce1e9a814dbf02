// A world for the machine: a clock that is wound by hand, wires on which everything waits until it is let through, and
// the fake server at their other end. It holds what it sees against the promises.
import { machine, step } from "../src/machine.js";
import type { Effect, Event, Machine, Settings, SubscriptionState, Want } from "../src/machine/types.js";
import type { Message } from "../src/wire.js";
import { FakeServer, type FakeConnection } from "../src/testing.js";

interface Wire {
  connection?: FakeConnection;
  up: string[]; // from the client
  down: (string | { code: number; reason: string })[];
  opening: boolean;
}

/** A record by its number, or a gap: from the number before it to that of the last one that is missing. */
export type Heard = number | { from: number; to: number; reason: string };

export class World {
  now = 1_000_000;
  readonly server = new FakeServer({ containers: { web: "4f1c" } });
  readonly machine: Machine;
  readonly heard = new Map<string, Heard[]>();
  readonly views = new Map<string, SubscriptionState>();
  readonly answers = new Map<number, Extract<Effect, { type: "answer" }>>();
  readonly mail: Message[] = [];
  readonly effects: Effect[] = [];
  /** What it takes for the promises to be in danger: how often that was the case. */
  readonly seen = { ahead: 0, again: 0, moved: 0, alias: 0, gaps: 0, redone: 0 };
  tokenFails = false;
  asking = 0;
  tokensAsked: string[] = [];
  readonly wires = new Map<number, Wire>();
  readonly timers = new Map<string, number>();

  constructor(
    private readonly chance: () => number = () => 0.5,
    settings: Partial<Settings> = {},
    provider = true,
  ) {
    this.machine = machine(settings, undefined, provider);
  }

  want(key: string, want: Partial<Want> = {}): void {
    this.heard.set(key, []);
    this.happen({ type: "want", key, want: { channel: key, ...want } });
  }

  unwant(key: string): void {
    this.heard.delete(key);
    this.happen({ type: "unwant", key });
  }

  happen(event: Event): void {
    const before = this.machine.closed;
    const { main, next } = this.machine;
    const ahead = () => [...this.machine.topics.values()].map((each) => Object.values(each.ahead?.taken ?? {}).flat());
    const taken = ahead().flat().length;
    for (const effect of step(this.machine, event, this.now, this.chance)) {
      this.effects.push(effect);
      if (before && event.type !== "reconnect" && effect.type === "open") throw new Error("it opens after its end");
      this.carryOut(effect);
    }
    const more = ahead().flat().length - taken;
    this.seen.ahead += +(more > 0);
    this.seen.again += +(more < 0);
    this.seen.moved += +(next !== undefined && next === this.machine.main && main !== undefined);
    this.check();
  }

  /** What holds at every moment. */
  private check(): void {
    const m = this.machine;
    const live = [...this.wires.keys()];
    if (live.length > (m.next ? 2 : 1)) throw new Error(`sockets ${live} while ${m.view.kind}`);
    const wanted = m.topics.size > 0 || m.requests.size > 0 || m.holds > 0;
    if (m.closed ? live.length || this.timers.size : wanted && !this.pending())
      throw new Error(`wanted, and nothing is on its way: ${JSON.stringify(m.view)} ${[...this.timers.keys()]}`);
  }

  /** An attempt is being made or waited for, or a connection is open and watched over. */
  private pending(): boolean {
    const { main } = this.machine;
    if (!main) return this.timers.has("retry");
    if (main.phase === "token") return this.asking > 0;
    return this.wires.has(main.n) && this.timers.has(`${main.phase === "open" ? "ping" : "open"} ${main.n}`);
  }

  private carryOut(effect: Effect): void {
    switch (effect.type) {
      case "open":
        this.wires.set(effect.socket, { up: [], down: [], opening: true });
        return;
      case "send": {
        if (effect.text.startsWith('{"type":"unsubscribe"')) this.seen.redone++;
        const wire = this.wires.get(effect.socket);
        if (!wire || wire.opening) throw new Error("it sends on a socket that is not open");
        wire.up.push(effect.text);
        return;
      }
      case "close": {
        const wire = this.wires.get(effect.socket);
        this.wires.delete(effect.socket);
        if (wire?.connection?.isOpen) wire.connection.gone();
        return;
      }
      case "timer":
        if (!(effect.ms >= 0)) throw new Error(`a timer ${effect.name} of ${effect.ms}`);
        if (effect.name === "retry" && !this.paced && effect.ms > 30_000) throw new Error(`${effect.ms} is too long`);
        this.timers.set(effect.name, this.now + effect.ms);
        return;
      case "clear":
        this.timers.delete(effect.name);
        return;
      case "token":
        if (this.asking++) throw new Error("a token is asked for twice at a time");
        this.tokensAsked.push(effect.why);
        return;
      case "deliver":
        return this.delivered(effect.key, effect.message, effect.position);
      case "topic":
        this.views.set(effect.key, effect.view);
        if (effect.view.kind === "ended") this.heard.delete(effect.key);
        return;
      case "alias":
        this.seen.alias++;
        this.heard.delete(effect.key);
        return;
      case "answer":
        if (this.answers.has(effect.key)) throw new Error("answered twice");
        this.answers.set(effect.key, effect);
        return;
      case "mail":
        this.mail.push(effect.message);
    }
  }

  private get paced(): boolean {
    return this.machine.why.kind === "drain";
  }

  private delivered(key: string, message: Message, position?: string): void {
    const heard = this.heard.get(key);
    if (!heard) throw new Error(`${key} is delivered and not wanted`);
    const number = (position: string) => Number(position.split(/[.:]/).at(-1));
    if (message.type === "logs") heard.push(...message.lines.map((line) => Number(line[2])));
    else if (message.type === "message") heard.push(Number(message.data));
    else if (message.type === "docker_event") heard.push(Number(message.event["n"]));
    else if (message.type === "gap" && ++this.seen.gaps)
      heard.push({ from: number(message.from), to: number(message.to), reason: message.reason });
    const last = heard.at(-1);
    const stands = typeof last === "object" ? last.to : last;
    if (last !== undefined && position !== undefined && number(position) !== stands)
      throw new Error(`${key} is said to be at ${position} when ${stands} was delivered`);
  }

  /** Lets one thing through on one wire: false, when nothing waited. */
  pass(pick = 0): boolean {
    if (this.asking) {
      this.asking = 0;
      this.happen(this.tokenFails ? { type: "no-token", message: "nobody" } : { type: "token", token: "t" });
      return true;
    }
    const ready = [...this.wires].filter(([, { opening, up, down }]) => opening || up.length || down.length);
    const [socket, wire] = ready[pick % (ready.length || 1)] ?? [];
    if (socket === undefined || !wire) return false;
    if (wire.opening) this.opened(socket, wire);
    else if (wire.up.length && (!wire.down.length || pick % 2)) wire.connection!.receive(wire.up.shift()!);
    else this.come(socket, wire);
    return true;
  }

  private opened(socket: number, wire: Wire): void {
    wire.opening = false;
    if (!this.server.accepts) {
      this.wires.delete(socket);
      return this.happen({ type: "closed", socket, code: 1006, reason: "" });
    }
    wire.connection = this.server.connect({
      text: (text) => wire.down.push(text),
      closed: (code, reason) => wire.down.push({ code, reason }),
    });
    this.happen({ type: "opened", socket });
  }

  private come(socket: number, wire: Wire): void {
    const next = wire.down.shift()!;
    if (typeof next === "string") return this.happen({ type: "text", socket, text: next });
    this.wires.delete(socket);
    this.happen({ type: "closed", socket, ...next });
  }

  /** Everything that waits is let through. */
  settle(): void {
    for (let i = 0; this.pass(); i++) if (i > 100_000) throw new Error("it never comes to rest");
  }

  /** Lets time go by; `through`: what waits on the wires is let through on the way. */
  advance(ms: number, through = false): void {
    const end = this.now + ms;
    for (;;) {
      if (through) this.settle();
      const [name, due] = [...this.timers].sort((a, b) => a[1] - b[1])[0] ?? ["", Infinity];
      if (due > end) break;
      this.timers.delete(name);
      this.now = Math.max(this.now, due);
      this.happen({ type: "timer", name });
    }
    this.now = end;
  }
}

/** Numbers in order; what is missing is covered by exactly one gap. Throws what is wrong with it. */
export function judge(heard: Heard[], top: number): void {
  let at: number | undefined;
  for (const each of heard) {
    if (typeof each === "number") {
      if (at !== undefined && each !== at + 1) throw new Error(`${each} behind ${at}: ${JSON.stringify(heard)}`);
      at = each;
      continue;
    }
    const wrong = at !== undefined && each.from !== at;
    if (wrong) throw new Error(`a gap from ${each.from} at ${at}: ${JSON.stringify(heard)}`);
    at = each.to;
  }
  if (at !== undefined && at !== top) throw new Error(`it ends at ${at} of ${top}: ${JSON.stringify(heard)}`);
  if (at === undefined && heard.length === 0 && top > 0) throw new Error("nothing came");
}
