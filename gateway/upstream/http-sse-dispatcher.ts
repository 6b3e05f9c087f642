import { randomUUID } from 'node:crypto';
import { Dispatcher } from 'undici';
import { readMessage } from '../jsonrpc/message.ts';
import type { MemoryBudget } from '../memory-budget.ts';
import { SubjectDispatcher, type OutboundRequest } from './credentialed.ts';
import { HttpSseSession } from './http-sse-session.ts';
import { NoStreamError } from './http-sse-stream.ts';
import { LocalResponse } from './local-response.ts';
import { HTTP_SSE_ID, rawHeaders, SESSION_HEADER } from './session-header.ts';

export interface HttpSseDispatcherOptions {
  /** `host:port` */
  readonly target: string;
  /** Carries the messages. */
  readonly messages: Dispatcher;
  /** Carries the streams, one a session: without a bound, or they would keep messages out. */
  readonly streams: Dispatcher;
  /** How long the event `endpoint` may take, in milliseconds. */
  readonly endpointMs: number;
  /** What events that are not complete yet may take together. */
  readonly budget: MemoryBudget;
}

/** What is not passed on with a message: it concerns the transport that is made up here, or undici writes it. */
const OWN_HEADERS = new Set([SESSION_HEADER, 'accept', 'content-type', 'content-length']);

/**
 * Servers that speak HTTP+SSE (2024-11-05) at one address, as if they spoke Streamable HTTP: whoever sends requests to
 * this dispatcher sees sessions with ids, answers to POSTs, a stream for GET, and 404 when a session is over.
 *
 * There is a stream for each session. When it ends, so does the session: what runs in it fails at once.
 */
export class HttpSseDispatcher extends Dispatcher {
  readonly #options: HttpSseDispatcherOptions;
  readonly #sessions = new Map<string, HttpSseSession>();
  /** What carries each session's messages, on behalf of whoever sent the last. */
  readonly #carriers = new WeakMap<HttpSseSession, SubjectDispatcher>();

  constructor(options: HttpSseDispatcherOptions) {
    super();
    this.#options = options;
  }

  /** Takes requests in a session, and those that begin one. */
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const response = new LocalResponse(handler);
    // As over a connection: no answer within the call.
    if (response.begin()) queueMicrotask(() => this.#take(options, response));
    return true;
  }

  /** Ends each session when no request runs in it any more. */
  retire(): void {
    for (const session of this.#sessions.values()) session.retire();
  }

  #take(options: Dispatcher.DispatchOptions, response: LocalResponse): void {
    if (response.aborted) return;
    try {
      this.#serve(options, response);
    } catch (error) {
      response.fail(error as Error);
    }
  }

  #serve({ method, path, headers, body, subject }: OutboundRequest, response: LocalResponse): void {
    const sent = rawHeaders(headers);
    const id = sent.get(SESSION_HEADER);
    const session = id === undefined ? undefined : this.#sessions.get(id);
    if (id !== undefined && session?.path !== path) return response.answer(404);
    if (method === 'GET' && session !== undefined) return session.listen(response);
    if (method === 'DELETE' && session !== undefined) {
      session.end(new Error('The session was ended.'));
      return response.answer(200);
    }
    if (method !== 'POST' || (typeof body !== 'string' && !Buffer.isBuffer(body))) return response.answer(400);
    const message = readMessage(Buffer.from(body));
    const kept = [...sent].filter(([name]) => !OWN_HEADERS.has(name)).flat();
    const posted = [...kept, 'content-type', 'application/json'];
    if (session !== undefined) {
      const carrier = this.#carriers.get(session);
      if (carrier !== undefined && subject !== undefined) carrier.subject = subject;
      return session.send(message, posted, response);
    }
    if (message.method !== 'initialize' || message.kind !== 'request') return response.answer(400);
    const opening = this.#session(path, sent.get('host') ?? this.#options.target, kept, subject);
    response.onAbort = () => opening.end(new Error('The session was never begun.'));
    opening.opened().then(
      () => opening.initialize(message, posted, response),
      (error: Error) => refuse(response, error),
    );
  }

  #session(
    path: string,
    host: string,
    headers: readonly string[],
    subject: OutboundRequest['subject'],
  ): HttpSseSession {
    const id = HTTP_SSE_ID + randomUUID();
    const messages = new SubjectDispatcher(this.#options.messages, subject);
    const session = new HttpSseSession({
      ...this.#options,
      messages,
      streams: new SubjectDispatcher(this.#options.streams, subject),
      id,
      path,
      host,
      headers,
      onEnd: () => void this.#sessions.delete(id),
    });
    this.#sessions.set(id, session);
    this.#carriers.set(session, messages);
    return session;
  }
}

/** Passes on why there is no session. */
function refuse(response: LocalResponse, error: Error): void {
  if (!(error instanceof NoStreamError)) return response.fail(error);
  response.answer(error.status, error.contentType === undefined ? {} : { 'content-type': error.contentType });
}
