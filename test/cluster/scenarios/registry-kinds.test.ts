/** Services of every kind, good and bad, and what becomes of each. */
import type { KubeObject, Pod } from '../harness/kube-objects.ts';
import { productScenario } from '../product/product-scenario.ts';
import { callText, toolNames, type Product, type ServiceOptions } from '../product/product.ts';

/** How each kind of Service stands over the pods of one server, `app`. */
const served: Record<string, ServiceOptions> = {
  headless: { spec: { clusterIP: 'None' } },
  'by-name': { annotations: { route: 'service' } },
  'headless-by-name': { annotations: { route: 'service' }, spec: { clusterIP: 'None' } },
  'two-ports': {
    spec: {
      ports: [
        { name: 'other', port: 81, targetPort: 9 },
        { name: 'mcp', port: 80, targetPort: 8080 },
      ],
    },
  },
  'port-by-annotation': {
    annotations: { port: 'api' },
    spec: {
      ports: [
        { name: 'mcp', port: 81, targetPort: 9 },
        { name: 'api', port: 80, targetPort: 8080 },
      ],
    },
  },
  'port-by-number': {
    annotations: { port: '82' },
    spec: {
      ports: [
        { name: 'a', port: 81, targetPort: 9 },
        { name: 'b', port: 82, targetPort: 8080 },
      ],
    },
  },
  'port-by-protocol': {
    spec: {
      ports: [
        { name: 'a', port: 81, targetPort: 9 },
        { name: 'b', port: 80, targetPort: 8080, appProtocol: 'mcp' },
      ],
    },
  },
  'other-prefix': { annotations: { prefix: 'Mine', description: 'A <server> & "more"', timeout: '1m30s' } },
};

/** What cannot be served, and the reason and words of the status. */
const refused: Record<string, [options: ServiceOptions, reason: string, message: RegExp]> = {
  'bad-type': [{ annotations: { type: 'robot' } }, 'UnknownType', /"robot": it must be "tool" or "agent"/],
  'bad-protocol': [{ annotations: { type: 'agent', protocol: 'grpc' } }, 'UnknownProtocol', /"mcp", "a2a" or "auto"/],
  'no-agent': [{ annotations: { protocol: 'a2a' } }, 'UnknownProtocol', /only agents .* speak A2A/],
  'bad-endpoint': [{ annotations: { endpoint: 'http://x/mcp' } }, 'InvalidEndpoint', /must be the path/],
  'bad-timeout': [{ annotations: { timeout: 'soon' } }, 'InvalidTimeout', /"soon": it must be a duration/],
  'bad-prefix': [{ annotations: { prefix: 'a_b' } }, 'InvalidPrefix', /1 to 32 letters, digits/],
  'bad-route': [{ annotations: { route: 'direct' } }, 'InvalidRoute', /must be "endpoints" or "service"/],
  'bad-scheme': [{ annotations: { scheme: 'tls' } }, 'InvalidScheme', /must be "http" or "https"/],
  'long-description': [{ annotations: { description: 'x'.repeat(513) } }, 'FieldTooLong', /513 bytes.*at most 512/],
  'no-such-port': [{ annotations: { port: 'web' } }, 'NoSuchPort', /no such TCP port; it has: mcp 80/],
  'ambiguous-port': [
    {
      spec: {
        ports: [
          { name: 'a', port: 81 },
          { name: 'b', port: 82 },
        ],
      },
    },
    'AmbiguousPort',
    /a 81, b 82.*none is named "mcp"/,
  ],
  'no-tcp-port': [{ spec: { ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] } }, 'NoPort', /no TCP port/],
  'other-host': [
    { spec: { type: 'ExternalName', externalName: 'mcp.example.com', selector: null } },
    'ExternalNameNotAllowed',
    /"mcp\.example\.com", which no pattern in the Gateway's spec\.externalNames allows/,
  ],
  'own-machine': [
    { spec: { type: 'ExternalName', externalName: 'localhost', selector: null } },
    'ExternalNameNotAllowed',
    /the gateway's own machine/,
  ],
  circular: [{ spec: { selector: { 'app.kubernetes.io/name': 'fetchfy-gateway' } } }, 'BelongsToGateway', /circles/],
};

/** A slice as somebody writes it by hand for a Service without a selector. */
function handMade(namespace: string, service: string, address: string, ready: boolean): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${service}-by-hand`, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready } }],
    ports: [{ name: 'mcp', port: 8080, protocol: 'TCP' }],
  };
}

async function makeAll(product: Product, shop: string): Promise<void> {
  const { client } = product.cluster;
  const make = (name: string, options: ServiceOptions) => product.service(shop, name, { app: 'app', ...options });
  for (const [name, options] of Object.entries(served)) await make(name, options);
  for (const [name, [options]] of Object.entries(refused)) await make(name, options);
  await make('nobody', { app: 'nobody' });
  const [pod] = await client.list<Pod>(
    { apiVersion: 'v1', kind: 'Pod' },
    { namespace: shop, labelSelector: 'app=app' },
  );
  for (const [name, ready] of Object.entries({ 'by-hand': true, 'not-ready': false })) {
    await make(name, { spec: { selector: null } });
    await client.create(handMade(shop, name, pod?.status?.podIP ?? '', ready));
  }
  const externalName = `app.${shop}.svc.cluster.local`;
  await make('elsewhere', { spec: { type: 'ExternalName', externalName, selector: null } });
}

productScenario('Services of every kind are served, refused or waited for, each by itself', {}, async (t, product) => {
  // Else the API server refuses the bad ones before a Gateway sees them (service-annotations.test.ts).
  const shop = await product.namespace('shop', { 'fetchfy.ai/check-annotations': 'false' });
  const home = await product.namespace('gateway');
  const [gateway] = await Promise.all([
    product.gateway({
      namespace: home,
      spec: {
        namespaceSelector: { matchLabels: product.namespaceLabels },
        externalNames: [`*.${shop}.svc.cluster.local`],
      },
    }),
    product.server({ namespace: shop, program: 'modern', name: 'app' }),
  ]);
  await makeAll(product, shop);
  // A user labels the gateway's own Service, too.
  await product.label(home, 'main-mcp', { 'mcp-enabled': 'true' });

  const session = await product.client(gateway.url());
  const good = ['app', 'by-hand', 'elsewhere', ...Object.keys(served)];
  await Promise.all(
    good.map(async (name) => {
      const { toolCount } = await gateway.service(shop, name, 'Available');
      const prefix = name === 'other-prefix' ? 'Mine' : name;
      t.equal(await callText(session, `${prefix}_echo`, { text: name }), name, `${name} is called, ${toolCount} tools`);
    }),
  );
  for (const [name, [, reason, message]] of Object.entries(refused)) {
    t.match(await gateway.service(shop, name, 'Unavailable'), { reason, message }, `${name} is refused in words`);
  }
  t.match(await gateway.service(home, 'main-mcp', 'Unavailable'), { reason: 'BelongsToGateway' });
  t.match(await gateway.service(shop, 'nobody', 'Pending'), { message: 'No pod matches the selector of the Service.' });
  const { message } = await gateway.service(shop, 'not-ready', 'Pending');
  t.match(message, /ready/, `an endpoint that is not ready is waited for: ${message}`);
  const prefixes = new Set((await toolNames(session)).map((name) => name.split('_')[0]));
  t.strictSame(prefixes, new Set(['Mine', ...good.filter((name) => name !== 'other-prefix')]), 'no other is offered');

  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    namespace: shop,
    name: 'not-ready-by-hand',
  };
  const found = await product.cluster.waitFor(slice, () => true);
  const [endpoint] = found['endpoints'] as object[];
  await product.cluster.client.patch(slice, { endpoints: [{ ...endpoint, conditions: { ready: true } }] });
  await gateway.service(shop, 'not-ready', 'Available');
  t.equal(await callText(session, 'not-ready_echo', { text: 'now' }), 'now', 'once it is ready it is called');
});

productScenario('of two Services that claim one thing the older has it', {}, async (t, product) => {
  const shop = await product.namespace('shop');
  const [gateway] = await Promise.all([
    product.gateway({ namespace: await product.namespace('gateway') }),
    product.server({ namespace: shop, program: 'modern', name: 'dice' }),
  ]);
  const other = await product.namespace('other');
  await product.server({ namespace: other, program: 'modern', name: 'dice' });
  const declared = { annotations: { endpoint: '/mcp/tools/dice' }, app: 'dice' };
  await product.service(shop, 'first', declared);
  // Age counts in seconds.
  await product.cluster.waitFor(
    { apiVersion: 'v1', kind: 'Service', namespace: shop, name: 'first' },
    ({ metadata }) => Date.now() > Date.parse(metadata.creationTimestamp ?? '') + 1_000,
  );
  await product.service(shop, 'second', declared);

  const session = await product.client(gateway.url());
  await gateway.service(shop, 'dice', 'Available');
  const { note } = await gateway.service(other, 'dice', 'Available');
  t.match(note, new RegExp(`The prefix "dice" is taken by the older Service ${shop}/dice`));
  t.equal(await callText(session, 'dice_echo', { text: 'old' }), 'old');
  t.equal(await callText(session, `${other}-dice_echo`, { text: 'young' }), 'young', 'the younger has a longer prefix');
  const second = await gateway.service(shop, 'second', ({ note }) => note !== undefined);
  t.match(second.note, /path \/mcp\/tools\/dice is taken by the older Service .*\/first/);
});
