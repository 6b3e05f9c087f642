import { setTimeout as delay } from 'node:timers/promises';
import type { JSONRPCRequest, JSONRPCResponse } from '@modelcontextprotocol/client';
import type { ServerDescription } from './catalogue.ts';
import {
  announcedLists,
  changedList,
  describedBy,
  listenEnd,
  resultOf,
  type ConnectionOptions,
  type ControlConnection,
  type ListenEnd,
  type ListenOptions,
} from './control-connection.ts';
import { UpstreamError } from './errors.ts';
import { noHint, type CacheHint } from './freshness.ts';
import type { JsonObject } from './json.ts';
import { LEAST_RETRY_MS } from './keep-open.ts';
import { connectLegacySession, endLegacySession, sessionHeaders, type OpenedSession } from './legacy-session.ts';
import { LATEST_LEGACY_VERSION } from './protocol-versions.ts';
import { exchange, resumeExchange, type Endpoint, type Exchange } from './rpc-client.ts';
import { openStream } from './rpc-stream.ts';

/** How long to wait before a stream is asked for again, where the server does not say: 2025-11-25 leaves it open. */
const DEFAULT_RETRY_MS = 1000;
const METHOD_NOT_FOUND = -32601;
/** How many responses to a server's own requests may be on their way at once. */
const MAX_RESPONDING = 16;

/**
 * Opens the control session. What the server asks in it is answered with an error, whatever is declared: it serves no
 * client that could sample or be asked.
 * @throws UpstreamError ERR_UPSTREAM_STATUS with status 400, 404 or 405 if the server may speak HTTP+SSE (2024-11-05)
 */
export async function connectLegacy(
  endpoint: Endpoint,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<ControlConnection> {
  const { clientInfo, capabilities = {} } = options;
  const identity = { protocolVersion: LATEST_LEGACY_VERSION, clientInfo, capabilities };
  const session = await connectLegacySession(endpoint, identity, options.deadlineMs, signal);
  try {
    return new LegacyConnection(endpoint, options, session);
  } catch (error) {
    await endLegacySession(endpoint, session);
    throw error;
  }
}

class LegacyConnection implements ControlConnection {
  readonly description: ServerDescription;
  /** The era has none. */
  hint: CacheHint = noHint;
  readonly #endpoint: Endpoint;
  readonly #options: ConnectionOptions;
  readonly #session: OpenedSession;
  readonly #headers: Readonly<Record<string, string>>;
  #nextId = 1;
  /** Responses that are on their way. */
  #responding = 0;
  #onChanged: ListenOptions['onChanged'] | undefined;

  constructor(endpoint: Endpoint, options: ConnectionOptions, session: OpenedSession) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#session = session;
    this.#headers = sessionHeaders(session);
    this.description = {
      era: 'legacy',
      protocolVersion: session.protocolVersion,
      ...describedBy(session.result, session.result['serverInfo']),
      ...(endpoint.transport && { transport: endpoint.transport }),
      ...(session.id === undefined && { stateless: true }),
    };
  }

  get target(): string {
    return this.#endpoint.target;
  }

  async request(method: string, params: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    const request: JSONRPCRequest = { jsonrpc: '2.0', id: this.#nextId++, method, params };
    const endsAt = performance.now() + this.#options.deadlineMs;
    const options = {
      ...this.#options,
      headers: this.#headers,
      signal,
      onMessage: (message: JsonObject) => this.#onMessage(message),
    };
    let answer = await exchange(this.#endpoint, request, options);
    // A server may end the stream before the answer and have the client come back for it.
    while (answer.resume !== undefined) {
      const { lastEventId } = answer.resume;
      const retryMs = Math.max(answer.resume.retryMs ?? DEFAULT_RETRY_MS, LEAST_RETRY_MS);
      const left = endsAt - performance.now() - retryMs;
      if (left <= 0) throw new UpstreamError('ERR_UPSTREAM_TIMEOUT', `No answer to ${method} within the deadline.`);
      await delay(retryMs, undefined, { signal });
      answer = await resumeExchange(this.#endpoint, request.id, lastEventId, { ...options, deadlineMs: left });
    }
    this.#throwIfForgotten(answer);
    return resultOf(answer, method);
  }

  async listen(options: ListenOptions): Promise<ListenEnd> {
    this.#onChanged = options.onChanged;
    const end = await openStream(this.#endpoint, {
      method: 'GET',
      headers: { ...this.#headers, accept: 'text/event-stream' },
      signal: options.signal,
      deadlineMs: this.#options.deadlineMs,
      maxEventBytes: this.#options.maxBytes,
      onOpen: () => options.onOpen(announcedLists(this.description)),
      onMessage: (message) => this.#onMessage(message),
    });
    if (!end.opened) this.#throwIfForgotten(end);
    return listenEnd(end, 'GET');
  }

  close(): Promise<void> {
    return endLegacySession(this.#endpoint, this.#session);
  }

  /**
   * 404 is the specification's word for a session that the server does not know (any more); server-everything and others
   * say 400. A request of a session that was taken before is not wrong in itself.
   */
  #throwIfForgotten({ status }: Pick<Exchange, 'status'>): void {
    if (this.#session.id !== undefined && (status === 404 || status === 400)) {
      throw new UpstreamError(
        'ERR_UPSTREAM_SESSION',
        `The server no longer knows the session (HTTP status ${status}).`,
        {
          status,
        },
      );
    }
  }

  #onMessage(message: JsonObject): void {
    const changed = changedList(message);
    if (changed !== undefined) this.#onChanged?.(changed);
    const { id, method } = message;
    if (typeof method !== 'string' || (typeof id !== 'string' && typeof id !== 'number')) return;
    // A request of the server's. There is nobody whom it could be put to, but anyone may ping.
    void this.#respond(
      method === 'ping'
        ? { jsonrpc: '2.0', id, result: {} }
        : { jsonrpc: '2.0', id, error: { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` } },
    );
  }

  async #respond(response: JSONRPCResponse): Promise<void> {
    // A server that does not take the response notices by itself; nor is one that asks too fast worth a connection each time.
    if (this.#responding >= MAX_RESPONDING) return;
    this.#responding++;
    await exchange(this.#endpoint, response, { ...this.#options, headers: this.#headers }).catch(() => undefined);
    this.#responding--;
  }
}
