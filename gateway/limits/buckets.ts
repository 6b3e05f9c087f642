import type { RateLimit } from '../contract/access-policy.ts';
import { TokenBucket } from './token-bucket.ts';

/** The most buckets of one limit; a gateway with more callers or tools has some of them share one. */
export const MOST_BUCKETS = 20_000;
/** How many there are before it is looked for the first time which are full. */
const FEW_BUCKETS = 256;
/** How often all are looked through at most, in milliseconds, while there are as many as may be. */
const SWEEP_MS = 1000;

/**
 * The buckets of one limit, by what each is of. Those that are full again are forgotten. Where there are too many others,
 * a newcomer shares one bucket with all others that came too late: nobody gets more by inventing names.
 */
export class Buckets {
  readonly limit: RateLimit;
  readonly #most: number;
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #shared: TokenBucket;
  /** How many there have to be for the next look through all. */
  #sweepAt = FEW_BUCKETS;
  #sweptAt = -Infinity;

  /** @param now in milliseconds, of a clock that never goes back */
  constructor(limit: RateLimit, now: number, most = MOST_BUCKETS) {
    this.limit = limit;
    this.#most = most;
    this.#shared = new TokenBucket(limit, now);
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** The bucket of a key: to be used at once, since it may be forgotten. */
  of(key: string, now: number): TokenBucket {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    if (this.#buckets.size >= this.#sweepAt) this.#forgetFull(now);
    if (this.#buckets.size >= this.#most) return this.#shared;
    const bucket = new TokenBucket(this.limit, now);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  /** As many are looked at as have come since the last time, or it was a while ago: a request pays for few. */
  #forgetFull(now: number): void {
    if (now - this.#sweptAt < SWEEP_MS && this.#buckets.size >= this.#most) return;
    this.#sweptAt = now;
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(key);
    this.#sweepAt = Math.min(this.#most, Math.max(FEW_BUCKETS, 2 * this.#buckets.size));
  }
}
