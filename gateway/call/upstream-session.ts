import type { Message } from '../jsonrpc/message.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { JsonObject } from '../upstream/json.ts';
import type { SessionStream } from './session-stream.ts';

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
  /** What the client can be asked for: nothing else is declared to a server. */
  readonly capabilities: JsonObject;
}

/** Who hears what a server says in a session outside of its answers. */
export interface SessionListener {
  /** Whether anyone wants to hear it now. */
  readonly isListening: boolean;
  /** Whether a server may ask: its stream must then be open before it has a call to ask about. */
  readonly canBeAsked: boolean;
  message(server: RoutedServer, session: UpstreamSession, message: Message): void;
}

/** Opens and ends sessions: the control side's part (gateway/upstream). */
export interface SessionOpener {
  /** @throws if the server cannot be reached or refuses; `target` is then another one's turn */
  open(server: RoutedServer, identity: SessionIdentity): Promise<UpstreamSession>;
  /** Whether the server still knows a session; true where that cannot be told. Never throws. */
  isKnown(server: RoutedServer, session: UpstreamSession): Promise<boolean>;
  /** Opens the session's stream. */
  listen(server: RoutedServer, session: UpstreamSession, onMessage: (message: Message) => void): SessionStream;
  /** Ends a session with DELETE; never throws. */
  end(server: RoutedServer, session: UpstreamSession): Promise<void>;
}

/**
 * The one session that a client (or all modern clients together) has with one server: opened when first needed, opened
 * anew when the server forgot it. All that wait for it share one opening.
 */
export class SessionSlot {
  readonly server: RoutedServer;
  readonly #opener: SessionOpener;
  readonly #identity: SessionIdentity;
  readonly #listener: SessionListener | undefined;
  #stream: SessionStream | undefined;
  #current: UpstreamSession | undefined;
  #opening: Promise<UpstreamSession> | undefined;
  /** Calls that are under way in the session. */
  #calls = 0;
  #isRetired = false;
  #isClosed = false;

  constructor(server: RoutedServer, opener: SessionOpener, identity: SessionIdentity, listener?: SessionListener) {
    this.server = server;
    this.#opener = opener;
    this.#identity = identity;
    this.#listener = listener;
  }

  /** The open session, or the opening of one. */
  get(server: RoutedServer): UpstreamSession | Promise<UpstreamSession> {
    if (this.#current !== undefined) {
      const left = this.#current;
      // A target that left the registry takes its sessions with it.
      if (server.upstream.entry.targets.includes(left.target)) return left;
      this.#forget();
      // It may be there all the same. Other calls than the one that asks now may still run in it.
      if (this.#calls <= 1) void this.#opener.end(server, left);
    }
    this.#opening ??= this.#open(server);
    return this.#opening;
  }

  /** A call begins in the session. */
  enter(): void {
    this.#calls++;
  }

  /** A call in the session has ended. */
  leave(): void {
    this.#calls--;
    if (this.#isRetired && this.#calls === 0) void this.close();
  }

  /** Whether the server still knows a session, of which an answer has made one doubt. */
  isKnown(session: UpstreamSession): Promise<boolean> {
    return this.#opener.isKnown(this.server, session);
  }

  /** The server no longer knows this session: the next `get` opens another. */
  lost(session: UpstreamSession): void {
    if (this.#current === session) this.#forget();
  }

  /** The open session. */
  get current(): UpstreamSession | undefined {
    return this.#current;
  }

  /** Hears the server from now on, if there is a session, and if anyone listens. */
  listen(): void {
    const session = this.#current;
    if (session?.id === undefined || this.#stream !== undefined || this.#listener?.isListening !== true) return;
    const listener = this.#listener;
    this.#stream = this.#opener.listen(this.server, session, (message) =>
      listener.message(this.server, session, message),
    );
  }

  /** Ends the session when the last call in it has ended: a server that is told it is over would break them off. */
  retire(): void {
    this.#isRetired = true;
    if (this.#calls === 0) void this.close();
  }

  /** Ends the session now, if one is open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const session = this.#current;
    this.#forget();
    if (session !== undefined) await this.#opener.end(this.server, session);
  }

  async #open(server: RoutedServer): Promise<UpstreamSession> {
    try {
      const session = await this.#opener.open(server, this.#identity);
      if (this.#isClosed) void this.#opener.end(server, session);
      else {
        this.#current = session;
        this.listen();
        if (this.#listener?.canBeAsked === true) await this.#stream?.opened;
      }
      return session;
    } finally {
      this.#opening = undefined;
    }
  }

  #forget(): void {
    this.#current = undefined;
    this.#stream?.close();
    this.#stream = undefined;
  }
}

/** The sessions of one client with all servers that it uses. */
export class SessionSlots {
  readonly #opener: SessionOpener;
  readonly #identity: SessionIdentity;
  readonly #listener: SessionListener | undefined;
  /** By the server, not its name: a Service that was deleted and made anew is another. */
  readonly #slots = new Map<RoutedServer['upstream'], SessionSlot>();

  constructor(opener: SessionOpener, identity: SessionIdentity, listener?: SessionListener) {
    this.#opener = opener;
    this.#identity = identity;
    this.#listener = listener;
  }

  /** The session with a server; it is opened when it is first used. */
  slot(server: RoutedServer): SessionSlot {
    let slot = this.#slots.get(server.upstream);
    if (slot === undefined) {
      this.#slots.set(server.upstream, (slot = new SessionSlot(server, this.#opener, this.#identity, this.#listener)));
    }
    return slot;
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
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    await Promise.all(slots.map((slot) => slot.close()));
  }
}
