import { encodeHeaderValue } from '../mcp/header-value.ts';
import { FIRST_MODERN_VERSION as MODERN_VERSION } from '../upstream/protocol-versions.ts';
import type { CallRequest } from './leg.ts';

/** The headers of a request to a modern server (2026-07-28, Transports, Standard Request Headers). */
export function modernHeaders({ message, name }: CallRequest): string[] {
  const headers = [
    'content-type',
    'application/json',
    'accept',
    'application/json, text/event-stream',
    'mcp-protocol-version',
    MODERN_VERSION,
    'mcp-method',
    message.method,
  ];
  if (name !== undefined) headers.push('mcp-name', encodeHeaderValue(name));
  return headers;
}
