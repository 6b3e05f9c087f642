import type { ServerResponse } from 'node:http';
import { EVENT_STREAM_HEADERS, KEEP_ALIVE } from '../call/reply.ts';

/** How often a quiet stream gets a comment, so that nothing between takes it for dead, in milliseconds. */
const KEEP_ALIVE_MS = 20_000;
/** What may wait to be sent to a client that does not read; beyond, its stream is broken off. */
const MAX_UNSENT_BYTES = 1024 * 1024;

/** A stream of messages to a client that stays open: a session's GET stream, or a subscription. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #keepAlive: NodeJS.Timeout;

  /** @param onClose called once, when either side has ended the stream */
  constructor(response: ServerResponse, onClose: () => void) {
    this.#response = response;
    response.writeHead(200, EVENT_STREAM_HEADERS);
    // The headers at once: a client knows then that its stream is open.
    response.flushHeaders();
    this.#keepAlive = setInterval(() => this.#write(KEEP_ALIVE), KEEP_ALIVE_MS).unref();
    response.once('close', () => {
      clearInterval(this.#keepAlive);
      onClose();
    });
  }

  /** Sends an event. */
  send(frame: Buffer): void {
    this.#write(frame);
  }

  /** Ends the stream, with a last event if there is one. */
  end(last?: Buffer): void {
    if (!this.#response.destroyed) this.#response.end(last);
  }

  #write(bytes: Buffer | string): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    this.#response.write(bytes);
    if (this.#response.writableLength > MAX_UNSENT_BYTES) this.#response.destroy();
  }
}
