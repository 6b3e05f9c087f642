import { byNamespaceAndName, type RegistryPolicy, type ServiceEntry } from '../contract/registry-document.ts';
import type { ServiceReport } from '../contract/report.ts';
import type { Logger } from '../log.ts';
import type { BackoffOptions } from './backoff.ts';
import type { ChangeKind } from './catalogue.ts';
import type { ListBounds } from './listing.ts';
import { Pools, type PoolsOptions } from './pools.ts';
import { Slots } from './slots.ts';
import { Turns } from './turns.ts';
import { pinOf } from './tool-pin.ts';
import { UpstreamServer, type Watch } from './upstream-server.ts';

export interface UpstreamsOptions {
  readonly log: Logger;
  readonly outlets: PoolsOptions['outlets'];
  /** Who the gateway says it is to servers. */
  readonly clientInfo: { readonly name: string; readonly version: string };
  /** How often a server that is well is asked again, in milliseconds. Default 60 s. */
  readonly checkMs?: number;
  /** How soon one that fails is; doubling from one failure to the next. Default 0.5 to 10 s. */
  readonly retry?: BackoffOptions;
  /** How long one control request may take, in milliseconds. Default 10 s. */
  readonly deadlineMs?: number;
  /** How many checks begin at once. Default 32. */
  readonly checksAtOnce?: number;
  readonly listBounds?: ListBounds;
  /** As in PoolsOptions. */
  readonly local?: PoolsOptions['local'];
}

export type ChangeListener = (server: UpstreamServer, changes: ReadonlySet<ChangeKind>) => void;

/** A check that takes longer no longer keeps others from beginning, in milliseconds. */
const SLOT_MS = 250;
/** A page of thousands of items is smaller; parsing more at once would hold up everything else. */
const MOST_ANSWER_BYTES = 8 * 1024 * 1024;
const LEGACY_VERDICT_MS = 10 * 60_000;
/** How long after a server went its connections are kept, to end its session: longer than that may take. */
const FAREWELL_MS = 2000;

/** All servers of the registry. Each is watched by itself: what one does or fails to do costs no other anything. */
export class Upstreams {
  readonly #watch: Watch;
  readonly #listeners = new Set<ChangeListener>();
  readonly #closing = new Set<Promise<void>>();
  /** Ends servers that left: a registry may replace a thousand at once, and to end one takes longer than to begin one. */
  readonly #farewells = new Turns();
  #servers = new Map<string, UpstreamServer>();
  #retaining: NodeJS.Timeout | undefined;

  constructor(options: UpstreamsOptions) {
    this.#watch = {
      log: options.log,
      // One stream and a few requests a server; a bound would let one server's streams starve another on its address.
      pools: new Pools({ outlets: options.outlets, connections: 0, ...(options.local && { local: options.local }) }),
      slots: new Slots(options.checksAtOnce ?? 32, SLOT_MS),
      connection: {
        clientInfo: options.clientInfo,
        deadlineMs: options.deadlineMs ?? 10_000,
        maxBytes: MOST_ANSWER_BYTES,
      },
      checkMs: options.checkMs ?? 60_000,
      retry: options.retry ?? { minMs: 500, maxMs: 10_000 },
      legacyVerdictMs: LEGACY_VERDICT_MS,
      ...(options.listBounds && { listBounds: options.listBounds }),
      onChange: (server, changes) => this.#tell(server, changes),
    };
  }

  /**
   * Takes the services of a registry revision, agents among them, since an agent may speak MCP as any server does. A
   * server that stays keeps its identity, a new or changed one is asked at once, one that is gone is ended.
   * @param toolPolicy what becomes of a server whose tools are not those of its pin
   * @returns the servers by `<namespace>/<name>`; the map itself is never changed
   */
  reconcile(
    entries: readonly ServiceEntry[],
    toolPolicy?: RegistryPolicy['toolPolicy'],
  ): ReadonlyMap<string, UpstreamServer> {
    const servers = new Map<string, UpstreamServer>();
    for (const entry of entries) {
      const key = `${entry.namespace}/${entry.name}`;
      const known = this.#servers.get(key);
      const pin = pinOf(entry, toolPolicy);
      known?.update(entry, pin);
      servers.set(key, known ?? new UpstreamServer(entry, this.#watch, pin));
    }
    for (const [key, server] of this.#servers) if (!servers.has(key)) this.#farewells.add(() => this.#end(server));
    this.#servers = servers;
    this.#retainSoon();
    return servers;
  }

  /** Asks some servers anew, at once: what kept them from answering may be over. */
  recheck(isMeant: (server: UpstreamServer) => boolean): void {
    for (const server of this.#servers.values()) if (isMeant(server)) void server.refresh();
  }

  /** Calls `listener` whenever a server's catalogue has changed. @returns what ends that */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when each server that there is now has been asked once, well or not. */
  async settled(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.settled));
  }

  /** How many servers' tools are not those of their pin. */
  get changedCount(): number {
    let count = 0;
    for (const { isChanged } of this.#servers.values()) count += Number(isChanged);
    return count;
  }

  /** What is known of each service, sorted by namespace, then name. */
  report(): ServiceReport[] {
    return [...this.#servers.values()].map((server) => server.report()).sort(byNamespaceAndName);
  }

  /** Ends all servers' connections and sessions; resolves within a few seconds, whatever they do. */
  async close(): Promise<void> {
    for (const server of this.#servers.values()) this.#end(server);
    this.#servers = new Map();
    clearTimeout(this.#retaining);
    this.#farewells.finish();
    await Promise.all(this.#closing);
    await this.#watch.pools.close();
  }

  /** Closes the connections to addresses that are gone, when the sessions there have been ended. */
  #retainSoon(): void {
    this.#retaining ??= setTimeout(() => {
      this.#retaining = undefined;
      this.#watch.pools.retain([...this.#servers.values()].map(({ entry }) => entry));
    }, FAREWELL_MS).unref();
  }

  #end(server: UpstreamServer): void {
    const ended = server.close();
    this.#closing.add(ended);
    void ended.then(() => this.#closing.delete(ended));
  }

  #tell(server: UpstreamServer, changes: ReadonlySet<ChangeKind>): void {
    // A server that was taken out meanwhile has nothing to tell.
    if (this.#servers.get(server.key) !== server) return;
    for (const listener of this.#listeners) {
      try {
        listener(server, changes);
      } catch (error) {
        // Whoever listens must not make a server look wrong.
        this.#watch.log.error('A change of a server was not taken up', { service: server.key, error });
      }
    }
  }
}
