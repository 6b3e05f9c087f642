import type { UpstreamSession } from './upstream-session.ts';

/** The headers of a request to a legacy server (2025-11-25, Transports). */
export function legacyHeaders(session: UpstreamSession | undefined): string[] {
  const headers = ['content-type', 'application/json', 'accept', 'application/json, text/event-stream'];
  if (session === undefined) return headers;
  headers.push('mcp-protocol-version', session.protocolVersion);
  if (session.id !== undefined) headers.push('mcp-session-id', session.id);
  return headers;
}

/** The headers of a GET: for the session's stream, or for one that ended behind the event of this id. */
export function resumeHeaders(session: UpstreamSession, lastEventId: string | undefined): string[] {
  const headers = ['accept', 'text/event-stream', 'mcp-protocol-version', session.protocolVersion];
  if (session.id !== undefined) headers.push('mcp-session-id', session.id);
  if (lastEventId !== undefined && lastEventId !== '') headers.push('last-event-id', lastEventId);
  return headers;
}
