import type { RateLimit } from '../contract/access-policy.ts';

/** A whole one, as sums of fractions come to it. */
const ONE = 1 - 1e-9;

/**
 * How much of a rate limit is left. At its beginning there is all that may come at once; what is taken comes back evenly, so
 * that within any time t there are never more than `burst + t · requests / periodSeconds` taken. It has no timer: whoever
 * asks says what time it is.
 */
export class TokenBucket {
  readonly #burst: number;
  readonly #perMs: number;
  #tokens: number;
  /** When there were so many, in milliseconds. */
  #at: number;

  /** @param now in milliseconds, of a clock that never goes back */
  constructor({ requests, periodSeconds, burst }: RateLimit, now: number) {
    this.#burst = burst;
    this.#perMs = requests / (periodSeconds * 1000);
    this.#tokens = burst;
    this.#at = now;
  }

  /** How long until one can be taken, in milliseconds; 0: now. */
  wait(now: number): number {
    this.#refill(now);
    return this.#tokens >= ONE ? 0 : (1 - this.#tokens) / this.#perMs;
  }

  /** Takes one. To be asked for only where there is no wait. */
  take(): void {
    this.#tokens--;
  }

  /** Whether it is as it was at its beginning: nothing is lost if it is forgotten. */
  isFull(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= this.#burst;
  }

  #refill(now: number): void {
    if (now <= this.#at) return;
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
