/** Whom the gateway takes for a server, what it shows to it, and where it does not go: with real pods, Secrets and ConfigMaps. */
import type { Test } from 'tap';
import { certificateAuthority, type CertificateAuthority } from '../../support/certificates.ts';
import type { KubeObject, Pod } from '../harness/kube-objects.ts';
import type { ServiceStatus, TestGateway } from '../product/gateway.ts';
import { productScenario } from '../product/product-scenario.ts';
import { callText, type Product } from '../product/product.ts';

/** A kubelet looks at a pod's Secrets and ConfigMaps once a minute or two. */
const MOUNTED_MS = 240_000;

const [CAS, CREDENTIALS] = ['server-cas', 'server-credentials'];

interface Shop {
  readonly namespace: string;
  readonly home: string;
}

interface Slice extends KubeObject {
  addressType: string;
  endpoints: { addresses: string[] }[];
  ports: { port: number }[];
}

/** Runs a server that speaks HTTPS and asks for a token, before another that does neither. */
async function secure(product: Product, { namespace }: Shop, authority: CertificateAuthority, token: string) {
  const certificate = Buffer.from(JSON.stringify(authority.issue(`secure.${namespace}.svc`))).toString('base64');
  return product.server({
    namespace,
    name: 'secure',
    program: 'door',
    args: ['--to', `plain.${namespace}.svc:80`, '--certificate', certificate, '--token', token],
    service: { ports: [{ name: 'mcp', port: 80, targetPort: 8080, appProtocol: 'https' }] },
  });
}

async function writeMounts(product: Product, { namespace, home }: Shop, ca: string, token: string): Promise<void> {
  await Promise.all([
    product.cluster.client.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: home, name: CAS },
      data: { 'ca.crt': ca },
    }),
    product.cluster.client.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: home, name: CREDENTIALS },
      stringData: { [`${namespace}.secure`]: `bearer: ${token}\n` },
    }),
  ]);
}

async function podsOf(product: Product, { namespace, name }: TestGateway): Promise<string[]> {
  const selector = `app.kubernetes.io/instance=${name},app.kubernetes.io/name=fetchfy-gateway`;
  const pods = await product.cluster.client.list<Pod>(
    { apiVersion: 'v1', kind: 'Pod' },
    { namespace, labelSelector: selector },
  );
  return pods.map(({ metadata, status }) => {
    const { restartCount } =
      (status as { containerStatuses?: { restartCount: number }[] }).containerStatuses?.[0] ?? {};
    return `${metadata.name} ${restartCount}`;
  });
}

async function showsItsCredential(t: Test, product: Product): Promise<void> {
  const shop = { namespace: await product.namespace('shop'), home: await product.namespace('gateway') };
  const [first, second] = [certificateAuthority('First CA'), certificateAuthority('Second CA')];
  await writeMounts(product, shop, first.cert, 'first');
  const plain = await product.server({ namespace: shop.namespace, name: 'plain', program: 'modern' });
  await product.label(shop.namespace, plain.name, { 'mcp-enabled': null });
  const [gateway] = await Promise.all([
    product.gateway({ namespace: shop.home, spec: { caConfigMapRef: CAS, credentialsSecretRef: CREDENTIALS } }),
    secure(product, shop, first, 'first'),
  ]);
  const { endpoint, toolCount } = await gateway.service(shop.namespace, 'secure', 'Available');
  t.equal(endpoint, `https://secure.${shop.namespace}.svc:80/mcp`);
  t.ok(toolCount && toolCount > 0);
  for (const era of ['legacy', 'modern'] as const) {
    const client = await product.client(gateway.url(), era);
    t.match(await callText(client, 'secure_echo', { text: 'hello' }), /hello/, `a ${era} client calls it`);
  }
  const pods = await podsOf(product, gateway);

  const begun = performance.now();
  await secure(product, shop, second, 'second');
  const isTold = ({ message = '' }: ServiceStatus): boolean => /not trusted/.test(message);
  const told = await gateway.service(shop.namespace, 'secure', isTold, { deadlineMs: 60_000 });
  t.match(told.message, /"CN=Second CA".*caConfigMapRef/, 'a certificate of another CA is told');
  await writeMounts(product, shop, second.cert, 'second');
  await gateway.service(shop.namespace, 'secure', 'Available', { deadlineMs: MOUNTED_MS });
  t.pass(`ConfigMap and Secret written → Available: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  const client = await product.client(gateway.url(), 'modern');
  t.match(await callText(client, 'secure_echo', { text: 'again' }), /again/);
  t.strictSame(await podsOf(product, gateway), pods, 'in the same pods, which were not restarted');
  const { status } = await gateway.object();
  t.notMatch(JSON.stringify(status), /first|second/, 'the status holds no credential');
}

interface OwnService extends KubeObject {
  spec: { clusterIP: string };
}

/** A slice, for a Service without a selector. */
function sliceOf(
  namespace: string,
  name: string,
  { addressType, endpoints, ports }: Pick<Slice, 'addressType' | 'endpoints' | 'ports'>,
) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name, labels: { 'kubernetes.io/service-name': name } },
    addressType,
    endpoints: endpoints.map(({ addresses }) => ({ addresses })),
    ports: ports.map(({ port }) => ({ name: 'mcp', port, protocol: 'TCP' })),
  };
}

async function goesNowhereElse(t: Test, product: Product): Promise<void> {
  const namespace = await product.namespace('addresses');
  const gateway = await product.gateway({
    namespace: await product.namespace('gateway'),
    spec: { externalNames: ['*', '169.254.169.254'] },
  });
  const external = (name: string, externalName: string, port: number): Promise<KubeObject> =>
    product.service(namespace, name, { spec: { type: 'ExternalName', externalName, ports: [{ name: 'mcp', port }] } });
  const slice = await product.cluster.client.get<Slice>({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    namespace: 'default',
    name: 'kubernetes',
  });
  const { endpoints = [], ports = [], addressType = 'IPv4' } = slice ?? {};
  const port = ports[0]?.port;
  await Promise.all([
    external('localhost', 'localhost', 8080),
    external('link-local', '169.254.169.254', 80),
    external('api-by-name', 'kubernetes.default.svc.cluster.local', 443),
    product.service(namespace, 'api-by-slice', {
      spec: { selector: null, ports: [{ name: 'mcp', port: 80, targetPort: port }] },
    }),
    product.cluster.client.create(
      sliceOf(namespace, 'api-by-slice', { addressType, endpoints, ports: ports.slice(0, 1) }),
    ),
  ]);
  for (const name of ['localhost', 'link-local']) {
    const { reason, message } = await gateway.service(namespace, name, 'Unavailable');
    t.equal(reason, 'ExternalNameNotAllowed', `${name}: ${message}`);
  }
  for (const name of ['api-by-name', 'api-by-slice']) {
    const { message } = await gateway.service(namespace, name, 'Unavailable');
    t.match(message, /the cluster's API server: the gateway never connects/, name);
  }
}

async function servesNotItself(t: Test, product: Product): Promise<void> {
  const namespace = await product.namespace('loops');
  const gateway = await product.gateway({
    namespace: await product.namespace('gateway'),
    spec: {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      // The one may be led to the other.
      replicas: 2,
    },
  });
  const server = await product.server({ namespace, name: 'server', program: 'modern' });
  const { toolCount } = await gateway.service(namespace, server.name, 'Available');
  const own = await product.cluster.client.get<OwnService>(gateway.workload('v1', 'Service'));
  const address = own?.spec.clusterIP ?? '';
  const ports = [{ name: 'mcp', port: Number(new URL(gateway.url()).port) }];
  await Promise.all([
    product.service(namespace, 'loop', { spec: { selector: null, ports } }),
    product.cluster.client.create(
      sliceOf(namespace, 'loop', { addressType: 'IPv4', endpoints: [{ addresses: [address] }], ports }),
    ),
  ]);
  const told = await gateway.service(namespace, 'loop', 'Unavailable');
  t.match(told, { message: /The server is this gateway itself/, toolCount: 0 }, 'by the address of its own Service');
  const client = await product.client(gateway.url(), 'modern');
  const { tools } = await client.listTools();
  t.equal(tools.length, toolCount, 'the tools are those of the other server');
}

// Side by side, since one of them waits for a kubelet.
productScenario(
  'servers are verified and shown their credentials, both rotated without a restart; addresses that no server has are refused, and the gateway itself',
  { timeoutMs: 480_000 },
  async (t, product) => {
    await Promise.all([showsItsCredential(t, product), goesNowhereElse(t, product), servesNotItself(t, product)]);
  },
);
