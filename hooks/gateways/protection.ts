import type { GatewayReport } from '../../gateway/contract/report.ts';
import type { RegistryDocument } from '../../gateway/contract/registry-document.ts';
import type { Condition, ConditionFinding, Verdict } from './conditions.ts';
import type { PublishedRegistry } from './published-registry.ts';

/** So many rules are named. */
const MOST_NAMED = 10;

export interface ProtectionFindings {
  /** The Gateway's own. */
  readonly generation: number | undefined;
  /** Undefined: there is none that can be read right now. */
  readonly registry: PublishedRegistry | undefined;
  readonly reports: readonly GatewayReport[];
}

/** Nobody can use anything: neither open nor protected would be true. */
const NOTHING_SERVED: Verdict = {
  status: 'Unknown',
  reason: 'NothingServed',
  message:
    'Nothing is served yet: no registry was made of the spec so far. If that lasts, the condition Accepted says what to mend.',
};

/** The condition Protected; its observedGeneration is the generation whose access is published, before any is the Gateway's. */
export function protection(
  { generation, registry, reports }: ProtectionFindings,
  previous: readonly Condition[],
): ConditionFinding {
  const before = previous.find(({ type }) => type === 'Protected');
  // What is not known right now keeps the value that it had.
  if (registry === undefined && before !== undefined && before.status !== 'Unknown') return before;
  // The empty registry of a spec that had faults from the first is of no generation.
  const published = registry?.index.generation;
  const observed = published ?? generation;
  return {
    type: 'Protected',
    ...(observed === undefined ? {} : { observedGeneration: observed }),
    ...(registry === undefined || published === undefined
      ? NOTHING_SERVED
      : whoIsLetIn(registry.document, reports, before)),
  };
}

/**
 * Who is let in: what the published registry says of it, since a spec with faults is not published. Open is how a Gateway
 * begins, so that it is to be seen.
 */
export function whoIsLetIn(
  { policy, rules }: RegistryDocument,
  reports: readonly GatewayReport[] = [],
  before?: Condition,
): Verdict {
  if (policy.auth === undefined) {
    return {
      status: 'False',
      reason: 'NoAuthentication',
      message: 'Everyone who reaches this gateway may use all of its servers: set spec.auth to change that.',
    };
  }
  const methods = [...new Set(policy.auth.methods.flatMap((method) => Object.keys(method)))];
  const known = unmatchedIn(reports);
  // What is not known right now keeps the value that it had.
  if (known === undefined && rules.length > 0 && before?.reason === 'RulesUnmatched') {
    return { status: 'True', reason: before.reason, message: before.message };
  }
  const unmatched = rules.map(({ name }) => name).filter((name) => known?.has(name) === true);
  const isOpen = methods.includes('anonymous');
  const message = [
    ...(unmatched.length === 0 ? [] : [`These rules match nothing that is served: ${listed(unmatched)}.`]),
    ...(isOpen ? ['Who brings no credential is let in, too, by the method anonymous.'] : []),
    `Callers say who they are by ${methods.join(', ')}; ${
      rules.length === 0 ? 'each may use all servers' : `${counted(rules.length)} what each may use`
    }.`,
  ].join(' ');
  const reason = unmatched.length > 0 ? 'RulesUnmatched' : isOpen ? 'AnonymousAllowed' : 'Authenticated';
  return { status: 'True', reason, message };
}

/** The rules that no replica knows anything for; undefined: none has looked. */
function unmatchedIn(reports: readonly GatewayReport[]): ReadonlySet<string> | undefined {
  const [first, ...others] = reports.flatMap(({ rules }) => (rules === undefined ? [] : [rules.unmatched]));
  return first && new Set(first.filter((name) => others.every((unmatched) => unmatched.includes(name))));
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function counted(rules: number): string {
  return rules === 1 ? '1 rule says' : `${rules} rules say`;
}
