import type { FoundProtocol, GatewayReport, ServiceReport, ServiceState } from '../../gateway/contract/report.ts';
import type {
  RegistryDocument,
  RejectedService,
  ServiceEntry,
  ServiceType,
} from '../../gateway/contract/registry-document.ts';
import { cutToBytes } from '../registry/fault.ts';

/** One Service in a Gateway's status. */
export interface ServiceStatus {
  readonly namespace: string;
  readonly name: string;
  readonly type: ServiceType;
  /** What it was found to speak; absent while unknown. */
  readonly protocol?: FoundProtocol;
  /**
   * The URL that the gateway calls, of an A2A agent the one below which its card lies; absent on a Service that cannot be
   * served.
   */
  readonly endpoint?: string;
  readonly status: ServiceState;
  /** Why a Service cannot be served, for programs. */
  readonly reason?: string;
  /** Why it is not Available, or what the gateway found wrong although it is. */
  readonly message?: string;
  /** What a person should know of how it is served, such as a clash that was resolved. */
  readonly note?: string;
  /** Absent while unknown. */
  readonly toolCount?: number;
  /** Of the tools that it lists, by which a person approves of them; absent while unknown. */
  readonly toolsDigest?: string;
  /** Skills on the agent's card; absent while unknown, and without a card. */
  readonly skillCount?: number;
  /** When anything else of this last changed, RFC 3339. */
  readonly lastUpdated: string;
}

/** How many Services are in each state; what cannot be served is Unavailable. */
export type ServiceTotals = Readonly<Record<'available' | 'pending' | 'unavailable', number>>;

/** What is known of the Services from the sync before; a status's own fields. */
export interface PreviousServices {
  readonly services: readonly ServiceStatus[];
  readonly totals?: ServiceTotals;
}

/** The most Services that a status lists: an object has a size limit. The unhealthy come first. */
export const LISTED_SERVICES = 200;

/** Bytes of a message: one may have two digests and the command that approves of the newer. */
const MESSAGE_BYTES = 1024;

/**
 * Joins what the registry says (what is served, and what cannot be) with what the gateway's replicas report (what
 * answers). Of replicas that disagree the worst counts. What no replica reports on keeps its previous state.
 *
 * @param now RFC 3339; only a Service that changed gets it
 */
export function joinServices(
  document: RegistryDocument,
  reports: readonly GatewayReport[],
  previous: PreviousServices,
  now: string,
): { readonly listed: readonly ServiceStatus[]; readonly totals: ServiceTotals } {
  const known = new Map(previous.services.map((service) => [keyOf(service), service]));
  const reported = reports.map((report) => new Map(report.services.map((service) => [keyOf(service), service])));
  const unlisted = unlistedState(previous);
  const all = [
    ...document.services.map((entry) => {
      const found = reported.map((services) => services.get(keyOf(entry))).filter((report) => report !== undefined);
      return served(entry, found, known.get(keyOf(entry)), unlisted);
    }),
    ...document.rejected.map(unserved),
  ];
  const totals = { available: 0, pending: 0, unavailable: 0 };
  for (const { status } of all) totals[TOTAL_OF[status]]++;
  const listed = all
    .sort(byHealth)
    .slice(0, LISTED_SERVICES)
    .map((service) => dated(service, known.get(keyOf(service)), now));
  return { listed, totals };
}

type Undated = Omit<ServiceStatus, 'lastUpdated'>;

const TOTAL_OF = { Available: 'available', Pending: 'pending', Unavailable: 'unavailable' } as const;
const SEVERITY = { Unavailable: 0, Pending: 1, Available: 2 } as const;

function served(
  entry: ServiceEntry,
  reports: readonly ServiceReport[],
  previous: ServiceStatus | undefined,
  unlisted: ServiceState | undefined,
): Undated {
  const worstFirst = reports.toSorted((a, b) => SEVERITY[a.state] - SEVERITY[b.state]);
  const { protocol, toolCount, toolsDigest, skillCount } =
    worstFirst.length > 0 ? found(entry, worstFirst) : (previous ?? {});
  const { status, message } = stateOf(entry, gravest(worstFirst), previous, unlisted);
  return {
    namespace: entry.namespace,
    name: entry.name,
    type: entry.type,
    ...(protocol === undefined ? {} : { protocol }),
    endpoint: `${entry.scheme ?? 'http'}://${entry.host}${pathCalled(entry, protocol)}`,
    status,
    ...(message === undefined ? {} : { message: cutToBytes(message, MESSAGE_BYTES) }),
    ...(entry.note === undefined ? {} : { note: entry.note }),
    ...(toolCount === undefined ? {} : { toolCount }),
    ...(toolsDigest === undefined ? {} : { toolsDigest }),
    ...(skillCount === undefined ? {} : { skillCount }),
  };
}

/** Of replicas in the same state the one that has something to say. */
function gravest(worstFirst: readonly ServiceReport[]): ServiceReport | undefined {
  const [first] = worstFirst;
  return worstFirst.find(({ state, message }) => state === first?.state && message !== undefined) ?? first;
}

/**
 * What the replicas found; where they disagree, the greatest counts, what the worst of them knows of the protocol, and the
 * digest that is not the approved one.
 */
function found(
  { toolsDigest: approved }: ServiceEntry,
  worstFirst: readonly ServiceReport[],
): {
  readonly protocol: FoundProtocol | undefined;
  readonly toolCount: number;
  readonly toolsDigest: string | undefined;
  readonly skillCount: number | undefined;
} {
  const skillCounts = worstFirst.map((report) => report.skillCount).filter((count) => count !== undefined);
  const digests = worstFirst.map((report) => report.toolsDigest).filter((digest) => digest !== undefined);
  return {
    protocol: worstFirst.find((report) => report.protocol !== undefined)?.protocol,
    toolCount: Math.max(...worstFirst.map((report) => report.toolCount)),
    toolsDigest: digests.find((digest) => digest !== approved) ?? digests[0],
    skillCount: skillCounts.length > 0 ? Math.max(...skillCounts) : undefined,
  };
}

/** What may speak either protocol has the path of MCP in its entry; its card was found at the root. */
function pathCalled(entry: ServiceEntry, protocol: FoundProtocol | undefined): string {
  return entry.protocol === 'auto' && protocol === 'a2a' ? '/' : entry.path;
}

function stateOf(
  entry: ServiceEntry,
  report: ServiceReport | undefined,
  previous: ServiceStatus | undefined,
  unlisted: ServiceState | undefined,
): { status: ServiceState; message?: string | undefined } {
  if (entry.pending !== undefined) return { status: 'Pending', message: entry.pending };
  if (report !== undefined) return { status: report.state, message: report.message };
  // A Service that could not be served until now has no state yet.
  if (previous !== undefined && previous.endpoint !== undefined) {
    return { status: previous.status, message: previous.message };
  }
  if (unlisted !== undefined) return { status: unlisted };
  return { status: 'Pending', message: 'No replica of the gateway has reported on this Service yet.' };
}

/** A status lists the unhealthy first: of what it had no room for, nothing was worse than its last line. */
function unlistedState({ services, totals }: PreviousServices): ServiceState | undefined {
  if (totals === undefined || services.length < LISTED_SERVICES) return undefined;
  const total = totals.available + totals.pending + totals.unavailable;
  return total > services.length ? services.at(-1)?.status : undefined;
}

function unserved({ namespace, name, type, reason, message }: RejectedService): Undated {
  return { namespace, name, type, status: 'Unavailable', reason, message };
}

function dated(service: Undated, previous: ServiceStatus | undefined, now: string): ServiceStatus {
  const unchanged =
    previous !== undefined &&
    service.type === previous.type &&
    service.protocol === previous.protocol &&
    service.endpoint === previous.endpoint &&
    service.status === previous.status &&
    service.reason === previous.reason &&
    service.message === previous.message &&
    service.note === previous.note &&
    service.toolCount === previous.toolCount &&
    service.toolsDigest === previous.toolsDigest &&
    service.skillCount === previous.skillCount;
  return { ...service, lastUpdated: unchanged ? previous.lastUpdated : now };
}

function byHealth(a: Undated, b: Undated): number {
  if (a.status !== b.status) return SEVERITY[a.status] - SEVERITY[b.status];
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
