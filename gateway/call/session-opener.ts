import type { RoutedServer } from '../routing/route.ts';
import { UpstreamError } from '../upstream/errors.ts';
import { connectLegacySession } from '../upstream/legacy-session.ts';
import type { Pools } from '../upstream/pools.ts';
import type { SessionIdentity, SessionOpener, UpstreamSession } from './upstream-session.ts';

/** How long opening a session may take, in milliseconds. */
const OPEN_MS = 10_000;
/** How long ending one may take, in milliseconds. */
const END_MS = 1000;
/** How many endpoints are tried. */
const MAX_ATTEMPTS = 4;

/** Opens sessions for clients over the pools that their calls will use. */
export function sessionOpener(pools: Pools): SessionOpener {
  return {
    async open({ upstream, entry }: RoutedServer, identity: SessionIdentity): Promise<UpstreamSession> {
      for (let attempt = 1; ; attempt++) {
        const target = upstream.endpoints.pick();
        if (target === undefined)
          throw new UpstreamError('ERR_UPSTREAM_UNREACHABLE', entry.pending ?? 'It has no endpoints.');
        const endpoint = { dispatcher: pools.get(target), target, host: entry.host, path: entry.path };
        try {
          return { target, ...(await connectLegacySession(endpoint, identity, OPEN_MS)) };
        } catch (error) {
          const isUnreachable = error instanceof UpstreamError && error.code === 'ERR_UPSTREAM_UNREACHABLE';
          if (!isUnreachable || attempt >= Math.min(MAX_ATTEMPTS, entry.targets.length)) throw error;
          upstream.endpoints.refused(target);
        }
      }
    },

    async end({ entry }: RoutedServer, { target, id, protocolVersion }: UpstreamSession): Promise<void> {
      if (id === undefined) return;
      try {
        const { body } = await pools.get(target).request({
          method: 'DELETE',
          path: entry.path,
          headers: { host: entry.host, 'mcp-session-id': id, 'mcp-protocol-version': protocolVersion },
          signal: AbortSignal.timeout(END_MS),
        });
        await body.dump();
      } catch {
        // A server that cannot be told will find out by its own idle time.
      }
    },
  };
}
