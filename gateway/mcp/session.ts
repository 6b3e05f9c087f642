import type { ServerResponse } from 'node:http';
import type { Principal } from '../access/principal.ts';
import type { Forward } from '../call/forward.ts';
import { postAside } from '../call/aside.ts';
import { isAtLevel } from '../call/log-level.ts';
import { Relay } from '../call/relay.ts';
import type { TaskIds } from '../call/task-ids.ts';
import { taskNotice } from '../call/task-metadata.ts';
import { SessionTasks } from '../call/task-session.ts';
import { canBeAsked } from '../call/askable.ts';
import { SessionSlots } from '../call/session-slots.ts';
import {
  type SessionIdentity,
  type SessionListener,
  type SessionOpener,
  type UpstreamSession,
} from '../call/upstream-session.ts';
import { param, stringOf, type Message } from '../jsonrpc/message.ts';
import type { MemoryBudget } from '../memory-budget.ts';
import { modernEnvelope } from '../call/modern-envelope.ts';
import type { LegacyCaller } from '../call/caller.ts';
import type { JsonObject } from '../upstream/json.ts';
import { permits, type RoutedServer } from '../routing/route.ts';
import type { RoutingView } from '../routing/routing-table.ts';
import type { Pools } from '../upstream/pools.ts';
import { newSessionId } from './ids.ts';
import { isListChanged } from './notifications.ts';
import { Questions } from './questions.ts';
import type { ResourceWatches } from './resource-watches.ts';
import { SessionStreams } from './session-streams.ts';
import { SessionWatches } from './session-watches.ts';

/** What all sessions have in common. */
export interface SessionContext {
  readonly opener: SessionOpener;
  readonly pools: Pools;
  /** Of the events that are kept for clients that come back. */
  readonly replays: MemoryBudget;
  readonly resources: ResourceWatches;
  readonly taskIds: TaskIds;
  /** How long a client may take to answer what it is asked, in milliseconds. */
  readonly questionMs: number;
  /** What a caller may use now. */
  readonly viewOf: (principal: Principal) => RoutingView;
}

/** The session of one legacy client with one of the gateway's endpoints. */
export class Session implements SessionListener, LegacyCaller {
  readonly id: string;
  /** The route's own path: a session is of no use at another. */
  readonly path: string;
  readonly identity: SessionIdentity;
  /** Whose it is, of no use to others; as the newest request has it. */
  principal: Principal;
  /** The client's sessions with the servers that it uses. */
  readonly slots: SessionSlots;
  /** Calls in flight, for a cancellation to follow. */
  readonly inFlight = new Set<Forward>();
  readonly streams: SessionStreams;
  readonly questions = new Questions();
  readonly relay: Relay;
  readonly tasks: SessionTasks;
  /** What the client subscribed to. */
  readonly resources: SessionWatches;
  /** Whether a server that asks the client may get an answer. */
  readonly canBeAsked: boolean;
  #envelope: string;
  #logLevel: string | undefined;
  readonly #pools: Pools;
  readonly #viewOf: SessionContext['viewOf'];
  /** When the session was last used, by performance.now(). */
  #lastUsed = performance.now();

  constructor(path: string, identity: SessionIdentity, principal: Principal, context: SessionContext) {
    const { opener, pools, replays, resources, taskIds, questionMs, viewOf } = context;
    this.id = newSessionId();
    this.path = path;
    this.identity = identity;
    this.principal = principal;
    this.canBeAsked = canBeAsked(identity.capabilities);
    this.#envelope = modernEnvelope(identity, undefined);
    this.slots = new SessionSlots(opener, identity, this);
    this.slots.onBehalfOf(principal);
    this.streams = new SessionStreams(replays, identity.protocolVersion, () => this.touch());
    this.tasks = new SessionTasks(taskIds, this.id);
    this.relay = new Relay({
      questions: this.questions,
      pools,
      capabilities: identity.capabilities,
      tasks: this.tasks,
      questionMs,
      notify: (message) => this.notify(message),
    });
    this.#pools = pools;
    this.#viewOf = viewOf;
    this.resources = new SessionWatches({
      slots: this.slots,
      resources,
      mayRead: (server, uri) => this.#mayRead(server, uri),
      notify: (message) => this.notify(message),
    });
  }

  get envelope(): string {
    return this.#envelope;
  }

  get logLevel(): string | undefined {
    return this.#logLevel;
  }

  /**
   * The client says how severe log messages must be for it to want them (2025-11-25, Logging). Resolves when its servers
   * have been told.
   */
  async setLogLevel(level: string): Promise<void> {
    this.#logLevel = level;
    this.#envelope = modernEnvelope(this.identity, level);
    await this.slots.sendLogLevel();
  }

  get protocolVersion(): string {
    return this.identity.protocolVersion;
  }

  get capabilities(): JsonObject {
    return this.identity.capabilities;
  }

  /** Whether anyone takes what servers say outside of calls. */
  get isListening(): boolean {
    return this.canBeAsked || this.streams.isListening;
  }

  /** Whether nothing has used the session since `time` (by performance.now()), and nothing uses it now. */
  isIdleSince(time: number): boolean {
    return this.#lastUsed < time && !this.streams.isListening && this.inFlight.size === 0;
  }

  /** The session is in use now. */
  touch(): void {
    this.#lastUsed = performance.now();
  }

  /** Answers a GET. */
  listen(response: ServerResponse, lastEventId: string | undefined): void {
    this.streams.listen(response, lastEventId);
    this.slots.listen();
  }

  /** Sends a message to the client, on its own stream; if it has none, when it opens one. */
  notify(message: Buffer): void {
    this.streams.send(message);
  }

  /** A server says something outside of its answers. */
  message(server: RoutedServer, session: UpstreamSession, message: Message): void {
    if (message.kind === 'response') {
      // An answer belongs on the stream of its request; a server that lost that one may send it here.
      for (const call of this.inFlight) if (call.isTo(server)) call.answeredAside(message);
      return;
    }
    if (message.kind === 'request') {
      const asked = this.relay.ask(server, session, message, this.#onlyCallOf(server));
      if (asked === undefined) return;
      const call = this.#callToTellBy(server);
      if (call === undefined) this.streams.send(asked);
      else call.askClient(asked);
      return;
    }
    if (isListChanged(message.method)) {
      // All clients are told when the new list has been read.
      void server.upstream.refresh();
      return;
    }
    if (message.method === 'notifications/progress' && !this.#isAwaited(server, message)) return;
    if (!isAtLevel(this.#logLevel, message)) return;
    if (!this.relay.urls.mayTell(server, message)) return;
    const relayed = this.relay.notification(session, message);
    const passed = relayed === message.bytes ? taskNotice(this.tasks, server, message) : relayed;
    if (passed === undefined || this.#isHiddenUpdate(server, message)) return;
    const call = this.#callToTellBy(server);
    if (call === undefined) this.streams.send(passed);
    else call.tellClient(passed);
  }

  /** Tells all servers that the client has a session with. */
  tellServers(notification: Buffer): void {
    for (const { server, session } of this.slots.opened()) postAside(this.#pools, server, session, notification);
  }

  /** The client tells of a task that it runs: the server hears of it that asked for it. */
  tellTaskOwner(notification: Message): void {
    const owner = this.relay.taskOwner(notification);
    for (const { server, session } of this.slots.opened()) {
      if (server.upstream === owner) postAside(this.#pools, server, session, notification.bytes);
    }
  }

  /**
   * Another routing table took over: what the client has of servers that are no longer there, or not for it, ends; what runs
   * is left to end by itself. The session stays, for the day when it may come again.
   */
  retain(): void {
    const view = this.#viewOf(this.principal);
    const { servers } = view;
    this.relay.retain(servers);
    this.slots.retain(servers);
    this.resources.retain(servers);
    if (view.find(this.path) === undefined) this.streams.end();
  }

  /** Closes the connections of the streams; the session stays. */
  hangUp(): void {
    this.streams.hangUp();
  }

  /** Ends the streams, the calls, and the sessions with the servers. */
  async close(): Promise<void> {
    this.streams.end();
    for (const call of this.inFlight) call.abandon();
    this.resources.close();
    this.streams.clear();
    this.relay.close();
    await this.slots.close();
  }

  #mayRead(server: RoutedServer, uri: string): boolean {
    return permits(this.#viewOf(this.principal).union, 'resources', server, uri);
  }

  /** A server may tell of what was never subscribed to, and of parts of what was. */
  #isHiddenUpdate(server: RoutedServer, message: Message): boolean {
    if (message.method !== 'notifications/resources/updated') return false;
    const place = param(message, 'uri');
    const uri = place === undefined ? undefined : stringOf(message.bytes, place);
    return uri === undefined || !this.#mayRead(server, uri);
  }

  /** Whether progress is that of a call, or of a task, which has its call's token for as long as it runs. */
  #isAwaited(server: RoutedServer, progress: Message): boolean {
    if (this.tasks.awaits(server, progress)) return true;
    for (const call of this.inFlight) if (call.isTo(server) && call.awaits(progress)) return true;
    return false;
  }

  /** Servers of the first SDKs ask on this stream also in the midst of a call: of one alone, it is about that. */
  #onlyCallOf(server: RoutedServer): Forward | undefined {
    const calls = [...this.inFlight].filter((call) => call.isTo(server));
    return calls.length === 1 ? calls[0] : undefined;
  }

  /** A client that has not opened a stream of its own can still be told on the answer of a call. */
  #callToTellBy(server: RoutedServer): Forward | undefined {
    return this.streams.isListening ? undefined : this.#onlyCallOf(server);
  }
}
