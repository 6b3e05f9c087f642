import t from 'tap';
import { ACCOUNT_ANNOTATION, withPodsOfAccount } from '../../../hooks/gateways/account-change.ts';
import { deployment } from '../../../hooks/gateways/deployment.ts';
import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';
import { IMAGE, settledChildren, syncOf } from '../support/gateway-sync.ts';
import { deepFreeze, gateway } from '../support/objects.ts';

const wanted = deepFreeze(deployment(gateway(), IMAGE));

function made<T extends KubernetesObject>(object: T, creationTimestamp: string, uid = 'some-uid'): T {
  return deepFreeze({ ...object, metadata: { ...object.metadata, creationTimestamp, uid } });
}

const account = (time: string, uid?: string): KubernetesObject =>
  made({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'main-mcp' } }, time, uid);

function mark(object: KubernetesObject): string | undefined {
  const { spec } = object as unknown as {
    spec: { template: { metadata: { annotations?: Record<string, string> } } };
  };
  return spec.template.metadata.annotations?.[ACCOUNT_ANNOTATION];
}

t.test('pods stay as they are while their account is the one that they started with', async (t) => {
  const before = made(wanted, '2026-01-01T10:00:01Z');
  t.equal(withPodsOfAccount(wanted, undefined, undefined), wanted, 'nothing is there yet');
  t.equal(withPodsOfAccount(wanted, undefined, account('2026-01-01T10:00:00Z')), wanted, 'the account came first');
  t.equal(withPodsOfAccount(wanted, before, account('2026-01-01T10:00:00Z')), wanted);
  t.equal(withPodsOfAccount(wanted, before, account('2026-01-01T10:00:01Z')), wanted, 'made in one second');
});

t.test('pods are replaced once for an account that was made anew', async (t) => {
  const before = made(wanted, '2026-01-01T10:00:01Z');
  const renewed = withPodsOfAccount(wanted, before, account('2026-01-01T12:00:00Z', 'the-second'));
  t.equal(mark(renewed), 'the-second');
  const after = made(renewed, '2026-01-01T10:00:01Z');
  t.strictSame(withPodsOfAccount(wanted, after, account('2026-01-01T12:00:00Z', 'the-second')), renewed);
  t.strictSame(withPodsOfAccount(wanted, after, undefined), renewed, 'also while the next one is not there yet');
  t.equal(mark(withPodsOfAccount(wanted, after, account('2026-01-01T13:00:00Z', 'the-third'))), 'the-third');
});

t.test("the hook looks at the Gateway's own account", async (t) => {
  const parent = gateway();
  const children = settledChildren(parent).map((child) =>
    made(child, child.kind === 'ServiceAccount' ? '2026-01-01T12:00:00Z' : '2026-01-01T10:00:00Z', `uid-${child.kind}`),
  );
  const { children: answered, status } = syncOf({ gateway: parent, children });
  const found = answered.find(({ kind }) => kind === 'Deployment');
  t.equal(found && mark(found), 'uid-ServiceAccount');
  t.match(
    status.conditions.find(({ type }) => type === 'Progressing'),
    { status: 'True' },
    'the Deployment is not what is wanted yet',
  );
});

t.test("no pods are started under somebody else's account", async (t) => {
  const parent = gateway();
  const foreign: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'main-mcp', namespace: 'tools' },
  };
  const { children, status } = syncOf({ gateway: parent, related: [foreign] });
  t.notOk(children.some(({ kind }) => kind === 'Deployment' || kind === 'ServiceAccount'));
  t.match(
    status.conditions.find(({ type }) => type === 'Ready'),
    { status: 'False', message: /ServiceAccount tools\/main-mcp/ },
    'Ready says why',
  );
  const running = settledChildren(parent).filter(({ kind }) => kind !== 'ServiceAccount');
  const later = syncOf({ gateway: parent, children: running, related: [foreign] });
  t.ok(
    later.children.some(({ kind }) => kind === 'Deployment'),
    'those that run stay',
  );
});
