import type { Principal } from '../access/principal.ts';
import type { Message } from '../jsonrpc/message.ts';
import { isListChanged } from '../mcp/notifications.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { Pools } from '../upstream/pools.ts';
import { asideSettled, postAside } from './aside.ts';
import type { Declaration } from './park-declaration.ts';
import { refusalTo, replyTo } from './server-request.ts';
import type { SessionStream } from './session-stream.ts';
import {
  SessionSlot,
  type SessionIdentity,
  type SessionListener,
  type SessionOpener,
  type UpstreamSession,
} from './upstream-session.ts';

/** Idle sessions that are kept for the next call, a server and a set of capabilities. */
const MAX_IDLE = 16;
/** Idle sessions that are kept with one server, whatever was declared in them. */
const MAX_IDLE_OF_SERVER = 64;
/** How long they are kept, in milliseconds. */
const IDLE_MS = 60_000;

/** The call that a session is for. */
export interface SessionUser {
  /** The server says something in the session, outside of the call's answer. */
  heard(session: UpstreamSession, message: Message): void;
}

/** What hears a session for whichever call is in it. */
class Ear implements SessionListener {
  readonly isListening = true;
  readonly canBeAsked = true;
  logLevel: string | undefined;
  user: SessionUser | undefined;
  /** What it is heard by. */
  stream: SessionStream | undefined;
  /** The server has asked for the client's roots, which it may keep for as long as the session lives. */
  knowsRoots = false;
  readonly #pools: Pools;

  constructor(pools: Pools) {
    this.#pools = pools;
  }

  message(server: RoutedServer, session: UpstreamSession, message: Message): void {
    if (message.kind === 'request' && message.method === 'roots/list') this.knowsRoots = true;
    // All clients are told when the new list has been read.
    if (isListChanged(message.method)) void server.upstream.refresh();
    else if (this.user !== undefined) this.user.heard(session, message);
    else if (message.kind === 'request') {
      const says = 'No call of a client is under way that could be asked.';
      const reply = message.method === 'ping' ? replyTo(message) : refusalTo(message.id, -32603, says);
      postAside(this.#pools, server, session, reply);
    }
  }
}

/** A session with one legacy server that one call has to itself. */
export class ExclusiveSlot extends SessionSlot {
  override readonly mayPark = true;
  /** What was declared in it, and for whom. */
  readonly key: string;
  readonly #ear: Ear;
  readonly #onLeft: (slot: ExclusiveSlot) => void;
  /** The level that the server was told, and in which session. */
  #told: { readonly session: UpstreamSession; readonly logLevel: string | undefined } | undefined;
  #isClean = true;
  #isRetired = false;

  constructor(options: {
    readonly server: RoutedServer;
    readonly opener: SessionOpener;
    readonly pools: Pools;
    readonly identity: SessionIdentity;
    readonly key: string;
    readonly onLeft: (slot: ExclusiveSlot) => void;
  }) {
    const ear = new Ear(options.pools);
    const { opener } = options;
    const listen: SessionOpener['listen'] = (...heard) => (ear.stream = opener.listen(...heard));
    super(options.server, { ...opener, listen }, options.identity, ear);
    this.#ear = ear;
    this.key = options.key;
    this.#onLeft = options.onLeft;
  }

  /** Whether nothing of the calls before is left in the session, and it is heard. */
  get isReusable(): boolean {
    const { knowsRoots, stream } = this.#ear;
    return (
      this.#isClean && !this.#isRetired && !knowsRoots && stream?.isBroken !== true && this.current?.id !== undefined
    );
  }

  /** The session is this call's from now on, until it leaves. */
  take(logLevel: string | undefined): void {
    this.#isClean = false;
    this.#ear.logLevel = logLevel;
  }

  /** The call's client wants other log messages from now on. */
  want(logLevel: string | undefined): void {
    this.#ear.logLevel = logLevel;
    // The session stays the call's, wherever the server is by now.
    if (this.current !== undefined) void this.#tellLevel(this.current);
  }

  /** Tells a call what the server says in the session. */
  hear(user: SessionUser): void {
    this.#ear.user = user;
  }

  /** The call has the server's answer, and the server waits for nothing. */
  finished(): void {
    this.#isClean = true;
  }

  /** The open session, or the opening of one; the server has been told the log level then. */
  override get(server: RoutedServer): UpstreamSession | Promise<UpstreamSession> {
    const { logLevel } = this.#ear;
    const opened = super.get(server);
    if (opened instanceof Promise) {
      return opened.then((session) => {
        this.#told = { session, logLevel };
        return session;
      });
    }
    return this.#tellLevel(opened)?.then(() => opened) ?? opened;
  }

  override leave(): void {
    this.#ear.user = undefined;
    super.leave();
    this.#onLeft(this);
  }

  override retire(): void {
    this.#isRetired = true;
    super.retire();
  }

  /** @returns undefined: there is nothing to tell. Never rejects */
  #tellLevel(session: UpstreamSession): Promise<void> | undefined {
    const { logLevel } = this.#ear;
    const isTold = this.#told?.session === session && this.#told.logLevel === logLevel;
    if (logLevel === undefined || isTold) return undefined;
    this.#told = { session, logLevel };
    return this.sendLogLevel();
  }

  override async close(): Promise<void> {
    // The server is to hear that its call was given up before it hears that the session is.
    if (this.current !== undefined) await asideSettled(this.current);
    await super.close();
  }
}

interface Idle {
  readonly slot: ExclusiveSlot;
  readonly timer: NodeJS.Timeout;
}

export interface ExclusiveSlotsOptions {
  readonly opener: SessionOpener;
  readonly pools: Pools;
  /** Who the gateway says it is; what a client declares comes to it. */
  readonly identity: SessionIdentity;
  readonly idleMs?: number;
}

/**
 * Sessions with legacy servers for calls of modern clients that the server may ask something: whatever it asks in such a
 * session is about the one call in it. When the call has ended well, the session waits for another of the same principal that
 * declares the same.
 */
export class ExclusiveSlots {
  readonly #options: ExclusiveSlotsOptions;
  /** The last one to become idle is the last one here. */
  readonly #idle = new Map<RoutedServer['upstream'], Idle[]>();
  readonly #used = new Set<ExclusiveSlot>();
  readonly #ending = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: ExclusiveSlotsOptions) {
    this.#options = options;
  }

  /** How many sessions there are. */
  get counts(): { readonly idle: number; readonly used: number } {
    let idle = 0;
    for (const slots of this.#idle.values()) idle += slots.length;
    return { idle, used: this.#used.size };
  }

  /** A session that is the caller's alone until it leaves it. */
  take(server: RoutedServer, principal: Principal, { capabilities, key, logLevel }: Declaration): ExclusiveSlot {
    const whose = `${key}\n${principal.id}`;
    const slot =
      this.#takeIdle(server, whose) ?? this.#make(server, whose, { ...this.#options.identity, capabilities });
    slot.onBehalfOf(principal);
    slot.take(logLevel);
    this.#used.add(slot);
    return slot;
  }

  /** Ends the sessions with servers that are no longer there, each when its call has ended. */
  retain(servers: ReadonlySet<RoutedServer['upstream']>): void {
    for (const [server, idle] of this.#idle) {
      if (servers.has(server)) continue;
      this.#idle.delete(server);
      for (const each of idle) this.#drop(each);
    }
    for (const slot of this.#used) if (!servers.has(slot.server.upstream)) slot.retire();
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.retain(new Set());
    for (const slot of this.#used) this.#end(slot);
    await Promise.all(this.#ending);
  }

  #make(server: RoutedServer, key: string, identity: SessionIdentity): ExclusiveSlot {
    const { opener, pools } = this.#options;
    return new ExclusiveSlot({ server, opener, pools, identity, key, onLeft: (slot) => this.#left(slot) });
  }

  #takeIdle({ upstream }: RoutedServer, key: string): ExclusiveSlot | undefined {
    const idle = this.#idle.get(upstream);
    const index = idle?.findLastIndex(({ slot }) => slot.key === key) ?? -1;
    const [found] = index < 0 ? [] : (idle?.splice(index, 1) ?? []);
    if (found === undefined) return undefined;
    clearTimeout(found.timer);
    // It may have been asked for roots since.
    if (found.slot.isReusable) return found.slot;
    this.#end(found.slot);
    return this.#takeIdle({ upstream } as RoutedServer, key);
  }

  /**
   * What the server said in the session before its answer may be read behind it: it comes on another connection. It has come by
   * the time that all has been read which is there now, and is heard by nobody until then.
   */
  #left(slot: ExclusiveSlot): void {
    setImmediate(() => setImmediate(() => this.#rested(slot)));
  }

  #rested(slot: ExclusiveSlot): void {
    if (!this.#used.delete(slot)) return;
    const { upstream } = slot.server;
    const idle = this.#idle.get(upstream) ?? [];
    const alike = idle.filter(({ slot: { key } }) => key === slot.key).length;
    if (this.#isClosed || !slot.isReusable || alike >= MAX_IDLE) return this.#end(slot);
    const timer = setTimeout(() => this.#expire(upstream, slot), this.#options.idleMs ?? IDLE_MS).unref();
    idle.push({ slot, timer });
    this.#idle.set(upstream, idle);
    const oldest = idle.length > MAX_IDLE_OF_SERVER ? idle.shift() : undefined;
    if (oldest !== undefined) this.#drop(oldest);
  }

  #expire(upstream: RoutedServer['upstream'], slot: ExclusiveSlot): void {
    const idle = this.#idle.get(upstream)?.filter((each) => each.slot !== slot) ?? [];
    if (idle.length === 0) this.#idle.delete(upstream);
    else this.#idle.set(upstream, idle);
    this.#end(slot);
  }

  #drop({ slot, timer }: Idle): void {
    clearTimeout(timer);
    this.#end(slot);
  }

  #end(slot: ExclusiveSlot): void {
    const ending = slot.close().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
