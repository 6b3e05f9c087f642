import { Pool, type Dispatcher } from 'undici';
import type { MemoryBudget } from '../memory-budget.ts';
import { HttpSseDispatcher } from './http-sse-dispatcher.ts';
import { TransportSwitch } from './transport-switch.ts';

export interface OriginOptions {
  readonly pool: Pool.Options;
  /** How long an HTTP+SSE server may take to say where messages go, in milliseconds. */
  readonly endpointMs: number;
  /** What events of HTTP+SSE servers that are not complete yet may take together. */
  readonly budget: MemoryBudget;
}

/** Most connections for what is sent beside requests: it is small, and a server that takes none of it is not to cost more. */
const ASIDE_CONNECTIONS = 16;
/** How much of that may wait: each call that runs may be cancelled, and a server may ask faster than it takes answers. */
const MAX_ASIDES = 4096;

/** The connections to one address. */
export class Origin {
  /** Where requests are dispatched: the pool, unless HTTP+SSE is spoken there too. */
  requests: Dispatcher;
  readonly #target: string;
  readonly #options: OriginOptions;
  readonly #pool: Pool;
  #streamPool: Pool | undefined;
  #asidePool: Pool | undefined;
  #httpSse: HttpSseDispatcher | undefined;

  /** @param target `host:port` */
  constructor(target: string, options: OriginOptions) {
    this.#target = target;
    this.#options = options;
    this.#pool = new Pool(`http://${target}`, options.pool);
    this.requests = this.#pool;
  }

  /** Where streams are dispatched that stay open. */
  get streams(): Dispatcher {
    return this.#switched((this.#streamPool ??= this.#newPool(null)));
  }

  /**
   * Where messages are dispatched that have no answer, and may be all that the requests on the other connections wait for;
   * undefined: too much waits there.
   */
  get asides(): Dispatcher | undefined {
    const pool = (this.#asidePool ??= this.#newPool(ASIDE_CONNECTIONS));
    return pool.stats.size >= MAX_ASIDES ? undefined : this.#switched(pool);
  }

  /** Where sessions with an HTTP+SSE server are begun. From now on requests in them are known. */
  httpSse(): Dispatcher {
    if (this.#httpSse !== undefined) return this.#httpSse;
    const { endpointMs, budget } = this.#options;
    const { streams } = this;
    this.#httpSse = new HttpSseDispatcher({ target: this.#target, messages: this.#pool, streams, endpointMs, budget });
    this.requests = new TransportSwitch(this.#pool, this.#httpSse);
    return this.#httpSse;
  }

  /** Lets what runs end, and no more begin. @returns the pools that end */
  retire(): Pool[] {
    // A session's stream is a request that does not end by itself.
    this.#httpSse?.retire();
    return [this.#pool, this.#streamPool, this.#asidePool].filter((pool) => pool !== undefined);
  }

  #newPool(connections: number | null): Pool {
    return new Pool(`http://${this.#target}`, { ...this.#options.pool, connections });
  }

  #switched(pool: Pool): Dispatcher {
    return this.#httpSse === undefined ? pool : new TransportSwitch(pool, this.#httpSse);
  }
}
