import type { Forward } from '../call/forward.ts';
import { SessionSlot, type SessionIdentity, type SessionOpener } from '../call/upstream-session.ts';
import type { RoutedServer } from '../routing/route.ts';
import { McpError } from './errors.ts';
import type { EventStream } from './event-stream.ts';
import { newSessionId } from './ids.ts';

/** The session of one legacy client with one of the gateway's endpoints. */
export class Session {
  readonly id: string;
  /** The route's own path: a session is of no use at another. */
  readonly path: string;
  readonly identity: SessionIdentity;
  /** Open GET streams; a message goes to exactly one of them. */
  readonly streams = new Set<EventStream>();
  /** Calls in flight, by the request's id as JSON text, for a cancellation to follow. */
  readonly inFlight = new Map<string, Forward>();
  readonly #slots = new Map<string, SessionSlot>();
  readonly #opener: SessionOpener;
  /** When the session was last used, by performance.now(). */
  lastUsed = performance.now();

  constructor(path: string, identity: SessionIdentity, opener: SessionOpener) {
    this.id = newSessionId();
    this.path = path;
    this.identity = identity;
    this.#opener = opener;
  }

  /** The client's session with a server; it is opened when it is first used. */
  slot(server: RoutedServer): SessionSlot {
    const { key } = server.upstream;
    let slot = this.#slots.get(key);
    if (slot === undefined) this.#slots.set(key, (slot = new SessionSlot(this.#opener, this.identity)));
    return slot;
  }

  /** Sends a notification to the client, if it listens. */
  notify(message: Buffer): void {
    for (const stream of this.streams) return stream.send(message);
  }

  /** Ends the streams; the session stays. */
  endStreams(): void {
    for (const stream of this.streams) stream.end();
  }

  /** Ends the streams, and the sessions with the servers. */
  async close(): Promise<void> {
    this.endStreams();
    await Promise.all([...this.#slots.values()].map((slot) => slot.close()));
  }
}

export interface SessionsOptions {
  readonly opener: SessionOpener;
  /** The most sessions at one time. */
  readonly limit: number;
  /** A session without a request or an open stream ends after this, in milliseconds. */
  readonly idleMs: number;
}

/** All sessions of this replica. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #sweep: NodeJS.Timeout;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => this.#endIdle(), Math.min(30_000, options.idleMs)).unref();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Begins a session at a route. @throws McpError overloaded */
  begin(path: string, identity: SessionIdentity): Session {
    if (this.#sessions.size >= this.#options.limit) this.#endIdle();
    if (this.#sessions.size >= this.#options.limit) {
      throw new McpError('overloaded', `The gateway has its ${this.#options.limit} sessions; try again later.`, {
        headers: { 'retry-after': '10' },
      });
    }
    const session = new Session(path, identity, this.#options.opener);
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The session of an id at a route; using it keeps it. */
  find(id: string, path: string): Session | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined || session.path !== path) return undefined;
    session.lastUsed = performance.now();
    return session;
  }

  /** Ends a session. */
  end(session: Session): void {
    if (this.#sessions.delete(session.id)) void session.close();
  }

  /** Notifies the client of every session at a path. */
  notify(path: string, message: Buffer): void {
    for (const session of this.#sessions.values()) if (session.path === path) session.notify(message);
  }

  endStreams(): void {
    for (const session of this.#sessions.values()) session.endStreams();
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session.close()));
  }

  #endIdle(): void {
    const deadline = performance.now() - this.#options.idleMs;
    for (const session of this.#sessions.values()) {
      if (session.lastUsed < deadline && session.streams.size === 0 && session.inFlight.size === 0) this.end(session);
    }
  }
}
