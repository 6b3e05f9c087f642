import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { EVENT_STREAM_HEADERS, KEEP_ALIVE } from '../call/reply.ts';
import { messageFrame } from '../jsonrpc/sse-frames.ts';

/** How often a quiet stream gets a comment: proxies cut off what is quiet for a minute; milliseconds. */
const KEEP_ALIVE_MS = 20_000;

/** A stream of events to an A2A client. It begins with its first event, so that a fault before that can be a plain answer. */
export class ClientStream {
  readonly #response: ServerResponse;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #gone: AbortSignal;
  readonly #keepAlive: NodeJS.Timeout;

  /**
   * @param headers beside those of any stream
   * @param gone aborted when the client has left
   */
  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>, gone: AbortSignal) {
    this.#response = response;
    this.#headers = headers;
    this.#gone = gone;
    this.#keepAlive = setInterval(() => this.keepAlive(), KEEP_ALIVE_MS).unref();
  }

  /** Sends a message as an event; resolves when the client has room for more. @throws when the client has left */
  async send(message: Buffer): Promise<void> {
    this.#begin();
    this.#keepAlive.refresh();
    if (!this.#response.write(messageFrame(message))) await once(this.#response, 'drain', { signal: this.#gone });
    this.#gone.throwIfAborted();
  }

  /** Shows the client, and whatever is between, that the connection lives. */
  keepAlive(): void {
    if (this.#gone.aborted || this.#response.writableNeedDrain) return;
    this.#begin();
    this.#response.write(KEEP_ALIVE);
  }

  /** Ends the stream, with a last message if there is one. */
  end(last?: Buffer): void {
    this.release();
    if (!this.#gone.aborted) this.#response.end(last === undefined ? undefined : messageFrame(last));
  }

  /** Nothing more is sent here. */
  release(): void {
    clearInterval(this.#keepAlive);
  }

  #begin(): void {
    if (this.#response.headersSent) return;
    this.#response.writeHead(200, [...EVENT_STREAM_HEADERS, ...Object.entries(this.#headers).flat()]);
    // At once: a client knows then that its stream is open.
    this.#response.flushHeaders();
  }
}
