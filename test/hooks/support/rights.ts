import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';

/** What a rule of RBAC grants, as an object of a Role has it. */
export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

interface Role extends KubernetesObject {
  readonly rules?: readonly PolicyRule[];
}
interface Binding extends KubernetesObject {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

/** An identity of a pod. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** What an account may do by the bindings among these objects, a sorted line for each resource and where. */
export function rightsOf(account: Account, objects: readonly KubernetesObject[]): string[] {
  const bindings = objects.filter(({ kind }) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding') as Binding[];
  return bindings
    .filter(({ subjects = [] }) =>
      subjects.some(({ kind, name, namespace }) => {
        if (kind === 'ServiceAccount') return name === account.name && namespace === account.namespace;
        return kind === 'Group' && ['system:authenticated', 'system:serviceaccounts'].includes(name);
      }),
    )
    .flatMap(({ kind, metadata, roleRef }) => {
      const where = kind === 'RoleBinding' ? `in ${metadata.namespace}` : 'everywhere';
      const role: Role | undefined = objects.find(
        (each) =>
          each.kind === roleRef.kind &&
          each.metadata.name === roleRef.name &&
          (roleRef.kind === 'ClusterRole' || each.metadata.namespace === metadata.namespace),
      );
      if (role === undefined) return [`whatever ${roleRef.kind} ${roleRef.name} says, ${where}`];
      return linesOf(role.rules ?? []).map((line) => `${line}, ${where}`);
    })
    .sort();
}

/** Rules in words, a sorted line for each resource: `get, list configmaps named x`. */
export function linesOf(rules: readonly PolicyRule[]): string[] {
  return rules
    .flatMap(({ apiGroups = [''], resources = [], resourceNames = [], nonResourceURLs = [], verbs }) => [
      ...apiGroups.flatMap((group) =>
        resources.map((resource) => `${listed(verbs)} ${resource}${group && `.${group}`}${namesOf(resourceNames)}`),
      ),
      ...nonResourceURLs.map((url) => `${listed(verbs)} ${url}`),
    ])
    .sort();
}

function listed(words: readonly string[]): string {
  return [...words].sort().join(', ');
}

/** Many names that differ by their number are said as one. */
function namesOf(names: readonly string[]): string {
  if (names.length === 0) return '';
  const patterns = new Set(names.map((name) => name.replace(/-\d+$/, '-<number>')));
  return ` named ${[...patterns].sort().join(', ')}`;
}
