import type { GatewayReport } from '../../gateway/contract/report.ts';
import { conflictSentences, type Conflict } from './children.ts';
import { datedCondition, sentences, type Condition, type ConditionFinding, type Verdict } from './conditions.ts';
import type { Gateway } from './gateway.ts';
import { selectorLabels, workloadName } from './names.ts';
import type { PublishedRegistry } from './published-registry.ts';
import type { Rollout } from './rollout.ts';
import { protection } from './protection.ts';
import { joinServices, type ServiceStatus, type ServiceTotals } from './service-status.ts';
import { mcpPort } from './spec.ts';

/** A Gateway's status as the hooks write it; Metacontroller adds observedGeneration. */
export interface GatewayStatus {
  /** The URL under which clients inside the cluster reach the gateway. */
  readonly address: string;
  /** For the scale subresource. */
  readonly replicas: number;
  readonly selector: string;
  /** Services that are served, healthy or not. */
  readonly serviceCount: number;
  /** How many of these are agents. */
  readonly agentCount: number;
  /** The oldest revision of the registry that a replica serves; absent before the first. */
  readonly registryRevision?: string;
  readonly conditions: readonly Condition[];
  readonly mcpServices: readonly ServiceStatus[];
  /** Of all Services, also of those that mcpServices has no room for. */
  readonly serviceTotals: ServiceTotals;
}

/** All that a Gateway's status is made of. */
export interface Findings {
  readonly gateway: Gateway;
  readonly faults: readonly string[];
  /** Under the children's names. */
  readonly childConflicts: readonly Conflict[];
  /** Under the registry's names. */
  readonly registryConflicts: readonly Conflict[];
  /** Undefined: there is no Deployment yet. */
  readonly rollout: Rollout | undefined;
  /** Why the Deployment cannot be written, a sentence each. */
  readonly deploymentFaults: readonly string[];
  /** Undefined: there is none that can be read right now. */
  readonly registry: PublishedRegistry | undefined;
  /** Of the replicas that answered. */
  readonly reports: readonly GatewayReport[];
  readonly now: Date;
}

/** A Gateway's status. What is not known right now keeps the value that it had. */
export function gatewayStatus(findings: Findings): GatewayStatus {
  const { gateway, registry, reports, rollout } = findings;
  const { name, namespace = '' } = gateway.metadata;
  const previous = (gateway.status ?? {}) as Partial<GatewayStatus>;
  const now = findings.now.toISOString().replace(/\.\d+Z$/, 'Z');
  const before = {
    services: previous.mcpServices ?? [],
    ...(previous.serviceTotals === undefined ? {} : { totals: previous.serviceTotals }),
  };
  const services =
    registry === undefined
      ? { listed: before.services, totals: before.totals ?? { available: 0, pending: 0, unavailable: 0 } }
      : joinServices(registry.document, reports, before, now);
  const serviceCount = registry?.index.serviceCount ?? previous.serviceCount ?? 0;
  const agents = registry?.document.services.filter(({ type }) => type === 'agent');
  const revision = servedRevision(registry, reports) ?? previous.registryRevision;
  const scheme = gateway.spec?.enableTls === true ? 'https' : 'http';
  return {
    address: `${scheme}://${workloadName(name)}.${namespace}.svc:${mcpPort(gateway)}/mcp`,
    replicas: rollout?.replicas ?? 0,
    selector: Object.entries(selectorLabels(name))
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(','),
    serviceCount,
    agentCount: agents?.length ?? previous.agentCount ?? 0,
    ...(revision === undefined ? {} : { registryRevision: revision }),
    conditions: conditionFindings(findings, serviceCount, previous.conditions ?? []).map((finding) =>
      datedCondition(finding, previous.conditions ?? [], now),
    ),
    mcpServices: services.listed,
    serviceTotals: services.totals,
  };
}

/** Of replicas that serve different revisions the one that lags counts: what is published is not yet served by all. */
function servedRevision(
  registry: PublishedRegistry | undefined,
  reports: readonly GatewayReport[],
): string | undefined {
  const revisions = reports.map((report) => report.registry.revision).filter((revision) => revision !== null);
  const lagging = revisions.filter((revision) => revision !== registry?.index.revision).sort();
  return lagging[0] ?? revisions[0];
}

function conditionFindings(
  findings: Findings,
  serviceCount: number,
  previous: readonly Condition[],
): ConditionFinding[] {
  const { registry, reports } = findings;
  const { generation } = findings.gateway.metadata;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const accepted = acceptance(findings);
  const available = {
    status: accepted.status,
    reason: accepted.status === 'True' ? 'GatewayConfigured' : 'ConfigurationError',
    message: accepted.message,
  } as const;
  return [
    { type: 'Accepted', ...observed, ...accepted },
    { type: 'Available', ...observed, ...available },
    { type: 'Progressing', ...observed, ...progress(findings) },
    protection({ generation, registry, reports }, previous),
    readiness(findings, serviceCount, previous),
  ];
}

function acceptance({ faults, childConflicts, registryConflicts }: Findings): Verdict {
  if (faults.length > 0) return { status: 'False', reason: 'ConfigurationError', message: sentences(faults) };
  const conflicts = [...childConflicts, ...registryConflicts];
  if (conflicts.length > 0) {
    return { status: 'False', reason: 'NameConflict', message: sentences(conflictSentences(conflicts)) };
  }
  return { status: 'True', reason: 'GatewayAccepted', message: 'The spec is valid, and no name is taken.' };
}

function progress({ rollout, deploymentFaults }: Findings): Verdict {
  if (deploymentFaults.length > 0) {
    return { status: 'True', reason: 'RollingOut', message: sentences(deploymentFaults) };
  }
  if (rollout === undefined) {
    return { status: 'True', reason: 'RollingOut', message: 'There is no Deployment of this Gateway yet.' };
  }
  const { complete, desired, updated, available } = rollout;
  if (complete) return { status: 'False', reason: 'RolledOut', message: `All ${desired} replicas are up to date.` };
  return {
    status: 'True',
    reason: 'RollingOut',
    message: `Of ${desired} replicas ${updated} are up to date and ${available} are available.`,
  };
}

/**
 * Ready speaks of what is served, and its observedGeneration is the generation that is served: after an edit it lags
 * until the edit has arrived, and `kubectl wait --for=condition=Ready`, which compares it, waits.
 */
function readiness(findings: Findings, serviceCount: number, previous: readonly Condition[]): ConditionFinding {
  const { gateway, rollout, childConflicts, deploymentFaults, reports } = findings;
  const { generation } = gateway.metadata;
  const needed = ['Deployment', 'Service', ...(rollout === undefined ? ['ServiceAccount'] : [])];
  const blocking = childConflicts.filter(({ object }) => needed.includes(object.kind));
  const reported = reports.flatMap(({ tls, access, cas, credentials, registry }) => [
    tls?.error,
    access?.error,
    cas?.error,
    credentials?.error,
    registry.error,
  ]);
  const problems = [...new Set(reported.filter((text) => text !== undefined))].sort().concat(deploymentFaults);
  const served = servedGeneration(findings, previous);
  const condition = { type: 'Ready', ...(served === undefined ? {} : { observedGeneration: served }) } as const;
  if (blocking.length > 0 || (rollout?.available ?? 0) < 1) {
    const causes = [...conflictSentences(blocking), ...problems];
    if (rollout?.problem !== undefined) causes.push(rollout.problem);
    if (causes.length === 0) causes.push(unavailability(findings));
    return {
      ...condition,
      status: 'False',
      reason: 'GatewayNotReady',
      message: `Gateway is not ready: ${sentences(causes)}`,
    };
  }
  const lag = served === generation ? '' : `; generation ${generation} of the Gateway is not served yet`;
  const trouble = problems.length === 0 ? '' : `; ${sentences(problems)}`;
  return {
    ...condition,
    status: 'True',
    reason: 'GatewayReady',
    message: `Gateway is ready with ${serviceCount} services${lag}${trouble}`,
  };
}

function unavailability({ rollout, gateway, faults }: Findings): string {
  if (rollout === undefined) return faults.length > 0 ? sentences(faults) : 'its Deployment is being made.';
  if (rollout.desired === 0) return 'spec.replicas is 0.';
  const { name, namespace = '' } = gateway.metadata;
  return `of ${rollout.desired} replicas none is available yet; see kubectl -n ${namespace} describe deployment ${workloadName(name)}.`;
}

/**
 * The Gateway's generation that clients are served by (pods, registry, and what the replicas have taken up of it); 0: none
 * has been served yet. Once an edit has arrived, later changes of the registry do not take that back.
 */
function servedGeneration(
  { gateway, rollout, registry, reports }: Findings,
  previous: readonly Condition[],
): number | undefined {
  const { generation } = gateway.metadata;
  if (generation === undefined) return undefined;
  const serving = reports.filter((report) => report.registry.revision !== null);
  const arrived =
    rollout?.current === true &&
    registry?.index.generation === generation &&
    serving.every((report) => report.registry.revision === registry.index.revision);
  return arrived ? generation : (previous.find(({ type }) => type === 'Ready')?.observedGeneration ?? 0);
}
