import type { RoutedServer } from '../routing/route.ts';

/** A session with one legacy upstream (2025-11-25, Transports, Session Management). */
export interface UpstreamSession {
  /** Where the session lives: its requests go nowhere else. */
  readonly target: string;
  /** As the server gave it; undefined where the server keeps no sessions. */
  readonly id: string | undefined;
  readonly protocolVersion: string;
}

/** What the gateway says of the client when it opens a session for it. */
export interface SessionIdentity {
  readonly protocolVersion: string;
  readonly clientInfo: { readonly name: string; readonly version: string };
}

/** Opens and ends sessions: the control side's part (gateway/upstream). */
export interface SessionOpener {
  /** @throws if the server cannot be reached or refuses; `target` is then another one's turn */
  open(server: RoutedServer, identity: SessionIdentity): Promise<UpstreamSession>;
  /** Ends a session with DELETE; never throws. */
  end(server: RoutedServer, session: UpstreamSession): Promise<void>;
}

/**
 * The one session that a client (or all modern clients together) has with one server: opened when first needed, opened
 * anew when the server forgot it. All that wait for it share one opening.
 */
export class SessionSlot {
  readonly #opener: SessionOpener;
  readonly #identity: SessionIdentity;
  #current: UpstreamSession | undefined;
  #opening: Promise<UpstreamSession> | undefined;
  #server: RoutedServer | undefined;
  #isClosed = false;

  constructor(opener: SessionOpener, identity: SessionIdentity) {
    this.#opener = opener;
    this.#identity = identity;
  }

  /** The open session, or the opening of one. */
  get(server: RoutedServer): UpstreamSession | Promise<UpstreamSession> {
    this.#server = server;
    if (this.#current !== undefined) {
      // A target that left the registry takes its sessions with it.
      if (server.upstream.entry.targets.includes(this.#current.target)) return this.#current;
      this.#current = undefined;
    }
    this.#opening ??= this.#open(server);
    return this.#opening;
  }

  /** Whether the slot has an open session. */
  get current(): UpstreamSession | undefined {
    return this.#current;
  }

  /** The server no longer knows this session: the next `get` opens another. */
  lost(session: UpstreamSession): void {
    if (this.#current === session) this.#current = undefined;
  }

  /** Ends the session, if one is open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const session = this.#current;
    this.#current = undefined;
    if (session !== undefined && this.#server !== undefined) await this.#opener.end(this.#server, session);
  }

  async #open(server: RoutedServer): Promise<UpstreamSession> {
    try {
      const session = await this.#opener.open(server, this.#identity);
      if (this.#isClosed) void this.#opener.end(server, session);
      else this.#current = session;
      return session;
    } finally {
      this.#opening = undefined;
    }
  }
}
