import { messageFrame } from '../jsonrpc/sse-frames.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param, type Message } from '../jsonrpc/message.ts';
import { isConnectFailure } from './errors.ts';
import type { HttpSsePost } from './http-sse-post.ts';
import type { LocalResponse } from './local-response.ts';

/** What may wait for a reader that does not read, in bytes. */
const MAX_QUEUED_BYTES = 1024 * 1024;
/** How long it is waited for whether a request was accepted, when the session has ended meanwhile, in milliseconds. */
const GRACE_MS = 50;
export const EVENT_STREAM = { 'content-type': 'text/event-stream' } as const;

/** Writes an event for a reader that all others of the session must not wait for. @returns false: it reads too slowly */
export function writeEvent(response: LocalResponse, message: Buffer): boolean {
  if (response.queuedBytes + message.length > MAX_QUEUED_BYTES && response.queuedBytes > 0) return false;
  response.write(messageFrame(message));
  return true;
}

/** An id or a token, so that two spellings of one are the same, and `1` and `"1"` are not. @param text JSON */
export function keyOf(text: string): string {
  return text.includes('\\') ? JSON.stringify(JSON.parse(text)) : text;
}

/** The token under which a request asks for its progress, or a notification tells of it; undefined without one. */
export function progressKey(message: Message): string | undefined {
  const holder = message.kind === 'request' ? param(message, '_meta')?.members : message.params?.members;
  const token = member(holder, 'progressToken');
  return token && keyOf(message.bytes.toString('utf8', token.start, token.end));
}

/**
 * A request that waits for its answer. An answer alone is presented as JSON; one that something came before stands on a
 * stream of events with it (2025-11-25, Transports, Sending Messages to the Server).
 */
export class RunningRequest {
  readonly key: string;
  readonly progress: string | undefined;
  readonly response: LocalResponse;
  post: HttpSsePost | undefined;
  #isAccepted = false;
  /** Why the session ended, while it is not known whether the server took the request before. */
  #broken: Error | undefined;
  #grace: NodeJS.Timeout | undefined;
  readonly #headers: Readonly<Record<string, string>>;

  /**
   * @param message a request
   * @param headers of the response, beside its content type
   */
  constructor(message: Message, response: LocalResponse, headers: Readonly<Record<string, string>> = {}) {
    this.key = keyOf(message.id as string);
    this.progress = progressKey(message);
    this.response = response;
    this.#headers = headers;
  }

  /** Presents what the server says before the answer. @returns false: whoever waits for it reads too slowly */
  tell(message: Buffer): boolean {
    this.response.start(200, { ...this.#headers, ...EVENT_STREAM });
    return writeEvent(this.response, message);
  }

  answer(message: Buffer): void {
    const { response } = this;
    this.post?.settle();
    if (response.isStarted) {
      response.write(messageFrame(message));
      response.end();
    } else {
      const length = String(message.length);
      const headers = { ...this.#headers, 'content-type': 'application/json', 'content-length': length };
      response.answer(200, headers, message);
    }
  }

  fail(error: Error): void {
    clearTimeout(this.#grace);
    this.post?.settle();
    this.response.fail(error);
  }

  /** The session has ended. Whether the server did anything with a request that it has not accepted, it says at once or never. */
  break(reason: Error): void {
    if (this.#isAccepted || this.response.isStarted) return this.fail(reason);
    this.#broken = reason;
    this.#grace = setTimeout(() => this.fail(reason), GRACE_MS);
  }

  accepted(): void {
    this.#isAccepted = true;
    if (this.#broken !== undefined) this.fail(this.#broken);
  }

  /** The server refused it after the session's end: nothing was done, as with any session that is not known. */
  refusedLate(status: number): void {
    if (this.#broken === undefined) return;
    if (status >= 500 || status < 400) return this.fail(this.#broken);
    clearTimeout(this.#grace);
    this.response.answer(404);
  }

  failedLate(error: Error): void {
    if (this.#broken !== undefined) this.fail(isConnectFailure(error) ? error : this.#broken);
  }
}
