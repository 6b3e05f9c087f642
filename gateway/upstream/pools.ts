import { Pool, type Dispatcher } from 'undici';

export interface PoolsOptions {
  /** Most connections to one origin; a request beyond waits for one. 0: no bound. Default 128. */
  readonly connections?: number;
  /** How long a connection may take to come about, in milliseconds. */
  readonly connectTimeoutMs?: number;
  /** How long an idle connection is kept where the server does not say, in milliseconds. */
  readonly keepAliveMs?: number;
}

/**
 * One pool of connections an origin. A pool is made when its origin is first used, and closed when no entry of the
 * registry targets it any more: what runs on it then still ends.
 */
export class Pools {
  readonly #options: Pool.Options;
  readonly #pools = new Map<string, Pool>();
  /** Pools that end: no longer given out, still waited for. */
  readonly #closing = new Map<Pool, Promise<void>>();

  constructor(options: PoolsOptions = {}) {
    this.#options = {
      connections: options.connections === 0 ? null : (options.connections ?? 128),
      pipelining: 1,
      // Below the 5 s of Node's and uvicorn's servers: a POST must not go out on a connection that they are closing.
      keepAliveTimeout: options.keepAliveMs ?? 4000,
      connect: { timeout: options.connectTimeoutMs ?? 3000 },
      // Deadlines are each call's own; a quiet stream is legal.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
  }

  /** The pool of an address, `host:port`. Ask for it at each request: one that was given out before may have been closed. */
  get(target: string): Dispatcher {
    let pool = this.#pools.get(target);
    if (pool === undefined) {
      pool = new Pool(`http://${target}`, this.#options);
      this.#pools.set(target, pool);
    }
    return pool;
  }

  /** Closes the pools of all addresses but these, each when its last request has ended. */
  retain(targets: Iterable<string>): void {
    const kept = new Set(targets);
    for (const [target, pool] of this.#pools) {
      if (kept.has(target)) continue;
      this.#pools.delete(target);
      const closed = pool.close().catch(() => undefined);
      this.#closing.set(pool, closed);
      void closed.then(() => this.#closing.delete(pool));
    }
  }

  /**
   * Ends all pools and resolves when they are gone.
   * @param deadlineMs how long running requests may go on; then they are broken off. Default: not at all.
   */
  async close(deadlineMs = 0): Promise<void> {
    this.retain([]);
    const timer = setTimeout(() => {
      for (const pool of this.#closing.keys()) void pool.destroy();
    }, deadlineMs);
    await Promise.all(this.#closing.values());
    clearTimeout(timer);
  }
}
