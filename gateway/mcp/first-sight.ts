import { setTimeout as delay } from 'node:timers/promises';
import type { RoutedServer } from '../routing/route.ts';
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
    return ms <= 0 ? undefined : settledWithin(unseen, ms);
  }
}

async function settledWithin(servers: readonly RoutedServer[], ms: number): Promise<void> {
  const abort = new AbortController();
  await Promise.race([
    Promise.all(servers.map(({ upstream }) => upstream.settled)),
    delay(ms, undefined, { signal: abort.signal }).catch(() => undefined),
  ]);
  abort.abort();
}
