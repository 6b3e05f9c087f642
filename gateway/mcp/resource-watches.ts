import { SessionSlot, type SessionIdentity, type SessionOpener } from '../call/upstream-session.ts';
import { valueOf } from '../jsonrpc/message.ts';
import type { RoutedServer } from '../routing/route.ts';
import { isJsonObject } from '../upstream/json.ts';
import type { Pools } from '../upstream/pools.ts';
import { ResourceListen, updatedUri } from '../upstream/resource-listen.ts';

/** Told of a resource's update. @param uri as the server says it, which may be a part of the one that is watched */
export type OnUpdated = (uri: string) => void;

export interface ResourceWatchesOptions {
  readonly opener: SessionOpener;
  readonly pools: Pools;
  readonly identity: SessionIdentity;
}

/** How one server is asked to tell of updates. */
interface Asking {
  /** @param uris all that are watched now */
  watch(uris: ReadonlySet<string>): void;
  close(): void;
}

interface Watched {
  readonly server: RoutedServer;
  readonly asking: Asking;
  readonly listeners: Map<string, Set<OnUpdated>>;
}

/**
 * The watching of single resources for clients that cannot subscribe at the server themselves, since it speaks another era,
 * or theirs has no subscriptions of one client: each resource is subscribed to once for all who watch it, and no longer
 * than they do.
 */
export class ResourceWatches {
  readonly #options: ResourceWatchesOptions;
  readonly #watched = new Map<RoutedServer['upstream'], Watched>();

  constructor(options: ResourceWatchesOptions) {
    this.#options = options;
  }

  /** @returns ends the watch */
  watch(server: RoutedServer, uri: string, onUpdated: OnUpdated): () => void {
    const watched = this.#of(server);
    let listeners = watched.listeners.get(uri);
    if (listeners === undefined) {
      watched.listeners.set(uri, (listeners = new Set()));
      watched.asking.watch(new Set(watched.listeners.keys()));
    }
    // Each watch is its own, also where one listener watches twice.
    const listener: OnUpdated = (updated) => onUpdated(updated);
    listeners.add(listener);
    return () => this.#unwatch(watched, uri, listener);
  }

  /** Forgets the servers that are no longer there. */
  retain(servers: ReadonlySet<RoutedServer['upstream']>): void {
    for (const [upstream, { asking }] of this.#watched) {
      if (servers.has(upstream)) continue;
      this.#watched.delete(upstream);
      asking.close();
    }
  }

  close(): void {
    this.retain(new Set());
  }

  #of(server: RoutedServer): Watched {
    let watched = this.#watched.get(server.upstream);
    if (watched === undefined) {
      const listeners: Watched['listeners'] = new Map();
      const tell = (uri: string): void => {
        for (const [each, those] of listeners) if (isPartOf(uri, each)) for (const listener of those) listener(uri);
      };
      const isModern = server.upstream.catalogue?.era === 'modern';
      const asking = isModern ? askingModern(server, this.#options, tell) : askingLegacy(server, this.#options, tell);
      this.#watched.set(server.upstream, (watched = { server, asking, listeners }));
    }
    return watched;
  }

  #unwatch({ server, asking, listeners }: Watched, uri: string, listener: OnUpdated): void {
    const those = listeners.get(uri);
    if (those?.delete(listener) !== true || those.size > 0) return;
    listeners.delete(uri);
    if (this.#watched.get(server.upstream)?.listeners !== listeners) return;
    asking.watch(new Set(listeners.keys()));
    if (listeners.size > 0) return;
    this.#watched.delete(server.upstream);
    asking.close();
  }
}

/** A server may tell of a part of what was subscribed to (2025-11-25, Resources, Subscriptions). */
function isPartOf(uri: string, watched: string): boolean {
  return uri === watched || uri.startsWith(watched.endsWith('/') ? watched : `${watched}/`);
}

function askingModern(server: RoutedServer, { pools, identity }: ResourceWatchesOptions, tell: OnUpdated): Asking {
  const { upstream, entry } = server;
  const listen = new ResourceListen({
    endpoint: () => {
      const target = upstream.endpoints.pick();
      if (target === undefined) return undefined;
      return { dispatcher: pools.forStreams(entry, target), target, host: entry.host, path: entry.path };
    },
    protocolVersion: () => upstream.catalogue?.protocolVersion ?? '',
    clientInfo: identity.clientInfo,
    onUpdated: tell,
  });
  return { watch: (uris) => listen.listen(uris), close: () => listen.close() };
}

function askingLegacy(server: RoutedServer, { opener, identity }: ResourceWatchesOptions, tell: OnUpdated): Asking {
  let watched: ReadonlySet<string> = new Set();
  const slot = new SessionSlot(server, opener, identity, {
    isListening: true,
    canBeAsked: false,
    logLevel: undefined,
    message(_server, _session, { method, params, bytes }) {
      const value = params === undefined ? undefined : valueOf(bytes, params);
      const uri = updatedUri({ method, params: isJsonObject(value) ? value : {} });
      if (uri !== undefined) tell(uri);
    },
  });
  return {
    watch(uris) {
      // A server that refuses has said in its capabilities that it would not: nothing is heard of this one then.
      for (const uri of uris) if (!watched.has(uri)) slot.subscribe(server, uri).catch(ignore);
      for (const uri of watched) if (!uris.has(uri)) slot.unsubscribe(server, uri).catch(ignore);
      watched = uris;
    },
    close: () => void slot.close(),
  };
}

function ignore(): void {
  // As said above.
}
