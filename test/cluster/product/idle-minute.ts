import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Product } from './product.ts';
import { objectsIn } from './snapshot.ts';

const IDLE_MS = 60_000;

/** What is settled is left alone: a minute passes without a write. */
export async function isLeftAlone(t: Test, product: Product): Promise<void> {
  const home = await product.namespace('gateway');
  const shop = await product.namespace('shop');
  const all = await Promise.all([
    product.gateway({ namespace: home, name: 'plain' }),
    // Whatever the API server would write otherwise than it was asked to.
    product.gateway({
      namespace: home,
      name: 'everything-set',
      spec: {
        mcpPort: 443,
        replicas: 2,
        hosts: ['mcp.example.com'],
        publicUrl: 'https://mcp.example.com/',
        externalNames: ['*.example.com'],
        imagePullSecrets: [{ name: 'pull' }],
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        tolerations: [
          { key: 'dedicated', operator: 'Equal', value: 'mcp', effect: 'NoSchedule' },
          { operator: 'Exists' },
        ],
        auth: { methods: [{ anonymous: {} }], rules: [{ name: 'typo', effect: 'Deny', to: [{ tools: ['gte_*'] }] }] },
        resources: { requests: { cpu: '0.05', memory: '131072Ki' }, limits: { cpu: '1000m', memory: '1024Mi' } },
      },
    }),
    product.server({ namespace: shop, program: 'modern', name: 'dice' }),
    product.service(shop, 'nobody', { app: 'nobody' }),
    product.service(shop, 'refused', { spec: { type: 'ExternalName', externalName: 'other.test', selector: null } }),
  ]);
  const gateways = [all[0], all[1]];
  for (const gateway of gateways) {
    await gateway.service(shop, 'dice', 'Available');
    await gateway.service(shop, 'nobody', 'Pending');
    await gateway.service(shop, 'refused', 'Unavailable');
    await gateway.condition('Progressing', 'False', /./, { deadlineMs: 60_000 });
  }
  const versions = async () => {
    const objects = [
      ...(await objectsIn(product.cluster.client, home)),
      ...(await Promise.all(gateways.map((each) => each.object()))),
    ];
    return Object.fromEntries(
      objects.map(({ kind, metadata }) => [`${kind} ${metadata.name}`, metadata.resourceVersion ?? '']),
    );
  };
  const logged = async () =>
    (await product.controller.log()).filter(
      (line) =>
        line.includes(home) &&
        /"msg":"(Updating|Creating|Deleting|Cache updated)|^\S+ (create|update|delete) /.test(line),
    );
  // What still was on its way.
  let before = await versions();
  for (let last = ''; last !== JSON.stringify(before); before = await versions()) {
    last = JSON.stringify(before);
    await delay(7_000);
  }
  const lines = (await logged()).length;
  t.ok(lines > 0, `the controller's log tells of its writes so far, ${lines}`);
  await delay(IDLE_MS);
  t.strictSame(await versions(), before, 'no object has another version, the status among them');
  t.strictSame((await logged()).slice(lines), [], "the controller's log tells of no write");
}
