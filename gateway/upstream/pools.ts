import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher, Pool } from 'undici';
import { MemoryBudget } from '../memory-budget.ts';
import type { Transport } from './catalogue.ts';
import { Origin, type OriginOptions } from './origin.ts';

export interface PoolsOptions {
  /** Most connections to one origin; a request beyond waits for one. 0: no bound. Default 128. */
  readonly connections?: number;
  /** How long a connection may take to come about, in milliseconds. */
  readonly connectTimeoutMs?: number;
  /** How long an idle connection is kept where the server does not say, in milliseconds. */
  readonly keepAliveMs?: number;
  /** What is at an address that is none of a network; undefined: it is one. */
  readonly local?: (target: string) => Dispatcher | undefined;
  /** How long an HTTP+SSE server may take to say where messages go, in milliseconds. Default 5 s. */
  readonly endpointMs?: number;
}

/** What events of HTTP+SSE servers that are not complete yet may take together, in bytes. */
const LARGE_EVENTS_BYTES = 64 * 1024 * 1024;
/** Of so many addresses it is remembered that HTTP+SSE was spoken there, after they have left the registry. */
const REMEMBERED = 1000;

/**
 * One pool of connections an origin. A pool is made when its origin is first used, and closed when no entry of the
 * registry targets it any more: what runs on it then still ends.
 */
export class Pools {
  readonly #options: OriginOptions;
  readonly #local: PoolsOptions['local'];
  readonly #origins = new Map<string, Origin>();
  /**
   * Where HTTP+SSE was spoken: a session there may outlast its address's absence from the registry, and is to be told that
   * it is over in the words of Streamable HTTP.
   */
  readonly #httpSseTargets = new Set<string>();
  /** Pools that end: no longer given out, still waited for. */
  readonly #closing = new Map<Pool, Promise<void>>();

  constructor(options: PoolsOptions = {}) {
    this.#local = options.local;
    this.#options = {
      pool: {
        connections: options.connections === 0 ? null : (options.connections ?? 128),
        pipelining: 1,
        // Below the 5 s of Node's and uvicorn's servers: a POST must not go out on a connection that they are closing.
        keepAliveTimeout: options.keepAliveMs ?? 4000,
        connect: { timeout: options.connectTimeoutMs ?? 3000 },
        // Deadlines are each call's own; a quiet stream is legal.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      endpointMs: options.endpointMs ?? 5000,
      budget: new MemoryBudget(LARGE_EVENTS_BYTES),
    };
  }

  /**
   * Where requests to an address, `host:port`, are dispatched. Ask for it at each request: what was given out before may have
   * been closed.
   * @param transport what a session is to be begun in, if it is not Streamable HTTP. Requests in the session need not say it
   * again: they are known by its id.
   */
  get(target: string, transport?: Transport): Dispatcher {
    const local = this.#local?.(target);
    if (local !== undefined) return local;
    const origin = this.#origins.get(target) ?? this.#open(target);
    if (transport === undefined) return origin.requests;
    this.#remember(target);
    return origin.httpSse();
  }

  /**
   * As `get`, for streams that stay open: they have as many connections as there are of them, and keep no request waiting for
   * one.
   */
  forStreams(target: string): Dispatcher {
    return this.#local?.(target) ?? (this.#origins.get(target) ?? this.#open(target)).streams;
  }

  /**
   * As `get`, for messages that have no answer: a few connections of their own, so that no request keeps them waiting.
   * @returns undefined: the address has not taken thousands of them
   */
  forAsides(target: string): Dispatcher | undefined {
    return this.#local?.(target) ?? (this.#origins.get(target) ?? this.#open(target)).asides;
  }

  /** Closes the pools of all addresses but these, each when its last request has ended. */
  retain(targets: Iterable<string>): void {
    const kept = new Set(targets);
    for (const [target, origin] of this.#origins) {
      if (kept.has(target)) continue;
      this.#origins.delete(target);
      for (const pool of origin.retire()) {
        const closed = pool.close().catch(() => undefined);
        this.#closing.set(pool, closed);
        void closed.then(() => this.#closing.delete(pool));
      }
    }
  }

  /**
   * Ends all pools and resolves when they are gone.
   * @param deadlineMs how long running requests may go on; then they are broken off. Default: not at all.
   */
  async close(deadlineMs = 0): Promise<void> {
    this.retain([]);
    const end = new AbortController();
    const late = delay(deadlineMs, undefined, { signal: end.signal }).catch(() => undefined);
    await Promise.race([Promise.all(this.#closing.values()), late]);
    end.abort();
    // One with requests that wait for a connection never says that it has closed, once it is destroyed.
    await Promise.all([...this.#closing.keys()].map((pool) => pool.destroy()));
  }

  #open(target: string): Origin {
    const origin = new Origin(target, this.#options);
    this.#origins.set(target, origin);
    if (this.#httpSseTargets.has(target)) origin.httpSse();
    return origin;
  }

  #remember(target: string): void {
    if (this.#httpSseTargets.has(target)) return;
    this.#httpSseTargets.add(target);
    const [oldest] = this.#httpSseTargets;
    if (this.#httpSseTargets.size > REMEMBERED && oldest !== undefined) this.#httpSseTargets.delete(oldest);
  }
}
