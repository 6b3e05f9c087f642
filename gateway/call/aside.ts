import type { RoutedServer } from '../routing/route.ts';
import { Deadline } from '../upstream/deadline.ts';
import type { Pools } from '../upstream/pools.ts';
import { serverError } from './faults.ts';
import { legacyHeaders } from './legacy-request.ts';
import type { UpstreamSession } from './upstream-session.ts';

/** How long a server may take to take it, in milliseconds. */
const TAKE_MS = 5000;

/**
 * Sends a legacy server a message that has no answer, a notification or a response, beside the call that it is about.
 * What becomes of it is the server's affair.
 */
export function postAside(pools: Pools, server: RoutedServer, session: UpstreamSession, body: Buffer): void {
  void post(pools, server, session, body).catch(nothing);
}

/**
 * Sends it the response to a request of its own, which it waits for.
 * @throws what the connection says; McpError if the server does not know the session any more
 */
export async function postResponse(
  pools: Pools,
  server: RoutedServer,
  session: UpstreamSession,
  body: Buffer,
): Promise<void> {
  const status = await post(pools, server, session, body);
  if (status === 404) throw serverError('upstream_fault', server, 'has forgotten the session of the call.');
}

function post(pools: Pools, server: RoutedServer, session: UpstreamSession, body: Buffer): Promise<number> {
  const { entry } = server;
  const headers = legacyHeaders(session);
  headers.push('host', entry.host);
  const dispatcher = pools.forAsides(entry, session.target, session.subject);
  if (dispatcher === undefined) return Promise.reject(serverError('upstream_fault', server, 'takes nothing any more.'));
  const deadline = new Deadline(TAKE_MS);
  const { signal } = deadline;
  const sent = dispatcher
    .request({ method: 'POST', path: entry.path, headers, body, signal })
    .then(async ({ statusCode, body: answer }) => {
      await answer.dump();
      return statusCode;
    })
    .finally(() => deadline.end());
  underWay.set(session, Promise.allSettled([underWay.get(session), sent]).then(nothing));
  return sent;
}

/** What was posted aside in a session and has not arrived, for as long as the session is known. */
const underWay = new WeakMap<UpstreamSession, Promise<void>>();

/** Resolves when what was posted aside in a session so far has arrived or failed; never rejects. */
export async function asideSettled(session: UpstreamSession): Promise<void> {
  await underWay.get(session);
}

function nothing(): void {
  // What becomes of it is the server's affair.
}

/** The notification that gives a request up (2025-11-25, Cancellation). @param id of the request, as JSON text */
export function cancelledNotification(id: string, reason: string): Buffer {
  const params = `{"requestId":${id},"reason":${JSON.stringify(reason)}}`;
  return Buffer.from(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":${params}}`);
}
