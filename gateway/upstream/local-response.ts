import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/**
 * A response that is made in this process: undici's handler hears of it as of one from a connection (started, paused and
 * resumed, aborted, ended once).
 */
export class LocalResponse implements Dispatcher.DispatchController {
  readonly #handler: Dispatcher.DispatchHandler;
  /** Called when the handler gives the request up. */
  onAbort: (() => void) | undefined;
  #queue: Buffer[] = [];
  #queued = 0;
  #isPaused = false;
  #isStarted = false;
  /** No more is written. */
  #isEnded = false;
  /** The handler has heard of the end, or of an error. */
  #isDone = false;
  #reason: Error | null = null;

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler;
  }

  get aborted(): boolean {
    return this.#reason !== null;
  }

  get paused(): boolean {
    return this.#isPaused;
  }

  get reason(): Error | null {
    return this.#reason;
  }

  /** Whether the status was sent. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** Bytes that wait for a handler that has paused. */
  get queuedBytes(): number {
    return this.#queued;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#flush();
  }

  abort(reason: Error): void {
    if (this.#isDone || this.#reason !== null) return;
    this.#reason = reason;
    this.onAbort?.();
    // As from a connection: never within the handler's own call.
    queueMicrotask(() => this.fail(reason));
  }

  /** Tells the handler that its request has begun. @returns false if it gives it up at once */
  begin(): boolean {
    this.#call(() => this.#handler.onRequestStart?.(this, {}));
    return !this.aborted;
  }

  start(status: number, headers: IncomingHttpHeaders = {}): void {
    if (this.#isDone || this.aborted || this.#isStarted) return;
    this.#isStarted = true;
    this.#call(() => this.#handler.onResponseStart?.(this, status, headers, ''));
  }

  write(bytes: Buffer): void {
    if (this.#isDone || this.aborted || this.#isEnded) return;
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    this.#flush();
  }

  /** Nothing follows; the handler hears of it when it has taken all. */
  end(): void {
    this.#isEnded = true;
    this.#flush();
  }

  /** Answers with a status, and a body where there is one. */
  answer(status: number, headers: IncomingHttpHeaders = {}, body?: Buffer): void {
    this.start(status, headers);
    if (body !== undefined && body.length > 0) this.write(body);
    this.end();
  }

  /** Breaks the response off; nothing if it is complete. */
  fail(error: Error): void {
    if (this.#isDone) return;
    this.#finish();
    this.#handler.onResponseError?.(this, error);
  }

  #flush(): void {
    while (!this.#isPaused && !this.#isDone && !this.aborted) {
      const bytes = this.#queue.shift();
      if (bytes === undefined) break;
      this.#queued -= bytes.length;
      this.#call(() => this.#handler.onResponseData?.(this, bytes));
    }
    if (!this.#isEnded || this.#isPaused || this.#isDone || this.aborted) return;
    this.#finish();
    this.#handler.onResponseEnd?.(this, {});
  }

  #finish(): void {
    this.#isDone = true;
    this.#queue = [];
    this.#queued = 0;
  }

  /** What a handler throws breaks its own request off, as undici has it. */
  #call(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
