import { resultOf } from './control-connection.ts';
import { UpstreamError } from './errors.ts';
import type { JsonObject } from './json.ts';
import { legacyVersions } from './protocol-versions.ts';
import { exchange, type Endpoint, type Exchange } from './rpc-client.ts';

/** The largest answer to `initialize` that is read, in bytes. */
const MAX_BYTES = 1024 * 1024;

/** Who opens a session: what stands in `initialize`. */
export interface LegacySessionIdentity {
  readonly protocolVersion: string;
  readonly clientInfo: { readonly name: string; readonly version: string };
}

/** A session as the server opened it. */
export interface OpenedSession {
  /** Undefined where the server keeps no sessions. */
  readonly id: string | undefined;
  readonly protocolVersion: string;
}

/**
 * The handshake of the legacy era: `initialize`, then `notifications/initialized` (2025-11-25, Lifecycle).
 * @param deadlineMs for each of the two, in milliseconds
 * @throws UpstreamError
 */
export async function connectLegacySession(
  endpoint: Endpoint,
  identity: LegacySessionIdentity,
  deadlineMs: number,
): Promise<OpenedSession> {
  const options = { deadlineMs, maxBytes: MAX_BYTES };
  const params: JsonObject = { ...identity, capabilities: {} };
  const answer = await exchange(endpoint, { jsonrpc: '2.0', id: 0, method: 'initialize', params }, options);
  const protocolVersion = versionOf(answer);
  const id = answer.headers['mcp-session-id'];
  const headers = { 'mcp-protocol-version': protocolVersion, ...(id === undefined ? {} : { 'mcp-session-id': id }) };
  await exchange(endpoint, { jsonrpc: '2.0', method: 'notifications/initialized' }, { ...options, headers });
  return { id, protocolVersion };
}

function versionOf(answer: Exchange): string {
  const { protocolVersion } = resultOf(answer, 'initialize');
  if (typeof protocolVersion === 'string' && legacyVersions.includes(protocolVersion)) return protocolVersion;
  throw new UpstreamError(
    'ERR_UPSTREAM_VERSION',
    `The server answers initialize with protocol version ${JSON.stringify(protocolVersion)}; the gateway speaks ${legacyVersions.join(', ')}.`,
  );
}
