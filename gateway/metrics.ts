import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { AuthenticationCounts } from './access/authentication-counts.ts';
import { a2aMethods } from './a2a/methods.ts';
import type { RegistryDocument, ServiceType } from './contract/registry-document.ts';
import { FlatHistogram } from './flat-histogram.ts';
import type { RequestOutcome } from './http/front.ts';
import { limitNames, type LimitName } from './limits/limit-error.ts';
import { errorTypes } from './mcp/errors.ts';

/** What is asked when metrics are scraped. */
export interface MetricsSources {
  /** Legacy sessions that are open. */
  readonly sessions: () => number;
  /** Requests that wait for an answer. */
  readonly activeRequests: () => number;
  /** Answers of servers behind the first to a request. */
  readonly droppedAnswers: () => number;
  /** Servers whose tools are not those of their pin. */
  readonly changedServers: () => number;
  /** Requests that each limit of the Gateway's has refused. */
  readonly refusals: () => Readonly<Record<LimitName, number>>;
  /** Lines of the audit that nobody read. */
  readonly droppedAuditLines: () => number;
  /** How authentication went. */
  readonly authentication: Pick<AuthenticationCounts, 'tokens' | 'refusals'>;
}

export interface GatewayMetrics {
  /** A request has its answer; a method that is none of MCP or A2A counts as `other`. Makes no string and no object. */
  observe(request: RequestOutcome): void;
  /** The gateway serves another registry, or the fault of the last has healed. */
  registryTaken(document: RegistryDocument): void;
  /** A newer registry cannot be had or taken. */
  registryFault(): void;
  readonly contentType: string;
  /** The text for a scrape. */
  render(): Promise<string>;
}

const patterns = [
  '/mcp',
  '/mcp/:namespace/:service',
  'alias',
  '/agents/:namespace/:service',
  'other',
] as const satisfies RequestOutcome['pattern'][];

/** Requests and notifications of clients in MCP 2025-11-25 and 2026-07-28, and what is no message. */
const mcpMethods: readonly string[] = [
  'other',
  // A session's stream, and its end.
  'GET',
  'DELETE',
  // The request was answered before its message was read.
  'unread',
  'initialize',
  'server/discover',
  'ping',
  'tools/list',
  'tools/call',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'subscriptions/listen',
  'completion/complete',
  'logging/setLevel',
  'tasks/get',
  'tasks/list',
  'tasks/result',
  'tasks/update',
  'tasks/cancel',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/roots/list_changed',
  'notifications/tasks/status',
];

/** Of a method that both have, such as `tasks/get`, the path says whose it is. */
const methods = [...mcpMethods, ...a2aMethods.filter((method) => !mcpMethods.includes(method))];

/** Few, from what a gateway adds to what a slow tool takes. */
const SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60] as const;

const serviceTypes = ['tool', 'agent'] as const satisfies ServiceType[];
const aims = [...serviceTypes, 'all'] as const;

const patternNumbers = new Map<string, number>(patterns.map((pattern, number) => [pattern, number]));
const methodNumbers = new Map<string, number>(methods.map((method, number) => [method, number]));
const aimNumbers = new Map<string, number>(aims.map((type, number) => [type, number]));
const errorNumbers = new Map<string, number>(errorTypes.map((type, number) => [type, number]));

/** The metrics of one gateway process. Every label has a fixed set of values. */
export function createMetrics(sources: MetricsSources): GatewayMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 50 });
  const durations = new FlatHistogram({
    name: 'fetchfy_mcp_request_duration_seconds',
    help: 'From the arrival of a request until its answer is complete (of a stream: until it is open).',
    buckets: SECONDS,
    series: patterns.flatMap((path) => methods.flatMap((method) => aims.map((type) => ({ path, method, type })))),
  });
  durations.register(registry);
  const errors = new Float64Array(errorTypes.length);
  let document: RegistryDocument | undefined;
  let takenAt = 0;
  let isFaulty = false;

  counter(registry, 'fetchfy_mcp_request_count', 'MCP requests that were answered.', ['path', 'method', 'type'], () =>
    durations.totals().map(({ labels, count }) => [labels, count]),
  );
  counter(registry, 'fetchfy_error_count', 'Requests that the gateway itself answered with an error.', ['type'], () =>
    errorTypes.map((type, number) => [{ type }, errors[number] ?? 0]),
  );
  counter(registry, 'fetchfy_dropped_answer_count', 'Answers of servers behind the first to a request.', [], () => [
    [{}, sources.droppedAnswers()],
  ]);
  counter(registry, 'fetchfy_limit_refusal_count', 'Requests that a limit of the Gateway refused.', ['limit'], () => {
    const refusals = sources.refusals();
    return limitNames.map((limit) => [{ limit }, refusals[limit]]);
  });
  counter(
    registry,
    'fetchfy_dropped_audit_line_count',
    'Lines of the audit that were dropped: nobody read.',
    [],
    () => [[{}, sources.droppedAuditLines()]],
  );
  counter(
    registry,
    'fetchfy_authentication_refusal_count',
    'Requests that were refused for their credential, or for want of one.',
    ['reason'],
    () => sources.authentication.refusals.map(([reason, count]) => [{ reason }, count]),
  );
  counter(
    registry,
    'fetchfy_token_count',
    'Tokens of issuers that were taken: known from a request before, or verified.',
    ['how'],
    () => Object.entries(sources.authentication.tokens).map(([how, count]) => [{ how }, count]),
  );
  gauge(registry, 'fetchfy_mcp_service_count', 'Services in the registry that is served.', ['type'], () =>
    serviceTypes.map((type) => [{ type }, document?.services.filter((entry) => entry.type === type).length ?? 0]),
  );
  const single = (name: string, help: string, value: () => number): void =>
    gauge(registry, name, help, [], () => [[{}, value()]]);
  single('fetchfy_rejected_service_count', 'Services that were labelled and cannot be served.', () => {
    return document?.rejected.length ?? 0;
  });
  single(
    'fetchfy_changed_service_count',
    'Services whose tools are not those that were approved.',
    sources.changedServers,
  );
  single('fetchfy_mcp_session_count', 'Sessions of legacy clients that are open.', sources.sessions);
  single('fetchfy_mcp_active_request_count', 'Requests that wait for an answer.', sources.activeRequests);
  single(
    'fetchfy_registry_revision',
    'The first 52 bits of the revision that is served, 0 before the first: equal on replicas that serve the same.',
    () => Number.parseInt(document?.revision.slice(0, 13) ?? '0', 16),
  );
  single('fetchfy_registry_age_seconds', 'Time since the revision that is served was taken.', () => {
    return document === undefined ? 0 : (performance.now() - takenAt) / 1000;
  });
  single('fetchfy_registry_fault', '1 while a newer registry cannot be had or taken.', () => Number(isFaulty));

  return {
    observe({ pattern, method, type, seconds, error }) {
      const path = patternNumbers.get(pattern) ?? OTHER_PATTERN;
      const series = path * methods.length + (methodNumbers.get(method) ?? OTHER_METHOD);
      durations.observe(series * aims.length + (aimNumbers.get(type) ?? OTHER_AIM), seconds);
      const failure = error === undefined ? undefined : errorNumbers.get(error);
      if (failure !== undefined) (errors[failure] as number)++;
    },
    registryTaken(taken) {
      if (taken.revision !== document?.revision) takenAt = performance.now();
      document = taken;
      isFaulty = false;
    },
    registryFault() {
      isFaulty = true;
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}

/** The value of each series when the metrics are scraped. */
type Samples = readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

/** Adds a counter whose values are kept elsewhere. */
function counter(registry: Registry, name: string, help: string, labelNames: string[], samples: () => Samples): void {
  const made = new Counter({ name, help, labelNames, registers: [], collect });
  function collect(): void {
    made.reset();
    for (const [labels, value] of samples()) made.inc(labels, value);
  }
  registry.registerMetric(made);
}

/** Adds a gauge whose values are known elsewhere. */
function gauge(registry: Registry, name: string, help: string, labelNames: string[], samples: () => Samples): void {
  const made = new Gauge({ name, help, labelNames, registers: [], collect });
  function collect(): void {
    for (const [labels, value] of samples()) made.set(labels, value);
  }
  registry.registerMetric(made);
}

const OTHER_PATTERN = patterns.indexOf('other');
const OTHER_METHOD = methods.indexOf('other');
const OTHER_AIM = aims.indexOf('all');
