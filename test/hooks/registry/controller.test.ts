import t from 'tap';
import { customizeRegistry, syncRegistry } from '../../../hooks/registry/controller.ts';
import type { ConfigMap } from '../../../hooks/registry/config-maps.ts';
import { gateway, service, slice } from '../support/objects.ts';
import { asAttachment } from '../support/ownership.ts';
import { documentIn, onlyEntry, onlyRejection, registryOf, registryRequest } from '../support/registry.ts';

t.test('customize answers any object, also one without a spec', async (t) => {
  const { relatedResources } = customizeRegistry({
    apiVersion: 'gateways.fetchfy.ai/v1alpha1',
    kind: 'Gateway',
    metadata: { name: 'x'.repeat(300) },
  });
  t.match(relatedResources[0], { resource: 'services', labelSelector: { matchLabels: { 'mcp-enabled': 'true' } } });
});

t.test('an empty selector, which would select everything, selects nothing', async (t) => {
  const { relatedResources } = customizeRegistry(gateway({ serviceSelector: { matchLabels: {} } }));
  t.strictSame(
    relatedResources.map(({ resource }) => resource),
    ['configmaps'],
  );
});

t.test('Services of one name in two namespaces have endpoints of their own', async (t) => {
  const { services } = registryOf([
    service('search', { namespace: 'a' }),
    service('search', { namespace: 'b' }),
    slice('search', { namespace: 'a', endpoints: ['10.0.0.1'] }),
    slice('search', { namespace: 'b', endpoints: ['10.0.0.2'] }),
  ]);
  t.strictSame(
    services.map(({ namespace, targets }) => [namespace, ...targets]),
    [
      ['a', '10.0.0.1:8080'],
      ['b', '10.0.0.2:8080'],
    ],
  );
});

t.test('a Service that is being deleted is not served', async (t) => {
  const leaving = service('weather', { metadata: { deletionTimestamp: '2026-05-01T00:00:00Z' } });
  t.strictSame(registryOf([leaving, slice('weather')]).services, []);
});

t.test('a Service that a Gateway owns is never served, whatever its labels', async (t) => {
  for (const apiVersion of ['gateways.fetchfy.ai/v1alpha1', 'gateways.fetchfy.ai/v2']) {
    const ownerReferences = [{ apiVersion, kind: 'Gateway', name: 'other', uid: 'other' }];
    t.equal(onlyRejection([service('other-mcp', { metadata: { ownerReferences } })]).reason, 'BelongsToGateway');
  }
  const ownerReferences = [
    { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', name: 'other', uid: 'other' },
  ];
  t.ok(onlyEntry([service('envoy', { metadata: { ownerReferences } })]), 'a Gateway of the Gateway API is no concern');
});

t.test('local mode serves what listens on this machine', async (t) => {
  const local = service('dice', { spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port: 8091 }] } });
  t.match(onlyEntry([local], { allowLoopback: true }), { host: 'localhost:8091', targets: ['localhost:8091'] });
});

t.test('a Service that exists only as metadata is rejected, and breaks nothing', async (t) => {
  const bare = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'bare', namespace: 'shop' } };
  t.equal(onlyRejection([bare, service('weather'), slice('weather')]).reason, 'NoPort');
});

t.test('route "service" dials the name, but only while an endpoint is ready', async (t) => {
  const meshed = service('weather', { annotations: { route: 'service' } });
  t.strictSame(onlyEntry([meshed, slice('weather')]).targets, ['weather.shop.svc:80']);
  const waiting = onlyEntry([meshed]);
  t.strictSame(waiting.targets, []);
  t.ok(waiting.pending);
});

t.test('the entry of an agent says what it may speak, that of a tool server is as ever', async (t) => {
  const protocolOf = (annotations: Record<string, string>) => {
    const { type, protocol, path } = onlyEntry([service('weather', { annotations }), slice('weather')]);
    return [type, protocol, path];
  };
  t.strictSame(protocolOf({ type: 'agent' }), ['agent', 'auto', '/mcp']);
  t.strictSame(protocolOf({ type: 'agent', protocol: 'a2a' }), ['agent', 'a2a', '/']);
  t.strictSame(protocolOf({ type: 'agent', protocol: 'mcp' }), ['agent', undefined, '/mcp']);
  const bytes = (annotations: Record<string, string>) =>
    JSON.stringify(registryOf([service('weather', { annotations })]));
  t.equal(bytes({ protocol: 'mcp' }), bytes({}));
  t.notMatch(bytes({}), 'protocol');
});

t.test('many endpoints are noted', async (t) => {
  const endpoints = Array.from({ length: 65 }, (_, number) => `10.0.1.${number}`);
  const found = onlyEntry([service('weather'), slice('weather', { endpoints })]);
  t.equal(found.targets.length, 64);
  t.match(found.note, /^Of 65 ready endpoints the gateway uses the first 64;/);
});

t.test('the index tells the generation and the policy that it is made from', async (t) => {
  const parent = gateway({ hosts: ['a.example.com'], publicUrl: 'https://a.example.com' }, { generation: 9 });
  const { attachments } = syncRegistry(registryRequest([], { gateway: parent }), { allowLoopback: false });
  const [index] = attachments as readonly ConfigMap[];
  t.match(JSON.parse(index?.data?.['index.json'] ?? ''), {
    generation: 9,
    policy: { hosts: ['a.example.com'], publicUrl: 'https://a.example.com' },
  });
});

t.test('with an invalid spec and no registry yet, an empty one is published', async (t) => {
  const bad = gateway({ externalNames: ['http://x'] });
  const response = syncRegistry(registryRequest([], { gateway: bad }), { allowLoopback: false });
  t.strictSame(documentIn(response, 'main').services, []);
});

t.test('a ConfigMap that lost its annotation is left out: Metacontroller would not update it', async (t) => {
  const made = asAttachment(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'main-registry', namespace: 'tools' } },
    gateway(),
  );
  const lost = { ...made, metadata: { ...made.metadata, annotations: {} } };
  const names = (related: readonly (typeof made)[]) =>
    syncRegistry(registryRequest(related), { allowLoopback: false }).attachments.map(({ metadata }) => metadata.name);
  t.strictSame(names([lost]), ['main-registry-0']);
  t.strictSame(names([made]), ['main-registry', 'main-registry-0'], 'made a moment ago, not yet among the attachments');
});

t.test('a Service that speaks HTTPS says so in its entry', async (t) => {
  t.notMatch(onlyEntry([service('weather'), slice('weather')]), { scheme: /./ });
  const declared = service('weather', { annotations: { scheme: 'https' } });
  t.match(onlyEntry([declared, slice('weather')]), { scheme: 'https', host: 'weather.shop.svc:80' });
  const secure = service('weather', { spec: { ports: [{ port: 443, appProtocol: 'https' }] } });
  t.match(onlyEntry([secure, slice('weather')]), { scheme: 'https', host: 'weather.shop.svc:443' });
});

t.test("the document names the API server's addresses, by its own EndpointSlice alone", async (t) => {
  const ports = [{ name: 'https', port: 6443, protocol: 'TCP' }];
  const own = slice('kubernetes', {
    namespace: 'default',
    name: 'kubernetes',
    ports,
    endpoints: ['10.1.0.2', '10.1.0.1'],
  });
  const forged = slice('kubernetes', { namespace: 'default', name: 'forged', ports, endpoints: ['10.0.0.9'] });
  t.strictSame(registryOf([own, forged]).policy.apiServers, ['10.1.0.1:6443', '10.1.0.2:6443']);
  t.equal(registryOf([slice('kubernetes', { ports })]).policy.apiServers, undefined, 'of another namespace');
  const six = slice('kubernetes', { namespace: 'default', name: 'kubernetes', ports, endpoints: ['fd00::1'] });
  t.strictSame(registryOf([six]).policy.apiServers, ['[fd00::1]:6443']);
  const { relatedResources } = customizeRegistry(gateway());
  t.ok(relatedResources.some(({ namespace, names }) => namespace === 'default' && names?.[0] === 'kubernetes'));
});
