/** What happens to one Gateway alone: its certificate is renewed, its registry edited by hand, a replica of it killed. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import t from 'tap';
import { INDEX_KEY, shardKey } from '../../../gateway/contract/names.ts';
import { certificateAuthority, type Certificate } from '../../support/certificates.ts';
import { until } from '../../support/until.ts';
import type { KubeObject, Pod } from '../harness/kube-objects.ts';
import { echoCaller, httpsCaller } from '../product/faults/callers.ts';
import { ConstantCalls } from '../product/faults/constant-calls.ts';
import { busiestPod, gatewayPods, rollout } from '../product/faults/workloads.ts';
import { productScenario } from '../product/product-scenario.ts';

// They have nothing in common but the hooks, and spend their time waiting.
t.jobs = 3;

const eras = ['legacy', 'modern'] as const;

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

productScenario(
  'HTTPS calls go on while the certificate is renewed, and the new one is served',
  {},
  async (t, product) => {
    const { cluster } = product;
    const home = await product.namespace('gateway');
    const host = `main-mcp.${home}.svc.cluster.local`;
    const authority = certificateAuthority();
    const secret = ({ cert, key }: Certificate): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { namespace: home, name: 'certificate' },
      stringData: { 'tls.crt': cert, 'tls.key': key },
    });
    const first = authority.issue(host);
    await cluster.client.apply(secret(first));
    const [gateway] = await Promise.all([
      product.gateway({ namespace: home, spec: { enableTls: true, tlsSecretRef: 'certificate', mcpPort: 443 } }),
      product.server({ namespace: await product.namespace('shop'), program: 'modern', name: 'dice' }),
    ]);
    await gateway.waitFor(({ status }) => status?.mcpServices?.[0]?.status === 'Available');
    const { status } = await gateway.object();
    const url = `https://${host}/mcp`;
    t.equal(status?.address, gateway.url('', { scheme: 'https', port: 443 }).replace('.cluster.local', ''));
    const served = async (): Promise<string> => {
      const socket = connect({ host, port: 443, servername: host, ca: authority.cert });
      try {
        await once(socket, 'secureConnect');
        return socket.getPeerCertificate().fingerprint256;
      } finally {
        socket.destroy();
      }
    };
    t.equal(await served(), fingerprint(first), 'the certificate of the Secret is served');
    await t.rejects(fetch(`http://${host}:443/mcp`, { method: 'POST' }), 'without TLS nothing is served');

    const callers = eras.flatMap((era) =>
      [true, false].map((keepAlive) => ({
        name: `${era}, ${keepAlive ? 'connections kept' : 'a connection a call'}`,
        clients: 2,
        connect: () => httpsCaller(url, era, 'dice', { ca: authority.cert, keepAlive }),
      })),
    );
    const calls = await ConstantCalls.begin(t, ...callers);
    await calls.more(200);
    for (const round of [1, 2]) {
      const next = authority.issue(host);
      const begun = performance.now();
      await cluster.client.apply(secret(next));
      // A kubelet looks after mounted Secrets only when it looks after their pod: every 60 to 120 s, or when the pod changes.
      for (const { metadata } of await gatewayPods(cluster, gateway)) {
        const pod = { apiVersion: 'v1', kind: 'Pod', namespace: home, name: metadata.name };
        await cluster.client.patch(pod, { metadata: { annotations: { renewed: String(round) } } });
      }
      const isServed = async () => (await served()) === fingerprint(next);
      await until('the new certificate to be served', isServed, { deadlineMs: 180_000, everyMs: 50 });
      t.pass('the new certificate is served');
      t.comment(`Secret written → new certificate served: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
      await calls.more(200);
    }
    await calls.noneFailed(t, 'renewal of a certificate');
  },
);

productScenario(
  'a registry that somebody edits by hand is restored, and no call fails meanwhile',
  {},
  async (t, product) => {
    const { cluster } = product;
    const [gateway] = await Promise.all([
      product.gateway({ namespace: await product.namespace('gateway') }),
      product.server({ namespace: await product.namespace('shop'), program: 'modern', name: 'dice' }),
    ]);
    await gateway.waitFor(({ status }) => status?.mcpServices?.[0]?.status === 'Available');
    const parts = [
      { reference: gateway.registry(), key: INDEX_KEY },
      { reference: gateway.registry(0), key: shardKey(0) },
    ];
    const read = async (): Promise<(string | undefined)[]> =>
      Promise.all(
        parts.map(async ({ reference, key }) => (await cluster.client.get<ConfigMap>(reference))?.data?.[key]),
      );
    const before = await read();
    t.ok(before.every(Boolean), 'there is an index and a shard');
    const calls = await ConstantCalls.begin(
      t,
      ...eras.map((era) => ({ name: era, connect: () => echoCaller(gateway.url(), era, 'dice') })),
    );
    const edits: [what: string, edit: (text: string) => string | null][] = [
      ['made no JSON', (text) => text.slice(0, text.length / 2)],
      [
        'changed in a hash or a name',
        (text) => text.replaceAll('dice', 'mice').replace(/[0-9a-f]{16}/, '0123456789abcdef'),
      ],
      ['emptied', () => ''],
      ['removed', () => null],
    ];
    for (const [what, edit] of edits) {
      for (const [index, { reference, key }] of parts.entries()) {
        const edited = edit(before[index] ?? '');
        t.not(edited, before[index], 'an edit');
        const begun = performance.now();
        await cluster.client.patch(reference, { data: { [key]: edited } });
        let seen: unknown;
        const isRestored = async () => (seen = (await read())[index]) === before[index];
        await until(`${reference.name} to be restored`, isRestored, {
          deadlineMs: 30_000,
          everyMs: 20,
          state: () => seen,
        });
        t.pass(`${reference.name}, ${what}: restored after ${(performance.now() - begun).toFixed(0)} ms`);
      }
    }
    await calls.noneFailed(t, 'registry edited by hand');
  },
);

productScenario('a replica of a gateway that is killed comes back and serves', {}, async (t, product) => {
  const { cluster } = product;
  const home = await product.namespace('gateway');
  const [gateway] = await Promise.all([
    product.gateway({ namespace: home, spec: { replicas: 2 } }),
    product.server({ namespace: await product.namespace('shop'), program: 'modern', name: 'dice' }),
  ]);
  await rollout(cluster, home, 'main-mcp');
  await gateway.waitFor(({ status }) => status?.mcpServices?.[0]?.status === 'Available');
  const callers = eras.map((era) => ({ name: era, connect: () => echoCaller(gateway.url(), era, 'dice') }));
  const calls = await ConstantCalls.begin(t, ...callers);
  await calls.more(50);
  const before = await busiestPod(cluster, gateway);
  const begun = performance.now();
  await cluster.killContainer(home, before.metadata.name, 'gateway');
  const reference = { apiVersion: 'v1', kind: 'Pod', namespace: home, name: before.metadata.name };
  const isBack = ({ status }: Pod) => {
    const [container] = status?.containerStatuses ?? [];
    return container?.restartCount === 1 && container.ready;
  };
  await cluster.waitFor<Pod>(reference, isBack, { deadlineMs: 60_000 });
  t.pass(`the killed container is back and ready after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  await calls.stop();
  // What ran in the killed process is lost, and connections are refused until the proxies know: no more can be asked.
  const lost = calls.failedUntil(begun)?.toFixed(0) ?? 'no';
  t.comment(`The replica that was called is killed: ${calls.summary}; calls failed for ${lost} ms`);
  await gateway.condition('Ready', 'True');
  const after = await ConstantCalls.begin(t, ...callers);
  await after.more(100);
  await after.noneFailed(t, 'after a replica was killed');
});

function fingerprint({ cert }: Certificate): string {
  return new X509Certificate(cert).fingerprint256;
}
