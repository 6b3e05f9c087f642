import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadAll } from 'js-yaml';
import t from 'tap';
import { desiredChildren } from '../../hooks/gateways/children.ts';
import type { KubernetesObject } from '../../hooks/metacontroller/objects.ts';
import { IMAGE } from './support/gateway-sync.ts';
import { gateway } from './support/objects.ts';
import { linesOf, rightsOf, type PolicyRule } from './support/rights.ts';

/**
 * What each account of ours may do, printed and held against these lists: whoever gives one more right says so here. The
 * cluster tests ask a real API server for the same.
 */

const folder = fileURLToPath(new URL('../../manifests/', import.meta.url));
const manifests = globSync(['crds/*.yaml', 'hooks/*.yaml', 'hooks-tls/*.yaml', 'metacontroller/*.yaml'], {
  cwd: folder,
})
  .sort()
  .flatMap((file) => loadAll(readFileSync(folder + file, 'utf8')) as (KubernetesObject | null)[])
  .filter((object) => object !== null);
const children = desiredChildren(gateway(), IMAGE);

interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly containers: readonly {
    readonly name: string;
    readonly volumeMounts?: readonly { readonly name: string }[];
  }[];
  readonly volumes?: readonly {
    readonly name: string;
    readonly projected?: { readonly sources: readonly { readonly serviceAccountToken?: object }[] };
  }[];
}
const podOf = (objects: readonly KubernetesObject[]): PodSpec => {
  const found = objects.filter(({ kind }) => kind === 'Deployment') as unknown as [
    { spec: { template: { spec: PodSpec } } },
  ];
  return found[0].spec.template.spec;
};
const pods = { gateway: podOf(children), hooks: podOf(manifests) };

const accounts = {
  'a gateway': {
    account: { namespace: 'tools', name: pods.gateway.serviceAccountName ?? 'default' },
    may: [
      'get configmaps named main-registry-<number>, in tools',
      'get, list, watch configmaps named main-registry, in tools',
    ],
  },
  'the hooks': {
    account: { namespace: 'fetchfy-system', name: pods.hooks.serviceAccountName ?? 'default' },
    may: [],
  },
};
for (const [who, { account, may }] of Object.entries(accounts)) {
  t.test(`${who} may do what is written here and nothing else`, async (t) => {
    const rights = rightsOf(account, [...manifests, ...children]);
    t.comment(`ServiceAccount ${account.namespace}/${account.name} may: ${rights.join('; ') || 'nothing'}`);
    t.strictSame(rights, may);
  });
}

const write = 'create, delete, get, list, patch, update, watch';
const roles: Record<string, readonly string[]> = {
  'fetchfy-view': ['gateways', 'gateways/scale', 'gateways/status'].map(
    (resource) => `get, list, watch ${resource}.gateways.fetchfy.ai`,
  ),
  'fetchfy-edit': [
    'create, delete, deletecollection, patch, update gateways.gateways.fetchfy.ai',
    'patch, update gateways/scale.gateways.fetchfy.ai',
  ],
  'fetchfy-metacontroller': [
    'create, patch events',
    ...['configmaps', 'deployments.apps', 'networkpolicies.networking.k8s.io', 'poddisruptionbudgets.policy'].map(
      (resource) => `${write} ${resource}`,
    ),
    ...['rolebindings', 'roles'].map((resource) => `${write} ${resource}.rbac.authorization.k8s.io`),
    ...['serviceaccounts', 'services'].map((resource) => `${write} ${resource}`),
    'get, list, patch, update, watch gateways.gateways.fetchfy.ai',
    'get, list, watch endpointslices.discovery.k8s.io',
    'get, list, watch namespaces',
    'get, patch, update gateways/status.gateways.fetchfy.ai',
    'update gateways/finalizers.gateways.fetchfy.ai',
  ],
  // Only with the Component hooks-tls.
  'fetchfy-metacontroller-secrets': ['get, list, watch secrets'],
};
t.test('the roles that are shipped grant what is written here and nothing else, and no binding is', async (t) => {
  const shipped = manifests.filter(({ kind }) => /^(Cluster)?Role$/.test(kind)) as (KubernetesObject & {
    rules: PolicyRule[];
  })[];
  t.strictSame(shipped.map(({ metadata }) => metadata.name).sort(), Object.keys(roles).sort());
  for (const { metadata, rules } of shipped) {
    t.comment(`ClusterRole ${metadata.name}: ${linesOf(rules).join('; ')}`);
    t.strictSame(linesOf(rules), [...(roles[metadata.name] ?? [])].sort(), metadata.name);
  }
  t.strictSame(
    manifests
      .filter(({ kind }) => kind.endsWith('Binding') && kind.includes('Role'))
      .map(({ metadata }) => metadata.name),
    [],
  );
});

t.test("the gateway's container mounts the one token, and nothing else has any", async (t) => {
  for (const [who, pod] of Object.entries(pods)) {
    t.equal(pod.automountServiceAccountToken, false, `${who}: none is mounted by itself`);
    const withToken = (pod.volumes ?? [])
      .filter(({ projected }) =>
        projected?.sources.some(({ serviceAccountToken }) => serviceAccountToken !== undefined),
      )
      .map(({ name }) => name);
    t.strictSame(withToken, who === 'gateway' ? ['api-access'] : []);
    const holders = pod.containers.filter(({ volumeMounts = [] }) =>
      volumeMounts.some(({ name }) => withToken.includes(name)),
    );
    t.strictSame(
      holders.map(({ name }) => name),
      who === 'gateway' ? ['gateway'] : [],
    );
  }
  const account = children.find(({ kind }) => kind === 'ServiceAccount');
  t.match(account, { automountServiceAccountToken: false }, 'nor does another pod under the account get one');
});
