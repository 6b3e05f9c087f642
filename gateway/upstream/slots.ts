/**
 * Bounds how much is begun at once without letting the slow hold up the quick: a task has its slot until it ends, but no
 * longer than `holdMs`; what still runs then merely waits for an answer, which costs next to nothing.
 */
export class Slots {
  readonly #holdMs: number;
  #free: number;
  /** Tasks that wait: the urgent before the others, each in their order. */
  readonly #urgent: (() => void)[] = [];
  readonly #ordinary: (() => void)[] = [];

  /**
   * @param size how many tasks may have a slot at once
   * @param holdMs how long a task may have its slot, in milliseconds
   */
  constructor(size: number, holdMs: number) {
    this.#free = size;
    this.#holdMs = holdMs;
  }

  /** Runs a task when there is a slot for it. */
  async run<T>(task: () => Promise<T>, options: { readonly urgent: boolean }): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => (options.urgent ? this.#urgent : this.#ordinary).push(resolve));
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      const next = this.#urgent.shift() ?? this.#ordinary.shift();
      if (next === undefined) this.#free++;
      else next();
    };
    const timer = setTimeout(release, this.#holdMs);
    try {
      return await task();
    } finally {
      clearTimeout(timer);
      release();
    }
  }
}
