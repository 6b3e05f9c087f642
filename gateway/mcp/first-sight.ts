import type { Route, RoutedServer } from '../routing/route.ts';
import type { CapabilitySet } from '../upstream/capability-set.ts';
import type { ChangeKind } from '../upstream/catalogue.ts';
import { within } from '../upstream/shared-wait.ts';
import type { UpstreamServer } from '../upstream/upstream-server.ts';

/** How long clients wait for a server that was never seen, in milliseconds after one first asked for it. */
const FIRST_SIGHT_MS = 1000;

/**
 * The waiting for servers that were registered just now: a client that asks at once is not told that there is nothing. A
 * server that does not answer holds clients up for a second in all, not for a second each.
 */
export class FirstSight {
  readonly #firstAsked = new WeakMap<UpstreamServer, number>();

  /** Waits until all of these were asked once, well or not. Undefined: there is nothing to wait for. */
  wait(servers: readonly RoutedServer[]): Promise<void> | undefined {
    const unseen = servers.filter(({ upstream }) => upstream.catalogue === undefined);
    if (unseen.length === 0) return undefined;
    const now = performance.now();
    let ms = 0;
    for (const { upstream } of unseen) {
      const first = this.#firstAsked.get(upstream) ?? now;
      this.#firstAsked.set(upstream, first);
      ms = Math.max(ms, first + FIRST_SIGHT_MS - now);
    }
    const settled = Promise.all(unseen.map(({ upstream }) => upstream.settled));
    return ms <= 0 ? undefined : within(settled, ms);
  }
}

/**
 * Waits until what a route gives out of `kind` is fresh, though not for long (docs/protocol.md, Freshness).
 * Undefined: there is nothing to wait for.
 */
export function freshened({ servers }: Route, kind: ChangeKind, set?: CapabilitySet): Promise<unknown> | undefined {
  const waits: Promise<void>[] = [];
  for (const { upstream } of servers) {
    const wait = upstream.freshen(kind, set);
    if (wait !== undefined) waits.push(wait);
  }
  return waits.length === 0 ? undefined : Promise.all(waits);
}
