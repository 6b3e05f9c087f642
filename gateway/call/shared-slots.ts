import type { Principal } from '../access/principal.ts';
import type { RoutedServer } from '../routing/route.ts';
import { SessionSlot, type SessionIdentity, type SessionOpener } from './upstream-session.ts';

/** Sessions that are shared, at most so many a server: as many replicas are used at once. */
const MAX_SHARED = 8;
/** Sessions that no client of a principal has used for so long end, in milliseconds. */
const IDLE_MS = 5 * 60_000;

/** The sessions with one server that the clients of one principal share. */
interface Shared {
  readonly slots: SessionSlot[];
  next: number;
  /** By performance.now(). */
  lastUsed: number;
}

/**
 * The sessions with legacy servers that the modern clients of one principal share: as many a server as it has replicas, in
 * turn. What a server keeps in a session is never another principal's.
 */
export class SharedSlots {
  readonly #opener: SessionOpener;
  readonly #identity: SessionIdentity;
  readonly #idleMs: number;
  /** Server → id of a principal → its sessions. */
  readonly #shared = new Map<RoutedServer['upstream'], Map<string, Shared>>();
  readonly #sweep: NodeJS.Timeout;

  constructor(opener: SessionOpener, identity: SessionIdentity, idleMs = IDLE_MS) {
    this.#opener = opener;
    this.#identity = identity;
    this.#idleMs = idleMs;
    this.#sweep = setInterval(() => this.#endIdle(), Math.min(30_000, idleMs)).unref();
  }

  /** How many principals have sessions with a server. */
  countOf(server: RoutedServer): number {
    return this.#shared.get(server.upstream)?.size ?? 0;
  }

  /** The next session to use with a server. */
  slot(server: RoutedServer, principal: Principal): SessionSlot {
    const { id } = principal;
    let ofServer = this.#shared.get(server.upstream);
    if (ofServer === undefined) this.#shared.set(server.upstream, (ofServer = new Map()));
    let shared = ofServer.get(id);
    if (shared === undefined) ofServer.set(id, (shared = { slots: [], next: 0, lastUsed: 0 }));
    shared.lastUsed = performance.now();
    const count = Math.max(1, Math.min(MAX_SHARED, server.entry.targets.length));
    const index = shared.next % count;
    shared.next = index + 1;
    const slot = (shared.slots[index] ??= new SessionSlot(server, this.#opener, this.#identity));
    slot.onBehalfOf(principal);
    return slot;
  }

  /** Ends the sessions with servers that are no longer there, each when the last call in it has ended. */
  retain(servers: ReadonlySet<RoutedServer['upstream']>): void {
    for (const [server, ofServer] of this.#shared) {
      if (servers.has(server)) continue;
      this.#shared.delete(server);
      for (const { slots } of ofServer.values()) for (const slot of slots) slot.retire();
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    const all = [...this.#shared.values()].flatMap((ofServer) => [...ofServer.values()].flatMap(({ slots }) => slots));
    this.#shared.clear();
    await Promise.all(all.map((slot) => slot.close()));
  }

  #endIdle(): void {
    const deadline = performance.now() - this.#idleMs;
    for (const ofServer of this.#shared.values()) {
      for (const [id, { slots, lastUsed }] of ofServer) {
        if (lastUsed > deadline) continue;
        ofServer.delete(id);
        for (const slot of slots) slot.retire();
      }
    }
  }
}
