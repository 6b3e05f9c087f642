/** Installing the product as users do, and what the type of a Gateway refuses and shows. */
import type { Pod } from '../harness/kube-objects.ts';
import { waitUntilReachable } from '../harness/reachable.ts';
import { applyManifests, manifests } from '../product/install.ts';
import { productScenario } from '../product/product-scenario.ts';

/** Specs that the API server must refuse, and what it has to say. */
const refused: readonly [what: string, name: string, spec: Record<string, unknown>, message: RegExp][] = [
  [
    'TLS without a Secret',
    'a',
    { enableTls: true },
    /tlsSecretRef.*enableTls needs tlsSecretRef, the name of the Secret/,
  ],
  ['a Secret without TLS', 'a', { tlsSecretRef: 'x' }, /enableTls.*tlsSecretRef is used only if enableTls is true/],
  ['a long name', 'a'.repeat(51), {}, /the name of a Gateway may have at most 50 characters/],
  ['a dotted name', 'a.b', {}, /the name of a Gateway must be lower-case letters, digits and "-"/],
  ['port 0', 'a', { mcpPort: 0 }, /spec\.mcpPort.*greater than or equal to 1/],
  ['port 70000', 'a', { mcpPort: 70_000 }, /spec\.mcpPort.*less than or equal to 65535/],
  ['a port in words', 'a', { mcpPort: 'http' }, /spec\.mcpPort.*must be of type integer/],
  [
    'an operator without values',
    'a',
    { serviceSelector: { matchExpressions: [{ key: 'team', operator: 'In' }] } },
    /In and NotIn need at least one value/,
  ],
  [
    'an unknown operator',
    'a',
    { namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'Like', values: ['a'] }] } },
    /operator.*Unsupported value: "Like"/,
  ],
  ['no label key', 'a', { serviceSelector: { matchLabels: { 'a b': 'c' } } }, /each key must be a label key/],
  ['a URL without a host', 'a', { publicUrl: 'https://' }, /publicUrl must be an http or https URL with a host/],
  [
    'keys in a header of MCP',
    'a',
    { auth: { methods: [{ apiKey: { secretRef: 'keys', header: 'Mcp-Param-Key' } }] } },
    /methods\[0\]\.apiKey\.header: Invalid value: .*has for something else: name one such as X-API-Key/,
  ],
  [
    'keys in a header of HTTP',
    'a',
    { auth: { methods: [{ apiKey: { secretRef: 'keys', header: 'authorization' } }] } },
    /methods\[0\]\.apiKey\.header: Invalid value: .*has for something else/,
  ],
  [
    'a rule for callers of an unknown kind, which would be one for everyone',
    'a',
    { auth: { methods: [{ anonymous: {} }], rules: [{ name: 'a', from: [{ user: ['ada'] }] }] } },
    /rules\[0\]\.from\[0\].*should have at least 1 properties/,
  ],
  [
    'a rule with an effect that there is not',
    'a',
    { auth: { methods: [{ anonymous: {} }], rules: [{ name: 'a', effect: 'deny' }] } },
    /rules\[0\]\.effect.*Unsupported value: "deny"/,
  ],
  ['no way to say who one is', 'a', { auth: { methods: [] } }, /auth\.methods.*should have at least 1 items/],
  [
    'two ways in one',
    'a',
    { auth: { methods: [{ anonymous: {}, jwt: { issuer: 'https://a.example' } }] } },
    /exactly one of/,
  ],
  [
    'API keys in two ways',
    'a',
    { auth: { methods: [{ apiKey: { secretRef: 'a' } }, { apiKey: { secretRef: 'b' } }] } },
    /each method but jwt may stand once/,
  ],
  [
    'one issuer twice',
    'a',
    { auth: { methods: [{ jwt: { issuer: 'https://a.example' } }, { jwt: { issuer: 'https://a.example' } }] } },
    /each issuer may stand once/,
  ],
  ['client certificates without a CA', 'a', { auth: { methods: [{ clientCertificate: {} }] } }, /clientCaSecretRef/],
  [
    'more than 500 rules',
    'a',
    { auth: { methods: [{ anonymous: {} }], rules: Array.from({ length: 501 }, (_, i) => ({ name: `r${i}` })) } },
    /at most 500 rules are taken/,
  ],
  ['a limit of nothing', 'a', { limits: { perTool: { burst: 2 } } }, /limits\.perTool\.requests: Required value/],
  ['fewer than no replicas', 'a', { replicas: -1 }, /spec\.replicas.*greater than or equal to 0/],
  ['no quantity', 'a', { resources: { limits: { memory: 'much' } } }, /spec\.resources\.limits\.memory/],
];

productScenario('the manifests install as they are, and again without a change', {}, async (t, product) => {
  const { cluster } = product;
  await applyManifests(cluster);
  // It fails if there is a difference. (`kubectl apply` calls every PodDisruptionBudget configured, changed or not.)
  t.equal(await cluster.kubectl('diff', '-k', manifests), '', 'a second time changes nothing');
  const namespace = await cluster.client.get({ apiVersion: 'v1', kind: 'Namespace', name: 'fetchfy-system' });
  t.equal(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
  const pods = await cluster.client.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'fetchfy-system' });
  const running = pods.filter(({ status }) => status?.containerStatuses?.every(({ ready }) => ready));
  t.ok(running.length >= 2, 'both replicas of the hooks run in a namespace that admits only restricted pods');
});

productScenario('the type of a Gateway refuses bad specs in words', {}, async (t, product) => {
  const namespace = await product.namespace('specs');
  for (const [what, name, spec, message] of refused) {
    const gateway = {
      apiVersion: 'gateways.fetchfy.ai/v1alpha1',
      kind: 'Gateway',
      metadata: { namespace, name },
      spec,
    };
    await t.rejects(product.cluster.client.create(gateway), { message }, what);
  }
});

productScenario('kubectl explains, lists, waits for and scales a Gateway', {}, async (t, product) => {
  const { cluster } = product;
  t.match(await cluster.kubectl('explain', 'mcpgw.spec.mcpPort'), /The port of the gateway's Service/);
  const undocumented = (await cluster.kubectl('explain', 'mcpgw.spec', '--recursive')).match(/<empty>/g) ?? [];
  t.strictSame(undocumented, []);

  const namespace = await product.namespace('gateway');
  const gateway = await product.gateway({ namespace });
  const [header = '', row = ''] = (await cluster.kubectl('get', 'mcpgw', '-n', namespace)).split('\n');
  t.strictSame(header.split(/\s+/).filter(Boolean), ['NAME', 'READY', 'ADDRESS', 'PROTECTED', 'SERVICES', 'AGE']);
  t.match(row, new RegExp(String.raw`^main\s+True\s+http://main-mcp\.${namespace}\.svc:8080/mcp\s+False\s+0\s`));
  t.match(await cluster.kubectl('get', 'fetchfy', '-n', namespace), /main/, 'the category lists it too');

  // Each wait must last until the edit is served, not only until the status is true of what was before.
  await gateway.edit({ mcpPort: 9000 });
  await gateway.untilReady();
  // Kubernetes' own proxies hear of a Service's port a moment later.
  await waitUntilReachable(cluster, namespace, new URL(gateway.url()).hostname, 9000);
  const client = await product.client(gateway.url('', { port: 9000 }));
  t.strictSame((await client.listTools()).tools, [], 'a changed port answers');

  await gateway.edit({ resources: { requests: { cpu: '150m', memory: '131072Ki' }, limits: { memory: '1024Mi' } } });
  await gateway.untilReady();
  const requests = async () => {
    const pods = await cluster.client.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace });
    const staying = pods.filter(({ metadata, status }) => !metadata.deletionTimestamp && status?.phase === 'Running');
    return staying.map(({ spec }) => (spec.containers[0] as { resources?: { requests?: object } }).resources?.requests);
  };
  t.strictSame(await requests(), [{ cpu: '150m', memory: '128Mi' }], 'changed resources are those of all pods');

  await gateway.edit({ replicas: 2 });
  await gateway.untilReady();
  t.equal((await gateway.waitFor(({ status }) => status?.replicas === 2)).status?.replicas, 2);
  await gateway.condition('Progressing', 'False', /All 2 replicas/, { deadlineMs: 60_000 });

  await cluster.kubectl('scale', 'mcpgw/main', '--replicas=1', '-n', namespace);
  const path = `/apis/gateways.fetchfy.ai/v1alpha1/namespaces/${namespace}/gateways/main/scale`;
  await gateway.waitFor(({ status }) => status?.replicas === 1);
  const scale = JSON.parse(await cluster.kubectl('get', '--raw', path)) as { spec: object; status: object };
  t.match(scale, { spec: { replicas: 1 }, status: { replicas: 1 } });
  const { selector } = scale.status as { selector: string };
  const selected = await cluster.client.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector: selector });
  t.ok(selected.length > 0, `the scale's selector ${selector} selects the pods, as an autoscaler needs it`);
});
