import type { Test } from 'tap';
import { referenceTo, type KubeObject } from '../../harness/kube-objects.ts';
import { callText, type Product } from '../product.ts';
import { firstWrong, nameOf, snapshot } from '../snapshot.ts';

/** Objects of a user's own under each name that the Gateway `shop` would take. */
function usersObjects(namespace: string): KubeObject[] {
  const metadata = (name: string) => ({
    namespace,
    name,
    labels: { mine: 'yes' },
    annotations: { note: 'keep <this> & that' },
  });
  const selector = { app: 'mine' };
  const rbac = 'rbac.authorization.k8s.io/v1';
  const pod = { metadata: { labels: selector }, spec: { containers: [{ name: 'mine', image: 'example.com/mine' }] } };
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: metadata('shop-mcp'), spec: { selector, ports: [{ port: 80 }] } },
    { apiVersion: 'v1', kind: 'Service', metadata: metadata('shop-peers'), spec: { selector, ports: [{ port: 81 }] } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('shop-mcp') },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('shop-registry'), data: { mine: 'index' } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('shop-registry-0'), data: { mine: 'shard' } },
    { apiVersion: rbac, kind: 'Role', metadata: metadata('shop-mcp'), rules: [] },
    {
      apiVersion: rbac,
      kind: 'RoleBinding',
      metadata: metadata('shop-mcp'),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'mine' },
      subjects: [],
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: metadata('shop-mcp'),
      spec: { replicas: 0, selector: { matchLabels: selector }, template: pod },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: metadata('shop-mcp'),
      spec: { maxUnavailable: 3, selector: { matchLabels: selector } },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: metadata('shop-mcp'),
      spec: { podSelector: { matchLabels: selector }, policyTypes: ['Ingress'] },
    },
  ];
}

/** Two syncs, and what garbage collection may do after them. */
const LONG_ENOUGH_MS = 8_000;

async function leavesThemAlone(t: Test, product: Product): Promise<void> {
  const namespace = await product.namespace('users');
  const { client } = product.cluster;
  const users = usersObjects(namespace);
  for (const object of users) await client.create(object);
  const references = users.map(referenceTo);
  // Kubernetes' own controllers have their say on a Deployment and a budget first.
  for (const reference of references.filter(({ kind }) => ['Deployment', 'PodDisruptionBudget'].includes(kind))) {
    await product.cluster.waitFor(reference, (object) => {
      const { observedGeneration } = (object['status'] ?? {}) as { observedGeneration?: number };
      return observedGeneration === object.metadata.generation;
    });
  }
  let before = await snapshot(client, references);
  await firstWrong(async () => {
    before = await snapshot(client, references);
    return undefined;
  }, 2_000);
  const changed = async () => {
    const now = await snapshot(client, references);
    const name = Object.keys(before).find((each) => now[each] !== before[each]);
    return name && { name, before: before[name], now: now[name] };
  };

  const gateway = await product.gateway({ namespace, name: 'shop', noWait: true });
  const { message = '', reason } = await gateway.condition('Accepted', 'False', /ConfigMap.*shop-registry-0/);
  t.equal(reason, 'NameConflict');
  for (const reference of references)
    t.ok(message.includes(nameOf(reference)), `the condition names ${nameOf(reference)}`);
  await gateway.condition('Ready', 'False', /not this Gateway's/);
  t.equal(await firstWrong(changed, LONG_ENOUGH_MS), undefined, "the users' objects stay as they were, to the byte");

  await gateway.delete();
  await product.cluster.waitUntilGone(gateway.reference);
  t.equal(await firstWrong(changed, LONG_ENOUGH_MS), undefined, 'also when the Gateway is gone');
}

async function takesOver(t: Test, product: Product): Promise<void> {
  const namespace = await product.namespace('moved');
  const { client } = product.cluster;
  const [service, , account] = usersObjects(namespace) as [KubeObject, KubeObject, KubeObject];
  for (const object of [service, account]) await client.create(object);
  const gateway = await product.gateway({ namespace, name: 'shop', noWait: true });
  await gateway.condition('Accepted', 'False', /shop-mcp/);
  for (const object of [service, account]) await client.delete(referenceTo(object));
  await gateway.condition('Accepted', 'True');
  await gateway.untilReady();
  t.pass('a name that becomes free is taken, and the Gateway comes up');
}

/** Objects that others have under a Gateway's names stay as they are; a name that becomes free is taken. */
export async function leavesOthersAlone(t: Test, product: Product): Promise<void> {
  const shop = await product.namespace('shop');
  const home = await product.namespace('gateway');
  const [gateway] = await Promise.all([
    product.gateway({ namespace: home }),
    product.server({ namespace: shop, program: 'modern', name: 'dice' }),
    leavesThemAlone(t, product),
    takesOver(t, product),
  ]);
  await gateway.service(shop, 'dice', 'Available');
  const session = await product.client(gateway.url());
  t.equal(await callText(session, 'dice_echo', { text: 'six' }), 'six', 'another Gateway serves meanwhile');
}
