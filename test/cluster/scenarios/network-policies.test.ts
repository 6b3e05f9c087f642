/** The NetworkPolicies as the API server has them. The cluster's own network plugin enforces none. */
import type { KubeObject } from '../harness/kube-objects.ts';
import { productScenario } from '../product/product-scenario.ts';

interface Policy extends KubeObject {
  spec: { podSelector: { matchLabels: Record<string, string> }; policyTypes: string[] };
}

productScenario("the policies select the product's pods, and only theirs", {}, async (t, product) => {
  const namespace = await product.namespace('gateway');
  const [gateway] = await Promise.all([
    product.gateway({ namespace }),
    product.gateway({ namespace, name: 'second' }),
    product.server({ namespace, program: 'modern', name: 'dice' }),
  ]);
  const selected = async (policy: Policy) => {
    const labelSelector = Object.entries(policy.spec.podSelector.matchLabels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    const pods = { apiVersion: 'v1', kind: 'Pod' };
    const found = await product.cluster.client.list(pods, {
      namespace: policy.metadata.namespace ?? '',
      labelSelector,
    });
    return found.map(({ metadata }) => metadata.name.replace(/-[a-z0-9]+-[a-z0-9]+$/, ''));
  };
  const own = await product.cluster.waitFor<Policy>(
    gateway.workload('networking.k8s.io/v1', 'NetworkPolicy'),
    () => true,
  );
  t.strictSame(await selected(own), ['main-mcp']);
  t.strictSame(own.spec.policyTypes, ['Ingress', 'Egress']);
  const hooks = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace: 'fetchfy-system' };
  const ofHooks = await product.cluster.waitFor<Policy>({ ...hooks, name: 'fetchfy-hooks' }, () => true);
  t.strictSame(new Set(await selected(ofHooks)), new Set(['fetchfy-hooks']));
});

productScenario('a policy that somebody edited or deleted is there again', {}, async (t, product) => {
  const gateway = await product.gateway({ namespace: await product.namespace('gateway') });
  const { client } = product.cluster;
  const reference = gateway.workload('networking.k8s.io/v1', 'NetworkPolicy');
  const made = await product.cluster.waitFor<Policy>(reference, () => true);
  const asMade = (policy: Policy) => JSON.stringify(policy.spec) === JSON.stringify(made.spec);
  const edits: Record<string, unknown> = {
    'egress to anywhere': { egress: [{}] },
    'no egress rules': { policyTypes: ['Ingress'] },
    'a selector of nothing': { podSelector: { matchLabels: { track: 'canary' } } },
  };
  for (const [what, spec] of Object.entries(edits)) {
    await client.patch(reference, { spec });
    await product.cluster.waitFor<Policy>(reference, asMade);
    t.pass(`${what}: taken back`);
  }
  await client.delete(reference);
  await product.cluster.waitFor<Policy>(reference, asMade);
  t.pass('deleted: made anew');
});
