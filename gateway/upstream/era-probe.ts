import { isJsonObject, objectMember, type JsonObject } from './json.ts';
import { isModernVersion, legacyVersions, modernVersions } from './protocol-versions.ts';
import type { Exchange } from './rpc-client.ts';

/** What the answer to an enveloped `server/discover` says of a server. */
export type EraVerdict =
  /** It speaks `version`. `discovery` is its DiscoverResult, unless it refused to give one. */
  | { readonly era: 'modern'; readonly version: string; readonly discovery?: JsonObject }
  /** It speaks a modern version, but not the one that was tried: ask again in `version`. */
  | { readonly era: 'retry'; readonly version: string }
  | { readonly era: 'legacy' }
  /** It speaks no version that the gateway does. */
  | { readonly era: 'none'; readonly supported: readonly string[] }
  /** The answer says nothing of the era: it must not be remembered. */
  | { readonly era: 'inconclusive' };

/** JSON-RPC errors of 2026-07-28: only a modern server gives them. */
const HEADER_MISMATCH = -32020;
const MISSING_CLIENT_CAPABILITY = -32021;
const UNSUPPORTED_VERSION = -32022;

/** Statuses by which whoever stands before the server speaks, or the server of its momentary state. */
const INCONCLUSIVE = new Set([401, 403, 407, 408, 429]);

/**
 * Reads the era off the answer to `server/discover` in version `tried` (2026-07-28, Streamable HTTP, Backward
 * Compatibility). The body decides before the status: modern servers use 400 and 404 for modern errors too.
 */
export function eraOf({ status, message }: Pick<Exchange, 'status' | 'message'>, tried: string): EraVerdict {
  const result = message?.['result'];
  if (status === 200 && isJsonObject(result) && Array.isArray(result['supportedVersions'])) {
    return fromVersions(result['supportedVersions'], tried, result);
  }
  const error = message === undefined ? {} : objectMember(message, 'error');
  if (error['code'] === UNSUPPORTED_VERSION) {
    const supported = objectMember(error, 'data')['supported'];
    if (Array.isArray(supported)) return fromVersions(supported, tried, undefined);
  }
  if (status === 400 && (error['code'] === HEADER_MISMATCH || error['code'] === MISSING_CLIENT_CAPABILITY)) {
    return { era: 'modern', version: tried };
  }
  if (INCONCLUSIVE.has(status) || status >= 500) return { era: 'inconclusive' };
  return { era: 'legacy' };
}

function fromVersions(listed: readonly unknown[], tried: string, discovery: JsonObject | undefined): EraVerdict {
  const supported = listed.filter((version) => typeof version === 'string');
  if (supported.includes(tried)) {
    // A server that lists the very version that it refuses contradicts itself.
    return discovery === undefined ? { era: 'inconclusive' } : { era: 'modern', version: tried, discovery };
  }
  const other = modernVersions.find((version) => supported.includes(version));
  if (other !== undefined) return { era: 'retry', version: other };
  if (supported.some((version) => legacyVersions.includes(version))) return { era: 'legacy' };
  if (supported.some(isModernVersion)) return { era: 'none', supported };
  return { era: 'legacy' };
}
