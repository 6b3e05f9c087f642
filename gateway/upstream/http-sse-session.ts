import { batchElements, isBatch } from '../jsonrpc/batch.ts';
import { InvalidMessageError, readMessage, type Message } from '../jsonrpc/message.ts';
import { HttpSsePost, type HttpSsePostOptions } from './http-sse-post.ts';
import { EVENT_STREAM, keyOf, progressKey, RunningRequest, writeEvent } from './http-sse-running.ts';
import { HttpSseStream, type HttpSseStreamOptions } from './http-sse-stream.ts';
import type { LocalResponse } from './local-response.ts';

/** How many requests may run in one session at once; over Streamable HTTP the connections bound it. */
const MAX_RUNNING = 1000;
/** How many answers of the gateway's own may be on their way: a server that takes none is not worth a connection for each. */
const MAX_REPLIES = 16;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;

export interface HttpSseSessionOptions extends Omit<HttpSseStreamOptions, 'onMessage' | 'onBroken' | 'dispatcher'> {
  readonly id: string;
  /** Carries the stream. */
  readonly streams: HttpSseStreamOptions['dispatcher'];
  /** Carries the messages. */
  readonly messages: HttpSsePostOptions['dispatcher'];
  /** The session is over: called once, whoever ended it. */
  readonly onEnd: (session: HttpSseSession) => void;
}

/**
 * One session with an HTTP+SSE server: its stream, and the requests that wait for their answers on it. Each message of the
 * stream goes to one reader: the request that it answers or tells the progress of; else whoever listens (GET); else, since
 * it can be about nothing else, the only request that runs. A server whose question nobody hears gets an error.
 */
export class HttpSseSession {
  readonly id: string;
  readonly path: string;
  readonly #options: HttpSseSessionOptions;
  readonly #stream: HttpSseStream;
  readonly #running = new Map<string, RunningRequest>();
  readonly #byProgress = new Map<string, RunningRequest>();
  /** `initialize`. Without its result there is no session. */
  #handshake: RunningRequest | undefined;
  #messagePath = '';
  /** Answers of the gateway's own that are on their way. */
  #replies = 0;
  #listener: LocalResponse | undefined;
  #isRetired = false;
  #isEnded = false;

  /** Begins to open the session. */
  constructor(options: HttpSseSessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.path = options.path;
    this.#stream = new HttpSseStream({
      ...options,
      dispatcher: options.streams,
      onMessage: (data) => this.#onData(data),
      onBroken: (error) => this.end(error),
    });
  }

  /** Resolves when messages may be sent. @throws as HttpSseStream.opened */
  async opened(): Promise<void> {
    this.#messagePath = await this.#stream.opened;
  }

  /** Sends `initialize`; the session lasts if the server agrees. @param headers raw */
  initialize(message: Message, headers: string[], response: LocalResponse): void {
    this.#handshake = new RunningRequest(message, response, { 'mcp-session-id': this.id });
    this.#run(this.#handshake, message, headers);
  }

  /** Sends a client's message; what the server makes of it becomes the response. @param headers raw */
  send(message: Message, headers: string[], response: LocalResponse): void {
    if (message.kind === 'request') return this.#request(message, headers, response);
    const post = this.#post(message.bytes, headers, {
      onAccepted: () => response.answer(202),
      onRefused: (status, type, body) => this.#refused(response, status, type, body),
      onFailed: (error) => response.fail(error),
    });
    response.onAbort = () => post.settle();
  }

  /** Presents what belongs to no request. */
  listen(response: LocalResponse): void {
    // One at a time: each message goes to one stream.
    if (this.#listener !== undefined) return response.answer(409);
    this.#listener = response;
    response.onAbort = () => (this.#listener = undefined);
    response.start(200, EVENT_STREAM);
  }

  /** Ends the session when no request runs in it any more. */
  retire(): void {
    this.#isRetired = true;
    this.#endIfIdle();
  }

  /** Ends the session; what runs in it, and whoever listens, fails with `reason`. */
  end(reason: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stream.close();
    this.#options.onEnd(this);
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const request of running) request.break(reason);
    this.#listener?.fail(reason);
    this.#listener = undefined;
  }

  #request(message: Message, headers: string[], response: LocalResponse): void {
    const running = new RunningRequest(message, response);
    const refusal = this.#refusal(running.key);
    if (refusal !== undefined) return running.answer(errorAnswer(message.id as string, INVALID_REQUEST, refusal));
    this.#run(running, message, headers);
  }

  #run(running: RunningRequest, message: Message, headers: string[]): void {
    const { response, progress } = running;
    this.#running.set(running.key, running);
    if (progress !== undefined) this.#byProgress.set(progress, running);
    response.onAbort = () => this.#ended(running);
    running.post = this.#post(message.bytes, headers, {
      onAccepted: () => running.accepted(),
      onRefused: (status, type, body) => {
        if (this.#ended(running)) this.#refused(response, status, type, body);
        else running.refusedLate(status);
      },
      onFailed: (error) => {
        if (this.#ended(running)) response.fail(error);
        else running.failedLate(error);
      },
    });
  }

  /** Why a request is not sent. */
  #refusal(key: string): string | undefined {
    if (this.#running.has(key)) return `A request with the id ${key.slice(0, 64)} runs in the session already.`;
    if (this.#running.size < MAX_RUNNING) return undefined;
    return `${MAX_RUNNING} requests run in the session with the server already: as many as may; try again.`;
  }

  #post(
    body: Buffer,
    headers: string[],
    on: Pick<HttpSsePostOptions, 'onAccepted' | 'onRefused' | 'onFailed'>,
  ): HttpSsePost {
    return new HttpSsePost({ ...on, dispatcher: this.#options.messages, path: this.#messagePath, headers, body });
  }

  #refused(response: LocalResponse, status: number, contentType: string | undefined, body: Buffer): void {
    response.answer(status, contentType === undefined ? {} : { 'content-type': contentType }, body);
    // The server knows nothing of the session, though its stream may still be open (another replica, a restart).
    if (status === 404) this.end(new Error('the server no longer knows the session'));
  }

  /** @returns whether the request was still running */
  #ended(running: RunningRequest, isAnswered = false): boolean {
    if (this.#running.get(running.key) !== running) return false;
    this.#running.delete(running.key);
    const { progress } = running;
    if (progress !== undefined && this.#byProgress.get(progress) === running) this.#byProgress.delete(progress);
    running.post?.settle();
    if (running === this.#handshake && !isAnswered) this.end(new Error('The session was never begun.'));
    else this.#endIfIdle();
    return true;
  }

  #endIfIdle(): void {
    if (this.#isRetired && this.#running.size === 0) this.end(new Error('The session was ended.'));
  }

  #onData(data: Buffer): void {
    try {
      if (isBatch(data)) for (const each of batchElements(data)) this.#onData(each);
      else this.#onMessage(readMessage(data));
    } catch (error) {
      this.#onInvalid(error as Error);
    }
  }

  #onMessage(message: Message): void {
    if (message.kind === 'response') return this.#onResponse(message);
    if (message.method === 'ping' && message.kind === 'request') {
      return this.#reply(`{"jsonrpc":"2.0","id":${String(message.id)},"result":{}}`);
    }
    const progress = message.method === 'notifications/progress' ? progressKey(message) : undefined;
    if (progress !== undefined) {
      const asking = this.#byProgress.get(progress);
      if (asking !== undefined) return this.#tell(asking, message.bytes);
    }
    const only = progress === undefined ? this.#only() : undefined;
    // A log line is about the request that runs alone; by way of the listener its answer would overtake it.
    if (only !== undefined && message.method === 'notifications/message') return this.#tell(only, message.bytes);
    if (this.#listener !== undefined) return this.#toListener(this.#listener, message.bytes);
    if (only !== undefined) return this.#tell(only, message.bytes);
    if (message.kind !== 'request') return;
    this.#reply(
      errorAnswer(String(message.id), METHOD_NOT_FOUND, `Nobody listens to ${message.method.slice(0, 128)}.`),
    );
  }

  #onResponse(message: Message): void {
    // An error without an id answers what the server could not read.
    const running = message.id === undefined ? this.#only() : this.#running.get(keyOf(message.id));
    if (running === undefined) return;
    if (this.#ended(running, message.result !== undefined)) running.answer(message.bytes);
  }

  /** A message that is none fails the request that it must be about, where that is known. */
  #onInvalid(error: Error): void {
    const id = error instanceof InvalidMessageError ? error.id : undefined;
    const running = id === undefined ? this.#only() : this.#running.get(keyOf(id));
    if (running !== undefined && this.#ended(running)) running.fail(error);
  }

  #tell(running: RunningRequest, message: Buffer): void {
    if (!running.tell(message) && this.#ended(running)) running.fail(new Error('its events were not read'));
  }

  #toListener(listener: LocalResponse, message: Buffer): void {
    if (writeEvent(listener, message)) return;
    this.#listener = undefined;
    listener.fail(new Error('its events were not read'));
  }

  /** The request that runs, if it is one. */
  #only(): RunningRequest | undefined {
    return this.#running.size === 1 ? this.#running.values().next().value : undefined;
  }

  #reply(message: string | Buffer): void {
    if (this.#replies >= MAX_REPLIES) return;
    this.#replies++;
    const headers = [...this.#options.headers, 'content-type', 'application/json'];
    // What becomes of it is the server's affair.
    const ended = (): void => void this.#replies--;
    const on = { onAccepted: ended, onRefused: ended, onFailed: ended };
    this.#post(Buffer.from(message), headers, on).settle();
  }
}

function errorAnswer(id: string, code: number, message: string): Buffer {
  return Buffer.from(`{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify({ code, message })}}`);
}
