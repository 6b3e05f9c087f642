import t from 'tap';
import type { AccessRuleSpec, AuthMethodSpec, GatewaySpec } from '../../../hooks/gateways/gateway.ts';
import { entry } from '../../support/registry-parts.ts';
import { condition, published, report, settledChildren, syncOf } from '../support/gateway-sync.ts';
import { gateway } from '../support/objects.ts';

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

t.test('before there is a registry the spec counts; with faults, what is published', async (t) => {
  t.match(protectedOf({ methods: [keys] }, { related: [] }), { status: 'True', reason: 'Authenticated' });
  const open = gatewayWith(undefined);
  const parent = gateway({ auth: { methods: [] } });
  t.match(condition(syncOf({ gateway: parent, ...open.settled }).status, 'Protected'), { reason: 'NoAuthentication' });
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

t.test('a spec that is not as it has to be harms no sync', async (t) => {
  for (const auth of [{ methods: 'jwt' }, { methods: [null, 7], rules: 'all' }, 'open', null, {}]) {
    const { status } = syncOf({ gateway: gateway({ auth: auth as unknown as NonNullable<GatewaySpec['auth']> }) });
    t.match(condition(status, 'Accepted'), { status: 'False', reason: 'ConfigurationError' }, JSON.stringify(auth));
    t.ok(condition(status, 'Protected'));
  }
});
