import type { Route, RoutedServer } from '../routing/route.ts';
import type { CapabilitySet } from '../upstream/capability-set.ts';
import type { ChangeKind } from '../upstream/catalogue.ts';

/** How long, and by whom, an answer may be kept (2026-07-28, Caching). */
export interface Keeping {
  readonly ttlMs: number;
  readonly cacheScope: 'public' | 'private';
}

/**
 * How long a modern client may keep what its server says nothing about, in milliseconds. The gateway reads every
 * catalogue again after as long, more or less, and tells its listeners of a change at once.
 */
export const OWN_TTL_MS = 60_000;
/** The same while a server was never seen: it may be there in a moment. */
const UNSEEN_TTL_MS = 1000;

/**
 * How long what is made of a route's servers' answers may be kept: as long as the part that lasts shortest from now on, and
 * by others than who asked only if that holds for each part, and everyone may ask (docs/protocol.md, Freshness).
 * @param set what the client declared: what is listed by it is not for others
 * @param now by performance.now()
 */
export function keepingOf(
  route: Pick<Route, 'servers' | 'isPrivate'>,
  kind: ChangeKind,
  set?: CapabilitySet,
  now = performance.now(),
): Keeping {
  let least = Infinity;
  let { isPrivate } = route;
  for (const { upstream } of route.servers) {
    const hint = upstream.hint(kind);
    const isVaried = set !== undefined && upstream.catalogueFor(set) !== upstream.catalogue;
    isPrivate ||= hint.isPrivate || isVaried;
    least = Math.min(least, upstream.catalogue === undefined ? UNSEEN_TTL_MS : remaining(upstream, kind, now));
  }
  return { ttlMs: least === Infinity ? OWN_TTL_MS : least, cacheScope: isPrivate ? 'private' : 'public' };
}

function remaining(upstream: RoutedServer['upstream'], kind: ChangeKind, now: number): number {
  const { expiresAt } = upstream.hint(kind);
  if (expiresAt === undefined) return OWN_TTL_MS;
  if (expiresAt > now) return Math.floor(expiresAt - now);
  // Its own word has run out. It still counts where the gateway would have heard of a change.
  return kind !== 'server' && upstream.hears(kind) ? OWN_TTL_MS : 0;
}
