/** Metacontroller's leader is killed: the other replica takes over. */
import type { KubeObject, Pod } from '../harness/kube-objects.ts';
import { echoCaller } from '../product/faults/callers.ts';
import { ConstantCalls } from '../product/faults/constant-calls.ts';
import { productScenario } from '../product/product-scenario.ts';
import { callText, untilTool } from '../product/product.ts';

const NAMESPACE = 'metacontroller';

interface Lease extends KubeObject {
  spec?: { holderIdentity?: string };
}

productScenario(
  "a new Service is registered although Metacontroller's leader was killed",
  { onlyMetacontroller: true },
  async (t, product) => {
    const { cluster } = product;
    const shop = await product.namespace('shop');
    const [gateway] = await Promise.all([
      product.gateway({ namespace: await product.namespace('gateway') }),
      product.server({ namespace: shop, program: 'modern', name: 'dice' }),
    ]);
    await gateway.service(shop, 'dice', 'Available');
    const pods = await cluster.client.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace: NAMESPACE });
    t.equal(pods.length, 2, 'there are two replicas');
    const leases = await cluster.client.list<Lease>(
      { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
      { namespace: NAMESPACE },
    );
    const [lease] = leases;
    if (!lease || leases.length > 1) throw new Error(`expected one lease, found ${JSON.stringify(leases)}`);
    const holder = lease.spec?.holderIdentity ?? '';
    const leader = pods.find(({ metadata }) => holder.startsWith(metadata.name));
    if (!leader) throw new Error(`none of the pods holds the lease, but ${holder}`);
    const client = await product.client(gateway.url());
    const calls = await ConstantCalls.begin(t, {
      name: 'modern',
      connect: () => echoCaller(gateway.url(), 'modern', 'dice'),
    });

    // By the kernel: it cannot give its lease back, and is started again beside the one that waits for it.
    await cluster.killContainer(NAMESPACE, leader.metadata.name, 'metacontroller');
    const begun = performance.now();
    await product.service(shop, 'coins', { app: 'dice' });
    await untilTool(client, 'coins_echo', true, 200_000);
    t.equal(await callText(client, 'coins_echo', { text: 'heads' }), 'heads', 'the new Service is called');
    t.comment(`Leader killed, Service made → callable: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    const reference = { apiVersion: lease.apiVersion, kind: 'Lease', namespace: NAMESPACE, name: lease.metadata.name };
    const now = await cluster.client.get<Lease>(reference);
    t.not(now?.spec?.holderIdentity, holder, 'another holds the lease');
    await gateway.service(shop, 'coins', 'Available');
    await calls.noneFailed(t, "Metacontroller's leader killed");
  },
);
