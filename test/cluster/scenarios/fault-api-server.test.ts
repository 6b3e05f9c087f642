/** The API server is away: the gateways serve what they know, also one that starts meanwhile. */
import { until } from '../../support/until.ts';
import { conditionOf, type KubeObject, type Pod } from '../harness/kube-objects.ts';
import { waitUntilReachable } from '../harness/reachable.ts';
import { deployServer } from '../harness/server-workload.ts';
import { echoCaller } from '../product/faults/callers.ts';
import { ConstantCalls } from '../product/faults/constant-calls.ts';
import { lasts } from '../product/faults/hooks.ts';
import { gatewayPods } from '../product/faults/workloads.ts';
import { productScenario } from '../product/product-scenario.ts';
import { callText, untilTool, type Product } from '../product/product.ts';

const eras = ['legacy', 'modern'] as const;
const AWAY_SECONDS = 30;
/**
 * Clusters run these with leader election, so that they end when they cannot renew their lease, and begin anew. Here they
 * hold none, and would judge the node by what they knew before: not ready, which takes all its pods off their Services.
 */
const electedPrograms = ['kube-controller-manager', 'kube-scheduler'] as const;

productScenario(
  'calls go on while the API server is away, and a gateway that is restarted meanwhile serves what it kept',
  { timeoutMs: 600_000 },
  async (t, product) => {
    const { cluster } = product;
    const home = await product.namespace('gateway');
    const shop = await product.namespace('shop');
    const [steady, restarted] = await Promise.all([
      product.gateway({ namespace: home, name: 'steady' }),
      product.gateway({ namespace: home, name: 'restarted' }),
      product.server({ namespace: shop, program: 'modern', name: 'dice' }),
    ]);
    await Promise.all([steady, restarted].map((gateway) => gateway.service(shop, 'dice', 'Available')));
    const [pod] = await gatewayPods(cluster, restarted);
    if (!pod) throw new Error('the gateway has no pod');
    const calls = await ConstantCalls.begin(
      t,
      ...eras.map((era) => ({ name: era, connect: () => echoCaller(steady.url(), era, 'dice') })),
    );

    const begun = performance.now();
    await cluster.stop('kube-apiserver');
    for (const program of electedPrograms) await cluster.stop(program);
    await t.rejects(cluster.client.raw('/readyz'), { code: 'ECONNREFUSED' }, 'the API server is gone');
    await cluster.killContainer(home, pod.metadata.name, 'gateway');
    const killed = performance.now();
    const answers = async (): Promise<boolean> => {
      const caller = await echoCaller(restarted.url(), 'modern', 'dice');
      await caller.call(1);
      await caller.close();
      return true;
    };
    await until(
      'the killed container to be gone',
      () =>
        answers().then(
          () => false,
          () => true,
        ),
      { deadlineMs: 10_000 },
    );
    await until('the restarted gateway to serve', answers, { deadlineMs: 60_000, everyMs: 50 });
    t.pass('the restarted gateway serves what it kept');
    t.comment(`Gateway killed, API server away → serves again: ${((performance.now() - killed) / 1000).toFixed(1)} s`);
    await t.rejects(cluster.client.raw('/readyz'), { code: 'ECONNREFUSED' }, 'the API server is still away');
    const callsToRestarted = await ConstantCalls.begin(
      t,
      ...eras.map((era) => ({ name: era, connect: () => echoCaller(restarted.url(), era, 'dice') })),
    );
    await lasts(AWAY_SECONDS, begun, () => [...calls.failures, ...callsToRestarted.failures]);
    await cluster.start('kube-apiserver');
    for (const program of electedPrograms) await cluster.start(program);
    const returned = performance.now();
    t.comment(`The API server was away for ${((returned - begun) / 1000).toFixed(0)} s`);

    // Over the pods that are there: a kubelet takes up to half a minute itself to hear of new ones.
    await product.service(shop, 'coins', { app: 'dice' });
    await Promise.all(
      [steady, restarted].map(async (gateway) => {
        const client = await product.client(gateway.url());
        await untilTool(client, 'coins_echo', true, 300_000);
        t.equal(
          await callText(client, 'coins_echo', { text: 'heads' }),
          'heads',
          `${gateway.name} takes up a new Service`,
        );
      }),
    );
    t.comment(`API server back → new Service callable: ${((performance.now() - returned) / 1000).toFixed(1)} s`);
    const reference = { apiVersion: 'v1', kind: 'Pod', namespace: home, name: pod.metadata.name };
    const isRestarted = ({ status }: Pod) => status?.containerStatuses?.[0]?.restartCount === 1;
    await cluster.waitFor<Pod>(reference, isRestarted, { deadlineMs: 60_000 });
    await calls.noneFailed(t, 'API server away');
    await callsToRestarted.noneFailed(t, 'API server away, gateway restarted');
    const whole = performance.now();
    await untilClusterIsWhole(product);
    t.comment(
      `Until the cluster runs and names new pods again: ${((performance.now() - whole) / 1000).toFixed(1)} s more`,
    );
  },
);

/**
 * The next scenario needs a cluster that hears of what is new. These ask an API server that was away for half a minute no
 * more often than every half minute; begun anew they ask at once.
 */
async function untilClusterIsWhole({ cluster }: Product): Promise<void> {
  for (const program of ['kubelet', 'kube-proxy', 'coredns'] as const) {
    await cluster.stop(program);
    await cluster.start(program);
  }
  const namespace = await cluster.namespace('afterwards');
  const { name, url } = await deployServer(cluster, { namespace, program: 'modern', noWait: true });
  const reference = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name };
  const isAvailable = (found: KubeObject) => conditionOf(found, 'Available')?.status === 'True';
  await cluster.waitFor(reference, isAvailable, { deadlineMs: 120_000 });
  const reached = () => waitUntilReachable(cluster, namespace, new URL(url).hostname, 80).then(() => true);
  await until('a connection to the new pod', reached, { deadlineMs: 120_000 });
}
