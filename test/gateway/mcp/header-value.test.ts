import fc from 'fast-check';
import t from 'tap';
import { decodeHeaderValue, encodeHeaderValue } from '../../../gateway/mcp/header-value.ts';

t.test('visible ASCII stands for itself', async (t) => {
  for (const text of ['add', 'file:///a b/c', 'x', '=?base64?']) {
    t.equal(encodeHeaderValue(text), text);
    t.equal(decodeHeaderValue(text), text);
  }
});

t.test('what a header cannot hold is encoded as the specification’s examples are', async (t) => {
  t.equal(encodeHeaderValue('Hello, 世界'), '=?base64?SGVsbG8sIOS4lueVjA==?=');
  t.equal(encodeHeaderValue(' padded '), '=?base64?IHBhZGRlZCA=?=');
  t.equal(encodeHeaderValue('line1\nline2'), '=?base64?bGluZTEKbGluZTI=?=');
  t.equal(encodeHeaderValue('=?base64?literal?='), '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=');
});

t.test('every text is got back, over a value that a header can hold', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (any) => {
      const text = any.toWellFormed();
      const value = encodeHeaderValue(text);
      return /^[\x21-\x7e]?[\x20-\x7e]*$/.test(value) && decodeHeaderValue(value) === text;
    }),
  );
});

t.test('a sentinel with a broken inside is no text', async (t) => {
  for (const value of ['=?base64?a?=', '=?base64?YQ?=', '=?base64?Y=Q=?=', '=?base64?Y Q==?=', '=?base64?YR==?='])
    t.equal(decodeHeaderValue(value), undefined, value);
});
