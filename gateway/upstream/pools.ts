import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher, Pool } from 'undici';
import type { ServiceEntry } from '../contract/registry-document.ts';
import { MemoryBudget } from '../memory-budget.ts';
import { hostAndPort } from './address-guard.ts';
import type { Transport } from './catalogue.ts';
import { connector, type Outbound } from './connector.ts';
import { CredentialedDispatcher, SubjectDispatcher, type Shown } from './credentialed.ts';
import type { HeldCredential } from './credentials.ts';
import { Origin } from './origin.ts';
import type { Subject } from './subject.ts';

/** Whose server it is that requests go to: what a ServiceEntry says of that. */
export type Server = Pick<ServiceEntry, 'namespace' | 'name' | 'host' | 'scheme'>;

export interface PoolsOptions {
  /** What requests to servers leave by. */
  readonly outlets: Outbound & Shown;
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

/** The connections to one server, at all of its addresses. */
interface ServerOrigins {
  readonly server: Server;
  readonly byTarget: Map<string, Origin>;
}

/**
 * One pool of connections a server and address. A pool is made when it is first used, and closed when no entry of the registry
 * targets it any more: what runs on it then still ends.
 *
 * Servers share none, also at one address: what is verified of them, and what is shown to them, is each one's own.
 */
export class Pools {
  readonly #options: PoolsOptions;
  readonly #pool: Pool.Options;
  readonly #timeoutMs: number;
  readonly #budget = new MemoryBudget(LARGE_EVENTS_BYTES);
  readonly #servers = new Map<string, ServerOrigins>();
  /** By the entries of registries that are in use: a request finds its server by reference. */
  #byEntry = new WeakMap<Server, ServerOrigins>();
  /**
   * Where HTTP+SSE was spoken: a session there may outlast its address's absence from the registry, and is to be told that
   * it is over in the words of Streamable HTTP.
   */
  readonly #httpSsePlaces = new Set<string>();
  /** Pools that end: no longer given out, still waited for. */
  readonly #closing = new Map<Pool, Promise<void>>();

  constructor(options: PoolsOptions) {
    this.#options = options;
    this.#timeoutMs = options.connectTimeoutMs ?? 3000;
    this.#pool = {
      connections: options.connections === 0 ? null : (options.connections ?? 128),
      pipelining: 1,
      // Below the 5 s of Node's and uvicorn's servers: a POST must not go out on a connection that they are closing.
      keepAliveTimeout: options.keepAliveMs ?? 4000,
      // Deadlines are each call's own; a quiet stream is legal.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
  }

  /**
   * Where requests to a server are dispatched. Ask for it at each request: what was given out before may have been closed.
   * @param target one of its addresses, `host:port`
   * @param subject on whose behalf requests are sent; undefined: the gateway's own
   * @param transport what a session is to be begun in, if it is not Streamable HTTP. Requests in the session need not say it
   * again: they are known by its id.
   */
  get(server: Server, target: string, subject?: Subject, transport?: Transport): Dispatcher {
    const local = this.#options.local?.(target);
    if (local !== undefined) return onBehalf(local, subject);
    const origin = this.#origin(server, target);
    if (transport === undefined) return this.#onBehalf(server, origin.requests, subject);
    this.#remember(placeOf(server, target));
    return this.#onBehalf(server, origin.httpSse(), subject);
  }

  /**
   * As `get`, for streams that stay open: they have as many connections as there are of them, and keep no request waiting for
   * one.
   */
  forStreams(server: Server, target: string, subject?: Subject): Dispatcher {
    const local = this.#options.local?.(target);
    if (local !== undefined) return onBehalf(local, subject);
    return this.#onBehalf(server, this.#origin(server, target).streams, subject);
  }

  /**
   * As `get`, for messages that have no answer: a few connections of their own, so that no request keeps them waiting.
   * @returns undefined: the address has not taken thousands of them
   */
  forAsides(server: Server, target: string, subject?: Subject): Dispatcher | undefined {
    const local = this.#options.local?.(target);
    if (local !== undefined) return onBehalf(local, subject);
    const { asides } = this.#origin(server, target);
    return asides && this.#onBehalf(server, asides, subject);
  }

  /** What is shown to a server. @param key `<namespace>/<name>` */
  credentialOf(key: string): HeldCredential | undefined {
    return this.#options.outlets.credentials.of(key);
  }

  /** Closes the pools of all servers and addresses but these, each when its last request has ended. */
  retain(entries: Iterable<Server & Pick<ServiceEntry, 'targets'>>): void {
    const kept = new Set<string>();
    for (const entry of entries) for (const target of entry.targets) kept.add(placeOf(entry, target));
    for (const [key, { server, byTarget }] of this.#servers) {
      for (const [target, origin] of byTarget) {
        if (kept.has(placeOf(server, target))) continue;
        byTarget.delete(target);
        for (const pool of origin.retire()) this.#close(pool);
      }
      if (byTarget.size === 0) this.#servers.delete(key);
    }
    // What is no longer in the map must not be found by an older entry.
    this.#byEntry = new WeakMap();
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

  #close(pool: Pool): void {
    const closed = pool.close().catch(() => undefined);
    this.#closing.set(pool, closed);
    void closed.then(() => this.#closing.delete(pool));
  }

  /** A request for a caller is another's than the gateway's only where the server is called in callers' own names. */
  #onBehalf(server: Server, dispatcher: Dispatcher, subject: Subject | undefined): Dispatcher {
    if (subject === undefined) return dispatcher;
    const held = this.credentialOf(keyOf(server));
    return held?.credential?.exchange === undefined ? dispatcher : new SubjectDispatcher(dispatcher, subject);
  }

  #origin(server: Server, target: string): Origin {
    const origins = this.#originsOf(server);
    return origins.byTarget.get(target) ?? this.#open(origins, target);
  }

  #originsOf(server: Server): ServerOrigins {
    let origins = this.#byEntry.get(server);
    if (origins !== undefined) return origins;
    const key = placeOf(server, '');
    origins = this.#servers.get(key);
    if (origins === undefined) this.#servers.set(key, (origins = { server, byTarget: new Map() }));
    this.#byEntry.set(server, origins);
    return origins;
  }

  #open({ server, byTarget }: ServerOrigins, target: string): Origin {
    const { outlets, endpointMs = 5000 } = this.#options;
    const { host: name } = hostAndPort(server.host);
    const origin = new Origin(server.scheme ?? 'http', target, {
      pool: { ...this.#pool, connect: connector({ ...outlets, name, timeoutMs: this.#timeoutMs }) },
      endpointMs,
      budget: this.#budget,
      shown: (connections) => new CredentialedDispatcher(connections, keyOf(server), outlets),
    });
    byTarget.set(target, origin);
    if (this.#httpSsePlaces.has(placeOf(server, target))) origin.httpSse();
    return origin;
  }

  #remember(place: string): void {
    if (this.#httpSsePlaces.has(place)) return;
    this.#httpSsePlaces.add(place);
    const [oldest] = this.#httpSsePlaces;
    if (this.#httpSsePlaces.size > REMEMBERED && oldest !== undefined) this.#httpSsePlaces.delete(oldest);
  }
}

function onBehalf(dispatcher: Dispatcher, subject: Subject | undefined): Dispatcher {
  return subject === undefined ? dispatcher : new SubjectDispatcher(dispatcher, subject);
}

function keyOf({ namespace, name }: Server): string {
  return `${namespace}/${name}`;
}

/** All by which one server's connections are told from another's. */
function placeOf({ namespace, name, host, scheme }: Server, target: string): string {
  return `${namespace}/${name} ${scheme ?? 'http'} ${host} ${target}`;
}
