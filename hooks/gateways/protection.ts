import type { GatewayReport } from '../../gateway/contract/report.ts';
import { authMethods } from './spec-shape.ts';
import type { Condition, Verdict } from './conditions.ts';
import type { Gateway } from './gateway.ts';
import type { PublishedRegistry } from './published-registry.ts';

/** So many rules are named. */
const MOST_NAMED = 10;

export interface ProtectionFindings {
  readonly gateway: Gateway;
  readonly registry: Pick<PublishedRegistry, 'document'> | undefined;
  readonly reports: readonly GatewayReport[];
}

/**
 * Who is let in, for the condition Protected: what the published registry says of it, since a spec with faults is not
 * published. Open is how a Gateway begins, so that it is to be seen.
 */
export function protection(
  { gateway, registry, reports }: ProtectionFindings,
  previous: readonly Condition[],
): Verdict {
  const methods = methodsOf(gateway, registry);
  if (methods === undefined) {
    return {
      status: 'False',
      reason: 'NoAuthentication',
      message: 'Everyone who reaches this gateway may use all of its servers: set spec.auth to change that.',
    };
  }
  // Before there is a registry nothing can match.
  const rules = registry?.document.rules ?? [];
  const known = unmatchedIn(reports);
  const before = previous.find(({ type }) => type === 'Protected');
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

/** The ways to say who one is, each once; undefined: nobody is asked. */
function methodsOf({ spec }: Gateway, registry: ProtectionFindings['registry']): string[] | undefined {
  if (registry === undefined) return spec?.auth === undefined ? undefined : namesOf(authMethods(spec));
  const { auth } = registry.document.policy;
  return auth === undefined ? undefined : namesOf(auth.methods);
}

function namesOf(methods: readonly object[]): string[] {
  return [...new Set(methods.flatMap((method) => Object.keys(method)))];
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
