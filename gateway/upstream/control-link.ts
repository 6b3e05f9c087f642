import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from './backoff.ts';
import { announcedLists, type ChangedList, type ControlConnection } from './control-connection.ts';
import { UpstreamError } from './errors.ts';

export interface LinkEvents {
  /** The server announced a change. */
  readonly onChanged: (list: ChangedList) => void;
  /** Changes may have gone unheard: all lists are to be read again. */
  readonly onMissed: () => void;
  /** The stream broke: the server may be gone, or another one by now. */
  readonly onBroken: () => void;
}

/** A stream that lasted this long was a good one: the next is opened without delay. Milliseconds. */
const GOOD_STREAM_MS = 10_000;

/** A control connection, and the stream on which it hears of changes, opened again whenever it ends. */
export class ControlLink {
  readonly connection: ControlConnection;
  readonly #events: LinkEvents;
  readonly #end = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  /** The lists whose changes would be heard now. */
  #heard: readonly ChangedList[] = [];
  /** The lists were read before the stream was open, or since it was. */
  #wasRead = false;

  constructor(connection: ControlConnection, events: LinkEvents) {
    this.connection = connection;
    this.#events = events;
    const { description } = connection;
    // Over HTTP+SSE all comes on one stream, which is open anyway: that it broke says at once that the server is another.
    if (announcedLists(description).length > 0 || description.transport === 'http+sse') void this.#listen();
    else this.#ready.resolve();
  }

  /** Whether changes would be heard now. */
  get isListening(): boolean {
    return this.#heard.length > 0;
  }

  /** Whether a change of this list would be heard now. */
  hears(list: ChangedList): boolean {
    return this.#heard.includes(list);
  }

  /**
   * Waits until changes are heard, or are known not to be, but no longer than `atMostMs`: lists that are read from then
   * on need not be read again when the stream opens.
   */
  async readyToRead(atMostMs: number): Promise<void> {
    if (!this.#wasRead) {
      const end = new AbortController();
      await Promise.race([this.#ready.promise, delay(atMostMs, undefined, end).catch(() => undefined)]);
      end.abort();
    }
    this.#wasRead = true;
  }

  /** Ends the stream and the connection; never throws. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.connection.close();
  }

  async #listen(): Promise<void> {
    const { signal } = this.#end;
    const backoff = new Backoff({ minMs: 250, maxMs: 30_000 });
    while (!signal.aborted) {
      let openedAt: number | undefined;
      let retryMs = 0;
      try {
        const end = await this.connection.listen({
          signal,
          onOpen: (lists) => {
            openedAt = performance.now();
            this.#heard = lists;
            if (this.#wasRead) this.#events.onMissed();
            this.#ready.resolve();
          },
          onChanged: this.#events.onChanged,
        });
        if (!end.supported) return;
        retryMs = end.retryMs ?? 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#events.onBroken();
        if (error instanceof UpstreamError && error.code === 'ERR_UPSTREAM_SESSION') return;
      } finally {
        this.#heard = [];
        this.#ready.resolve();
      }
      if (openedAt !== undefined && performance.now() - openedAt > GOOD_STREAM_MS) backoff.reset();
      await delay(Math.max(retryMs, backoff.next()), undefined, { signal }).catch(() => undefined);
    }
  }
}
