import t from 'tap';
import type { Condition } from '../../../hooks/gateways/conditions.ts';
import type { GatewayStatus } from '../../../hooks/gateways/status.ts';
import { entry } from '../../support/registry-parts.ts';
import {
  condition,
  published,
  report,
  rolledOut,
  serviceReport,
  settledChildren,
  syncOf,
} from '../support/gateway-sync.ts';
import { gateway } from '../support/objects.ts';

const plain = gateway();
const registry = published(plain, { services: [entry('a')] });
const settled = { children: settledChildren(plain), related: registry.configMaps };
const upToDate = report(registry.revision, [serviceReport('a')]);

function readyOf(options: Parameters<typeof syncOf>[0]): Condition {
  return condition(syncOf(options).status, 'Ready');
}

/** The children of a Gateway, its Deployment with this status. */
function childrenWith(status: object, parent = plain) {
  return settledChildren(parent).map((child) => (child.kind === 'Deployment' ? rolledOut(child, 1, status) : child));
}

t.test('a Gateway that is rolled out and serves its registry is ready', async (t) => {
  const { status } = syncOf({ ...settled, reports: [upToDate] });
  t.match(condition(status, 'Ready'), {
    status: 'True',
    reason: 'GatewayReady',
    message: 'Gateway is ready with 1 services',
    observedGeneration: 1,
  });
  t.match(condition(status, 'Progressing'), { status: 'False', reason: 'RolledOut' });
  t.match(condition(status, 'Accepted'), { status: 'True', reason: 'GatewayAccepted' });
  t.match(condition(status, 'Available'), { status: 'True', reason: 'GatewayConfigured' });
  t.match(status, { serviceCount: 1, registryRevision: registry.revision, replicas: 1 });
});

t.test('of the Services that are served, the agents are counted', async (t) => {
  const agents = [
    entry('b', { type: 'agent', protocol: 'auto' }),
    entry('c', { type: 'agent', protocol: 'a2a', path: '/' }),
    entry('d', { type: 'agent' }),
  ];
  const rejected = [{ namespace: 'shop', name: 'e', type: 'agent' as const, reason: 'NoPort', message: 'No port.' }];
  const related = published(plain, { services: [entry('a'), ...agents], rejected }).configMaps;
  const { status } = syncOf({ ...settled, related });
  t.match(status, { serviceCount: 4, agentCount: 3 });
  t.equal(syncOf(settled).status.agentCount, 0);
  t.equal(syncOf({}).status.agentCount, 0, 'there is no registry yet');
  const parent = { ...plain, status: status as unknown as Record<string, unknown> };
  t.match(syncOf({ gateway: parent }).status, { serviceCount: 4, agentCount: 3 }, 'none that can be read right now');
});

t.test('the address follows port and TLS', async (t) => {
  const address = (spec: Parameters<typeof gateway>[0]) => syncOf({ gateway: gateway(spec) }).status.address;
  t.equal(address({ mcpPort: 80 }), 'http://main-mcp.tools.svc:80/mcp');
  t.equal(address({ mcpPort: 443, enableTls: true, tlsSecretRef: 'x' }), 'https://main-mcp.tools.svc:443/mcp');
});

t.test('a transition time moves only with the status of its condition', async (t) => {
  const first = syncOf({ ...settled, reports: [upToDate], now: '2026-01-01T00:00:00Z' }).status;
  const parent = { ...plain, status: first as unknown as Record<string, unknown> };
  const later = syncOf({ ...settled, gateway: parent, reports: [upToDate], now: '2026-01-02T00:00:00Z' }).status;
  t.strictSame(later, first);
  const down = syncOf({
    ...settled,
    gateway: parent,
    children: childrenWith({ availableReplicas: 0 }),
    now: '2026-01-03T00:00:00Z',
  });
  t.equal(condition(down.status, 'Ready').lastTransitionTime, '2026-01-03T00:00:00Z');
  t.equal(condition(down.status, 'Accepted').lastTransitionTime, '2026-01-01T00:00:00Z');
});

t.test('a missing report changes nothing', async (t) => {
  const first = syncOf({ ...settled, reports: [upToDate] }).status;
  const parent = { ...plain, status: first as unknown as Record<string, unknown> };
  t.strictSame(
    syncOf({ ...settled, gateway: parent, reports: [undefined], now: '2027-01-01T00:00:00Z' }).status,
    first,
  );
});

t.test('a registry whose parts do not belong together changes nothing', async (t) => {
  const first = syncOf({ ...settled, reports: [upToDate] }).status;
  const parent = { ...plain, status: first as unknown as Record<string, unknown> };
  const other = published(plain, { services: [entry('a'), entry('b')] }).configMaps;
  const [index] = other;
  const mixed = registry.configMaps.map((configMap) =>
    configMap.metadata.name === 'main-registry' && index ? index : configMap,
  );
  t.strictSame(syncOf({ ...settled, gateway: parent, related: mixed, reports: [upToDate] }).status, first);
});

t.test('of replicas that serve different revisions the one that lags is told', async (t) => {
  const { status } = syncOf({ ...settled, reports: [upToDate, report('older')] });
  t.equal(status.registryRevision, 'older');
});

t.test('without an available replica it is not ready, and says why', async (t) => {
  const message = (options: Parameters<typeof syncOf>[0]) => readyOf(options).message;
  t.equal(message({}), 'Gateway is not ready: its Deployment is being made.');
  t.equal(
    message({ ...settled, children: childrenWith({ availableReplicas: 0 }) }),
    'Gateway is not ready: of 1 replicas none is available yet; see kubectl -n tools describe deployment main-mcp.',
  );
  const quota = { type: 'ReplicaFailure', status: 'True', message: 'pods "x" is forbidden: exceeded quota' };
  t.equal(
    message({ ...settled, children: childrenWith({ availableReplicas: 0, conditions: [quota] }) }),
    'Gateway is not ready: pods "x" is forbidden: exceeded quota',
  );
  const unread = { registry: { revision: null, error: 'The ConfigMap tools/main-registry cannot be read.' } };
  t.equal(
    message({ ...settled, children: childrenWith({ availableReplicas: 0 }), reports: [report(null, [], unread)] }),
    'Gateway is not ready: The ConfigMap tools/main-registry cannot be read.',
  );
  const asleep = gateway({ replicas: 0 });
  const none = settledChildren(asleep, 0);
  t.equal(message({ gateway: asleep, children: none }), 'Gateway is not ready: spec.replicas is 0.');
});

t.test('what a ready replica has to complain of is told beside', async (t) => {
  const trouble = report(registry.revision, [], {
    tls: { error: 'The new certificate is broken; the old one is served.' },
  });
  t.match(readyOf({ ...settled, reports: [trouble] }), {
    status: 'True',
    message: 'Gateway is ready with 1 services; The new certificate is broken; the old one is served.',
  });
  const keyless = report(registry.revision, [], { access: { error: 'There are no API keys.' } });
  t.match(readyOf({ ...settled, reports: [keyless] }), {
    status: 'True',
    message: 'Gateway is ready with 1 services; There are no API keys.',
  });
});

t.test('a Secret or ConfigMap that is missing or broken does not keep it from being ready, and is told', async (t) => {
  const trouble = report(registry.revision, [], {
    cas: { error: 'There are no CAs.' },
    credentials: { error: 'There are no credentials.' },
  });
  t.match(readyOf({ ...settled, reports: [trouble, trouble] }), {
    status: 'True',
    message: 'Gateway is ready with 1 services; There are no CAs. There are no credentials.',
  });
});

t.test('a name that is taken from Deployment or Service makes it not ready', async (t) => {
  for (const [apiVersion, kind] of [
    ['apps/v1', 'Deployment'],
    ['v1', 'Service'],
  ] as const) {
    const taken = { apiVersion, kind, metadata: { name: 'main-mcp', namespace: 'tools' } };
    const children = settled.children.filter((child) => child.kind !== kind);
    t.match(readyOf({ ...settled, children, related: [...settled.related, taken] }), {
      status: 'False',
      message: `Gateway is not ready: ${kind} tools/main-mcp is not this Gateway's and is left as it is: rename it, or the Gateway.`,
    });
  }
});

t.test('after an edit Ready speaks of the generation that is served until the edit has arrived', async (t) => {
  const before = syncOf({ ...settled, reports: [upToDate] }).status;
  const edited = gateway({ nodeSelector: { disk: 'ssd' } }, { generation: 2 });
  const parent = { ...edited, status: before as unknown as Record<string, unknown> };
  const newRegistry = published(edited, { services: [entry('a')] });
  const newReport = report(newRegistry.revision);

  const stillOld = {
    status: 'True',
    observedGeneration: 1,
    message: /; generation 2 of the Gateway is not served yet$/,
  };
  t.match(readyOf({ ...settled, gateway: parent, reports: [upToDate] }), stillOld, 'nothing has happened');
  t.match(
    readyOf({ gateway: parent, children: settled.children, related: newRegistry.configMaps, reports: [newReport] }),
    stillOld,
    'the registry has arrived, the pods have not',
  );
  const newChildren = settledChildren(edited);
  t.match(
    readyOf({ gateway: parent, children: newChildren, related: registry.configMaps, reports: [upToDate] }),
    stillOld,
    'the pods have arrived, the registry has not',
  );
  t.match(
    readyOf({
      gateway: parent,
      children: newChildren,
      related: newRegistry.configMaps,
      reports: [newReport, upToDate],
    }),
    stillOld,
    'a replica has not taken it up',
  );
  const arrived = { status: 'True', observedGeneration: 2, message: 'Gateway is ready with 1 services' };
  t.match(
    readyOf({ gateway: parent, children: newChildren, related: newRegistry.configMaps, reports: [newReport] }),
    arrived,
  );
  t.match(
    readyOf({ gateway: parent, children: newChildren, related: newRegistry.configMaps, reports: [undefined] }),
    arrived,
    'hooks that cannot reach the pods do not hold it back',
  );
});

t.test('once an edit is served, later changes of the registry do not take that back', async (t) => {
  const before = syncOf({ ...settled, reports: [upToDate] }).status;
  const parent = { ...plain, status: before as unknown as Record<string, unknown> };
  const changed = published(plain, { services: [entry('a'), entry('b')] });
  t.match(readyOf({ ...settled, gateway: parent, related: changed.configMaps, reports: [upToDate] }), {
    observedGeneration: 1,
    message: 'Gateway is ready with 2 services',
  });
});

t.test('an outage during an edit does not make the edit count as served', async (t) => {
  const before = syncOf({ ...settled, reports: [upToDate] }).status;
  const edited = gateway({}, { generation: 2 });
  const down = syncOf({
    ...settled,
    gateway: { ...edited, status: before as unknown as Record<string, unknown> },
    children: childrenWith({ availableReplicas: 0 }),
  }).status;
  t.match(condition(down, 'Ready'), { status: 'False', observedGeneration: 1 });
  const up = readyOf({
    ...settled,
    gateway: { ...edited, status: down as unknown as Record<string, unknown> },
    reports: [upToDate],
  });
  t.match(up, { status: 'True', observedGeneration: 1 });
});

t.test('status has no null and no undefined member: Metacontroller would write it again forever', async (t) => {
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return void t.not(value, null, path);
    for (const [key, member] of Object.entries(value)) {
      t.not(member, undefined, `${path}.${key}`);
      walk(member, `${path}.${key}`);
    }
  };
  const agent = published(plain, { services: [entry('a', { type: 'agent', protocol: 'auto' })] });
  const found = serviceReport('a', { protocol: 'a2a', skillCount: 2 });
  const statuses: GatewayStatus[] = [
    syncOf({}).status,
    syncOf({ ...settled, related: agent.configMaps, reports: [report(agent.revision, [found])] }).status,
    syncOf({ ...settled, related: agent.configMaps }).status,
    syncOf({ ...settled, reports: [upToDate] }).status,
    syncOf({ gateway: { apiVersion: 'x', kind: 'Gateway', metadata: { name: 'main', namespace: 'tools' } } }).status,
  ];
  for (const status of statuses) walk(status, 'status');
});

t.test('many conflicts make one message that names the first ones', async (t) => {
  const related = Array.from({ length: 64 }, (_, number) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `main-registry-${number}`, namespace: 'tools' },
  }));
  const { message } = condition(syncOf({ related }).status, 'Accepted');
  t.match(
    message,
    /^ConfigMap tools\/main-registry-0, .* and 54 more are not this Gateway's and are left as they are: rename them, or the Gateway\.$/,
  );
  t.notMatch(message, 'main-registry-10');
});
