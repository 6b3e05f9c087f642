/** A Gateway's status says what is so, soon after it is so. */
import type { Test } from 'tap';
import { Agent, request } from 'undici';
import { certificateAuthority, type Certificate, type CertificateAuthority } from '../../support/certificates.ts';
import { conditionOf } from '../harness/kube-objects.ts';
import { waitUntilReachable } from '../harness/reachable.ts';
import { productScenario } from '../product/product-scenario.ts';
import type { TestGateway, ServiceStatus } from '../product/gateway.ts';
import { serviceReference, type Product } from '../product/product.ts';

/** Status is to be true within 5 s of what Kubernetes or the gateway know; the deadline is ten times that. */
const DEADLINE_MS = 50_000;

const SECRET = 'shop-tls';

async function scale(product: Product, namespace: string, name: string, replicas: number): Promise<void> {
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name };
  await product.cluster.client.patch(deployment, { spec: { replicas } });
}

async function followsItsServers(t: Test, product: Product): Promise<void> {
  const shop = await product.namespace('shop');
  const [gateway, dice] = await Promise.all([
    product.gateway({ namespace: await product.namespace('gateway') }),
    product.server({ namespace: shop, program: 'modern', name: 'dice' }),
    product.server({ namespace: shop, program: 'legacy', name: 'stock' }),
  ]);
  const { toolCount = 0 } = await gateway.service(shop, 'dice', 'Available');
  const within = async (what: string, isSo: (status: ServiceStatus) => boolean, since = performance.now()) => {
    const status = await gateway.service(shop, 'dice', isSo, { deadlineMs: DEADLINE_MS });
    t.pass(`${what}: ${secondsSince(since)} (${status.message ?? 'no message'})`);
    return status;
  };

  await fetch(`${new URL(dice.url).origin}/toggle?list=tools&name=joker`, { method: 'POST' });
  await within('a tool more is counted', (status) => status.toolCount === toolCount + 1);

  const leadTo = async (targetPort: number) => {
    const ports = [{ name: 'mcp', port: 80, targetPort }];
    await product.cluster.client.patch(serviceReference(shop, 'dice'), { spec: { ports } });
  };
  await leadTo(9);
  const failing = await within(
    'a server whose port is closed is Unavailable',
    ({ status }) => status === 'Unavailable',
  );
  t.match(failing.message, /./, 'and the status says why');
  await leadTo(8080);
  await within('it is Available again', ({ status }) => status === 'Available');

  await scale(product, shop, 'dice', 0);
  const { message } = await within('a server without pods is Pending', ({ status }) => status === 'Pending');
  t.match(message, /No pod matches|no ready|ready/i);
  await gateway.condition('Ready', 'True', /ready with 2 services/);
  const stock = await gateway.service(shop, 'stock', 'Available');
  t.match(stock, { status: 'Available' }, 'the other one stays Available');
  await scale(product, shop, 'dice', 1);
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: shop, name: 'dice' };
  await product.cluster.waitFor(deployment, (found) => conditionOf(found, 'Available')?.status === 'True');
  const back = await within('a server that has come back is Available', ({ status }) => status === 'Available');
  t.equal(back.toolCount, toolCount, 'with the tools that it has now');

  const { status } = await gateway.object();
  t.match(status, { serviceCount: 2, serviceTotals: { available: 2, pending: 0, unavailable: 0 } });
  const object = await product.cluster.client.get(gateway.workload('apps/v1', 'Deployment'));
  t.equal(status?.replicas, (object as unknown as { status: { replicas: number } }).status.replicas);
}

/** A Secret that is not there, or one whose key is another certificate's. */
async function lacksItsCertificate(t: Test, product: Product, lack: 'missing' | 'broken'): Promise<void> {
  const namespace = await product.namespace('gateway');
  const authority = certificateAuthority();
  if (lack === 'broken') {
    await writeSecret(product, namespace, { cert: authority.issue('one').cert, key: authority.issue('another').key });
  }
  const gateway = await product.gateway({
    namespace,
    spec: { enableTls: true, tlsSecretRef: SECRET },
    noWait: true,
  });
  const begun = performance.now();
  const message = lack === 'missing' ? /certificate is missing: there is no tls\.crt/ : /tls\.key does not fit/;
  await gateway.condition('Ready', 'False', message, { deadlineMs: DEADLINE_MS });
  t.pass(`Gateway made → its ${lack} certificate is told: ${secondsSince(begun)}`);
  await heals(t, product, gateway, authority);
}

async function heals(t: Test, product: Product, gateway: TestGateway, authority: CertificateAuthority): Promise<void> {
  const host = new URL(gateway.url()).hostname;
  const begun = performance.now();
  await writeSecret(product, gateway.namespace, authority.issue(host));
  // A kubelet looks at a pod's Secrets once a minute or two.
  await gateway.condition('Ready', 'True', /ready with \d+ services$/, { deadlineMs: 240_000 });
  t.pass(`Secret written → Ready: ${secondsSince(begun)}`);
  const { status } = await gateway.object();
  t.match(status?.address, /^https:/);
  await waitUntilReachable(product.cluster, gateway.namespace, host, 8080);
  const dispatcher = new Agent({ connect: { ca: authority.cert } });
  const answer = await request(`https://${host}:8080/`, { dispatcher, headers: { accept: 'text/html' } });
  t.equal(answer.statusCode, 200, 'clients that trust its issuer are served');
  await answer.body.dump();
  await dispatcher.close();
}

async function writeSecret(product: Product, namespace: string, { cert, key }: Certificate): Promise<void> {
  await product.cluster.client.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name: SECRET },
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': cert, 'tls.key': key },
  });
}

function secondsSince(begun: number): string {
  return `${((performance.now() - begun) / 1000).toFixed(1)} s`;
}

// Side by side, since two of them wait for a kubelet.
productScenario(
  'a status follows its servers; a TLS Secret that is missing or broken is named, and a good one heals',
  {},
  async (t, product) => {
    await Promise.all([
      followsItsServers(t, product),
      lacksItsCertificate(t, product, 'missing'),
      lacksItsCertificate(t, product, 'broken'),
    ]);
  },
);
