/** Pods are replaced, servers' and gateways' own, while clients call without a pause. */
import t, { type Test } from 'tap';
import { echoCaller, slowCaller } from '../product/faults/callers.ts';
import { ConstantCalls } from '../product/faults/constant-calls.ts';
import { deployGracefully, gatewayPods, podsOf, rollout, untilPodsGone } from '../product/faults/workloads.ts';
import { productScenario } from '../product/product-scenario.ts';
import type { Product } from '../product/product.ts';

// They have nothing in common but the hooks, and spend their time waiting.
t.jobs = 3;

const eras = ['legacy', 'modern'] as const;

productScenario(
  'no call fails while the pods of servers are replaced, be their sessions kept or not',
  {},
  async (t, product) => {
    const { cluster } = product;
    const shop = await product.namespace('shop');
    const [gateway] = await Promise.all([
      product.gateway({ namespace: await product.namespace('gateway') }),
      ...eras.map((program) => deployGracefully(product, { namespace: shop, program })),
    ]);
    for (const name of eras) await gateway.service(shop, name, 'Available');
    const before = await podsOf(cluster, shop, 'app in (legacy, modern)');
    t.equal(before.length, 4, 'two servers of two replicas');
    // Each kind of client with each kind of server: four legs.
    const echoes = eras.flatMap((client) =>
      eras.map((server) => ({
        name: `${client} to ${server}`,
        clients: 2,
        connect: () => echoCaller(gateway.url(), client, server),
      })),
    );
    const slow = eras.map((era) => ({
      name: `slow ${era}`,
      connect: () => slowCaller(gateway.url(), era, era, 1500),
      clients: 2,
    }));
    const calls = await ConstantCalls.begin(t, ...echoes, ...slow);
    await cluster.kubectl('rollout', 'restart', '-n', shop, 'deployment/legacy', 'deployment/modern');
    await Promise.all(eras.map((name) => rollout(cluster, shop, name)));
    await untilPodsGone(cluster, before);
    await calls.noneFailed(t, 'rollout of two servers');
    t.equal(calls.renewed, 0, 'no client had to begin a new session');
  },
);

for (const replicas of [1, 2]) {
  productScenario(
    `no call fails while a gateway of ${replicas} ${replicas === 1 ? 'replica' : 'replicas'} is replaced after an edit`,
    {},
    (t, product) => replacesGateway(t, product, replicas),
  );
}

async function replacesGateway(t: Test, product: Product, replicas: number): Promise<void> {
  const { cluster } = product;
  const home = await product.namespace('gateway');
  const [gateway] = await Promise.all([
    product.gateway({ namespace: home, spec: { replicas } }),
    product.server({ namespace: await product.namespace('shop'), program: 'modern', name: 'dice' }),
  ]);
  await rollout(cluster, home, 'main-mcp');
  const before = await gatewayPods(cluster, gateway);
  t.equal(before.length, replicas);
  await gateway.waitFor(({ status }) => status?.mcpServices?.[0]?.status === 'Available');
  const echoes = eras.map((era) => ({ name: era, connect: () => echoCaller(gateway.url(), era, 'dice') }));
  const slow = { name: 'slow', clients: 2, connect: () => slowCaller(gateway.url(), 'modern', 'dice', 1500) };
  const calls = await ConstantCalls.begin(t, ...echoes, slow);
  const begun = performance.now();
  await gateway.edit({ resources: { requests: { cpu: '20m', memory: '100Mi' }, limits: { memory: '400Mi' } } });
  await gateway.untilReady({ timeoutSeconds: 180 });
  t.comment(`Edit → Ready with ${replicas} replicas: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  await untilPodsGone(cluster, before);
  t.equal((await gatewayPods(cluster, gateway)).length, replicas, 'as many as before, and none of them');
  await calls.noneFailed(t, `rollout of a gateway of ${replicas}`);
  t.ok(calls.renewed > 0, 'legacy clients begin new sessions: theirs lived in the replaced pods');
}
