/** Rules by what tokens say: their groups, their claims, their scopes, and whose they are. */
import t from 'tap';
import type { AccessRule } from '../../gateway/contract/access-policy.ts';
import { clientOf } from '../support/clients.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { TestIssuer } from '../support/test-issuer.ts';

const GATEWAY = 'the-gateway';
const one = await TestIssuer.start(t);
const other = await TestIssuer.start(t, { path: '/other' });
one.caFolder.write({ 'one.crt': one.caPem, 'other.crt': other.caPem });
const audiences = [GATEWAY];
const methods = [one.method({ audiences }), other.method({ audiences, groupsClaim: 'roles', scopesClaim: 'can' })];

const DEPARTMENT = 'https://example.com/department';
const tool = (name: string, from: NonNullable<AccessRule['from']>): AccessRule => ({
  name,
  effect: 'Allow',
  from,
  to: [{ tools: [name] }],
});
const rules = [
  tool('of_group', [{ groups: ['team-*', 'ops'] }]),
  tool('of_claims', [
    {
      claims: [
        { name: DEPARTMENT, values: ['sales', 'r*'] },
        { name: 'level', values: ['3', 'true'] },
      ],
    },
  ]),
  tool('of_issuer', [{ issuers: [one.url] }]),
  tool('of_scopes', [{ scopes: ['read', 'write'] }]),
  tool('of_all', [{ issuers: [other.url], groups: ['ops'], scopes: ['read'], claims: [{ name: 'a', values: ['b'] }] }]),
];
const says: Script = ({ response, message }) => json(response, textResult(message, 'said'));
const upstream = await scriptedUpstream(t, { tools: Object.fromEntries(rules.map(({ name }) => [name, says])) });
const gateway = await startGateway([entryFor(upstream.url, { name: 'shop' })], {
  registry: { policy: { hosts: [], auth: { methods } }, rules },
  env: one.env,
});
t.teardown(() => gateway.stop());

type Claims = Readonly<Record<string, unknown>>;
const rows: readonly (readonly [name: string, issuer: TestIssuer, claims: Claims, tools: readonly string[]])[] = [
  ['nothing more, of an issuer that a rule names', one, {}, ['of_issuer']],
  ['nothing more, of another', other, {}, []],
  ['a group', other, { roles: ['x', 'team-1'] }, ['of_group']],
  ['a group as a text', other, { roles: 'ops' }, ['of_group']],
  ['a group that no rule means', other, { roles: ['my-team-1', 'ops2'] }, []],
  ['groups in a claim that is not for groups', other, { groups: ['team-1'] }, []],
  ['all claims', other, { [DEPARTMENT]: 'sales', level: 3 }, ['of_claims']],
  ['a list of values, and a truth value', other, { [DEPARTMENT]: ['x', 'r1'], level: true }, ['of_claims']],
  ['one of the claims', other, { [DEPARTMENT]: 'sales' }, []],
  ['claims one of which has another value', other, { [DEPARTMENT]: 'sales', level: 33 }, []],
  ['a claim that has the value further within', other, { [DEPARTMENT]: { a: 'sales' }, level: [['3']] }, []],
  ['all scopes', other, { can: 'write x read' }, ['of_scopes']],
  ['all scopes in a list', other, { can: ['read', 'write'] }, ['of_scopes']],
  ['one of the scopes', other, { can: 'read' }, []],
  ['scopes in one text of a list', other, { can: ['read write'] }, []],
  ['all that an entry asks for', other, { roles: 'ops', can: 'read', a: 'b' }, ['of_group', 'of_all']],
  ['all but the issuer', one, { groups: ['ops'], scope: 'read', a: 'b' }, ['of_group', 'of_issuer']],
  ['all but the group', other, { roles: 'team-1', can: 'read', a: 'b' }, ['of_group']],
  ['all but the scope', other, { roles: 'ops', can: 'write', a: 'b' }, ['of_group']],
  ['all but the claim', other, { roles: 'ops', can: 'read', a: 'c' }, ['of_group']],
];

for (const [says, issuer, claims, expected] of rows) {
  t.test(`a token opens what rules say, with ${says}`, async (t) => {
    const headers = { authorization: `Bearer ${await issuer.token(GATEWAY, claims)}` };
    for (const era of ['legacy', 'modern'] as const) {
      const client = await clientOf[era](gateway.url, {}, () => undefined, headers);
      const { tools } = await client.listTools();
      t.strictSame(
        tools.map(({ name }) => name),
        expected.map((name) => `shop_${name}`),
        era,
      );
      for (const { name } of rules) {
        const call = async (): Promise<unknown> => client.callTool({ name: `shop_${name}`, arguments: {} });
        if (expected.includes(name)) t.match(await call(), { content: [{ text: 'said' }] }, `${era} ${name}`);
        else await t.rejects(call(), `${era} ${name}`);
      }
      await client.close();
    }
  });
}
