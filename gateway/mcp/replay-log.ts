import type { MemoryBudget } from '../memory-budget.ts';

/** How many events a session keeps, and how many bytes of them. */
const MAX_EVENTS = 128;
const MAX_BYTES = 1024 * 1024;

export interface KeptEvent {
  readonly stream: string;
  /** Counts the events of its stream from 1. */
  readonly sequence: number;
  readonly frame: Buffer;
}

/**
 * The last events of one session's streams, for a client that comes back after its connection broke. Old ones go when
 * there are too many, and when all sessions together keep too much, the oldest of the session that needs room.
 */
export class ReplayLog {
  readonly #budget: MemoryBudget;
  #events: KeptEvent[] = [];
  #bytes = 0;

  /** @param budget of all sessions */
  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  add(stream: string, sequence: number, frame: Buffer): void {
    const { length } = frame;
    if (length > MAX_BYTES) return;
    while (this.#events.length >= MAX_EVENTS || this.#bytes + length > MAX_BYTES) this.#drop();
    while (!this.#budget.take(length)) {
      if (this.#events.length === 0) return;
      this.#drop();
    }
    this.#bytes += length;
    this.#events.push({ stream, sequence, frame });
  }

  /** What is kept of a stream behind the event of this number, in order. */
  after(stream: string, sequence: number): KeptEvent[] {
    return this.#events.filter((each) => each.stream === stream && each.sequence > sequence);
  }

  clear(): void {
    this.#budget.give(this.#bytes);
    this.#events = [];
    this.#bytes = 0;
  }

  #drop(): void {
    const { length } = (this.#events.shift() as KeptEvent).frame;
    this.#bytes -= length;
    this.#budget.give(length);
  }
}
