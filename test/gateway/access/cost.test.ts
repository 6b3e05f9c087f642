import t from 'tap';
import type { AccessRule } from '../../../gateway/contract/access-policy.ts';
import { routingTable } from '../../../gateway/routing/routing-table.ts';
import { measureAccess } from '../../bench/access.ts';
import { principal } from '../../support/principal.ts';
import { knownServer } from '../../support/routed.ts';

t.test('a caller’s first list of 1,000 tools takes little with 500 rules', async (t) => {
  for (const { name, firstListMs } of await measureAccess(5)) {
    // Ten times of what it is to take, on a machine that does other work.
    t.ok(firstListMs <= 50, `${firstListMs.toFixed(2)} ms: ${name}`);
  }
});

const byGroup = (groups: number): AccessRule[] =>
  Array.from({ length: groups }, (_, i) => ({
    name: `r${i}`,
    effect: 'Allow',
    from: [{ groups: [`g${i}`] }],
    to: [{ tools: [`t${i}`] }],
  }));

function tableWith(rules: readonly AccessRule[]) {
  const cart = knownServer('cart', {});
  const gateway = { namespace: 'tools', name: 'main' };
  const document = {
    formatVersion: 2,
    gateway,
    revision: '',
    policy: { hosts: [] },
    services: [cart.entry],
    rejected: [],
    rules,
  };
  return routingTable(document, new Map([[cart.upstream.key, cart.upstream]]));
}

t.test('a thousand callers that the same rules mean share what is made for them', async (t) => {
  const table = tableWith(byGroup(4));
  const callers = Array.from({ length: 1000 }, (_, i) => principal(`p${i}`, { method: 'jwt', groups: [`g${i % 4}`] }));
  const views = new Set(callers.map((each) => table.viewOf(each)));
  t.equal(views.size, 4);
  t.equal(new Set([...views].map(({ union }) => union)).size, 4);
});

t.test('of callers that all differ only some views are kept, and each caller gets its own', async (t) => {
  const table = tableWith(byGroup(500));
  const callers = Array.from({ length: 500 }, (_, i) => principal(`p${i}`, { method: 'jwt', groups: [`g${i}`] }));
  const first = callers.map((each) => table.viewOf(each));
  t.equal(new Set(first).size, 500);
  t.equal(table.viewOf(callers[499] as (typeof callers)[number]), first[499]);
  t.not(table.viewOf(callers[0] as (typeof callers)[number]), first[0], 'it was made anew');
});
