// What a consumer has not taken yet, bounded: beyond it the oldest go, and one gap stands in their place.
import type { Gap } from "./items.js";

export class Inbox<T> {
  private items: (T | undefined)[] = [];
  private positions = new Map<number, string>(); // of those items behind which a position lies, by their number
  private head = 0;
  private first = 0; // the number of items[0]
  private lost?: Gap & { lines: number };
  /** The position behind what was taken last. */
  position?: string;

  constructor(
    private readonly max: number,
    /** Only the newest counts: what is older goes without a word. */
    private readonly latest = false,
  ) {}

  get size(): number {
    return this.items.length - this.head + (this.lost ? 1 : 0);
  }

  push(items: readonly T[], position?: string): void {
    for (const item of items) {
      if (this.latest) this.items = this.items.filter((each) => kindOf(each) !== kindOf(item));
      this.items.push(item);
      if (!this.latest && this.items.length - this.head > this.max) this.dropOldest();
    }
    if (position === undefined) return;
    if (this.size) this.positions.set(this.first + this.items.length - 1, position);
    else this.position = position;
  }

  shift(): T | Gap | undefined {
    const { lost } = this;
    if (!lost) return this.size ? this.next() : undefined;
    this.lost = undefined;
    this.position = lost.to;
    return lost;
  }

  private next(): T {
    const item = this.items[this.head]!;
    const number = this.first + this.head;
    this.items[this.head++] = undefined;
    this.position = this.positions.get(number) ?? this.position;
    this.positions.delete(number);
    if (this.head > 1024 || this.head === this.items.length) {
      this.items.splice(0, this.head);
      this.first += this.head;
      this.head = 0;
    }
    return item;
  }

  private dropOldest(): void {
    const from = this.position;
    const lost = (this.lost ??= { kind: "gap", from, to: from, reason: "slow-consumer", lines: 0 });
    this.position = lost.to;
    this.next();
    lost.to = this.position;
    lost.lines++;
    this.position = from;
  }
}

const kindOf = (item: unknown) => (item as { kind: string } | undefined)?.kind;
