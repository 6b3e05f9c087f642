import type { ServerResponse } from 'node:http';
import type { Forward } from '../call/forward.ts';
import { SessionSlots, type SessionIdentity, type SessionOpener } from '../call/upstream-session.ts';
import { McpError } from './errors.ts';
import { EventStream } from './event-stream.ts';
import { newSessionId } from './ids.ts';

/** How many streams one session may have open. */
const MAX_STREAMS = 4;

/** The session of one legacy client with one of the gateway's endpoints. */
export class Session {
  readonly id: string;
  /** The route's own path: a session is of no use at another. */
  readonly path: string;
  /** The client's sessions with the servers that it uses. */
  readonly slots: SessionSlots;
  /** Calls in flight, for a cancellation to follow. */
  readonly inFlight = new Set<Forward>();
  /** Open GET streams; a message goes to exactly one of them. */
  readonly #streams = new Set<EventStream>();
  /** What the client would have been told, had it listened; each once. */
  #missed: Set<Buffer> | undefined;
  /** When the session was last used, by performance.now(). */
  #lastUsed = performance.now();

  constructor(path: string, identity: SessionIdentity, opener: SessionOpener) {
    this.id = newSessionId();
    this.path = path;
    this.slots = new SessionSlots(opener, identity);
  }

  /** Whether nothing has used the session since `time` (by performance.now()), and nothing uses it now. */
  isIdleSince(time: number): boolean {
    return this.#lastUsed < time && this.#streams.size === 0 && this.inFlight.size === 0;
  }

  /** The session is in use now. */
  touch(): void {
    this.#lastUsed = performance.now();
  }

  /** The client listens on a stream from now on, and hears first what it missed. */
  listen(response: ServerResponse): void {
    const stream = new EventStream(response, () => {
      this.#streams.delete(stream);
      this.touch();
    });
    this.#streams.add(stream);
    // A client that lost its connection comes back with another before the old one is known to be dead.
    for (const old of this.#streams) {
      if (this.#streams.size <= MAX_STREAMS) break;
      old.end();
      this.#streams.delete(old);
    }
    for (const message of this.#missed ?? []) stream.send(message);
    this.#missed = undefined;
  }

  /** Sends a notification to the client; to one that does not listen, when it does. */
  notify(message: Buffer): void {
    // The newest: of several, an older one may be dead.
    const stream = [...this.#streams].at(-1);
    if (stream === undefined) (this.#missed ??= new Set()).add(message);
    else stream.send(message);
  }

  /** Ends the streams; the session stays. */
  endStreams(): void {
    for (const stream of this.#streams) stream.end();
  }

  /** Ends the streams, the calls, and the sessions with the servers. */
  async close(): Promise<void> {
    this.endStreams();
    for (const call of this.inFlight) call.abandon();
    await this.slots.close();
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
  #isEnding = false;

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
    session.touch();
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

  /** Ends the clients' sessions with servers that are no longer there. */
  retain(servers: Parameters<SessionSlots['retain']>[0]): void {
    for (const session of this.#sessions.values()) session.slots.retain(servers);
  }

  /** Ends all streams; none is opened any more. */
  endStreams(): void {
    this.#isEnding = true;
    for (const session of this.#sessions.values()) session.endStreams();
  }

  /** Opens a session's stream. @throws McpError draining */
  listen(session: Session, response: ServerResponse): void {
    if (this.#isEnding) throw new McpError('draining', 'The gateway ends: it opens no streams any more.');
    session.listen(response);
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
      if (session.isIdleSince(deadline)) this.end(session);
    }
  }
}
