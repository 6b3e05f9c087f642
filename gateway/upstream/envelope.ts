import type { ConnectionOptions } from './control-connection.ts';
import type { JsonObject } from './json.ts';
import { metaKeys } from './protocol-versions.ts';

let lastId = 0;

/**
 * A request of the gateway's own in the envelope of 2026-07-28, with the headers that mirror it. No two have one id, since
 * several may be open at one server, whatever they are for (2026-07-28, Base Protocol, Requests).
 * @param capabilities what is declared; what the gateway asks for itself, no client could answer for: nothing
 */
export function ownRequest(
  version: string,
  method: string,
  params: JsonObject,
  clientInfo: ConnectionOptions['clientInfo'],
  capabilities: JsonObject = {},
) {
  return {
    headers: { 'mcp-protocol-version': version, 'mcp-method': method },
    message: {
      jsonrpc: '2.0' as const,
      id: ++lastId,
      method,
      params: {
        ...params,
        _meta: {
          [metaKeys.protocolVersion]: version,
          [metaKeys.clientInfo]: clientInfo,
          [metaKeys.clientCapabilities]: capabilities,
        },
      },
    },
  };
}
