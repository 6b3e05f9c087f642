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
  /** Shows the server what it is to see, on all that goes out on connections to it. */
  readonly shown: (connections: Dispatcher) => Dispatcher;
}

/** Most connections for what is sent beside requests: it is small, and a server that takes none of it is not to cost more. */
const ASIDE_CONNECTIONS = 16;
/** How much of that may wait: each call that runs may be cancelled, and a server may ask faster than it takes answers. */
const MAX_ASIDES = 4096;

/** Some connections, and the way onto them. */
interface Outlet {
  readonly pool: Pool;
  readonly dispatcher: Dispatcher;
}

/** The connections to one server at one of its addresses. */
export class Origin {
  /** Where requests are dispatched: the pool, unless HTTP+SSE is spoken there too. */
  requests: Dispatcher;
  readonly #url: string;
  readonly #target: string;
  readonly #options: OriginOptions;
  readonly #main: Outlet;
  #streams: Outlet | undefined;
  #asides: Outlet | undefined;
  #httpSse: HttpSseDispatcher | undefined;

  /** @param target `host:port` */
  constructor(scheme: 'http' | 'https', target: string, options: OriginOptions) {
    this.#url = `${scheme}://${target}`;
    this.#target = target;
    this.#options = options;
    this.#main = this.#open(options.pool.connections);
    this.requests = this.#main.dispatcher;
  }

  /** Where streams are dispatched that stay open. */
  get streams(): Dispatcher {
    return this.#switched((this.#streams ??= this.#open(null)));
  }

  /**
   * Where messages are dispatched that have no answer, and may be all that the requests on the other connections wait for;
   * undefined: too much waits there.
   */
  get asides(): Dispatcher | undefined {
    const outlet = (this.#asides ??= this.#open(ASIDE_CONNECTIONS));
    return outlet.pool.stats.size >= MAX_ASIDES ? undefined : this.#switched(outlet);
  }

  /** Where sessions with an HTTP+SSE server are begun. From now on requests in them are known. */
  httpSse(): Dispatcher {
    if (this.#httpSse !== undefined) return this.#httpSse;
    const { endpointMs, budget } = this.#options;
    const { streams } = this;
    const { dispatcher: messages } = this.#main;
    this.#httpSse = new HttpSseDispatcher({ target: this.#target, messages, streams, endpointMs, budget });
    this.requests = new TransportSwitch(messages, this.#httpSse);
    return this.#httpSse;
  }

  /** Lets what runs end, and no more begin. @returns the pools that end */
  retire(): Pool[] {
    // A session's stream is a request that does not end by itself.
    this.#httpSse?.retire();
    return [this.#main, this.#streams, this.#asides].flatMap((outlet) => (outlet === undefined ? [] : [outlet.pool]));
  }

  #open(connections: number | null | undefined): Outlet {
    const pool = new Pool(this.#url, { ...this.#options.pool, connections: connections ?? null });
    return { pool, dispatcher: this.#options.shown(pool) };
  }

  #switched({ dispatcher }: Outlet): Dispatcher {
    return this.#httpSse === undefined ? dispatcher : new TransportSwitch(dispatcher, this.#httpSse);
  }
}
