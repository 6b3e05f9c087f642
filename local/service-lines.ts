import { objectKey } from '../hooks/metacontroller/objects.ts';
import type { ServiceReport } from '../gateway/contract/report.ts';
import { paint } from './console.ts';
import type { AppliedChange } from './manifests/apply.ts';
import type { PublishedRegistry } from './published-registry.ts';

/** What is known of one Service: what the registry says of it, and what the gateway found. */
export interface ServiceView {
  /** `namespace/name` */
  readonly key: string;
  readonly report: ServiceReport | undefined;
  /** Why the hooks do not register it. */
  readonly rejected?: string;
}

/** What a server or an agent has to offer. */
export interface Offer {
  /** The names of its tools as clients see them. */
  readonly tools: readonly string[];
  /** The names of an agent's skills; absent: it is none that speaks A2A. */
  readonly skills?: readonly string[];
}

/** By `namespace/name`. */
export type Offers = ReadonlyMap<string, Offer>;

/** All Services of a registry, served and rejected, by name. */
export function serviceViews(
  registry: PublishedRegistry | undefined,
  reports: readonly ServiceReport[],
): ServiceView[] {
  const { services = [], rejected = [] } = registry?.document ?? {};
  const reported = new Map(reports.map((report) => [`${report.namespace}/${report.name}`, report]));
  const views = [
    ...services.map(({ namespace, name }) => {
      const key = `${namespace}/${name}`;
      return { key, report: reported.get(key) };
    }),
    ...rejected.map(({ namespace, name, message }) => ({
      key: `${namespace}/${name}`,
      report: undefined,
      rejected: message,
    })),
  ];
  return views.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** `available`, `rejected` …, in colour. */
export function stateOf({ report, rejected }: ServiceView): string {
  if (rejected !== undefined) return paint('red', 'rejected');
  const state = report?.state ?? 'Pending';
  const colour = { Available: 'green', Pending: 'yellow', Unavailable: 'red' } as const;
  return paint(colour[state], state.toLowerCase());
}

/** What there is to say beside the state: its tools and an agent's skills, or why it has none. */
export function detailOf({ report, rejected }: ServiceView, offer?: Offer): string {
  if (rejected !== undefined) return rejected;
  const parts = report?.state === 'Available' ? [tools(report, offer), skills(offer)] : [];
  parts.push(report?.message ?? '');
  return parts.filter((part) => part !== '').join('. ');
}

function tools(report: ServiceReport, offer: Offer | undefined): string {
  if (offer !== undefined && offer.tools.length > 0) return offer.tools.join('  ');
  return counted(report.toolCount, 'tool');
}

function skills(offer: Offer | undefined): string {
  if (offer?.skills === undefined) return '';
  if (offer.skills.length === 0) return 'An agent';
  return `An agent: ${offer.skills.join(', ')}`;
}

export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** A changed Service in one line. */
export function changeLine({ manifest }: AppliedChange, view: ServiceView | undefined): string {
  const name = `${objectKey(manifest.object)} ${paint('dim', `(${manifest.file})`)}`;
  if (view === undefined) return `${name} is not selected by the Gateway: does it have the label mcp-enabled: "true"?`;
  return `${name} ${shortLine(view)}`;
}

/** `available, 4 tools`, of an agent `available, 3 tools, 2 skills`, or the state and the reason. */
export function shortLine(view: ServiceView): string {
  const { report, rejected } = view;
  if (rejected !== undefined) return `${stateOf(view)}: ${rejected}`;
  const counts = report?.state === 'Available' ? [counted(report.toolCount, 'tool')] : [];
  if (report?.skillCount !== undefined && counts.length > 0) counts.push(counted(report.skillCount, 'skill'));
  return `${[stateOf(view), ...counts].join(', ')}${report?.message === undefined ? '' : `: ${report.message}`}`;
}
