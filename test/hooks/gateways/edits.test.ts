import t from 'tap';
import { isBudgetEdited } from '../../../hooks/gateways/budget-edits.ts';
import { withDeploymentEditsUndone } from '../../../hooks/gateways/deployment-edits.ts';
import { withServiceEditsUndone } from '../../../hooks/gateways/service-edits.ts';
import type { SpecObject } from '../../../hooks/gateways/services.ts';
import { LAST_APPLIED_ANNOTATION } from '../../../hooks/metacontroller/hooks.ts';
import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';
import { applied } from '../../../local/driver/apply.ts';
import type { StoredObject } from '../../../local/driver/store.ts';
import { condition, settledChildren, syncOf } from '../support/gateway-sync.ts';
import { deepFreeze, gateway } from '../support/objects.ts';

/** What people change of a Gateway's objects, and that it is as before once Metacontroller has written a few times. */

type Json = Readonly<Record<string, unknown>>;
const parent = gateway();

/** An object with a change laid over it, as a merge patch does; items of lists are found by their name. */
function patched(object: unknown, change: unknown): unknown {
  if (Array.isArray(change) && Array.isArray(object)) {
    const names = (change as Json[]).map((item) => item['name']);
    return [
      ...(object as Json[]).map((item) => patched(item, (change as Json[])[names.indexOf(item['name'])] ?? {})),
      ...(change as Json[]).filter(({ name }) => !(object as Json[]).some((item) => item['name'] === name)),
    ];
  }
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change;
  const before = (typeof object === 'object' && object !== null ? object : {}) as Json;
  const all = { ...before, ...Object.fromEntries(Object.entries(change).map(([k, v]) => [k, patched(before[k], v)])) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

/** One sync and what Metacontroller's dynamic-apply does with its answer. */
function write(children: readonly KubernetesObject[]): { children: KubernetesObject[]; writes: number } {
  const wanted = syncOf({ gateway: parent, children }).children;
  const find = (list: readonly KubernetesObject[], { kind, metadata }: KubernetesObject) =>
    list.find((each) => each.kind === kind && each.metadata.name === metadata.name);
  let writes = children.filter((child) => find(wanted, child) === undefined).length;
  const made = settledChildren(parent);
  const written = wanted.map((child) => {
    const observed = find(children, child);
    const result = observed === undefined ? find(made, child) : applied(observed as StoredObject, child);
    if (result !== undefined) writes++;
    return result ?? observed ?? child;
  });
  return { children: written, writes };
}

function settled(): KubernetesObject[] {
  return write(write(settledChildren(parent)).children).children;
}

function withEdit(kind: string, name: string, change: Json): KubernetesObject[] {
  return settled().map((child) =>
    child.kind === kind && child.metadata.name === name ? (patched(child, change) as KubernetesObject) : child,
  );
}

const inContainer = (container: Json): Json => ({
  spec: { template: { spec: { containers: [{ name: 'gateway', ...container }] } } },
});
const edits: Record<string, [kind: string, name: string, change: Json]> = {
  'a key more in the selector': ['Service', 'main-mcp', { spec: { selector: { track: 'canary' } } }],
  'a key more in the selector of the peers': ['Service', 'main-peers', { spec: { selector: { a: 'b', c: 'd' } } }],
  'addresses that are not ready': ['Service', 'main-mcp', { spec: { publishNotReadyAddresses: true } }],
  'traffic that stays on its node': ['Service', 'main-mcp', { spec: { internalTrafficPolicy: 'Local' } }],
  'a command and arguments': ['Deployment', 'main-mcp', inContainer({ command: ['sleep'], args: ['1h'] })],
  'a folder to work in': ['Deployment', 'main-mcp', inContainer({ workingDir: '/tmp' })],
  'a privileged container': ['Deployment', 'main-mcp', inContainer({ securityContext: { privileged: true } })],
  'a delay before a probe': ['Deployment', 'main-mcp', inContainer({ readinessProbe: { initialDelaySeconds: 600 } })],
  'another way of probing': [
    'Deployment',
    'main-mcp',
    inContainer({ livenessProbe: { httpGet: null, exec: { command: ['true'] } } }),
  ],
  'something to run after the start': [
    'Deployment',
    'main-mcp',
    inContainer({ lifecycle: { postStart: { exec: { command: ['false'] } } } }),
  ],
  'a variable that comes from elsewhere': [
    'Deployment',
    'main-mcp',
    inContainer({
      env: [{ name: 'FETCHFY_LISTEN', value: null, valueFrom: { configMapKeyRef: { name: 'x', key: 'y' } } }],
    }),
  ],
  'another source of a volume': [
    'Deployment',
    'main-mcp',
    { spec: { template: { spec: { volumes: [{ name: 'cache', emptyDir: null, hostPath: { path: '/tmp' } }] } } } },
  ],
  'a minimum of pods': ['PodDisruptionBudget', 'main-mcp', { spec: { minAvailable: 1, maxUnavailable: null } }],
  'a key more in the selector of the budget': [
    'PodDisruptionBudget',
    'main-mcp',
    { spec: { selector: { matchLabels: { track: 'canary' } } } },
  ],
  'a key more in the selector of the policy': [
    'NetworkPolicy',
    'main-mcp',
    { spec: { podSelector: { matchLabels: { track: 'canary' } } } },
  ],
  'an expression in the selector of the policy': [
    'NetworkPolicy',
    'main-mcp',
    { spec: { podSelector: { matchExpressions: [{ key: 'track', operator: 'Exists' }] } } },
  ],
};

for (const [what, [kind, name, change]] of Object.entries(edits)) {
  t.test(`${what}, added to ${kind} ${name}, is taken back, and then all is at rest`, async (t) => {
    const before = settled();
    let { children } = { children: withEdit(kind, name, change) };
    t.notSame(children, before, 'the edit changes something');
    // Once with theirs, once without, once for what is noted of that.
    for (let round = 0; round < 3; round++) ({ children } = write(children));
    t.strictSame(children, before);
    t.equal(write(children).writes, 0, 'nothing is left to write');
  });
}

t.test('what harms nobody stays', async (t) => {
  const change = {
    metadata: { annotations: { note: 'mine' } },
    spec: {
      template: {
        metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } },
        spec: {
          containers: [{ name: 'gateway', env: [{ name: 'HTTPS_PROXY', value: 'http://proxy' }] }, { name: 'sidecar' }],
          volumes: [{ name: 'mine', emptyDir: {} }],
          priorityClassName: 'high',
        },
      },
    },
  };
  const edited = withEdit('Deployment', 'main-mcp', change);
  t.strictSame(write(edited), { children: edited, writes: 0 });
  const balanced = withEdit('Service', 'main-mcp', { spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local' } });
  t.strictSame(write(balanced), { children: balanced, writes: 0 });
});

t.test('a Service that was made the name of another host has its pods again', async (t) => {
  const wanted = deepFreeze<SpecObject>({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'main-mcp' },
    spec: { selector: { a: 'b' } },
  });
  const named = { ...wanted, spec: { ...wanted.spec, type: 'ExternalName', externalName: 'example.com' } };
  t.strictSame(withServiceEditsUndone(wanted, named).spec, { ...wanted.spec, type: 'ClusterIP', externalName: '' });
  t.equal(
    withServiceEditsUndone(wanted, { ...wanted, spec: { ...wanted.spec, type: 'NodePort' } } as SpecObject),
    wanted,
  );
  t.equal(withServiceEditsUndone(wanted, undefined), wanted, 'nor is there anything to undo where there is none');
});

/** A Deployment as it is where Metacontroller runs with server-side-apply. */
function appliedByServer(change: Json): KubernetesObject[] {
  return withEdit('Deployment', 'main-mcp', change).map((child) => {
    const { [LAST_APPLIED_ANNOTATION]: _none, ...annotations } = child.metadata.annotations ?? {};
    const metadata = { ...child.metadata, annotations, managedFields: [{ operation: 'Apply' }] };
    return { ...child, metadata };
  });
}

t.test('under server-side-apply what cannot be taken back is named in the conditions', async (t) => {
  const probe = { livenessProbe: { httpGet: null, exec: { command: ['true'] } } };
  const children = appliedByServer(inContainer(probe));
  const { status, children: wanted } = syncOf({ gateway: parent, children });
  const message =
    /Deployment tools\/main-mcp was edited so that it can no longer be brought up to date \(livenessProbe\): take that back, or delete it/;
  t.match(condition(status, 'Progressing'), { status: 'True', message });
  t.match(condition(status, 'Ready'), { message });
  const made = wanted.find(({ kind }) => kind === 'Deployment');
  t.strictSame(
    made,
    syncOf({ gateway: parent }).children.find(({ kind }) => kind === 'Deployment'),
    'ours is wanted',
  );
  t.notMatch(condition(syncOf({ gateway: parent, children: appliedByServer({}) }).status, 'Progressing'), { message });
});

t.test('a Deployment whose record of what was wanted is not readable is written as ever', async (t) => {
  const [observed] = settled().filter(({ kind }) => kind === 'Deployment');
  const wanted = syncOf({ gateway: parent }).children.find(({ kind }) => kind === 'Deployment') as SpecObject;
  for (const text of ['', '{', '[]', 'null']) {
    const annotations = { [LAST_APPLIED_ANNOTATION]: text };
    const broken = { ...observed, metadata: { name: 'main-mcp', annotations } } as KubernetesObject;
    t.strictSame(withDeploymentEditsUndone(wanted, broken), wanted, JSON.stringify(text));
  }
  t.notOk(isBudgetEdited(wanted, observed), 'and is no budget');
});
