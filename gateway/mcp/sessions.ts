import type { ServerResponse } from 'node:http';
import type { Principal } from '../access/principal.ts';
import type { SessionIdentity } from '../call/upstream-session.ts';
import { lastingRoom } from '../limits/lasting-room.ts';
import type { Limits } from '../limits/limits.ts';
import type { Room } from '../limits/room.ts';
import { McpError } from './errors.ts';
import type { NewsTo } from './changes.ts';
import { listChanged } from './notifications.ts';
import { Session, type SessionContext } from './session.ts';

export interface SessionsOptions extends SessionContext {
  /** The most sessions at one time. */
  readonly limit: number;
  /** By which one caller leaves some of them to others. */
  readonly callerLimits: Limits;
  /** A session without a request or an open stream ends after this, in milliseconds. */
  readonly idleMs: number;
}

/** All sessions of this replica. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #room: Room;
  readonly #sessions = new Map<string, Session>();
  readonly #sweep: NodeJS.Timeout;
  #isEnding = false;

  constructor(options: SessionsOptions) {
    const { limit, callerLimits } = options;
    this.#options = options;
    this.#room = lastingRoom(callerLimits, 'sessionsPerPrincipal', limit, 'sessions');
    this.#sweep = setInterval(() => this.#endIdle(), Math.min(30_000, options.idleMs)).unref();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Begins a session at a route. @param principal whose it is @throws McpError overloaded, LimitError */
  begin(path: string, identity: SessionIdentity, principal: Principal): Session {
    if (this.#room.isFullFor(principal)) this.#endIdle();
    const refusal = this.#room.take(principal);
    if (refusal !== undefined) throw refusal;
    const session = new Session(path, identity, principal, this.#options);
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The session of an id at a route, if it is the caller's; using it keeps it. */
  find(id: string, path: string, principal: Principal): Session | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined || session.path !== path || session.principal.id !== principal.id) return undefined;
    session.touch();
    // What the newest credential says of its caller counts, also for what the session's stream is told.
    session.principal = principal;
    session.slots.onBehalfOf(principal);
    return session;
  }

  /** Whether an id is that of another caller's session. */
  isOfAnother(id: string, principal: Principal): boolean {
    const session = this.#sessions.get(id);
    return session !== undefined && session.principal.id !== principal.id;
  }

  /** Ends a session. */
  end(session: Session): void {
    if (!this.#sessions.delete(session.id)) return;
    this.#room.give(session.principal);
    void session.close();
  }

  /** Notifies each client of the lists that are news to it. @returns whether there was any news */
  notify(newsTo: NewsTo): boolean {
    let isTold = false;
    for (const session of this.#sessions.values()) {
      for (const topic of newsTo(session.path, session.principal)) {
        session.notify(listChanged(topic));
        isTold = true;
      }
    }
    return isTold;
  }

  /** Another routing table took over: ends what clients have of servers that are no longer there, or not for them. */
  retain(): void {
    for (const session of this.#sessions.values()) session.retain();
  }

  /** Ends all streams; none is opened any more. */
  endStreams(): void {
    this.#isEnding = true;
    for (const session of this.#sessions.values()) session.hangUp();
  }

  /** Opens a session's stream, or takes one up again behind an event. @throws McpError draining */
  listen(session: Session, response: ServerResponse, lastEventId: string | undefined): void {
    if (this.#isEnding) throw new McpError('draining', 'The gateway ends: it opens no streams any more.');
    session.listen(response, lastEventId);
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
