import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** How much is passed on of what a server says beside a refusal. */
const MAX_REFUSAL_BYTES = 64 * 1024;
/** How long a server may take to accept a message that nobody waits for any more, in milliseconds. */
const LINGER_MS = 5000;

export interface HttpSsePostOptions {
  readonly dispatcher: Dispatcher;
  readonly path: string;
  /** Name, value, name, value, … */
  readonly headers: string[];
  readonly body: Buffer;
  /** The server took the message: what it says to it comes on the stream. */
  readonly onAccepted: () => void;
  /** It did not. The body is what it said of that, if it is not too much. */
  readonly onRefused: (status: number, contentType: string | undefined, body: Buffer) => void;
  readonly onFailed: (error: Error) => void;
}

/** One message on its way to an HTTP+SSE server. */
export class HttpSsePost implements Dispatcher.DispatchHandler {
  readonly #options: HttpSsePostOptions;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #contentType: string | undefined;
  #body: Buffer[] = [];
  #size = 0;
  #isEnded = false;
  #isGivenUp = false;
  #linger: NodeJS.Timeout | undefined;

  constructor(options: HttpSsePostOptions) {
    this.#options = options;
    const { dispatcher, path, headers, body } = options;
    dispatcher.dispatch({ method: 'POST', path, headers, body }, this);
  }

  /** Nobody waits for the message to be accepted; a connection on which nothing comes is given up after a while. */
  settle(): void {
    if (this.#isEnded) return;
    this.#linger ??= setTimeout(() => this.#giveUp(), LINGER_MS).unref();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isGivenUp) this.#giveUp();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#contentType = headers['content-type'];
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size <= MAX_REFUSAL_BYTES) this.#body.push(chunk);
    else {
      this.#body = [];
      this.#contentType = undefined;
      this.onResponseEnd();
      controller.abort(new Error('The body is too large.'));
    }
  }

  onResponseEnd(): void {
    if (!this.#end()) return;
    if (this.#status < 300) this.#options.onAccepted();
    else this.#options.onRefused(this.#status, this.#contentType, Buffer.concat(this.#body));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#end()) this.#options.onFailed(error);
  }

  #giveUp(): void {
    this.#isGivenUp = true;
    this.#controller?.abort(new Error('The server never accepted the message.'));
  }

  /** @returns whether it had not ended before */
  #end(): boolean {
    clearTimeout(this.#linger);
    const isFirst = !this.#isEnded;
    this.#isEnded = true;
    return isFirst;
  }
}
