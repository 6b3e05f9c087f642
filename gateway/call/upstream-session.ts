import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from '../jsonrpc/message.ts';
import type { RoutedServer } from '../routing/route.ts';
import { UpstreamError } from '../upstream/errors.ts';
import type { JsonObject } from '../upstream/json.ts';
import { Backoff } from '../upstream/backoff.ts';
import type { Subject } from '../upstream/subject.ts';
import type { SessionStream, StreamOwner } from './session-stream.ts';

/** A session with one legacy upstream (2025-11-25, Transports, Session Management). */
export interface UpstreamSession {
  /** Where the session lives: its requests go nowhere else. */
  readonly target: string;
  /** As the server gave it; undefined where the server keeps no sessions. */
  readonly id: string | undefined;
  readonly protocolVersion: string;
  /** On whose behalf it is, by the last that is known of the caller; absent: the gateway's own. */
  subject?: Subject;
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
  /** The least severe log message that is wanted; undefined: the server decides. */
  readonly logLevel: string | undefined;
  message(server: RoutedServer, session: UpstreamSession, message: Message): void;
}

/** Opens and ends sessions: the control side's part (gateway/upstream). */
export interface SessionOpener {
  /** @throws if the server cannot be reached or refuses; `target` is then another one's turn */
  open(server: RoutedServer, identity: SessionIdentity, subject?: Subject): Promise<UpstreamSession>;
  /** Whether the server still knows a session; true where that cannot be told. Never throws. */
  isKnown(server: RoutedServer, session: UpstreamSession): Promise<boolean>;
  /** Opens the session's stream. */
  listen(server: RoutedServer, session: UpstreamSession, owner: StreamOwner): SessionStream;
  /** Sends a request of the gateway's own, and gives its result. @throws UpstreamError */
  request(server: RoutedServer, session: UpstreamSession, method: string, params: JsonObject): Promise<unknown>;
  /** Ends a session with DELETE; never throws. */
  end(server: RoutedServer, session: UpstreamSession): Promise<void>;
}

/** How long a server is waited for that is told of a log level, in milliseconds. */
const LOG_LEVEL_MS = 1000;
/** How long a call waits for a stream on which nothing will be asked, in milliseconds. */
const STREAM_FIRST_MS = 500;
/** How long a server is left alone that does not take a session again, in milliseconds. */
const REOPEN = { minMs: 500, maxMs: 30_000 } as const;

/**
 * The one session that a client (or all modern clients together) has with one server: opened when first needed, opened
 * anew when the server forgot it. All that wait for it share one opening.
 */
export class SessionSlot {
  readonly server: RoutedServer;
  /** Whether a call in it may wait for minutes for what its client has to say. */
  readonly mayPark: boolean = false;
  readonly #opener: SessionOpener;
  readonly #identity: SessionIdentity;
  readonly #listener: SessionListener | undefined;
  #stream: SessionStream | undefined;
  #subject: Subject | undefined;
  #current: UpstreamSession | undefined;
  #opening: Promise<UpstreamSession> | undefined;
  /** The resources whose updates the client wants to hear of. */
  readonly #uris = new Set<string>();
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

  /** Takes on whose behalf the session is, as each request of the caller's says it anew. */
  onBehalfOf(subject: Subject): void {
    this.#subject = subject;
    if (this.#current !== undefined) this.#current.subject = subject;
  }

  /** A call begins in the session. */
  enter(): void {
    this.#calls++;
  }

  /** A call in the session has ended. */
  leave(): void {
    this.#left();
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
    const listener = this.#listener;
    if (session?.id === undefined || this.#stream !== undefined || listener === undefined) return;
    if (!listener.isListening && this.#uris.size === 0) return;
    this.#stream = this.#opener.listen(this.server, session, {
      message: (message) => listener.message(this.server, session, message),
      gone: () => {
        this.lost(session);
        // What was subscribed to is missed until there is a session again.
        if (this.#uris.size > 0) void this.#reopen();
      },
    });
  }

  /** Has the server tell of a resource's updates, also in sessions that follow this one. @throws UpstreamError */
  async subscribe(server: RoutedServer, uri: string): Promise<void> {
    await this.#request(server, 'resources/subscribe', { uri });
    this.#uris.add(uri);
    this.listen();
  }

  /** Takes that back. @throws UpstreamError */
  async unsubscribe(server: RoutedServer, uri: string): Promise<void> {
    this.#uris.delete(uri);
    await this.#request(server, 'resources/unsubscribe', { uri });
  }

  /** Asks the server something of the gateway's own, and gives the result. @throws UpstreamError */
  ask(server: RoutedServer, method: string, params: JsonObject): Promise<unknown> {
    return this.#request(server, method, params);
  }

  /**
   * Tells the server of the listener's log level, if there is a session and the server logs; one that does not answer is
   * not waited for. Never throws.
   */
  async sendLogLevel(): Promise<void> {
    const session = this.#current;
    const level = this.#listener?.logLevel;
    if (session === undefined || level === undefined) return;
    if (this.server.upstream.catalogue?.capabilities['logging'] === undefined) return;
    const told = this.#opener.request(this.server, session, 'logging/setLevel', { level }).then(ignore, ignore);
    await Promise.race([told, delay(LOG_LEVEL_MS, undefined, { ref: false })]);
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
      const session = await this.#opener.open(server, this.#identity, this.#subject);
      if (this.#isClosed) void this.#opener.end(server, session);
      else {
        this.#current = session;
        this.listen();
        await this.#streamOpened();
        await this.#restore(session);
      }
      return session;
    } finally {
      this.#opening = undefined;
    }
  }

  /**
   * Waits for the stream, if there is one, before the session is used: what a server says there before it is open is lost,
   * and servers take a stream that comes after a call for one that is taken up again.
   */
  async #streamOpened(): Promise<void> {
    const opened = this.#stream?.opened;
    if (opened === undefined) return;
    if (this.#listener?.canBeAsked === true) await opened;
    else await Promise.race([opened, delay(STREAM_FIRST_MS, undefined, { ref: false })]);
  }

  /** Tells a new session what the one before it had been told. */
  async #restore(session: UpstreamSession): Promise<void> {
    await this.sendLogLevel();
    await Promise.all(
      [...this.#uris].map((uri) =>
        this.#opener.request(this.server, session, 'resources/subscribe', { uri }).catch(ignore),
      ),
    );
  }

  async #request(server: RoutedServer, method: string, params: JsonObject): Promise<unknown> {
    // It runs in the session as a call does.
    this.#calls++;
    try {
      return await this.#requestOnceMore(server, method, params);
    } finally {
      this.#left();
    }
  }

  #left(): void {
    this.#calls--;
    if (this.#isRetired && this.#calls === 0) void this.close();
  }

  /** Sends a request; once more in another session where the server has forgotten this one. */
  async #requestOnceMore(server: RoutedServer, method: string, params: JsonObject): Promise<unknown> {
    const session = await this.get(server);
    try {
      return await this.#opener.request(server, session, method, params);
    } catch (error) {
      const isDoubtful = error instanceof UpstreamError && (error.status === 404 || error.status === 400);
      if (!isDoubtful || (await this.isKnown(session))) throw error;
      this.lost(session);
      return this.#opener.request(server, await this.get(server), method, params);
    }
  }

  async #reopen(): Promise<void> {
    const backoff = new Backoff(REOPEN);
    while (!this.#isClosed && !this.#isRetired && this.#uris.size > 0 && this.#current === undefined) {
      try {
        await this.get(this.server);
      } catch {
        await delay(backoff.next());
      }
    }
  }

  #forget(): void {
    this.#current = undefined;
    this.#stream?.close();
    this.#stream = undefined;
  }
}

function ignore(): void {
  // What a server refuses of this, the client does without.
}
