import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from './backoff.ts';
import type { ConnectionOptions } from './control-connection.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import type { Endpoint } from './rpc-client.ts';
import { openSubscription } from './subscription-stream.ts';

/** Changes of what is listened for that come together are made together, in milliseconds. */
const GATHER_MS = 20;
const RETRY = { minMs: 500, maxMs: 30_000 } as const;
const STEADY_MS = 10_000;
const DEADLINE_MS = 10_000;
const MAX_EVENT_BYTES = 1024 * 1024;

export interface ResourceListenOptions {
  /** Where the server is now; undefined: nowhere. */
  readonly endpoint: () => Endpoint | undefined;
  readonly protocolVersion: () => string;
  readonly clientInfo: ConnectionOptions['clientInfo'];
  /** @param uri as the server says it, which may be a part of what was asked for */
  readonly onUpdated: (uri: string) => void;
}

/**
 * Hears of the updates of some resources of a modern server (2026-07-28, Subscriptions). A stream's filter is fixed: when
 * what is wanted changes, another stream takes over, and the old one goes once the new one is acknowledged.
 */
export class ResourceListen {
  readonly #options: ResourceListenOptions;
  #uris: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stream: AbortController | undefined;
  #nextId = 1;

  constructor(options: ResourceListenOptions) {
    this.#options = options;
  }

  /** Listens for these from now on, and no others. */
  listen(uris: Iterable<string>): void {
    this.#uris = [...uris];
    this.#timer ??= setTimeout(() => this.#change(), GATHER_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#stream?.abort();
  }

  #change(): void {
    this.#timer = undefined;
    const before = this.#stream;
    if (this.#uris.length === 0) {
      this.#stream = undefined;
      before?.abort();
      return;
    }
    this.#stream = new AbortController();
    void this.#run(this.#uris, this.#stream.signal, () => before?.abort());
  }

  async #run(uris: readonly string[], signal: AbortSignal, onOpen: () => void): Promise<void> {
    const backoff = new Backoff(RETRY);
    while (!signal.aborted) {
      const began = performance.now();
      try {
        await this.#open(uris, signal, onOpen);
      } catch {
        // The connection broke, or there is none now: the server may come back.
      }
      onOpen();
      if (performance.now() - began > STEADY_MS) backoff.reset();
      await delay(backoff.next(), undefined, { signal }).catch(ignore);
    }
  }

  async #open(uris: readonly string[], signal: AbortSignal, onOpen: () => void): Promise<void> {
    const endpoint = this.#options.endpoint();
    if (endpoint === undefined) return;
    await openSubscription(endpoint, {
      id: this.#nextId++,
      version: this.#options.protocolVersion(),
      clientInfo: this.#options.clientInfo,
      filter: { resourceSubscriptions: uris },
      signal,
      deadlineMs: DEADLINE_MS,
      maxEventBytes: MAX_EVENT_BYTES,
      onAcknowledged: onOpen,
      onMessage: (message) => {
        const uri = updatedUri(message);
        if (uri !== undefined) this.#options.onUpdated(uri);
      },
    });
  }
}

/** The URI of a resource that a notification says was updated. */
export function updatedUri({ method, params }: JsonObject): string | undefined {
  if (method !== 'notifications/resources/updated' || !isJsonObject(params)) return undefined;
  return typeof params['uri'] === 'string' ? params['uri'] : undefined;
}

function ignore(): void {
  // Closed while it waited.
}
