import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { plainHeaders } from '../upstream/rpc-body.ts';
import { AgentError } from './agent-error.ts';
import { AgentResponse, type ResponseHead, type UsedResponse } from './agent-response.ts';
import { BoundedAnswer, EventBound } from './bounded-body.ts';

/** Where the requests to an agent go. */
export interface AgentEndpoint {
  readonly dispatcher: Dispatcher;
  /** What is sent as Host. */
  readonly host: string;
  /** Path and query. */
  readonly path: string;
}

/** The most bytes of one answer that are read. Streams are bounded by the event, and by what comes of them (task-view.ts). */
const MAX_BYTES = 16 * 1024 * 1024;
/** The most bytes of one event: the SDK reads no more, and does not say so in a way of its own. */
const MAX_EVENT_BYTES = 4 * 1024 * 1024;
/** What of a stream may wait for its reader, in characters, before the agent has to. */
const MAX_WAITING = 64 * 1024;
/** How long a stream may take to end that nobody reads any more, in milliseconds. */
const LINGER_MS = 1000;
const EVENT_STREAM = 'text/event-stream';

/**
 * The SDK's way out: to this endpoint whatever the URL says, nowhere by a redirect, and for no more bytes than allowed. It is
 * `fetch` as far as the SDK uses it: that of the platform costs more than all the rest of a call.
 */
export function agentFetch({ dispatcher, host, path }: AgentEndpoint): typeof fetch {
  return (_url, init) =>
    new Promise((resolve, reject) => {
      const { headers: given, body, signal } = init ?? {};
      const sent = given as Readonly<Record<string, string>>;
      // A list of its own: what the server is to see is added to it on the way.
      const headers = Object.entries({ host, ...sent }).flat();
      const exchange = new AgentExchange({
        wantsStream: sent['Accept'] === EVENT_STREAM,
        signal: signal ?? undefined,
        resolve: (response) => resolve(response as Response),
        reject,
      });
      dispatcher.dispatch({ method: 'POST', path, headers, body: body as string }, exchange);
    });
}

interface ExchangeOptions {
  /** The SDK reads as a stream only what it asked for as one; all else it reads whole, whatever the agent calls it. */
  readonly wantsStream: boolean;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (response: UsedResponse) => void;
  readonly reject: (reason: unknown) => void;
}

/** One request, and what comes back for it. */
class AgentExchange implements Dispatcher.DispatchHandler {
  readonly #options: ExchangeOptions;
  #controller: Dispatcher.DispatchController | undefined;
  #head: ResponseHead = { status: 0, statusText: '', headers: {} };
  readonly #answer = new BoundedAnswer(MAX_BYTES);
  readonly #bound = new EventBound(MAX_EVENT_BYTES);
  /** What is read as a stream, as text. */
  #events: ReadableStreamDefaultController<string> | undefined;
  readonly #decoder = new TextDecoder();
  /** Nobody waits for anything of it any more. */
  #isOver = false;
  #lingering: NodeJS.Timeout | undefined;
  readonly #onAbort = (): void => this.#fail(this.#options.signal?.reason);

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { signal } = options;
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It may have waited for a connection.
    if (this.#isOver) controller.abort(givenUp());
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    rawHeaders: IncomingHttpHeaders,
    statusText = '',
  ): void {
    if (this.#isOver || status < 200) return;
    const headers = plainHeaders(rawHeaders);
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      const says = `It answered with content encoding ${encoding.slice(0, 64)}, which it was not offered.`;
      return this.#fail(new AgentError('ERR_AGENT_BROKEN', says));
    }
    this.#head = { status, statusText, headers };
    if (!this.#options.wantsStream || status > 299 || headers['content-type']?.startsWith(EVENT_STREAM) !== true)
      return;
    const stream = new ReadableStream<string>(
      {
        start: (events) => void (this.#events = events),
        pull: () => this.#controller?.resume(),
        cancel: () => this.#linger(),
      },
      { highWaterMark: MAX_WAITING, size: (text) => text.length },
    );
    this.#options.resolve(new AgentResponse(this.#head, stream));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return;
    const events = this.#events;
    try {
      if (events === undefined) return this.#answer.push(chunk);
      this.#bound.check(chunk);
      events.enqueue(this.#decoder.decode(chunk, { stream: true }));
    } catch (error) {
      return this.#fail(error);
    }
    if ((events.desiredSize ?? 0) <= 0) controller.pause();
  }

  onResponseEnd(): void {
    clearTimeout(this.#lingering);
    if (this.#isOver) return;
    this.#end();
    if (this.#events === undefined) this.#options.resolve(new AgentResponse(this.#head, this.#answer.bytes));
    else this.#events.close();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#lingering);
    this.#fail(error);
  }

  #fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#end();
    this.#options.reject(reason);
    this.#events?.error(reason);
    this.#controller?.abort(reason instanceof Error ? reason : givenUp());
  }

  /** A stream ends behind its last event: its connection is of use then. One that does not end would hold it for ever. */
  #linger(): void {
    if (this.#isOver) return;
    this.#end();
    this.#controller?.resume();
    this.#lingering = setTimeout(() => this.#controller?.abort(givenUp()), LINGER_MS).unref();
  }

  #end(): void {
    this.#isOver = true;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }
}

function givenUp(): Error {
  return new Error('The request was given up.');
}
