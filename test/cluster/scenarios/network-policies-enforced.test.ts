/** The product works under its own NetworkPolicies, and what they close is closed: real packets, dropped by the kernel. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { until } from '../../support/until.ts';
import { enforcePolicies } from '../harness/policy-enforcement.ts';
import { runInPod } from '../harness/script-pod.ts';
import { run } from '../machine/command.ts';
import { gatewayPods, podsOf } from '../product/faults/workloads.ts';
import { productScenario } from '../product/product-scenario.ts';
import { callText } from '../product/product.ts';

/** Where clouds have their metadata. */
const METADATA = '169.254.169.254';

/** Says of each `HOST:PORT` whether a connection is accepted within three seconds. */
const connectScript = (targets: readonly string[]): string => `
  const { connect } = await import('node:net');
  const isOpen = (target) => new Promise((resolve) => {
    const [host, port] = target.split(':');
    const socket = connect({ host, port: Number(port), timeout: 3000 });
    const end = (open) => { socket.destroy(); resolve(open); };
    socket.on('connect', () => end(true)).on('timeout', () => end(false)).on('error', () => end(false));
  });
  const targets = ${JSON.stringify(targets)};
  console.log(JSON.stringify(Object.fromEntries(await Promise.all(targets.map(async (each) => [each, await isOpen(each)])))));`;

productScenario('under its policies the product works, and strangers are kept out', {}, async (t, product) => {
  const { cluster } = product;
  const shop = await product.namespace('shop');
  const home = await product.namespace('gateway');
  const [gateway] = await Promise.all([
    product.gateway({ namespace: home }),
    product.server({ namespace: shop, program: 'modern', name: 'dice' }),
  ]);
  await gateway.service(shop, 'dice', 'Available');
  const [pod] = await gatewayPods(cluster, gateway);
  const hooks = await podsOf(cluster, 'fetchfy-system', 'app.kubernetes.io/name=fetchfy-hooks');
  const [address, hooksAddress] = [pod, hooks[0]].map((each) => each?.status?.podIP ?? '');
  const fromGateway = async (...targets: string[]) => {
    const script = ['--input-type=module', '--eval', connectScript(targets)];
    const name = pod?.metadata.name ?? '';
    return JSON.parse(await cluster.kubectl('exec', '-n', home, name, '--', 'node', ...script)) as object;
  };
  const fromStranger = async (...targets: string[]) =>
    JSON.parse(await runInPod(cluster, shop, connectScript(targets))) as object;

  const metadata = createServer((_request, response) => response.end('credentials'));
  await run('ip', ['address', 'add', `${METADATA}/32`, 'dev', 'lo']);
  metadata.listen(80, METADATA);
  await once(metadata, 'listening');
  let release: (() => Promise<void>) | undefined;
  try {
    const inside = [`${address}:8080`, `${address}:9090`, `${hooksAddress}:8080`, `${hooksAddress}:9090`];
    t.strictSame(await fromGateway(`${METADATA}:80`), { [`${METADATA}:80`]: true }, 'without policies it is reached');
    t.strictSame(await fromStranger(...inside), Object.fromEntries(inside.map((each) => [each, true])));

    release = await enforcePolicies(cluster);
    t.strictSame(
      await fromGateway(`${METADATA}:80`),
      { [`${METADATA}:80`]: false },
      'a metadata address is out of reach',
    );
    t.strictSame(await fromStranger(...inside), {
      [`${address}:8080`]: true,
      [`${address}:9090`]: false,
      [`${hooksAddress}:8080`]: false,
      [`${hooksAddress}:9090`]: true,
    });

    // All begin anew at their addresses: no connection that was open before helps anybody.
    for (const { metadata } of hooks) await cluster.killContainer('fetchfy-system', metadata.name, 'hooks');
    await cluster.killContainer(home, pod?.metadata.name ?? '', 'gateway');
    const restarted = async () => {
      const pods = [
        ...(await gatewayPods(cluster, gateway)),
        ...(await podsOf(cluster, 'fetchfy-system', 'app.kubernetes.io/name=fetchfy-hooks')),
      ];
      return pods.every(({ status }) =>
        status?.containerStatuses?.every(({ ready, restartCount }) => ready && (restartCount ?? 0) > 0),
      );
    };
    await until('all containers to be ready again', restarted, { deadlineMs: 90_000, everyMs: 200 });
    await product.service(shop, 'cards', { app: 'dice' });
    await gateway.service(shop, 'cards', 'Available', { deadlineMs: 90_000 });
    const { metadata: edited } = await gateway.edit({ hosts: ['other.example.com'] });
    await gateway.waitFor(({ status }) => (status?.observedGeneration ?? 0) >= Number(edited['generation']));
    await gateway.untilReady();
    const client = await product.client(gateway.url());
    t.equal(
      await callText(client, 'cards_echo', { text: 'six' }),
      'six',
      'registry, DNS, servers, report, probes: all work',
    );
  } finally {
    await release?.();
    metadata.close();
    await run('ip', ['address', 'delete', `${METADATA}/32`, 'dev', 'lo']);
  }
});
