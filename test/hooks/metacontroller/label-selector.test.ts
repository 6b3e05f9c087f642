import t from 'tap';
import { labelSelectorFault, selectsEverything } from '../../../hooks/metacontroller/label-selector.ts';

const faultOf = (selector: Parameters<typeof labelSelectorFault>[0]) => labelSelectorFault(selector, 'spec.selector');

t.test('selectors that Kubernetes takes have no fault', async (t) => {
  for (const selector of [
    {},
    { matchLabels: {} },
    { matchLabels: { 'mcp-enabled': 'true', 'app.kubernetes.io/name': '', 'Up_per.Case': 'A_b.c-1' } },
    { matchLabels: { [`${'a'.repeat(253)}/${'n'.repeat(63)}`]: 'v'.repeat(63) } },
    { matchExpressions: [{ key: 'a', operator: 'In', values: ['b', ''] }] },
    { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] },
    { matchExpressions: [{ key: 'a', operator: 'Exists' }] },
    { matchExpressions: [{ key: 'a', operator: 'DoesNotExist', values: [] }] },
  ]) {
    t.equal(faultOf(selector), undefined, JSON.stringify(selector));
  }
});

t.test('keys that Kubernetes refuses are named', async (t) => {
  const keys = [
    '',
    'a b',
    '-a',
    'a-',
    'a/b/c',
    'A.com/b',
    '/b',
    'a/',
    'ä',
    `${'a'.repeat(254)}/b`,
    'n'.repeat(64),
    '.com/b',
  ];
  for (const key of keys) {
    const sentence = `${JSON.stringify(key)} is not a label key, such as "example.com/name".`;
    t.equal(faultOf({ matchLabels: { [key]: 'v' } }), `spec.selector.matchLabels: ${sentence}`);
    t.equal(
      faultOf({ matchExpressions: [{ key, operator: 'Exists' }] }),
      `spec.selector.matchExpressions[0]: ${sentence}`,
    );
  }
});

t.test('values that Kubernetes refuses are named', async (t) => {
  for (const value of ['a b', '-a', 'a/b', 'v'.repeat(64), 'ä']) {
    const sentence = `${JSON.stringify(value)} is not a label value: at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit.`;
    t.equal(faultOf({ matchLabels: { a: value } }), `spec.selector.matchLabels: ${sentence}`);
    t.equal(
      faultOf({ matchExpressions: [{ key: 'a', operator: 'In', values: ['fine', value] }] }),
      `spec.selector.matchExpressions[0]: ${sentence}`,
    );
  }
});

t.test('operators are told what values they need', async (t) => {
  const fault = (operator: string, values?: string[]) =>
    faultOf({
      matchExpressions: [
        { key: 'fine', operator: 'Exists' },
        { key: 'a', operator, ...(values === undefined ? {} : { values }) },
      ],
    });
  const at = 'spec.selector.matchExpressions[1]:';
  t.equal(fault('In'), `${at} operator In needs at least one value.`);
  t.equal(fault('NotIn', []), `${at} operator NotIn needs at least one value.`);
  t.equal(fault('Exists', ['b']), `${at} operator Exists takes no values.`);
  t.equal(fault('DoesNotExist', ['b']), `${at} operator DoesNotExist takes no values.`);
  t.equal(fault('in', ['b']), `${at} operator "in" is none of In, NotIn, Exists and DoesNotExist.`);
});

t.test('a selector without requirements selects everything', async (t) => {
  t.ok(selectsEverything({}));
  t.ok(selectsEverything({ matchLabels: {}, matchExpressions: [] }));
  t.notOk(selectsEverything({ matchLabels: { a: '' } }));
  t.notOk(selectsEverything({ matchExpressions: [{ key: 'a', operator: 'Exists' }] }));
});
