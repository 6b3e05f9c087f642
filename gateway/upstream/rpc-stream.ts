import { FrameSplitter, readFrame } from '../jsonrpc/sse-frames.ts';
import { Deadline } from './deadline.ts';
import { UpstreamError } from './errors.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { mediaType, messagesOf, parseJson, plainHeaders, readBytes } from './rpc-body.ts';
import { toUpstreamError, type Endpoint } from './rpc-client.ts';

export interface StreamOptions {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the stream. */
  readonly signal: AbortSignal;
  /** How long until the stream must begin, or the answer that is none must be complete, in milliseconds. */
  readonly deadlineMs: number;
  /** The most bytes that one event may have. */
  readonly maxEventBytes: number;
  /** Called when the server has begun the stream. */
  readonly onOpen: () => void;
  readonly onMessage: (message: JsonObject) => void;
}

/** How a stream came to its end. */
export interface StreamEnd {
  readonly status: number;
  /** Whether it was a stream at all. */
  readonly opened: boolean;
  /** The JSON body of an answer that is no stream. */
  readonly message: JsonObject | undefined;
  /** How long the server wants the client to wait before it comes back, in milliseconds. */
  readonly retryMs: number | undefined;
}

/**
 * Opens an SSE stream that is read until the server ends it.
 * @throws UpstreamError when it breaks, or is ended by `signal`
 */
export async function openStream(endpoint: Endpoint, options: StreamOptions): Promise<StreamEnd> {
  const { signal, deadlineMs, maxEventBytes } = options;
  const ended = new Deadline(deadlineMs, signal);
  let retryMs: number | undefined;
  try {
    const response = await endpoint.dispatcher.request({
      method: options.method,
      path: endpoint.path,
      headers: { host: endpoint.host, ...options.headers },
      body: options.body ?? null,
      signal: ended.signal,
    });
    const { statusCode: status } = response;
    const type = mediaType(plainHeaders(response.headers)['content-type']);
    if (status !== 200 || type !== 'text/event-stream') {
      const bytes = await readBytes(response.body, maxEventBytes);
      const value = type === 'application/json' && bytes.length > 0 ? parseJson(bytes) : undefined;
      return { status, opened: false, message: isJsonObject(value) ? value : undefined, retryMs };
    }
    ended.lift();
    options.onOpen();
    const frames = new FrameSplitter(maxEventBytes);
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      for (const bytes of frames.push(chunk)) {
        const frame = readFrame(bytes);
        retryMs = frame.retry ?? retryMs;
        for (const message of messagesOf(frame)) options.onMessage(message);
      }
    }
    return { status, opened: true, message: undefined, retryMs };
  } catch (cause) {
    if (cause instanceof UpstreamError) throw cause;
    throw toUpstreamError(cause, endpoint.target, ended.isOver ? deadlineMs : undefined, signal);
  } finally {
    ended.end();
  }
}
