/** What is the Gateway's own comes back, or the Gateway says what became of it. */
import type { TestClient } from '../../support/clients.ts';
import { until } from '../../support/until.ts';
import { conditionOf, type KubeObject, type Reference } from '../harness/kube-objects.ts';
import { productScenario } from '../product/product-scenario.ts';
import { callText } from '../product/product.ts';
import type { Product } from '../product/product.ts';
import type { TestGateway } from '../product/gateway.ts';
import { nameOf } from '../product/snapshot.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';

/** Everything that a Gateway is made of, with an edit of each that breaks it. */
function parts(gateway: TestGateway): { reference: Reference; edit: Record<string, unknown> }[] {
  const { namespace, name } = gateway;
  const peers = { apiVersion: 'v1', kind: 'Service', namespace, name: `${name}-peers` };
  // The container's arguments are nobody's, so that what a user adds there would stay.
  const container = { name: 'gateway', image: 'example.com/other', ports: [{ name: 'mcp', containerPort: 1234 }] };
  return [
    {
      reference: gateway.workload('apps/v1', 'Deployment'),
      edit: {
        spec: { strategy: { type: 'Recreate', rollingUpdate: null }, template: { spec: { containers: [container] } } },
      },
    },
    {
      reference: gateway.workload('v1', 'Service'),
      edit: {
        spec: {
          ports: [{ name: 'mcp', port: 1234, targetPort: 1234 }],
          selector: { 'app.kubernetes.io/name': 'other' },
        },
      },
    },
    { reference: peers, edit: { spec: { selector: { 'app.kubernetes.io/name': 'other' } } } },
    {
      reference: gateway.workload('v1', 'ServiceAccount'),
      edit: { metadata: { labels: { 'app.kubernetes.io/name': 'x' } } },
    },
    { reference: gateway.workload(RBAC, 'Role'), edit: { rules: [] } },
    { reference: gateway.workload(RBAC, 'RoleBinding'), edit: { subjects: [] } },
    { reference: gateway.workload('policy/v1', 'PodDisruptionBudget'), edit: { spec: { maxUnavailable: 5 } } },
    { reference: gateway.registry(), edit: { data: { 'index.json': '{}' } } },
    { reference: gateway.registry(0), edit: { data: { 'shard-0.json': 'broken' } } },
  ];
}

/** What we set of an object: all but what the API server, other controllers and the history of the object write. */
function ours({ metadata, ...rest }: KubeObject): string {
  const { labels, ownerReferences, name } = metadata;
  const { status: _status, spec, ...kept } = rest;
  const owners = ownerReferences?.map(({ kind, uid, controller }) => ({ kind, uid, controller }));
  // A Service that is made anew gets another address. Pods name an account that came after their Deployment.
  const { clusterIP: _clusterIP, clusterIPs: _clusterIPs, template, ...others } = (spec ?? {}) as Spec;
  const { metadata: podMetadata, ...pod } = template ?? {};
  return JSON.stringify({ labels, owners, name, ...kept, others, pod, podLabels: podMetadata?.labels });
}

interface Spec {
  readonly clusterIP?: string;
  readonly clusterIPs?: string[];
  readonly template?: { readonly metadata?: { readonly labels?: object } };
}

async function readAll(product: Product, references: readonly Reference[]): Promise<KubeObject[]> {
  return Promise.all(references.map((reference) => product.cluster.waitFor(reference, () => true)));
}

productScenario('what belongs to a Gateway is restored when it is deleted or edited', {}, async (t, product) => {
  const shop = await product.namespace('shop');
  const [gateway] = await Promise.all([
    product.gateway({ namespace: await product.namespace('gateway') }),
    product.server({ namespace: shop, program: 'modern', name: 'dice' }),
  ]);
  await gateway.service(shop, 'dice', 'Available');
  const { client } = product.cluster;
  const all = parts(gateway);
  const references = all.map(({ reference }) => reference);
  const before = await readAll(product, references);
  const isRestored = (index: number) => (object: KubeObject) => ours(object) === ours(before[index] as KubeObject);

  let begun = performance.now();
  for (const { reference, edit } of all) await client.patch(reference, edit);
  await Promise.all(
    references.map(async (reference, index) => {
      await product.cluster.waitFor(reference, isRestored(index));
      t.pass(`${reference.kind} ${reference.name}, edited, is restored`);
    }),
  );
  t.comment(`edits of ${all.length} objects → restored: ${(performance.now() - begun).toFixed(0)} ms`);

  begun = performance.now();
  for (const reference of references) await client.delete(reference);
  await Promise.all(
    references.map(async (reference, index) => {
      const restored = await product.cluster.waitFor(reference, isRestored(index));
      t.not(
        restored.metadata.uid,
        before[index]?.metadata.uid,
        `${reference.kind} ${reference.name}, deleted, is back`,
      );
    }),
  );
  t.comment(`deletion of ${all.length} objects → back: ${(performance.now() - begun).toFixed(0)} ms`);

  const session = await servesNew('cards');
  t.equal(await callText(session, 'dice_echo', { text: 'six' }), 'six', 'clients are served');

  // Its pods hold tokens of the account that is gone.
  await client.delete(gateway.workload('v1', 'ServiceAccount'));
  await servesNew('coins');

  async function servesNew(name: string): Promise<TestClient> {
    await product.service(shop, name, { app: 'dice' });
    await gateway.service(shop, name, 'Available', { deadlineMs: 90_000 });
    await gateway.condition('Accepted', 'True');
    await gateway.condition('Ready', 'True', /is ready with \d+ services$/, { deadlineMs: 60_000 });
    const session = await product.client(gateway.url());
    t.equal(await callText(session, `${name}_echo`, { text: 'two' }), 'two', `a new Service ${name} is served`);
    return session;
  }
});

productScenario('what loses its labels, annotations or owner is restored or named', {}, async (t, product) => {
  const gateway = await product.gateway({ namespace: await product.namespace('gateway') });
  const { client } = product.cluster;
  const references = parts(gateway).map(({ reference }) => reference);
  const before = await readAll(product, references);
  const losses: Record<string, keyof KubeObject['metadata']> = {
    labels: 'labels',
    annotations: 'annotations',
    'owner references': 'ownerReferences',
  };

  for (const [what, field] of Object.entries(losses)) {
    for (const reference of references) await lose(reference, field);
    const outcomes = await Promise.all(
      references.map(async (reference, index) => {
        const outcome = await restoredOrNamed(reference, before[index] as KubeObject);
        t.ok(outcome, `${reference.kind} ${reference.name} without ${what}: ${outcome}`);
        return outcome;
      }),
    );
    // As the condition says: delete it, and it is made anew.
    for (const [index, reference] of references.entries()) {
      if (outcomes[index] === 'named') await client.delete(reference);
    }
    await gateway.condition('Accepted', 'True');
    for (const [index, reference] of references.entries()) {
      await product.cluster.waitFor(reference, (object) => ours(object) === ours(before[index] as KubeObject));
    }
  }
  await gateway.untilReady();

  /** Writes it as often as somebody else is faster. */
  async function lose(reference: Reference, field: keyof KubeObject['metadata']): Promise<void> {
    for (let left = 10; ; left--) {
      const object = await product.cluster.waitFor(reference, () => true);
      try {
        const { [field]: _lost, ...metadata } = object.metadata;
        await client.replace({ ...object, metadata: metadata as KubeObject['metadata'] });
        return;
      } catch (error) {
        if (left === 0) throw error;
      }
    }
  }

  async function restoredOrNamed(reference: Reference, wanted: KubeObject): Promise<'restored' | 'named'> {
    const look = async () => {
      const accepted = conditionOf(await gateway.object(), 'Accepted');
      if (accepted?.status === 'False' && accepted.message?.includes(nameOf(reference))) return 'named';
      const object = await client.get(reference);
      if (!object || ours(object) !== ours(wanted)) return undefined;
      // By this Metacontroller knows what it made, and what it wanted of it last.
      const missing = Object.keys(wanted.metadata.annotations ?? {}).filter(
        (key) => object.metadata.annotations?.[key] === undefined,
      );
      return missing.length === 0 ? 'restored' : undefined;
    };
    return until(`${nameOf(reference)} to be restored or named`, look, {
      deadlineMs: 30_000,
      everyMs: 100,
      state: () => wanted,
    });
  }
});
