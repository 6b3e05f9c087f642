import type { JSONRPCNotification, JSONRPCRequest, JSONRPCResponse } from '@modelcontextprotocol/client';
import type { Dispatcher } from 'undici';
import { FrameSplitter, FrameTooLargeError, readFrame } from '../jsonrpc/sse-frames.ts';
import type { Transport } from './catalogue.ts';
import { Deadline } from './deadline.ts';
import { OutboundError } from './outbound-error.ts';
import { isConnectFailure, reasonOf, UpstreamError } from './errors.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { mediaType, messagesOf, oversize, parseJson, plainHeaders, readBytes } from './rpc-body.ts';

/** Where one server's MCP endpoint is, at one of its addresses. */
export interface Endpoint {
  readonly dispatcher: Dispatcher;
  /** The address that is dialled, for messages: `host:port`. */
  readonly target: string;
  /** What is sent as Host. */
  readonly host: string;
  readonly path: string;
  /** What `dispatcher` makes look like Streamable HTTP, if it is something else. */
  readonly transport?: Transport;
}

export interface ExchangeOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the exchange early. */
  readonly signal?: AbortSignal;
  /** How long until the answer must be complete, in milliseconds. */
  readonly deadlineMs: number;
  /** The most bytes that the answer may have. */
  readonly maxBytes: number;
  /** Takes what a server sends beside the answer on an SSE stream. */
  readonly onMessage?: (message: JsonObject) => void;
}

/** What came back for a POST. */
export interface Exchange {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The response with the request's id, as JSON.parse gave it; undefined where there was none (a 202, an HTTP error page). */
  readonly message: JsonObject | undefined;
  /** Where an SSE stream ended without the answer after an event with an id: the stream may be asked for again from there. */
  readonly resume?: { readonly lastEventId: string; readonly retryMs: number | undefined };
}

/**
 * POSTs one message and reads the answer, JSON or SSE. The answer is plain JSON: members that no SDK knows are kept.
 * @throws UpstreamError
 */
export async function exchange(
  endpoint: Endpoint,
  message: JSONRPCRequest | JSONRPCNotification | JSONRPCResponse,
  options: ExchangeOptions,
): Promise<Exchange> {
  const id = 'method' in message && 'id' in message ? message.id : undefined;
  return withDeadline(endpoint, options, async (signal) => {
    const response = await endpoint.dispatcher.request({
      method: 'POST',
      path: endpoint.path,
      headers: {
        host: endpoint.host,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...options.headers,
      },
      body: JSON.stringify(message),
      signal,
    });
    return readAnswer(response, id, options);
  });
}

/**
 * Asks again for a stream that ended before its answer (2025-11-25, Transports, Resumability): GET with Last-Event-ID.
 * @throws UpstreamError
 */
export async function resumeExchange(
  endpoint: Endpoint,
  id: JSONRPCRequest['id'],
  lastEventId: string,
  options: ExchangeOptions,
): Promise<Exchange> {
  return withDeadline(endpoint, options, async (signal) => {
    const response = await endpoint.dispatcher.request({
      method: 'GET',
      path: endpoint.path,
      headers: { host: endpoint.host, accept: 'text/event-stream', ...options.headers, 'last-event-id': lastEventId },
      signal,
    });
    return readAnswer(response, id, options);
  });
}

async function withDeadline<T>(
  endpoint: Endpoint,
  options: ExchangeOptions,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(options.deadlineMs, options.signal);
  try {
    return await run(deadline.signal);
  } catch (cause) {
    if (cause instanceof UpstreamError) throw cause;
    throw toUpstreamError(cause, endpoint.target, deadline.isOver ? options.deadlineMs : undefined, options.signal);
  } finally {
    deadline.end();
  }
}

/** Names what an exchange or a stream failed by. */
export function toUpstreamError(
  cause: unknown,
  target: string,
  timedOutAfterMs: number | undefined,
  signal: AbortSignal | undefined,
): UpstreamError {
  if (signal?.aborted) return new UpstreamError('ERR_UPSTREAM_ABORTED', 'The request was given up.', { cause });
  if (timedOutAfterMs !== undefined) {
    return new UpstreamError('ERR_UPSTREAM_TIMEOUT', `No answer from ${target} within ${timedOutAfterMs} ms.`, {
      cause,
    });
  }
  if (cause instanceof OutboundError && !cause.isOfAddress) {
    return new UpstreamError('ERR_UPSTREAM_CREDENTIAL', `Nothing was sent: ${cause.message}.`, { cause });
  }
  if (isConnectFailure(cause)) {
    return new UpstreamError('ERR_UPSTREAM_UNREACHABLE', `No connection to ${target}: ${reasonOf(cause)}.`, { cause });
  }
  if (cause instanceof FrameTooLargeError) {
    return new UpstreamError('ERR_UPSTREAM_OVERSIZE', `The answer of ${target} is too large: ${cause.message}`, {
      cause,
    });
  }
  return new UpstreamError('ERR_UPSTREAM_BROKEN', `The connection to ${target} broke: ${reasonOf(cause)}.`, { cause });
}

async function readAnswer(
  response: Dispatcher.ResponseData,
  id: JSONRPCRequest['id'] | undefined,
  options: ExchangeOptions,
): Promise<Exchange> {
  const { statusCode: status, body } = response;
  const headers = plainHeaders(response.headers);
  const type = mediaType(headers['content-type']);
  if (type === 'text/event-stream' && status === 200)
    return { status, headers, ...(await readStream(body, id, options)) };
  const bytes = await readBytes(body, options.maxBytes);
  if (type !== 'application/json' || bytes.length === 0) return { status, headers, message: undefined };
  const value = parseJson(bytes);
  const one = Array.isArray(value) ? answerAmong(value as unknown[], id, options) : value;
  return { status, headers, message: answerOf(one, id, status) };
}

/**
 * The answer as an object. An error response may lack the id where the server could not read the request (JSON-RPC 2.0,
 * section 5), and servers leave it out of what they answer with an HTTP error.
 */
function answerOf(value: unknown, id: JSONRPCRequest['id'] | undefined, status: number): JsonObject | undefined {
  if (!isJsonObject(value)) {
    if (status >= 400) return undefined;
    throw new UpstreamError('ERR_UPSTREAM_MALFORMED', 'The answer is JSON, but not one JSON-RPC message.');
  }
  if (id === undefined || value['id'] === id) return value;
  if (isJsonObject(value['error']) && (value['id'] === undefined || value['id'] === null)) return value;
  if (status >= 400) return undefined;
  throw new UpstreamError(
    'ERR_UPSTREAM_MALFORMED',
    `The answer has the id ${JSON.stringify(value['id'] ?? null).slice(0, 64)}; expected ${JSON.stringify(id)}.`,
  );
}

/** Tells of what is no response, and gives the responses. */
function withoutNotices(messages: readonly JsonObject[], { onMessage }: ExchangeOptions): JsonObject[] {
  for (const message of messages) if (message['method'] !== undefined) onMessage?.(message);
  return messages.filter((message) => message['method'] === undefined);
}

/** The response with this id, of those in a batch (revision 2025-03-26); undefined where there is none. */
function answerAmong(
  batch: readonly unknown[],
  id: JSONRPCRequest['id'] | undefined,
  options: ExchangeOptions,
): JsonObject | undefined {
  return withoutNotices(batch.filter(isJsonObject), options).find((message) => message['id'] === id);
}

async function readStream(
  body: AsyncIterable<Buffer>,
  id: JSONRPCRequest['id'] | undefined,
  options: ExchangeOptions,
): Promise<Pick<Exchange, 'message' | 'resume'>> {
  let size = 0;
  let lastEventId: string | undefined;
  let retryMs: number | undefined;
  const frames = new FrameSplitter(options.maxBytes);
  for await (const chunk of body) {
    size += chunk.length;
    if (size > options.maxBytes) throw oversize(options.maxBytes);
    for (const bytes of frames.push(chunk)) {
      const frame = readFrame(bytes);
      lastEventId = frame.id ?? lastEventId;
      retryMs = frame.retry ?? retryMs;
      const messages = messagesOf(frame);
      const answer = withoutNotices(messages, options).find((message) => message['id'] === id);
      if (answer !== undefined) return { message: answer };
    }
  }
  return { message: undefined, ...(lastEventId ? { resume: { lastEventId, retryMs } } : {}) };
}
