import t from 'tap';
import type { LabelSelector } from '../../../hooks/metacontroller/label-selector.ts';
import { selects } from '../../../local/driver/label-selector.ts';

const tree = { kind: 'tree', 'example.test/age': 'old' };

const cases: readonly (readonly [string, LabelSelector | undefined, boolean])[] = [
  ['no selector', undefined, true],
  ['an empty selector', {}, true],
  ['a matching label', { matchLabels: { kind: 'tree' } }, true],
  ['another value', { matchLabels: { kind: 'bush' } }, false],
  ['one of two labels', { matchLabels: { kind: 'tree', colour: 'red' } }, false],
  ['In', { matchExpressions: [{ key: 'kind', operator: 'In', values: ['bush', 'tree'] }] }, true],
  ['In on an absent label', { matchExpressions: [{ key: 'colour', operator: 'In', values: [''] }] }, false],
  ['NotIn', { matchExpressions: [{ key: 'kind', operator: 'NotIn', values: ['tree'] }] }, false],
  ['NotIn on an absent label', { matchExpressions: [{ key: 'colour', operator: 'NotIn', values: ['red'] }] }, true],
  ['Exists', { matchExpressions: [{ key: 'example.test/age', operator: 'Exists' }] }, true],
  ['DoesNotExist', { matchExpressions: [{ key: 'kind', operator: 'DoesNotExist' }] }, false],
  ['a label named as a member of every object', { matchLabels: { constructor: 'x' } }, false],
];
for (const [name, selector, expected] of cases) {
  t.test(`${name} ${expected ? 'selects' : 'does not select'}`, async (t) => {
    t.equal(selects(selector)(tree), expected);
  });
}

const refused: readonly (readonly [string, LabelSelector, RegExp])[] = [
  ['an unknown operator', { matchExpressions: [{ key: 'a', operator: 'Like' }] }, /unknown operator "Like"/],
  ['In without values', { matchExpressions: [{ key: 'a', operator: 'In' }] }, /needs values/],
  ['Exists with values', { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] }, /takes no values/],
  ['a bad key', { matchLabels: { 'not a key': 'x' } }, /"not a key" is not a label's key/],
  ['a bad prefix', { matchLabels: { 'UPPER/key': 'x' } }, /"UPPER\/key" is not a label's key/],
  ['a bad value', { matchLabels: { a: 'not a value' } }, /"not a value" is not a label's value/],
];
for (const [name, selector, message] of refused) {
  t.test(`${name} is refused`, async (t) => {
    t.throws(() => selects(selector), message);
  });
}
