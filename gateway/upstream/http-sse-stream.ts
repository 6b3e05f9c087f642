import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { FrameSplitter, readFrame } from '../jsonrpc/sse-frames.ts';
import { BudgetShare, type MemoryBudget } from '../memory-budget.ts';
import { UpstreamError } from './errors.ts';
import { messagePath, type StreamPlace } from './http-sse-endpoint.ts';
import { mediaType } from './rpc-body.ts';

/** The largest event that is read: an event is held until it is complete, since only then is it known whose it is. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;
/** What is being read of an event is counted among the large ones from here on. */
const SMALL_EVENT_BYTES = 64 * 1024;
const ENDPOINT_EVENT = /^event: ?endpoint\r?$/m;

/** The answer to GET is no stream of events: nothing speaks HTTP+SSE there. */
export class NoStreamError extends Error {
  override readonly name = 'NoStreamError';
  readonly status: number;
  readonly contentType: string | undefined;

  constructor(status: number, contentType: string | undefined) {
    super(`GET is answered with HTTP status ${status} and no stream of events.`);
    this.status = status;
    this.contentType = contentType;
  }
}

export interface HttpSseStreamOptions extends StreamPlace {
  readonly dispatcher: Dispatcher;
  /** Name, value, name, value, … */
  readonly headers: readonly string[];
  /** How long the event `endpoint` may take, in milliseconds. */
  readonly endpointMs: number;
  /** What all events that are not complete yet may take together. */
  readonly budget: MemoryBudget;
  /** Takes the data of each event that carries a message. */
  readonly onMessage: (data: Buffer) => void;
  /** The open stream is over. Not called for one that is closed from here. */
  readonly onBroken: (error: Error) => void;
}

/** The stream of an HTTP+SSE server (2024-11-05, Transports): GET, the event `endpoint`, then all that the server says. */
export class HttpSseStream implements Dispatcher.DispatchHandler {
  /**
   * Path and query to POST to. Rejects with NoStreamError if there is no such stream, with UpstreamError if there is one
   * but no (allowed) endpoint in it, or as the connection fails.
   */
  readonly opened: Promise<string>;
  readonly #options: HttpSseStreamOptions;
  readonly #opening = Promise.withResolvers<string>();
  readonly #frames = new FrameSplitter(MAX_EVENT_BYTES);
  #share: BudgetShare | undefined;
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #controller: Dispatcher.DispatchController | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(options: HttpSseStreamOptions) {
    this.#options = options;
    this.opened = this.#opening.promise;
    // Whoever opens a stream may have gone when it fails.
    this.opened.catch(() => undefined);
    this.#timer = setTimeout(() => this.#onLate(), options.endpointMs);
    const { dispatcher, path } = options;
    const headers = [...options.headers, 'accept', 'text/event-stream'];
    // The connection ends with the stream.
    dispatcher.dispatch({ method: 'GET', path, headers, reset: true }, this);
  }

  /** Ends the stream, by which the server knows that the session is over. */
  close(): void {
    this.#end(new Error('The stream was closed.'), false);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#state === 'closed') controller.abort(new Error('The stream was closed.'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#state === 'closed') return;
    const type = headers['content-type'];
    if (status !== 200 || mediaType(type) !== 'text/event-stream') this.#end(new NoStreamError(status, type), true);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state === 'closed') return;
    try {
      for (const frame of this.#frames.push(chunk)) {
        this.#take(frame);
        // What it said may have ended the session.
        if (this.#isClosed) return;
      }
      this.#hold(this.#frames.pendingSize);
    } catch (error) {
      this.#end(error as Error, true);
    }
  }

  onResponseEnd(): void {
    this.#end(new Error('its stream of events ended'), true);
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    const isOpen = this.#state === 'open';
    this.#end(isOpen ? new Error(`its stream of events broke: ${cause.message}`, { cause }) : cause, true);
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #take(frame: Buffer): void {
    const { data, isMessage } = readFrame(frame);
    if (data === undefined || data.length === 0) return;
    if (this.#state === 'open') {
      if (isMessage) this.#options.onMessage(data);
      return;
    }
    if (isMessage) {
      throw new UpstreamError('ERR_UPSTREAM_MALFORMED', 'The stream does not begin with the event "endpoint".');
    }
    if (!ENDPOINT_EVENT.test(frame.toString('latin1'))) return;
    const path = messagePath(data.toString(), this.#options);
    clearTimeout(this.#timer);
    this.#state = 'open';
    this.#opening.resolve(path);
  }

  /** @throws if events that are not complete take too much already */
  #hold(bytes: number): void {
    if (this.#share === undefined && bytes <= SMALL_EVENT_BYTES) return;
    this.#share ??= new BudgetShare(this.#options.budget);
    if (this.#share.hold(bytes)) return;
    throw new Error('it sent a large event, and the gateway holds as many of those as it can');
  }

  #onLate(): void {
    const { path, endpointMs } = this.#options;
    const isStream = this.#controller !== undefined;
    const what = isStream ? `GET ${path} brought no event "endpoint"` : `GET ${path} got no connection`;
    this.#end(new UpstreamError('ERR_UPSTREAM_TIMEOUT', `${what} within ${endpointMs} ms.`), true);
  }

  #end(error: Error, isTold: boolean): void {
    if (this.#state === 'closed') return;
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.#share?.hold(0);
    this.#controller?.abort(error);
    if (!wasOpen) this.#opening.reject(error);
    else if (isTold) this.#options.onBroken(error);
  }
}
