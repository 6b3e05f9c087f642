import type { RoutedServer } from '../routing/route.ts';
import type { Pools } from '../upstream/pools.ts';
import { legacyHeaders } from './legacy-request.ts';
import type { UpstreamSession } from './upstream-session.ts';

/** How long a server may take to take it, in milliseconds. */
const TAKE_MS = 5000;

/**
 * Sends a legacy server a message that has no answer, a notification or a response, beside the call that it is about.
 * What becomes of it is the server's affair.
 */
export function postAside(pools: Pools, { entry }: RoutedServer, session: UpstreamSession, body: Buffer): void {
  const headers = legacyHeaders(session);
  headers.push('host', entry.host);
  pools
    .get(session.target)
    .request({ method: 'POST', path: entry.path, headers, body, signal: AbortSignal.timeout(TAKE_MS) })
    .then(({ body: answer }) => answer.dump())
    .catch(() => undefined);
}

/** The notification that gives a request up (2025-11-25, Cancellation). @param id of the request, as JSON text */
export function cancelledNotification(id: string, reason: string): Buffer {
  const params = `{"requestId":${id},"reason":${JSON.stringify(reason)}}`;
  return Buffer.from(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":${params}}`);
}
