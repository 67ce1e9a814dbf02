// What a consumer has not taken yet, bounded: beyond it the oldest go, and one gap stands in their place.
import type { Gap } from "./items.js";

export class Inbox<T> {
  private items: (T | undefined)[] = [];
  private positions = new Map<number, string>(); // of those items behind which a position lies, by their number
  private head = 0;
  private first = 0; // the number of items[0]
  private lost = 0;
  private from?: string;
  private to?: string;
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
    if (this.lost) {
      const gap: Gap = { kind: "gap", from: this.from, to: this.to, reason: "slow-consumer", lines: this.lost };
      this.lost = 0;
      this.position = this.to;
      return gap;
    }
    return this.size ? this.next() : undefined;
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
    if (!this.lost) this.from = this.to = this.position;
    const stood = this.position;
    this.next();
    this.to = this.position;
    this.position = stood;
    this.lost++;
  }
}

const kindOf = (item: unknown) => (item as { kind: string } | undefined)?.kind;
