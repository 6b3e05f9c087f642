import type { RoutedServer } from '../routing/route.ts';
import { resultOf } from '../upstream/control-connection.ts';
import { UpstreamError } from '../upstream/errors.ts';
import { connectLegacySession, endLegacySession, sessionHeaders } from '../upstream/legacy-session.ts';
import type { Pools } from '../upstream/pools.ts';
import type { Subject } from '../upstream/subject.ts';
import { exchange, type Endpoint } from '../upstream/rpc-client.ts';
import { SessionStream } from './session-stream.ts';
import type { SessionIdentity, SessionOpener, UpstreamSession } from './upstream-session.ts';

/** How long opening a session may take, in milliseconds. */
const OPEN_MS = 10_000;
/** How long a server may take to say whether it knows a session, in milliseconds. */
const PING_MS = 5000;
const PING_BYTES = 64 * 1024;
/** How long a server may take for what has no answer but that it was done, in milliseconds. */
const REQUEST_MS = 10_000;
const REQUEST_BYTES = 1024 * 1024;
/** How many endpoints are tried. */
const MAX_ATTEMPTS = 4;

/** Opens sessions for clients over the pools that their calls will use. */
export function sessionOpener(pools: Pools): SessionOpener {
  function endpointAt(target: string, { entry, upstream }: RoutedServer, subject: Subject | undefined): Endpoint {
    const dispatcher = pools.get(entry, target, subject, upstream.catalogue?.transport);
    return { dispatcher, target, host: entry.host, path: entry.path };
  }
  return {
    async open(server: RoutedServer, identity: SessionIdentity, subject?: Subject): Promise<UpstreamSession> {
      const { upstream, entry } = server;
      for (let attempt = 1; ; attempt++) {
        const target = upstream.endpoints.pick();
        if (target === undefined)
          throw new UpstreamError('ERR_UPSTREAM_UNREACHABLE', entry.pending ?? 'It has no endpoints.');
        try {
          const endpoint = endpointAt(target, server, subject);
          const { id, protocolVersion } = await connectLegacySession(endpoint, identity, OPEN_MS);
          // The handshake's result is not kept: there is one session for each client.
          return { target, id, protocolVersion, ...(subject && { subject }) };
        } catch (error) {
          const isUnreachable = error instanceof UpstreamError && error.code === 'ERR_UPSTREAM_UNREACHABLE';
          if (isUnreachable) upstream.endpoints.refused(target);
          if (!isUnreachable || attempt >= Math.min(MAX_ATTEMPTS, entry.targets.length)) throw error;
        }
      }
    },

    async isKnown(server: RoutedServer, session: UpstreamSession): Promise<boolean> {
      const ping = { jsonrpc: '2.0', id: ownId(), method: 'ping' } as const;
      const options = { deadlineMs: PING_MS, maxBytes: PING_BYTES, headers: sessionHeaders(session) };
      try {
        const { status } = await exchange(endpointAt(session.target, server, session.subject), ping, options);
        return status !== 400 && status !== 404;
      } catch {
        return true;
      }
    },

    async request(server, session, method, params): Promise<unknown> {
      const request = { jsonrpc: '2.0', id: ownId(), method, params } as const;
      const options = { deadlineMs: REQUEST_MS, maxBytes: REQUEST_BYTES, headers: sessionHeaders(session) };
      const answer = await exchange(endpointAt(session.target, server, session.subject), request, options);
      return resultOf(answer, method);
    },

    listen: (server, session, owner) => new SessionStream(pools, server, session, owner),

    end: (server, session) => endLegacySession(endpointAt(session.target, server, session.subject), session),
  };
}

let lastId = 0;

/** An id that no client's request in the session has: those that pass as they are, are numbers or other words. */
function ownId(): string {
  lastId++;
  return `fetchfy-${lastId}`;
}
