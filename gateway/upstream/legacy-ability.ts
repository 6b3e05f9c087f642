import { describedBy, type ConnectionOptions } from './control-connection.ts';
import { UpstreamError } from './errors.ts';
import type { JsonObject } from './json.ts';
import { connectLegacySession, endLegacySession } from './legacy-session.ts';
import { LATEST_LEGACY_VERSION } from './protocol-versions.ts';
import type { Endpoint } from './rpc-client.ts';

/** What a server of the modern era is to clients of the legacy era. */
export interface LegacyAbility {
  /** What it answered the newest legacy version with. */
  readonly protocolVersion: string;
  readonly capabilities: JsonObject;
  readonly instructions?: string;
  /** It gives no session id. */
  readonly stateless?: boolean;
}

/** Statuses that say nothing of what the server can do, but of who asks or of its momentary state. */
const INCONCLUSIVE = new Set([401, 403, 407, 408, 429]);

/**
 * Asks a modern server whether it takes an `initialize` too: what it lists in `supportedVersions` does not say (the SDK's
 * dual-era server lists its modern version alone). The session is ended at once.
 * @returns undefined if it does not
 * @throws UpstreamError if it gave no answer that says so
 */
export async function probeLegacy(
  endpoint: Endpoint,
  { clientInfo, deadlineMs }: ConnectionOptions,
  signal: AbortSignal,
): Promise<LegacyAbility | undefined> {
  const identity = { protocolVersion: LATEST_LEGACY_VERSION, clientInfo, capabilities: {} };
  try {
    const session = await connectLegacySession(endpoint, identity, deadlineMs, signal);
    void endLegacySession(endpoint, session);
    const { capabilities, instructions } = describedBy(session.result, undefined);
    return {
      protocolVersion: session.protocolVersion,
      capabilities,
      ...(instructions !== undefined && { instructions }),
      ...(session.id === undefined && { stateless: true }),
    };
  } catch (error) {
    if (error instanceof UpstreamError && isRefusal(error)) return undefined;
    throw error;
  }
}

function isRefusal({ code, status = 0 }: UpstreamError): boolean {
  if (INCONCLUSIVE.has(status) || status >= 500) return false;
  const isAnswered = code === 'ERR_UPSTREAM_STATUS' || code === 'ERR_UPSTREAM_RPC' || code === 'ERR_UPSTREAM_VERSION';
  return isAnswered || code === 'ERR_UPSTREAM_MALFORMED';
}
