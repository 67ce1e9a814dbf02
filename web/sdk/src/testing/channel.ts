// A channel of the fake server: what was said on it, kept, with positions as dockcast has them.
import type { GapMessage, Message, SubscribedMessage, Subscription as Wish } from "../wire.js";

/** What is said, without `channel` and `position`; a line of a log is `[time, "o" | "e", text]`. */
export type Said = [string, "o" | "e", string] | Record<string, unknown>;

/** Records are numbered from 1; a position is the number of records before it. */
export class FakeChannel {
  private records: Said[] = [];
  private trimmed = 0;
  private lossReason: GapMessage["reason"];
  private epoch = 1;
  /** A replay, as every batch, has no more lines. */
  batchMax = 3;

  constructor(readonly name: string) {
    this.lossReason = this.isLog ? "rotated" : "trimmed";
  }

  get isLog(): boolean {
    return this.name.startsWith("container:logs:");
  }

  get isEvents(): boolean {
    return this.name === "docker:events" || this.name.startsWith("container:events:");
  }

  /** Whether what is said is kept, and has positions. */
  get isKept(): boolean {
    return this.isLog || this.isEvents || this.name.startsWith("app:");
  }

  get top(): number {
    return this.trimmed + this.records.length;
  }

  position(n: number): string {
    const epoch = this.epoch.toString(16);
    if (this.isLog) return `p1.${epoch}.${n}`;
    return this.isEvents ? `e1.${epoch}.${n}` : `${epoch.padStart(16, "0")}:${n}`;
  }

  /** Undefined where it is not of this channel as it is now. */
  at(position: string): number | undefined {
    const n = Number(position.split(/[.:]/).at(-1));
    return position === this.position(n) && n <= this.top ? n : undefined;
  }

  add(said: Said[]): void {
    this.records.push(...said);
  }

  /** All up to a position are gone. */
  trim(n: number, reason = this.lossReason): void {
    this.records.splice(0, Math.max(0, n - this.trimmed));
    this.trimmed = Math.max(this.trimmed, n);
    this.lossReason = reason;
  }

  /** Everything is gone, and nothing that was can be resumed. */
  recreate(): void {
    this.records = [];
    this.trimmed = 0;
    this.epoch++;
  }

  /** Where a subscription begins, and what its reply says of that. */
  begin({ since, tail }: Wish): { at: number; reply: Partial<SubscribedMessage>; gap?: GapMessage } {
    if (!this.isKept) return { at: 0, reply: {} };
    if (typeof since !== "string" || !/^[pe]1\.|^[0-9a-f]{16}:/.test(since)) {
      const past = this.isLog ? (tail === undefined || tail === "all" ? this.top : Number(tail)) : 0;
      const at = Math.max(this.trimmed, this.top - past);
      return { at, reply: { position: this.position(at) } };
    }
    const n = this.at(since);
    if (n === undefined)
      return { at: this.top, reply: { recovered: "none", reason: "recreated", position: this.position(this.top) } };
    if (n >= this.trimmed) return { at: n, reply: { recovered: "full", position: since } };
    const lost = { from: since, to: this.position(this.trimmed), reason: this.lossReason };
    const gap = this.isEvents ? undefined : { type: "gap" as const, channel: this.name, ...lost };
    const position = this.isLog ? since : lost.to;
    return { at: this.trimmed, reply: { recovered: "partial", lost, position }, gap };
  }

  /** The messages from a place to another one, for somebody who wants these streams. */
  between(from: number, to: number, wish: Wish): Message[] {
    const made: Message[] = [];
    for (let at = Math.max(from, this.trimmed); at < to; ) {
      const end = this.isLog ? Math.min(to, at + this.batchMax) : at + 1;
      made.push(this.message(at, end, wish));
      at = end;
    }
    return made;
  }

  /** Items of `history`: one message each. */
  page(from: number, to: number): Record<string, unknown>[] {
    return this.records.slice(Math.max(0, from - this.trimmed), Math.max(0, to - this.trimmed)).map((said, i) => {
      const position = this.position(Math.max(from, this.trimmed) + i + 1);
      if (!Array.isArray(said)) return { type: "message", channel: this.name, position, ...said };
      const [time, stream, data] = said;
      return { type: "log", channel: this.name, position, stream: stream === "o" ? "stdout" : "stderr", time, data };
    });
  }

  private message(from: number, to: number, wish: Wish): Message {
    const said = this.records.slice(from - this.trimmed, to - this.trimmed);
    const [prev, position] = [this.position(from), this.position(to)];
    const { name: channel } = this;
    if (this.isLog) {
      const wanted = (stream: string) => String(stream === "o" ? wish.stdout : wish.stderr) !== "false";
      const lines = (said as [string, "o" | "e", string][]).filter(([, stream]) => wanted(stream));
      return { type: "logs", channel, prev, position, lines };
    }
    const record = said[0] as Record<string, unknown>;
    if (this.name === "docker:events") return { type: "docker_event", channel, position, event: record };
    if (this.isEvents) return { ...record, type: "container_event", channel, position };
    return { type: "message", channel, position, data: undefined, ...record };
  }
}
