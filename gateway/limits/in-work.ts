/** How many requests are in work at this moment, by what they are of. */
export class InWork {
  readonly #counts = new Map<string, number>();

  /** How many different ones have requests in work. */
  get size(): number {
    return this.#counts.size;
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  enter(key: string): void {
    this.#counts.set(key, this.of(key) + 1);
  }

  leave(key: string): void {
    const count = this.of(key) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
