import type { Dispatcher } from 'undici';
import type { Agent } from './agents/agent.ts';
import { Agents } from './agents/agents.ts';
import type { Principal } from './access/principal.ts';
import { UnmatchedReport } from './access/unmatched-report.ts';
import type { RegistryDocument } from './contract/registry-document.ts';
import type { ServiceReport } from './contract/report.ts';
import { Calls } from './call/calls.ts';
import { ExclusiveSlots } from './call/exclusive-slots.ts';
import { sessionOpener } from './call/session-opener.ts';
import { SealedStates } from './call/sealed-states.ts';
import { SharedSlots } from './call/shared-slots.ts';
import type { GatewayLimits } from './config.ts';
import type { Limits } from './limits/limits.ts';
import type { Logger } from './log.ts';
import { MemoryBudget } from './memory-budget.ts';
import { serverInfo } from './mcp/server-info.ts';
import { Changes } from './mcp/changes.ts';
import { McpEndpoint } from './mcp/endpoint.ts';
import { FirstSight } from './mcp/first-sight.ts';
import { LegacyServer } from './mcp/legacy-server.ts';
import { Lists } from './mcp/lists.ts';
import { ModernServer } from './mcp/modern-server.ts';
import { ResourceWatches } from './mcp/resource-watches.ts';
import { Sessions } from './mcp/sessions.ts';
import { Subscriptions } from './mcp/subscriptions.ts';
import { TaskListens } from './mcp/tasks-listen.ts';
import type { Sealer } from './sealing/sealer.ts';
import { ClaimsReport } from './routing/resource-claims.ts';
import { NO_VIEW, routingTable, type RoutingTable, type RoutingView } from './routing/routing-table.ts';
import type { Outlets } from './upstream/outlets.ts';
import { Pools } from './upstream/pools.ts';
import { LATEST_LEGACY_VERSION } from './upstream/protocol-versions.ts';
import { Upstreams } from './upstream/upstreams.ts';

/** What is found of several agents is taken together, in milliseconds. */
const RETAKE_MS = 20;
/** What all sessions together keep of their events for clients that come back. */
const REPLAY_BYTES = 32 * 1024 * 1024;

/**
 * The part of the gateway that serves MCP, from the registry document to the answer: no listener, no configuration.
 * A new document is built into a routing table aside and takes over by one reference.
 */
export class Serving {
  readonly pools: Pools;
  readonly upstreams: Upstreams;
  readonly sessions: Sessions;
  readonly subscriptions: Subscriptions;
  readonly endpoint: McpEndpoint;
  readonly #slots: SharedSlots;
  readonly #exclusive: ExclusiveSlots;
  readonly #calls: Calls;
  readonly #resources: ResourceWatches;
  readonly #tasks: TaskListens;
  readonly #changes: Changes;
  readonly #claims = new ClaimsReport();
  readonly #unmatched = new UnmatchedReport();
  readonly #agents: Agents;
  /** Each task of an agent has a stream: a bound would keep others waiting. */
  readonly #agentPools: Pools;
  readonly #outlets: Outlets;
  #document: RegistryDocument | undefined;
  #retaking: NodeJS.Timeout | undefined;
  #table: RoutingTable = routingTable(undefined, new Map());
  /** What a caller may use now that was let in before. */
  readonly viewOf = (principal: Principal): RoutingView =>
    this.#stillCounts(principal) ? this.#table.viewOf(principal) : NO_VIEW;
  readonly #stillCounts: (principal: Principal) => boolean;

  /**
   * @param callerLimits what one caller may hold
   * @param stillCounts whether what a caller was let in by counts still
   */
  constructor(
    limits: GatewayLimits,
    callerLimits: Limits,
    sealer: Sealer,
    outlets: Outlets,
    log: Logger,
    stillCounts: (principal: Principal) => boolean = () => true,
  ) {
    this.#stillCounts = stillCounts;
    this.#outlets = outlets;
    this.#agentPools = new Pools({ outlets, connections: 0 });
    this.#agents = new Agents({
      pools: this.#agentPools,
      sealer,
      callTimeoutMs: limits.callTimeoutMs,
      onFound: () => this.#retakeSoon(),
    });
    const local = (target: string): Dispatcher | undefined => this.#agents.dispatcherAt(target);
    this.pools = new Pools({ outlets, local });
    this.upstreams = new Upstreams({ log, outlets, clientInfo: serverInfo, local });
    outlets.credentials.onChange((keys) => this.upstreams.recheck(({ key }) => keys.has(key)));
    outlets.cas.onChange(() => this.upstreams.recheck(({ entry }) => entry.scheme === 'https'));
    const opener = sessionOpener(this.pools);
    const identity = { protocolVersion: LATEST_LEGACY_VERSION, clientInfo: serverInfo, capabilities: {} };
    this.#resources = new ResourceWatches({ opener, pools: this.pools, identity });
    const states = new SealedStates(sealer);
    const taskIds = states.tasks;
    this.sessions = new Sessions({
      taskIds,
      opener,
      resources: this.#resources,
      pools: this.pools,
      replays: new MemoryBudget(REPLAY_BYTES),
      limit: limits.sessions,
      callerLimits,
      idleMs: limits.sessionIdleMs,
      questionMs: limits.questionMs,
      viewOf: this.viewOf,
    });
    this.#tasks = new TaskListens({ pools: this.pools, ids: taskIds, clientInfo: serverInfo });
    // A subscription is to a modern client what a session's stream is to a legacy one.
    this.subscriptions = new Subscriptions(limits.sessions, callerLimits, this.#resources, this.#tasks, this.viewOf);
    this.#slots = new SharedSlots(opener, identity);
    this.#exclusive = new ExclusiveSlots({ opener, pools: this.pools, identity });
    this.#changes = new Changes(this.sessions, this.subscriptions, () => this.#table);
    const firstSight = new FirstSight();
    const lists = new Lists(firstSight);
    const calls = new Calls(this.pools, limits, callerLimits, states);
    this.#calls = calls;
    this.endpoint = new McpEndpoint({
      legacy: new LegacyServer({ firstSight, lists, calls, sessions: this.sessions }),
      modern: new ModernServer({
        firstSight,
        lists,
        calls,
        slots: this.#slots,
        exclusive: this.#exclusive,
        subscriptions: this.subscriptions,
        taskIds,
      }),
      bodyBytes: limits.bodyBytes,
      log,
    });
    this.upstreams.onChange((server, kinds) => {
      this.#changes.catalogueChanged(server, kinds);
      if (kinds.has('resources') || kinds.has('resourceTemplates')) this.#tellClaims();
      this.#lookAtRules();
    });
  }

  /** Answers of servers behind the first to a request, which nobody got. */
  get droppedAnswers(): number {
    return this.#calls.drops.count;
  }

  /** The table that requests begin with now. */
  get table(): RoutingTable {
    return this.#table;
  }

  /** Takes another registry. Requests in flight keep the table that they began with. */
  take(document: RegistryDocument): void {
    this.#document = document;
    this.#outlets.guard.takeApiServers(document.policy.apiServers ?? []);
    const services = this.#agents.reconcile(document.services);
    const upstreams = this.upstreams.reconcile(services, document.policy.toolPolicy);
    const before = this.#table;
    this.#table = routingTable({ ...document, services }, upstreams, before);
    const servers = new Set(upstreams.values());
    this.#slots.retain(servers);
    this.#exclusive.retain(servers);
    this.#resources.retain(servers);
    this.retain();
    this.pools.retain(document.services);
    this.#agentPools.retain(document.services);
    this.#changes.tableChanged(before);
    this.#tellClaims();
    this.#lookAtRules();
  }

  /** Ends what callers have open that they may not use any more, or who are not let in any more. */
  retain(): void {
    this.#calls.parked.retain(this.viewOf);
    this.#tasks.retain((principal) => this.viewOf(principal).servers);
    this.subscriptions.retain();
    this.sessions.retain();
  }

  /** What is known of each service, for the report. */
  report(): ServiceReport[] {
    return this.upstreams.report().map((report) => {
      const key = `${report.namespace}/${report.name}`;
      const protocol = this.#agents.foundOf(key);
      const skillCount = this.#agents.agentOf(key)?.known?.card.skills.length;
      const problem = this.#outlets.credentials.of(key)?.problem;
      const message = problem === undefined ? report.message : `${problem} ${report.message ?? ''}`.trimEnd();
      return {
        ...report,
        ...(message !== undefined && { message }),
        ...(protocol && { protocol }),
        ...(skillCount !== undefined && { skillCount }),
      };
    });
  }

  /** The names of rules that name nothing which is there; undefined: that is not known yet. */
  get unmatchedRules(): readonly string[] | undefined {
    return this.#unmatched.of(this.#table.rules.rules);
  }

  /** What a Service was found to speak; undefined: it is no agent, or that is not known yet. @param key `<namespace>/<name>` */
  foundOf(key: string): 'a2a' | 'mcp' | undefined {
    return this.#agents.foundOf(key);
  }

  /** The agent of a Service that speaks A2A. @param key `<namespace>/<name>` */
  agentOf(key: string): Agent | undefined {
    return this.#agents.agentOf(key);
  }

  /** Resolves when each server and agent that there is now has been asked once, well or not. */
  async settled(): Promise<void> {
    await this.#agents.settled();
    this.#retake();
    await this.upstreams.settled();
  }

  /** What an agent speaks was found to be another than was thought; what is found of several comes together. */
  #retakeSoon(): void {
    this.#retaking ??= setTimeout(() => this.#retake(), RETAKE_MS).unref();
  }

  #retake(): void {
    if (this.#retaking === undefined || this.#document === undefined) return;
    clearTimeout(this.#retaking);
    this.#retaking = undefined;
    this.take(this.#document);
  }

  #tellClaims(): void {
    this.#claims.tellSoon(() => this.#table.union.servers);
  }

  #lookAtRules(): void {
    const { rules } = this.#table.rules;
    if (rules.length === 0) return;
    this.#unmatched.lookSoon(() => ({ rules: this.#table.rules.rules, servers: this.#table.union.servers }));
  }

  /** Ends the streams that clients hold open, each as its era ends it, and the calls that are parked; others go on. */
  endStreams(): void {
    this.#calls.parked.close();
    this.#changes.close();
    this.#claims.close();
    this.#unmatched.close();
    this.subscriptions.close();
    this.sessions.endStreams();
  }

  /** Ends what is left: the sessions with servers, the watching of them, the connections. */
  async close(): Promise<void> {
    clearTimeout(this.#retaking);
    this.#document = undefined;
    await this.sessions.close();
    this.#resources.close();
    await this.#slots.close();
    await this.#exclusive.close();
    await this.upstreams.close();
    await this.pools.close();
    this.#agents.close();
    await this.#agentPools.close();
  }
}
