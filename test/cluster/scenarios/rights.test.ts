/** What our accounts may do, by the API server's own word, and which tokens our pods hold. */
import { linesOf, type PolicyRule } from '../../hooks/support/rights.ts';
import type { KubeObject, Pod } from '../harness/kube-objects.ts';
import { productScenario } from '../product/product-scenario.ts';
import type { Product } from '../product/product.ts';
import { gatewayPods, podsOf } from '../product/faults/workloads.ts';

/** What an account may do in a namespace (SelfSubjectRulesReview, asked in its name). */
async function rulesOf(product: Product, account: string, namespace: string): Promise<string[]> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const as = `--as=system:serviceaccount:${account}`;
  const answer = JSON.parse(
    await product.cluster.kubectlOn(review, 'create', as, '--validate=false', '--output=json'),
  ) as {
    status: { incomplete: boolean; resourceRules: PolicyRule[]; nonResourceRules: PolicyRule[] };
  };
  if (answer.status.incomplete) throw new Error('the API server does not tell all');
  return linesOf([...answer.status.resourceRules, ...answer.status.nonResourceRules]);
}

/** Whether an account may do something (SubjectAccessReview). */
async function may(product: Product, account: string, resourceAttributes: Record<string, string>): Promise<boolean> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: { name: '' },
    spec: {
      user: `system:serviceaccount:${account}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${account.split(':')[0]}`, 'system:authenticated'],
      resourceAttributes,
    },
  };
  const { status } = await product.cluster.client.create<KubeObject>(review);
  return (status as { allowed: boolean }).allowed;
}

productScenario('our accounts may do what is written here and nothing else', {}, async (t, product) => {
  const namespace = await product.namespace('gateway');
  await product.gateway({ namespace });
  // What every account may do: ask about itself, and what the API server can.
  const everyone = new Set(await rulesOf(product, `${namespace}:nobody`, namespace));
  const gateway = `${namespace}:main-mcp`;
  const hooks = 'fetchfy-system:default';
  const expected: [account: string, where: string, rights: string[]][] = [
    [
      gateway,
      namespace,
      ['get configmaps named main-registry-<number>', 'get, list, watch configmaps named main-registry'],
    ],
    [gateway, 'default', []],
    [gateway, 'fetchfy-system', []],
    [hooks, 'fetchfy-system', []],
    [hooks, namespace, []],
  ];
  for (const [account, where, rights] of expected) {
    const own = (await rulesOf(product, account, where)).filter((line) => !everyone.has(line));
    t.comment(`${account} may in ${where}: ${own.join('; ') || 'nothing'}`);
    t.strictSame(own, rights);
  }
  const asked: [attributes: Record<string, string>, allowed: boolean][] = [
    [{ verb: 'get', resource: 'configmaps', name: 'main-registry' }, true],
    [{ verb: 'watch', resource: 'configmaps', name: 'main-registry' }, true],
    [{ verb: 'get', resource: 'configmaps', name: 'main-registry-63' }, true],
    [{ verb: 'watch', resource: 'configmaps', name: 'main-registry-63' }, false],
    [{ verb: 'list', resource: 'configmaps' }, false],
    [{ verb: 'get', resource: 'configmaps', name: 'other-registry' }, false],
    [{ verb: 'update', resource: 'configmaps', name: 'main-registry' }, false],
    [{ verb: 'get', resource: 'secrets', name: 'main-keys' }, false],
    [{ verb: 'list', resource: 'secrets' }, false],
    [{ verb: 'get', resource: 'pods' }, false],
    [{ verb: 'list', resource: 'services' }, false],
    [{ verb: 'create', resource: 'serviceaccounts', subresource: 'token', name: 'main-mcp' }, false],
    [{ verb: 'get', group: 'gateways.fetchfy.ai', resource: 'gateways', name: 'main' }, false],
    [{ verb: 'impersonate', resource: 'users', name: 'admin' }, false],
  ];
  for (const [attributes, allowed] of asked) {
    const words = Object.values(attributes).join(' ');
    t.equal(await may(product, gateway, { namespace, ...attributes }), allowed, `a gateway: ${words}: ${allowed}`);
  }
});

/** What of a pod's spec is looked at here. */
interface Mounts {
  containers: { volumeMounts?: { mountPath: string }[] }[];
  volumes?: { projected?: { sources: { serviceAccountToken?: object }[] } }[];
}

function tokensOf({ spec }: Pod): { sources: number; mounts: number } {
  const { containers, volumes = [] } = spec as Mounts;
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  const mounts = containers.flatMap(({ volumeMounts = [] }) => volumeMounts);
  return {
    sources: sources.filter(({ serviceAccountToken }) => serviceAccountToken !== undefined).length,
    mounts: mounts.filter(({ mountPath }) => mountPath.includes('serviceaccount')).length,
  };
}

productScenario('a gateway holds the one token that it needs, the hooks hold none', {}, async (t, product) => {
  const gateway = await product.gateway({ namespace: await product.namespace('gateway') });
  t.strictSame((await gatewayPods(product.cluster, gateway)).map(tokensOf), [{ sources: 1, mounts: 1 }]);
  const hooks = await podsOf(product.cluster, 'fetchfy-system', 'app.kubernetes.io/name=fetchfy-hooks');
  t.ok(hooks.length > 0);
  for (const found of hooks.map(tokensOf)) t.strictSame(found, { sources: 0, mounts: 0 });
});
