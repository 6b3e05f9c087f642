import { setTimeout as delay } from 'node:timers/promises';

/**
 * The waiting of many for one thing. Whoever comes while it is under way joins, but all together wait no longer than a
 * bound, counted from its beginning: a server that does not answer holds clients up once, not each anew.
 */
export class SharedWait {
  readonly #mostMs: number;
  #running: Promise<void> | undefined;
  #until = 0;

  /** @param mostMs the bound, in milliseconds */
  constructor(mostMs: number) {
    this.#mostMs = mostMs;
  }

  /**
   * @param begin does the thing, if it is not under way; must not reject
   * @returns undefined: it has been waited for long enough
   */
  join(begin: () => Promise<void>): Promise<void> | undefined {
    if (this.#running === undefined) {
      this.#until = performance.now() + this.#mostMs;
      const running = begin().finally(() => (this.#running = undefined));
      this.#running = running;
    }
    const left = this.#until - performance.now();
    // Timers count whole milliseconds.
    return left < 1 ? undefined : within(this.#running, left);
  }
}

/** Resolves when `promise` does, or after `ms` milliseconds. */
export async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  const abort = new AbortController();
  await Promise.race([promise, delay(ms, undefined, { signal: abort.signal }).catch(() => undefined)]);
  abort.abort();
}
