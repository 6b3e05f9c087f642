import type { ConnectionOptions } from './control-connection.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { keepOpen } from './keep-open.ts';
import type { Endpoint } from './rpc-client.ts';
import { openSubscription } from './subscription-stream.ts';

/** Changes of what is listened for that come together are made together, in milliseconds. */
const GATHER_MS = 20;
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
    await keepOpen(signal, async () => {
      // Whatever came of it, the stream before it has had its time.
      await this.#open(uris, signal, onOpen).finally(onOpen);
      return true;
    });
  }

  async #open(uris: readonly string[], signal: AbortSignal, onOpen: () => void): Promise<void> {
    const endpoint = this.#options.endpoint();
    if (endpoint === undefined) return;
    await openSubscription(endpoint, {
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
