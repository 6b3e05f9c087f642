import { resultOf } from './control-connection.ts';
import { Deadline } from './deadline.ts';
import { UpstreamError } from './errors.ts';
import type { JsonObject } from './json.ts';
import { legacyVersions } from './protocol-versions.ts';
import { exchange, type Endpoint } from './rpc-client.ts';

/** The largest answer to `initialize` that is read, in bytes. */
const MAX_BYTES = 1024 * 1024;
/** No client's request in the session has this id: most number theirs. */
const INITIALIZE_ID = 'fetchfy-initialize';
/** A server that must be told goodbye gets no longer than this, in milliseconds. */
const GOODBYE_MS = 1000;
const INITIALIZED = 'notifications/initialized';

/** Who opens a session: what stands in `initialize`. */
export interface LegacySessionIdentity {
  readonly protocolVersion: string;
  readonly clientInfo: { readonly name: string; readonly version: string };
  /** What the one who opens it can be asked for (2025-11-25, Lifecycle, Capability Negotiation). */
  readonly capabilities: JsonObject;
}

/** A session as the server opened it. */
export interface OpenedSession {
  /** Undefined where the server keeps no sessions. */
  readonly id: string | undefined;
  readonly protocolVersion: string;
  /** The InitializeResult. */
  readonly result: JsonObject;
}

/**
 * The handshake of the legacy era: `initialize`, then `notifications/initialized` (2025-11-25, Lifecycle).
 * @param deadlineMs for each of the two, in milliseconds
 * @throws UpstreamError ERR_UPSTREAM_STATUS with status 400, 404 or 405 if the server may speak HTTP+SSE (2024-11-05)
 */
export async function connectLegacySession(
  endpoint: Endpoint,
  identity: LegacySessionIdentity,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<OpenedSession> {
  const options = { deadlineMs, maxBytes: MAX_BYTES, ...(signal && { signal }) };
  const params: JsonObject = { ...identity };
  const answer = await exchange(endpoint, { jsonrpc: '2.0', id: INITIALIZE_ID, method: 'initialize', params }, options);
  const result = resultOf(answer, 'initialize');
  const session = { id: answer.headers['mcp-session-id'], protocolVersion: String(result['protocolVersion']), result };
  try {
    checkVersion(result);
    const headers = sessionHeaders(session);
    const { status } = await exchange(endpoint, { jsonrpc: '2.0', method: INITIALIZED }, { ...options, headers });
    if (status >= 400) {
      throw new UpstreamError('ERR_UPSTREAM_STATUS', `${INITIALIZED} is answered with HTTP status ${status}.`, {
        status,
      });
    }
    return session;
  } catch (error) {
    // A server that is asked again and again must not be left with a session from each time.
    await endLegacySession(endpoint, session);
    throw error;
  }
}

/** Tells the server that the session is over; never throws: a server that cannot be told finds out by its own idle time. */
export async function endLegacySession(
  endpoint: Endpoint,
  session: Pick<OpenedSession, 'id' | 'protocolVersion'>,
): Promise<void> {
  if (session.id === undefined) return;
  const deadline = new Deadline(GOODBYE_MS);
  try {
    const { body } = await endpoint.dispatcher.request({
      method: 'DELETE',
      path: endpoint.path,
      headers: { host: endpoint.host, ...sessionHeaders(session) },
      signal: deadline.signal,
    });
    await body.dump();
  } catch {
    // As said above.
  } finally {
    deadline.end();
  }
}

/** The headers of every request in a session but the first. */
export function sessionHeaders({
  id,
  protocolVersion,
}: Pick<OpenedSession, 'id' | 'protocolVersion'>): Readonly<Record<string, string>> {
  return { 'mcp-protocol-version': protocolVersion, ...(id !== undefined && { 'mcp-session-id': id }) };
}

/** @throws UpstreamError if the server chose a version that the gateway does not speak */
function checkVersion({ protocolVersion }: JsonObject): void {
  if (typeof protocolVersion === 'string' && legacyVersions.includes(protocolVersion)) return;
  throw new UpstreamError(
    'ERR_UPSTREAM_VERSION',
    `The server answers initialize with the protocol version ${JSON.stringify(protocolVersion ?? null).slice(0, 64)}; the gateway speaks ${legacyVersions.join(', ')}.`,
  );
}
