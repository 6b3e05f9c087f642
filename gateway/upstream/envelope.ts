import type { ConnectionOptions } from './control-connection.ts';
import type { JsonObject } from './json.ts';
import { metaKeys } from './protocol-versions.ts';

/**
 * A request in the envelope of 2026-07-28, with the headers that mirror it.
 * @param capabilities what is declared; what the gateway asks for itself, no client could answer for: nothing
 */
export function enveloped(
  version: string,
  method: string,
  params: JsonObject,
  clientInfo: ConnectionOptions['clientInfo'],
  capabilities: JsonObject = {},
) {
  return {
    headers: { 'mcp-protocol-version': version, 'mcp-method': method },
    params: {
      ...params,
      _meta: {
        [metaKeys.protocolVersion]: version,
        [metaKeys.clientInfo]: clientInfo,
        [metaKeys.clientCapabilities]: capabilities,
      },
    },
  };
}
