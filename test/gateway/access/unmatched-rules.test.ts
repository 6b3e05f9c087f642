import t from 'tap';
import { UnmatchedReport } from '../../../gateway/access/unmatched-report.ts';
import { unmatchedRules } from '../../../gateway/access/unmatched-rules.ts';
import type { AccessTarget } from '../../../gateway/contract/access-policy.ts';
import { knownServer, toolsNamed } from '../../support/routed.ts';
import { until } from '../../support/until.ts';

const cart = knownServer('cart', {
  tools: toolsNamed('add', 'remove'),
  prompts: [{ name: 'greet' }],
  resources: [{ uri: 'cart://list', name: 'list' }],
  resourceTemplates: [{ uriTemplate: 'cart://items/{id}', name: 'item' }],
});
const helper = knownServer('helper', { tools: toolsNamed('ask_helper') }, { type: 'agent' });
const unseen = knownServer('unseen');

async function isUnmatched(target: AccessTarget, ...servers: Parameters<typeof unmatchedRules>[1]): Promise<boolean> {
  const rules = [{ name: 'rule', effect: 'Allow' as const, to: [target] }];
  return (await unmatchedRules(rules, servers.length === 0 ? [cart, helper] : servers)).includes('rule');
}

t.test('a rule that names nothing which is there is found', async (t) => {
  const matched: AccessTarget[] = [
    { services: ['shop/cart'] },
    { tools: ['add'] },
    { services: ['shop/*'], tools: ['re*'] },
    { tools: ['nothing'], prompts: ['g*'] },
    { resources: ['cart://list'] },
    { resources: ['cart://items/7'] },
    { resources: ['cart://items/*'] },
    { resources: ['cart://items/{id}'] },
    { resources: ['*://items/9'] },
    { agents: ['shop/helper'] },
    {},
  ];
  for (const target of matched) t.notOk(await isUnmatched(target), JSON.stringify(target));
  const unmatched: AccessTarget[] = [
    { services: ['other/cart'] },
    { tools: ['ad'] },
    { services: ['shop/helper'], tools: ['add'] },
    { prompts: ['add'] },
    { resources: ['cart://other'] },
    { resources: ['file:///*'] },
    { agents: ['shop/cart'] },
  ];
  for (const target of unmatched) t.ok(await isUnmatched(target), JSON.stringify(target));
});

t.test('a rule for everything matches, though there be nothing', async (t) => {
  t.strictSame(await unmatchedRules([{ name: 'all', effect: 'Deny' }], []), []);
});

t.test('of a server that was never seen nothing is said', async (t) => {
  t.notOk(await isUnmatched({ tools: ['late'] }, cart, unseen));
  t.notOk(await isUnmatched({ services: ['shop/unseen'], tools: ['late'] }, cart, unseen));
  t.ok(await isUnmatched({ services: ['shop/cart'], tools: ['late'] }, cart, unseen));
  t.ok(await isUnmatched({ services: ['shop/none'], tools: ['late'] }, cart, unseen));
});

t.test('what is found is of the rules that were looked at', async (t) => {
  const report = new UnmatchedReport(1);
  t.teardown(() => report.close());
  const rules = [{ name: 'typo', effect: 'Allow' as const, to: [{ tools: ['ad'] }] }];
  t.equal(report.of(rules), undefined);
  report.lookSoon(() => ({ rules, servers: [cart] }));
  t.strictSame(await until('the look', () => report.of(rules)), ['typo']);
  t.equal(report.of([...rules]), undefined);
});
