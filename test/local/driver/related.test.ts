import t from 'tap';
import type { RelatedRule } from '../../../hooks/metacontroller/hooks.ts';
import { readRelation } from '../../../local/driver/related.ts';
import type { ResourceType } from '../../../local/driver/store.ts';
import { namespaces, services } from './types.ts';

const labelsOf = (name: string): Record<string, string> | undefined =>
  new Map<string, Record<string, string>>([
    ['park', { open: 'yes' }],
    ['yard', {}],
  ]).get(name);

function reaches(rule: Partial<RelatedRule>, namespace: string, name: string, labels = {}): boolean {
  const relation = readRelation({ apiVersion: 'v1', resource: 'services', ...rule }, services);
  return relation.reaches({ apiVersion: 'v1', kind: 'Service', metadata: { namespace, name, labels } }, labelsOf);
}

t.test('a rule without bounds reaches every namespace', async (t) => {
  t.ok(reaches({}, 'park', 'a'));
  t.ok(reaches({}, 'elsewhere', 'b'));
});

t.test('names, a namespace and labels bound a rule', async (t) => {
  t.ok(reaches({ names: ['a'], namespace: 'park' }, 'park', 'a'));
  t.notOk(reaches({ names: ['a'], namespace: 'park' }, 'yard', 'a'));
  t.notOk(reaches({ names: ['a'] }, 'park', 'b'));
  t.ok(reaches({ labelSelector: { matchLabels: { x: '1' } } }, 'park', 'a', { x: '1' }));
  t.notOk(reaches({ labelSelector: { matchLabels: { x: '1' } } }, 'park', 'a'));
});

t.test("a namespaceSelector goes by the namespace's own labels", async (t) => {
  const rule = { namespaceSelector: { matchLabels: { open: 'yes' } } };
  t.ok(reaches(rule, 'park', 'a'));
  t.notOk(reaches(rule, 'yard', 'a'));
  t.notOk(reaches({ namespaceSelector: {} }, 'unknown', 'a'), 'a namespace that does not exist matches nothing');
});

const refused: readonly (readonly [Partial<RelatedRule>, ResourceType, RegExp])[] = [
  [{ names: ['a'], labelSelector: {} }, services, /names beside a selector/],
  [{ namespace: 'a', namespaceSelector: {} }, services, /namespace beside a namespaceSelector/],
  [{ namespaceSelector: {} }, namespaces, /have no namespace/],
  [{ labelSelector: { matchLabels: { 'bad key': '' } } }, services, /not a label's key/],
];
for (const [rule, type, message] of refused) {
  t.test(`refused: ${message.source}`, async (t) => {
    t.throws(() => readRelation({ apiVersion: type.apiVersion, resource: type.resource, ...rule }, type), message);
  });
}
