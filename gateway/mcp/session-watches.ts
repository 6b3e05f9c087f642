import type { SessionSlots } from '../call/session-slots.ts';
import type { RoutedServer } from '../routing/route.ts';
import { McpError } from './errors.ts';
import { resourceUpdated } from './notifications.ts';
import type { ResourceWatches } from './resource-watches.ts';

/** How many resources a client may hear of: a modern server is told all of them whenever there is another. */
const MAX_SUBSCRIBED = 1000;

/** A resource that a client subscribed to. */
interface Watch {
  readonly server: RoutedServer;
  /** Ends the gateway's own watching; undefined: the server tells the client's session with it. */
  readonly end: (() => void) | undefined;
}

export interface SessionWatchesOptions {
  readonly slots: SessionSlots;
  readonly resources: ResourceWatches;
  /** Whether the client may hear of a resource now. */
  readonly mayRead: (server: RoutedServer, uri: string) => boolean;
  readonly notify: (message: Buffer) => void;
}

/** The resources that the client of one legacy session subscribed to; those of modern servers end by their watches. */
export class SessionWatches {
  readonly #options: SessionWatchesOptions;
  readonly #watches = new Map<string, Watch>();

  constructor(options: SessionWatchesOptions) {
    this.#options = options;
  }

  /** Has the client hear of a resource's updates. @throws UpstreamError, McpError */
  async subscribe(server: RoutedServer, uri: string): Promise<void> {
    const { slots, resources, mayRead, notify } = this.#options;
    slots.checkOpen();
    const isKnown = this.#watches.has(uri);
    if (!isKnown && this.#watches.size >= MAX_SUBSCRIBED) {
      throw new McpError('overloaded', `A session may subscribe to ${MAX_SUBSCRIBED} resources.`, { status: 200 });
    }
    if (server.upstream.catalogue?.era !== 'legacy') {
      // One that is subscribed to twice is told of once.
      if (isKnown) return;
      const end = resources.watch(server, uri, (updated) => {
        if (mayRead(server, updated)) notify(resourceUpdated(updated));
      });
      this.#watches.set(uri, { server, end });
      return;
    }
    if (!isKnown) this.#watches.set(uri, { server, end: undefined });
    try {
      await slots.slot(server).subscribe(server, uri);
    } catch (error) {
      if (!isKnown) this.#watches.delete(uri);
      throw error;
    }
  }

  /** Takes that back. @throws UpstreamError */
  async unsubscribe(server: RoutedServer, uri: string): Promise<void> {
    const watch = this.#watches.get(uri);
    this.#watches.delete(uri);
    if (watch?.end !== undefined) watch.end();
    else if (server.upstream.catalogue?.era === 'legacy') {
      await this.#options.slots.slot(server).unsubscribe(server, uri);
    }
  }

  /** Takes back what is of none of these servers, or not for the client any more. */
  retain(servers: ReadonlySet<RoutedServer['upstream']>): void {
    const { slots, mayRead } = this.#options;
    for (const [uri, { server, end }] of this.#watches) {
      if (servers.has(server.upstream) && mayRead(server, uri)) continue;
      this.#watches.delete(uri);
      if (end !== undefined) end();
      else if (servers.has(server.upstream)) slots.slot(server).unsubscribe(server, uri).catch(ignore);
    }
  }

  close(): void {
    for (const { end } of this.#watches.values()) end?.();
    this.#watches.clear();
  }
}

function ignore(): void {
  // What a server does not take back is not passed on any more in any case.
}
