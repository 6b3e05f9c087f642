import { BudgetShare, type MemoryBudget } from '../memory-budget.ts';

/** How many messages wait for a client that does not listen, and how many bytes of them. */
const MAX_MESSAGES = 64;
const MAX_BYTES = 1024 * 1024;
/** Smaller ones are not counted: that a list has changed is told to all sessions, and is to be lost by none. */
const SMALL_BYTES = 256;

/** What one session's client would have been told, had it listened: the newest of it, the same thing once. */
export class MissedMessages {
  readonly #budget: MemoryBudget;
  #share: BudgetShare | undefined;
  #messages: Set<Buffer> | undefined;
  #bytes = 0;

  /** @param budget of all sessions */
  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  add(message: Buffer): void {
    this.#messages ??= new Set();
    if (this.#messages.has(message)) return;
    this.#messages.add(message);
    this.#bytes += sizeOf(message);
    for (const oldest of this.#messages) {
      if (this.#messages.size <= MAX_MESSAGES && this.#bytes <= MAX_BYTES && this.#hold()) break;
      this.#messages.delete(oldest);
      this.#bytes -= sizeOf(oldest);
    }
    this.#hold();
  }

  /** What waits, in order; from now on nothing does. */
  take(): Iterable<Buffer> {
    const messages = this.#messages ?? [];
    this.#messages = undefined;
    this.#bytes = 0;
    this.#hold();
    return messages;
  }

  #hold(): boolean {
    if (this.#share === undefined && this.#bytes === 0) return true;
    return (this.#share ??= new BudgetShare(this.#budget)).hold(this.#bytes);
  }
}

function sizeOf({ length }: Buffer): number {
  return length <= SMALL_BYTES ? 0 : length;
}
