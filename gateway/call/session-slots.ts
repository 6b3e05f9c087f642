import { McpError } from '../mcp/errors.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { Subject } from '../upstream/subject.ts';
import {
  SessionSlot,
  type SessionIdentity,
  type SessionListener,
  type SessionOpener,
  type UpstreamSession,
} from './upstream-session.ts';

/** The sessions of one client with all servers that it uses. */
export class SessionSlots {
  readonly #opener: SessionOpener;
  readonly #identity: SessionIdentity;
  readonly #listener: SessionListener | undefined;
  /** By the server, not its name: a Service that was deleted and made anew is another. */
  readonly #slots = new Map<RoutedServer['upstream'], SessionSlot>();
  #subject: Subject | undefined;
  #isClosed = false;

  constructor(opener: SessionOpener, identity: SessionIdentity, listener?: SessionListener) {
    this.#opener = opener;
    this.#identity = identity;
    this.#listener = listener;
  }

  /** Whether the client's session has ended. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @throws McpError if the client has ended its session, while its request waited for something */
  checkOpen(): void {
    if (!this.#isClosed) return;
    throw new McpError('session_not_found', 'The session has ended. Begin anew with initialize.');
  }

  /** Takes on whose behalf the sessions are, as each request of the client's says it anew. */
  onBehalfOf(subject: Subject): void {
    if (subject === this.#subject) return;
    this.#subject = subject;
    for (const slot of this.#slots.values()) slot.onBehalfOf(subject);
  }

  /** The session with a server; it is opened when it is first used. @throws McpError as checkOpen */
  slot(server: RoutedServer): SessionSlot {
    this.checkOpen();
    let slot = this.#slots.get(server.upstream);
    if (slot === undefined) {
      this.#slots.set(server.upstream, (slot = new SessionSlot(server, this.#opener, this.#identity, this.#listener)));
      if (this.#subject !== undefined) slot.onBehalfOf(this.#subject);
    }
    return slot;
  }

  /** Tells all servers of the listener's log level with which there is a session. */
  async sendLogLevel(): Promise<void> {
    await Promise.all([...this.#slots.values()].map((slot) => slot.sendLogLevel()));
  }

  /** Hears all servers from now on with which there is a session. */
  listen(): void {
    for (const slot of this.#slots.values()) slot.listen();
  }

  /** The open sessions. */
  *opened(): Iterable<{ readonly server: RoutedServer; readonly session: UpstreamSession }> {
    for (const { server, current: session } of this.#slots.values())
      if (session !== undefined) yield { server, session };
  }

  /** Ends the sessions with servers that are no longer there, each when the last call in it has ended. */
  retain(servers: ReadonlySet<RoutedServer['upstream']>): void {
    for (const [server, slot] of this.#slots) {
      if (servers.has(server)) continue;
      this.#slots.delete(server);
      slot.retire();
    }
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    await Promise.all(slots.map((slot) => slot.close()));
  }
}
