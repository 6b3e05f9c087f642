/**
 * What all large messages together may hold of the process's memory, in bytes. Small ones are not counted: how many of them
 * there are is bounded elsewhere.
 */
export class MemoryBudget {
  readonly #limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes bytes; false if there are not so many left, and none are taken then. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#limit) return false;
    this.#taken += bytes;
    return true;
  }

  /** Gives back what was taken. */
  give(bytes: number): void {
    this.#taken -= bytes;
  }
}

/** What one message has taken of the budget. */
export class BudgetShare {
  readonly #budget: MemoryBudget;
  #taken = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** Holds `bytes` in all from now on; false if the budget does not allow for more than before. */
  hold(bytes: number): boolean {
    const more = bytes - this.#taken;
    if (more > 0 && !this.#budget.take(more)) return false;
    if (more < 0) this.#budget.give(-more);
    this.#taken = bytes;
    return true;
  }
}
