import fc from 'fast-check';
import t from 'tap';
import { canonicalJson } from '../../../gateway/contract/canonical-json.ts';

t.test('members come in the order of their names, at every depth, without white space', async (t) => {
  t.equal(canonicalJson({ b: [{ d: 1, c: 2 }], a: null }), '{"a":null,"b":[{"c":2,"d":1}]}');
});

t.test('members that are undefined are left out', async (t) => {
  t.equal(canonicalJson({ b: undefined, a: 1 }), '{"a":1}');
});

t.test('names that JavaScript treats in a special way are names like others', async (t) => {
  t.equal(canonicalJson(JSON.parse('{"b":1,"__proto__":2,"10":3,"9":4}')), '{"9":4,"10":3,"__proto__":2,"b":1}');
});

t.test('it is JSON of the same value, and equal for equal values', async () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      return (
        JSON.stringify(JSON.parse(text)) === text.replaceAll('-0', '0') || canonicalJson(JSON.parse(text)) === text
      );
    }),
  );
});
