import t from 'tap';
import type { ServiceType } from '../../gateway/contract/registry-document.ts';
import { entry } from '../support/registry-parts.ts';
import { condition, published, report, settledChildren, syncOf } from './support/gateway-sync.ts';
import { gateway, service, slice } from './support/objects.ts';
import { asAttachment } from './support/ownership.ts';
import { onlyEntry, onlyRejection, registryOf } from './support/registry.ts';

/** Everything that people get wrong, with the sentence that they are told. Beside each a healthy Service is unharmed. */

const healthy = [service('healthy'), slice('healthy')];
const ports = [
  { name: 'http', port: 80 },
  { name: 'metrics', port: 9090 },
];

interface Rejection {
  readonly given: ReturnType<typeof service>;
  /** tool if absent. */
  readonly type?: ServiceType;
  readonly reason: string;
  readonly message: string;
}

const rejections: Record<string, Rejection> = {
  'a port that the Service does not have': {
    given: service('weather', { annotations: { port: 'mpc' }, spec: { ports } }),
    reason: 'NoSuchPort',
    message:
      'The annotation mcp.fetchfy.ai/port is "mpc", but the Service has no such TCP port; it has: http 80, metrics 9090.',
  },
  'several ports of which none is said to speak MCP': {
    given: service('weather', { spec: { ports } }),
    reason: 'AmbiguousPort',
    message:
      'The Service has several ports (http 80, metrics 9090) and none is named "mcp": name the one that speaks MCP so, or set the annotation mcp.fetchfy.ai/port to its name or number.',
  },
  'no TCP port': {
    given: service('weather', { spec: { ports: [{ port: 53, protocol: 'UDP' }] } }),
    reason: 'NoPort',
    message: 'The Service has no TCP port: add the port that speaks MCP to spec.ports.',
  },
  'an unknown type': {
    given: service('weather', { annotations: { type: 'tools' } }),
    reason: 'UnknownType',
    message: 'The annotation mcp.fetchfy.ai/type is "tools": it must be "tool" or "agent".',
  },
  'an unknown protocol': {
    given: service('weather', { annotations: { type: 'agent', protocol: 'A2A' } }),
    type: 'agent',
    reason: 'UnknownProtocol',
    message: 'The annotation mcp.fetchfy.ai/protocol is "A2A": it must be "mcp", "a2a" or "auto".',
  },
  'a tool server that is said to speak A2A': {
    given: service('weather', { annotations: { protocol: 'a2a' } }),
    reason: 'UnknownProtocol',
    message:
      'The annotation mcp.fetchfy.ai/protocol is "a2a", but only agents (mcp.fetchfy.ai/type: agent) speak A2A: set that type, or remove the annotation.',
  },
  'a tool server that is said to speak A2A or MCP': {
    given: service('weather', { annotations: { type: 'tool', protocol: 'auto' } }),
    reason: 'UnknownProtocol',
    message:
      'The annotation mcp.fetchfy.ai/protocol is "auto", but only agents (mcp.fetchfy.ai/type: agent) speak A2A: set that type, or remove the annotation.',
  },
  "an A2A agent's endpoint that is no path": {
    given: service('weather', { annotations: { type: 'agent', protocol: 'a2a', endpoint: 'https://elsewhere' } }),
    type: 'agent',
    reason: 'InvalidEndpoint',
    message:
      'The annotation mcp.fetchfy.ai/endpoint is "https://elsewhere": it must be the path below which the agent\'s card lies on the Service, such as "/", without host, query or "..".',
  },
  'an endpoint that is no path': {
    given: service('weather', { annotations: { endpoint: 'http://elsewhere/mcp' } }),
    reason: 'InvalidEndpoint',
    message:
      'The annotation mcp.fetchfy.ai/endpoint is "http://elsewhere/mcp": it must be the path of the MCP endpoint on the Service, such as "/mcp", without host, query or "..".',
  },
  'a timeout that is no duration': {
    given: service('weather', { annotations: { timeout: '30' } }),
    reason: 'InvalidTimeout',
    message:
      'The annotation mcp.fetchfy.ai/timeout is "30": it must be a duration of more than 0 and at most 24h, such as "30s", "1m30s" or "500ms".',
  },
  'a prefix that cannot be part of a name': {
    given: service('weather', { annotations: { prefix: 'my weather' } }),
    reason: 'InvalidPrefix',
    message: 'The annotation mcp.fetchfy.ai/prefix is "my weather": it must be 1 to 32 letters, digits and "-".',
  },
  'an unknown route': {
    given: service('weather', { annotations: { route: 'mesh' } }),
    reason: 'InvalidRoute',
    message: 'The annotation mcp.fetchfy.ai/route is "mesh": it must be "endpoints" or "service".',
  },
  'an unknown scheme': {
    given: service('weather', { annotations: { scheme: 'tls' } }),
    reason: 'InvalidScheme',
    message: 'The annotation mcp.fetchfy.ai/scheme is "tls": it must be "http" or "https".',
  },
  'a description that is too long': {
    given: service('weather', { annotations: { description: 'ä'.repeat(257) } }),
    reason: 'FieldTooLong',
    message: 'The annotation mcp.fetchfy.ai/description has 514 bytes: it may have at most 512.',
  },
  'a version that is too long': {
    given: service('weather', { annotations: { version: '1'.repeat(65) } }),
    reason: 'FieldTooLong',
    message: 'The annotation mcp.fetchfy.ai/version has 65 bytes: it may have at most 64.',
  },
  'an endpoint that is too long': {
    given: service('weather', { annotations: { endpoint: `/${'a'.repeat(256)}` } }),
    reason: 'FieldTooLong',
    message: 'The annotation mcp.fetchfy.ai/endpoint has 257 bytes: it may have at most 256.',
  },
  'an external name that the Gateway does not allow': {
    given: service('weather', { spec: { type: 'ExternalName', externalName: 'api.example.com' } }),
    reason: 'ExternalNameNotAllowed',
    message:
      'The Service points to "api.example.com", which no pattern in the Gateway\'s spec.externalNames allows: add it there.',
  },
  'an external name that is the machine itself': {
    given: service('weather', { spec: { type: 'ExternalName', externalName: 'localhost' } }),
    reason: 'ExternalNameNotAllowed',
    message:
      'The Service points to "localhost", which is the gateway\'s own machine: that is allowed in local mode only.',
  },
  'a Service that belongs to a Gateway': {
    given: service('weather', { spec: { selector: { 'app.kubernetes.io/name': 'fetchfy-gateway' } } }),
    reason: 'BelongsToGateway',
    message: 'The Service belongs to a Gateway: served by one, calls would go in circles.',
  },
};

for (const [name, { given, type = 'tool', reason, message }] of Object.entries(rejections)) {
  t.test(`${name} is rejected alone`, async (t) => {
    const related = [...healthy, given, slice('weather')];
    t.strictSame(onlyRejection(related), { namespace: 'shop', name: 'weather', type, reason, message });
    t.strictSame(
      registryOf(related).services.map((entry) => entry.name),
      ['healthy'],
    );
  });
}

t.test('no ready endpoints: the Service is there, and pending', async (t) => {
  const unready = { addresses: ['10.0.0.9'], conditions: { ready: false } };
  const found = onlyEntry([service('weather'), slice('weather', { endpoints: [unready] })]);
  t.strictSame([found.targets, found.pending], [[], 'Its only endpoint is not ready.']);
});

t.test('a clash of prefixes: the older Service keeps it, the younger is renamed and told', async (t) => {
  const { services, rejected } = registryOf([
    service('a', { created: '2026-02-01T00:00:00Z', annotations: { prefix: 'sky' } }),
    service('z', { created: '2026-01-01T00:00:00Z', annotations: { prefix: 'sky' } }),
  ]);
  t.strictSame(rejected, []);
  t.strictSame(
    services.map(({ name, prefix, note }) => ({ name, prefix, note })),
    [
      {
        name: 'a',
        prefix: 'shop-a',
        note: 'The prefix "sky" is taken by the older Service shop/z: the tools of this one are named "shop-a_…".',
      },
      { name: 'z', prefix: 'sky', note: undefined },
    ],
  );
});

t.test('two Services that declare one endpoint: the older has it, the younger is told', async (t) => {
  const { services } = registryOf([
    service('a', { created: '2026-02-01T00:00:00Z', annotations: { endpoint: '/mcp/tools/sky' } }),
    service('z', { created: '2026-01-01T00:00:00Z', annotations: { endpoint: '/mcp/tools/sky' } }),
  ]);
  t.strictSame(
    services.map(({ name, alias, note }) => ({ name, alias, note })),
    [
      {
        name: 'a',
        alias: undefined,
        note: "The gateway's path /mcp/tools/sky is taken by the older Service shop/z, which declares it too; this one is served at /mcp/shop/a.",
      },
      { name: 'z', alias: '/mcp/tools/sky', note: undefined },
    ],
  );
});

t.test('an invalid selector is told on the Gateway, and its registry stays as it was', async (t) => {
  const bad = gateway({ serviceSelector: { matchExpressions: [{ key: 'mcp', operator: 'In' }] } });
  const message = 'spec.serviceSelector.matchExpressions[0]: operator In needs at least one value.';
  const { configMaps } = published(bad, { services: [entry('kept')] });
  const { status } = syncOf({ gateway: bad, children: settledChildren(bad), related: configMaps });
  t.match(condition(status, 'Accepted'), { status: 'False', reason: 'ConfigurationError', message });
  t.match(condition(status, 'Available'), { status: 'False', reason: 'ConfigurationError', message });
  t.match(condition(status, 'Ready'), { status: 'True' }, 'what was served still is');
  t.strictSame(
    registryOf([], { gateway: bad, attachments: configMaps }).services.map(({ name }) => name),
    ['kept'],
  );
});

t.test('a Gateway whose name is too long has no children, and is told', async (t) => {
  const { status, children } = syncOf({ gateway: gateway({}, { name: 'a'.repeat(51) }) });
  t.strictSame(children, []);
  t.match(condition(status, 'Accepted'), {
    status: 'False',
    reason: 'ConfigurationError',
    message: 'metadata.name has 51 characters: at most 50 leave room for the names of what belongs to the Gateway.',
  });
});

t.test('a TLS Secret that is missing or broken is told as the replica found it', async (t) => {
  const secure = gateway({ enableTls: true, tlsSecretRef: 'certificate' });
  const children = settledChildren(secure).map((child) =>
    child.kind === 'Deployment'
      ? { ...child, status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1 } }
      : child,
  );
  const error = 'There is no tls.crt in the Secret.';
  const { status } = syncOf({ gateway: secure, children, reports: [report(null, [], { tls: { error } })] });
  t.match(condition(status, 'Ready'), {
    status: 'False',
    reason: 'GatewayNotReady',
    message: 'Gateway is not ready: There is no tls.crt in the Secret.',
  });
});

t.test('TLS that is asked for without a Secret, or a Secret without TLS, is told', async (t) => {
  const message = (spec: Parameters<typeof gateway>[0]) =>
    condition(syncOf({ gateway: gateway(spec) }).status, 'Accepted').message;
  t.equal(
    message({ enableTls: true }),
    'spec.enableTls is set, but spec.tlsSecretRef does not name the Secret with the certificate.',
  );
  t.equal(
    message({ tlsSecretRef: 'certificate' }),
    'spec.tlsSecretRef names a Secret, but spec.enableTls is not set: set it, or remove the Secret.',
  );
});

t.test('names that are taken: what stands there is left alone and named, the rest is made', async (t) => {
  const taken = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'main-mcp', namespace: 'tools', uid: 'theirs' },
  };
  const { status, children } = syncOf({ related: [taken] });
  t.notOk(children.some(({ kind, metadata }) => kind === 'Service' && metadata.name === 'main-mcp'));
  t.equal(children.length, 7);
  t.match(condition(status, 'Accepted'), {
    status: 'False',
    reason: 'NameConflict',
    message: "Service tools/main-mcp is not this Gateway's and is left as it is: rename it, or the Gateway.",
  });
});

t.test('a registry ConfigMap that lost its owner is named', async (t) => {
  const { configMaps } = published(gateway());
  const orphaned = configMaps.map((configMap) =>
    configMap.metadata.name === 'main-registry-0'
      ? { ...configMap, metadata: { ...configMap.metadata, ownerReferences: [] } }
      : configMap,
  );
  const { status } = syncOf({ children: settledChildren(gateway()), related: orphaned });
  t.match(condition(status, 'Accepted'), {
    status: 'False',
    reason: 'NameConflict',
    message:
      'ConfigMap tools/main-registry-0 was made for this Gateway but has lost its owner reference, label or annotation, and is no longer kept up to date: delete it, and it is made anew.',
  });
});

t.test("someone else's ConfigMap under a name of the registry is named, and never written", async (t) => {
  const theirs = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'main-registry', namespace: 'tools' } };
  const { status } = syncOf({ related: [theirs] });
  t.equal(
    condition(status, 'Accepted').message,
    "ConfigMap tools/main-registry is not this Gateway's and is left as it is: rename it, or the Gateway.",
  );
  t.throws(() => registryOf([theirs]), 'the index is left out');
  const remains = asAttachment(theirs, gateway({}, { uid: 'an earlier one' }));
  t.equal(
    condition(syncOf({ related: [remains] }).status, 'Accepted').message,
    'ConfigMap tools/main-registry belongs to an earlier Gateway of this name and is being collected.',
  );
});
