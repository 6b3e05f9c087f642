import t from 'tap';
import type { AccessRuleSpec, AuthMethodSpec, GatewaySpec } from '../../../hooks/gateways/gateway.ts';
import { syncRegistry } from '../../../hooks/registry/controller.ts';
import { entry } from '../../support/registry-parts.ts';
import { condition, published, report, settledChildren, syncOf } from '../support/gateway-sync.ts';
import { gateway } from '../support/objects.ts';
import { asAttachment } from '../support/ownership.ts';
import { registryRequest } from '../support/registry.ts';

const keys: AuthMethodSpec = { apiKey: { secretRef: 'keys' } };
const rules: AccessRuleSpec[] = [
  { name: 'reads', to: [{ tools: ['get_*'] }] },
  { name: 'typo', to: [{ tools: ['gte_*'] }] },
];

/** A Gateway with this access that is rolled out, and what its replicas say of its rules. */
function gatewayWith(auth: GatewaySpec['auth']) {
  const parent = gateway(auth === undefined ? {} : { auth });
  const registry = published(parent, { services: [entry('a')] });
  const settled = { children: settledChildren(parent), related: registry.configMaps };
  const told = (...unmatched: (readonly string[] | undefined)[]) =>
    unmatched.map((each) => report(registry.revision, [], each === undefined ? {} : { rules: { unmatched: each } }));
  return { parent, settled, told };
}

type SyncOptions = NonNullable<Parameters<typeof syncOf>[0]>;

function protectedOf(auth: GatewaySpec['auth'], options: SyncOptions = {}) {
  const { parent, settled } = gatewayWith(auth);
  return condition(syncOf({ gateway: parent, ...settled, ...options }).status, 'Protected');
}

t.test('a Gateway that asks nobody who he is says so', async (t) => {
  t.match(protectedOf(undefined), {
    status: 'False',
    reason: 'NoAuthentication',
    message: 'Everyone who reaches this gateway may use all of its servers: set spec.auth to change that.',
    observedGeneration: 1,
  });
});

t.test('a Gateway says by what callers are known', async (t) => {
  t.match(protectedOf({ methods: [keys, { serviceAccount: {} }] }), {
    status: 'True',
    reason: 'Authenticated',
    message: 'Callers say who they are by apiKey, serviceAccount; each may use all servers.',
  });
  t.match(protectedOf({ methods: [keys], rules }).message, /2 rules say what each may use\.$/);
});

t.test('that callers come in without a credential is told', async (t) => {
  t.match(protectedOf({ methods: [keys, { anonymous: {} }] }), {
    status: 'True',
    reason: 'AnonymousAllowed',
    message: /^Who brings no credential is let in, too/,
  });
});

t.test('an edit with faults leaves what is published, and its generation', async (t) => {
  const open = gatewayWith(undefined);
  const parent = gateway({ auth: { methods: [] } }, { generation: 2 });
  t.match(condition(syncOf({ gateway: parent, ...open.settled }).status, 'Protected'), {
    reason: 'NoAuthentication',
    observedGeneration: 1,
  });
});

t.test('before there is a registry nobody is called let in, or kept out', async (t) => {
  const unknown = {
    status: 'Unknown',
    reason: 'NothingServed',
    message: /^Nothing is served yet: .* the condition Accepted says what to mend\.$/,
    observedGeneration: 1,
  };
  t.match(protectedOf(undefined, { related: [] }), unknown);
  t.match(protectedOf({ methods: [keys] }, { related: [] }), unknown);
});

t.test('a spec that had faults from the first serves nothing, and says so until it has none', async (t) => {
  const parent = gateway({ auth: { methods: [{}] } });
  // As the other controller makes it.
  const empty = syncRegistry(registryRequest([], { gateway: parent }), { allowLoopback: false }).attachments;
  const children = settledChildren(parent);
  const first = syncOf({
    gateway: parent,
    children,
    related: empty.map((configMap) => asAttachment(configMap, parent)),
  }).status;
  t.match(condition(first, 'Accepted'), { status: 'False' });
  t.match(condition(first, 'Protected'), { status: 'Unknown', reason: 'NothingServed', observedGeneration: 1 });
  const mended = { ...gateway({}, { generation: 2 }), status: first as unknown as Record<string, unknown> };
  const related = published(mended, { services: [entry('a')] }).configMaps;
  t.match(condition(syncOf({ gateway: mended, children, related }).status, 'Protected'), {
    status: 'False',
    reason: 'NoAuthentication',
    observedGeneration: 2,
  });
});

t.test('a registry that cannot be read right now leaves all of it as it was', async (t) => {
  const { parent, settled } = gatewayWith({ methods: [keys] });
  const first = syncOf({ gateway: parent, ...settled, now: '2026-01-01T00:00:00Z' }).status;
  const edited = { ...gateway({}, { generation: 2 }), status: first as unknown as Record<string, unknown> };
  const later = syncOf({ gateway: edited, children: settled.children, now: '2026-01-02T00:00:00Z' }).status;
  t.strictSame(condition(later, 'Protected'), condition(first, 'Protected'));
});

t.test('rules that match nothing are named, if no replica knows anything for them', async (t) => {
  const { parent, settled, told } = gatewayWith({ methods: [keys], rules });
  const told1 = (...reports: Parameters<typeof told>) =>
    condition(syncOf({ gateway: parent, ...settled, reports: told(...reports) }).status, 'Protected');
  t.match(told1(['typo']), {
    status: 'True',
    reason: 'RulesUnmatched',
    message: /^These rules match nothing that is served: typo\./,
  });
  t.match(told1(['reads', 'typo'], ['typo']).message, /served: typo\./);
  t.equal(told1(['typo'], []).reason, 'Authenticated');
  t.equal(told1(['gone']).reason, 'Authenticated', 'a rule that is not there any more');
  t.match(told1(['typo'], undefined).message, /served: typo\./, 'one replica has not looked yet');
});

t.test('what no replica says right now stays as it was, with its time', async (t) => {
  const { parent, settled, told } = gatewayWith({ methods: [keys], rules });
  const first = syncOf({ gateway: parent, ...settled, reports: told(['typo']), now: '2026-01-01T00:00:00Z' }).status;
  const before = { ...parent, status: first as unknown as Record<string, unknown> };
  const later = (reports: SyncOptions['reports']) =>
    condition(
      syncOf({ gateway: before, ...settled, ...(reports && { reports }), now: '2026-01-02T00:00:00Z' }).status,
      'Protected',
    );
  t.strictSame(later(undefined), condition(first, 'Protected'));
  t.strictSame(later(told(undefined)), condition(first, 'Protected'));
  t.match(later(told([])), { reason: 'Authenticated', lastTransitionTime: '2026-01-01T00:00:00Z' });
});
