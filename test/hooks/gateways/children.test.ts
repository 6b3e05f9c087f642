import t from 'tap';
import { desiredChildren } from '../../../hooks/gateways/children.ts';
import type { GatewaySpec } from '../../../hooks/gateways/gateway.ts';
import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';
import { IMAGE, settledChildren, syncOf } from '../support/gateway-sync.ts';
import { gateway } from '../support/objects.ts';
import { asChild } from '../support/ownership.ts';

function child(kind: string, name: string, spec: GatewaySpec = {}) {
  const found = desiredChildren(gateway(spec), IMAGE).find(
    (candidate) => candidate.kind === kind && candidate.metadata.name === name,
  );
  return found as KubernetesObject & Record<string, unknown>;
}

interface PodTemplate {
  template: {
    spec: {
      containers: { env: { name: string; value: string }[]; volumeMounts: { name: string }[] }[];
      volumes: { name: string }[];
    };
  };
}
function pod(spec: GatewaySpec = {}) {
  const { template } = child('Deployment', 'main-mcp', spec)['spec'] as PodTemplate;
  const [container] = template.spec.containers;
  return {
    env: Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value])),
    mounts: (container?.volumeMounts ?? []).map(({ name }) => name),
    volumes: template.spec.volumes.map(({ name }) => name),
    spec: template.spec,
  };
}

t.test('the children have the names that never change', async (t) => {
  t.strictSame(
    desiredChildren(gateway(), IMAGE).map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
    [
      'ServiceAccount tools/main-mcp',
      'Role tools/main-mcp',
      'RoleBinding tools/main-mcp',
      'Deployment tools/main-mcp',
      'Service tools/main-mcp',
      'Service tools/main-peers',
      'PodDisruptionBudget tools/main-mcp',
      'NetworkPolicy tools/main-mcp',
    ],
  );
});

t.test("a gateway may read its own registry's ConfigMaps by name, and nothing else", async (t) => {
  const rules = child('Role', 'main-mcp')['rules'] as {
    resourceNames: string[];
    verbs: string[];
    resources: string[];
  }[];
  t.strictSame(
    rules.map(({ resources, resourceNames, verbs }) => [resources, resourceNames.length, verbs]),
    [
      [['configmaps'], 1, ['get', 'list', 'watch']],
      [['configmaps'], 64, ['get']],
    ],
  );
  t.ok(rules.flatMap(({ resourceNames }) => resourceNames).every((name) => /^main-registry(-\d+)?$/.test(name)));
});

t.test('replicas that the Gateway does not name are left to whoever scales the Deployment', async (t) => {
  t.notOk('replicas' in (child('Deployment', 'main-mcp')['spec'] as object));
  t.match(child('Deployment', 'main-mcp', { replicas: 0 }), { spec: { replicas: 0 } });
});

t.test('the type of the Service is left to the user', async (t) => {
  t.notOk('type' in (child('Service', 'main-mcp')['spec'] as object));
});

t.test('TLS mounts its Secret; asked for without one, it is never served without', async (t) => {
  t.strictSame([pod().env['FETCHFY_TLS_DIR'], pod().mounts], [undefined, ['api-access', 'cache', 'keys']]);
  const secure = pod({ enableTls: true, tlsSecretRef: 'certificate' });
  t.strictSame(
    [secure.env['FETCHFY_TLS_DIR'], secure.mounts],
    ['/etc/fetchfy/tls', ['api-access', 'cache', 'keys', 'tls']],
  );
  const broken = pod({ enableTls: true });
  t.strictSame([broken.env['FETCHFY_TLS_DIR'], broken.volumes], ['/etc/fetchfy/tls', ['api-access', 'cache', 'keys']]);
});

/** The fields for which pods are made anew. */
type OfPods =
  | 'enableTls'
  | 'tlsSecretRef'
  | 'clientCaSecretRef'
  | 'caConfigMapRef'
  | 'credentialsSecretRef'
  | 'resources'
  | 'imagePullSecrets'
  | 'nodeSelector'
  | 'tolerations';

t.test('an edit of the Gateway that does not concern the pods leaves their template as it is', async (t) => {
  const template = (generation: number, spec: GatewaySpec) => {
    const [deployment] = desiredChildren(gateway(spec, { generation }), IMAGE).filter(
      ({ kind }) => kind === 'Deployment',
    );
    return (deployment as unknown as { spec: PodTemplate }).spec.template;
  };
  // All but what pods mount, and what they run with.
  const edit: Required<Omit<GatewaySpec, OfPods>> = {
    serviceSelector: { matchLabels: { a: 'b' } },
    namespaceSelector: { matchLabels: { team: 'a' } },
    mcpPort: 80,
    replicas: 4,
    hosts: ['mcp.example.com'],
    publicUrl: 'https://mcp.example.com',
    externalNames: ['*.example.com'],
    auth: {
      methods: [{ jwt: { issuer: 'https://issuer.example.com' } }, { serviceAccount: {} }, { anonymous: {} }],
      rules: [{ name: 'a', effect: 'Deny', from: [{ groups: ['g'] }], to: [{ tools: ['t'] }] }],
    },
    cors: { allowOrigins: ['https://app.example.com'] },
    limits: { perPrincipal: { requests: 1 }, concurrentPerServer: 8 },
    toolPolicy: 'Enforce',
    audit: { mode: 'All', arguments: true },
  };
  t.strictSame(template(2, edit), template(1, {}));
});

t.test('a quantity that is none is left out and told, and the rest stands', async (t) => {
  const bad = gateway({ resources: { requests: { cpu: 'lots', memory: '1024Mi' } } });
  const { status, children } = syncOf({ gateway: bad });
  t.match(
    children.find(({ kind }) => kind === 'Deployment'),
    { spec: { template: { spec: { containers: [{ resources: { requests: { cpu: undefined, memory: '1Gi' } } }] } } } },
  );
  t.equal(status.conditions[0]?.message, 'spec.resources.requests.cpu is "lots": that is no quantity.');
});

t.test('a child that was released because it lost its label is named, not made again', async (t) => {
  const children = settledChildren(gateway());
  const role = children.find(({ kind }) => kind === 'Role');
  const released = { ...role, metadata: { ...role?.metadata, labels: {}, ownerReferences: [] } } as KubernetesObject;
  const found = syncOf({ children: children.filter((child) => child !== role), related: [released] });
  t.notOk(found.children.some(({ kind }) => kind === 'Role'));
  t.match(found.status.conditions[0], { reason: 'NameConflict', message: /^Role tools\/main-mcp / });
});

t.test('a child that was made a moment ago is ours, though not yet among the children', async (t) => {
  const made = asChild(child('Role', 'main-mcp'), gateway());
  const { status, children } = syncOf({ related: [made] });
  t.equal(children.length, 8);
  t.equal(status.conditions[0]?.reason, 'GatewayAccepted');
});
