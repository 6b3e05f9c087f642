import fc from 'fast-check';
import t from 'tap';
import { AccessRules } from '../../../gateway/access/access-rules.ts';
import type { Principal } from '../../../gateway/access/principal.ts';
import type { ItemKind } from '../../../gateway/access/targets.ts';
import type { AccessRule, AccessSource, AccessTarget } from '../../../gateway/contract/access-policy.ts';
import type { ServiceEntry } from '../../../gateway/contract/registry-document.ts';
import { principal } from '../../support/principal.ts';
import { entry } from '../../support/registry-parts.ts';

/** The rules as a person reads them, without any index: what the real ones have to agree with. */
const naive = {
  fits(pattern: string, text: string): boolean {
    const literal = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${literal.join('[^]*')}$`).test(text);
  },
  any(patterns: readonly string[] | undefined, text: string): boolean {
    return patterns?.some((each) => naive.fits(each, text)) ?? false;
  },
  meansCaller(source: AccessSource, caller: Principal): boolean {
    const named = (patterns: readonly string[] | undefined, method: Principal['method']): boolean =>
      patterns === undefined || (caller.method === method && naive.any(patterns, caller.name));
    return (
      named(source.users, 'jwt') &&
      named(source.apiKeys, 'apiKey') &&
      named(source.serviceAccounts, 'serviceAccount') &&
      named(source.certificates, 'clientCertificate') &&
      (source.issuers === undefined || source.issuers.some((issuer) => issuer === caller.issuer)) &&
      (source.claims ?? []).every(({ name, values }) => naive.states(caller, name, values)) &&
      (source.groups === undefined || caller.groups.some((group) => naive.any(source.groups, group))) &&
      (source.scopes ?? []).every((scope) => caller.scopes.includes(scope)) &&
      (source.anonymous === undefined || source.anonymous === (caller.method === 'anonymous'))
    );
  },
  states({ claims }: Principal, name: string, values: readonly string[]): boolean {
    if (!Object.keys(claims).includes(name)) return false;
    const stated: unknown = claims[name];
    const all: readonly unknown[] = Array.isArray(stated) ? stated : [stated];
    const texts = all.filter((each) => ['string', 'number', 'boolean'].includes(typeof each)).map(String);
    return texts.some((text) => naive.any(values, text));
  },
  means(target: AccessTarget, kind: ItemKind, { namespace, name: service, type }: ServiceEntry, name: string): boolean {
    const key = `${namespace}/${service}`;
    if (target.services !== undefined && !naive.any(target.services, key)) return false;
    const kinds = (['tools', 'prompts', 'resources', 'agents'] as const).filter((each) => target[each] !== undefined);
    if (kinds.length === 0 || (type === 'agent' && naive.any(target.agents, key))) return true;
    return kind !== 'agents' && naive.any(target[kind], name);
  },
  permits(
    rules: readonly AccessRule[],
    caller: Principal,
    kind: ItemKind,
    server: ServiceEntry,
    name: string,
  ): boolean {
    const meant = rules.filter(
      ({ from, to }) =>
        (from === undefined || from.some((source) => naive.meansCaller(source, caller))) &&
        (to === undefined || to.some((target) => naive.means(target, kind, server, name))),
    );
    if (meant.some(({ effect }) => effect === 'Deny')) return false;
    return !rules.some(({ effect }) => effect === 'Allow') || meant.some(({ effect }) => effect === 'Allow');
  },
};

/** Texts and patterns of few letters, so that they meet. */
const word = fc.string({ unit: fc.constantFrom('a', 'b', '_'), maxLength: 4 });
const wild = fc.string({ unit: fc.constantFrom('a', 'b', '_', '*'), minLength: 1, maxLength: 5 });
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { minLength: 1, maxLength: 3 });
const service = fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('a', 'b')).map((parts) => parts.join('/'));
const servicePattern = fc.oneof(service, fc.constantFrom('*', 'a/*', '*/b', '*a*'));

const issuer = fc.constantFrom('https://a.example', 'https://b.example');
const claimName = fc.constantFrom('a', 'b');
const claimValues = some(fc.oneof(wild, fc.constantFrom('1', 'true', '*', 'null', 'undefined', '[object Object]')));

const members: { readonly [Name in keyof AccessSource]-?: fc.Arbitrary<AccessSource[Name]> } = {
  users: some(wild),
  apiKeys: some(wild),
  serviceAccounts: some(servicePattern),
  certificates: some(wild),
  issuers: some(issuer),
  groups: some(wild),
  claims: some(fc.record({ name: claimName, values: claimValues })),
  scopes: some(fc.constantFrom('read', 'write')),
  anonymous: fc.boolean(),
};
/** Of few members, so that some callers have what all of them ask for. */
const source: fc.Arbitrary<AccessSource> = fc
  .tuple(fc.record(members), fc.subarray(Object.keys(members), { maxLength: 3 }))
  .map(([all, names]) => Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name))));
const target: fc.Arbitrary<AccessTarget> = fc.record(
  {
    services: some(servicePattern),
    tools: some(wild),
    prompts: some(wild),
    resources: some(wild),
    agents: some(servicePattern),
  },
  { requiredKeys: [] },
);
const rule = fc.record(
  { effect: fc.constantFrom('Allow' as const, 'Deny' as const), from: some(source), to: some(target) },
  { requiredKeys: ['effect'] },
);
const rules: fc.Arbitrary<AccessRule[]> = fc
  .array(rule, { maxLength: 5 })
  .map((all) => all.map((each, index) => ({ name: `rule-${index}`, ...each })));
const plainClaim = fc.oneof(word, fc.constantFrom(1, true, false, null), fc.constant({ a: 'a' }));
const claims = fc.dictionary(claimName, fc.oneof(plainClaim, fc.array(plainClaim, { maxLength: 2 })), { maxKeys: 2 });
const caller = fc.oneof(
  fc.record({
    method: fc.constant('jwt' as const),
    name: word,
    issuer,
    groups: fc.array(word, { maxLength: 2 }),
    scopes: fc.subarray(['read', 'write']),
    claims,
  }),
  fc.record({ method: fc.constant('serviceAccount' as const), name: service, issuer, claims }),
  fc.record({
    method: fc.constantFrom('apiKey' as const, 'clientCertificate' as const, 'anonymous' as const),
    name: word,
  }),
);
const server = fc
  .tuple(fc.constantFrom('a', 'b'), fc.constantFrom('a', 'b'), fc.constantFrom('tool' as const, 'agent' as const))
  .map(([namespace, name, type]) => entry(name, { namespace, type }));
const kind = fc.constantFrom<ItemKind>('tools', 'prompts', 'resources', 'agents');

t.test('the rules permit what a plain reading of them does', async () => {
  const asked = fc.array(fc.tuple(caller, kind, server, word), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(rules, asked, (rules, asked) => {
      const real = new AccessRules(rules);
      for (const [who, kind, server, name] of asked) {
        const someone = principal('someone', who);
        const permitted = real.grantOf(someone).permits(kind, server, name);
        if (permitted !== naive.permits(rules, someone, kind, server, name)) return false;
      }
      return true;
    }),
    { numRuns: 3000 },
  );
});

t.test('what may be used of a server makes it seen, and all of it makes each thing of it usable', async () => {
  fc.assert(
    fc.property(rules, caller, kind, server, word, (rules, who, kind, server, name) => {
      const grant = new AccessRules(rules).grantOf(principal('someone', who));
      const isPermitted = grant.permits(kind, server, name);
      if (grant.isEverything && !grant.permitsAll(server)) return false;
      if (grant.permitsAll(server) && !isPermitted) return false;
      return !isPermitted || grant.sees(server);
    }),
    { numRuns: 3000 },
  );
});

t.test('scopes are named exactly where a token with them would do', async () => {
  fc.assert(
    fc.property(rules, caller, kind, server, word, (rules, who, kind, server, name) => {
      const someone = principal('someone', who);
      const grant = new AccessRules(rules).grantOf(someone);
      if (grant.permits(kind, server, name)) return true;
      const scopes = grant.lackedScopes(kind, server, name);
      const permitted = (more: readonly string[]): boolean => {
        const other = principal('someone', { ...who, scopes: [...new Set([...someone.scopes, ...more])] });
        return naive.permits(rules, other, kind, server, name);
      };
      if (scopes !== undefined) return permitted(scopes);
      return someone.method !== 'jwt' || ![['read'], ['write'], ['read', 'write']].some(permitted);
    }),
    { numRuns: 5000 },
  );
});

t.test('callers that the same rules mean have one grant, also when the same rules come again', async (t) => {
  const rules: AccessRule[] = [{ name: 'ops', effect: 'Allow', from: [{ groups: ['ops'] }] }];
  const before = new AccessRules(rules);
  const after = before.next(structuredClone(rules));
  const a = principal('a', { method: 'jwt', groups: ['ops'] });
  const b = principal('b', { method: 'jwt', groups: ['ops', 'more'] });
  t.equal(before.grantOf(a), after.grantOf(b));
  t.not(before.grantOf(a), before.grantOf(principal('c')));
  t.not(before.next([]).grantOf(a), before.grantOf(a));
});

t.test('an endless name fits no pattern and escapes no rule', async (t) => {
  const long = `get_${'x'.repeat(10_000)}`;
  const at = entry('a');
  const permits = (...rules: AccessRule[]): boolean =>
    new AccessRules(rules).grantOf(principal('a')).permits('tools', at, long);
  t.notOk(permits({ name: 'all-gets', effect: 'Allow', to: [{ tools: ['get_*'] }] }));
  t.notOk(permits({ name: 'no-sets', effect: 'Deny', to: [{ tools: ['set_*'] }] }));
  t.ok(permits({ name: 'all', effect: 'Allow', to: [{ services: ['shop/*'] }] }));
});
