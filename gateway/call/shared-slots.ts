import type { RoutedServer } from '../routing/route.ts';
import { SessionSlot, type SessionIdentity, type SessionOpener } from './upstream-session.ts';

/** Sessions that are shared, at most so many a server: as many replicas are used at once. */
const MAX_SHARED = 8;

/** The sessions with legacy servers that all modern clients share: as many a server as it has replicas, in turn. */
export class SharedSlots {
  readonly #opener: SessionOpener;
  readonly #identity: SessionIdentity;
  readonly #slots = new Map<RoutedServer['upstream'], { readonly slots: SessionSlot[]; next: number }>();

  constructor(opener: SessionOpener, identity: SessionIdentity) {
    this.#opener = opener;
    this.#identity = identity;
  }

  /** The next session to use with a server. */
  slot(server: RoutedServer): SessionSlot {
    let shared = this.#slots.get(server.upstream);
    if (shared === undefined) this.#slots.set(server.upstream, (shared = { slots: [], next: 0 }));
    const count = Math.max(1, Math.min(MAX_SHARED, server.entry.targets.length));
    const index = shared.next % count;
    shared.next = index + 1;
    return (shared.slots[index] ??= new SessionSlot(server, this.#opener, this.#identity));
  }

  /** Ends the sessions with servers that are no longer there, each when the last call in it has ended. */
  retain(servers: ReadonlySet<RoutedServer['upstream']>): void {
    for (const [server, { slots }] of this.#slots) {
      if (servers.has(server)) continue;
      this.#slots.delete(server);
      for (const slot of slots) slot.retire();
    }
  }

  async close(): Promise<void> {
    const all = [...this.#slots.values()].flatMap(({ slots }) => slots);
    this.#slots.clear();
    await Promise.all(all.map((slot) => slot.close()));
  }
}
