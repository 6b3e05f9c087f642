import fc from 'fast-check';
import t from 'tap';
import { uriTemplate } from '../../../gateway/routing/uri-template.ts';
import { cpuTime } from '../../support/cpu-time.ts';

const matches = (template: string, uri: string): boolean => uriTemplate(template).matches(uri);

t.test('a plain expression stands for text without a slash', async (t) => {
  t.ok(matches('test://notes/{id}', 'test://notes/2'));
  t.ok(matches('test://notes/{id}', 'test://notes/'));
  t.notOk(matches('test://notes/{id}', 'test://notes/2/3'));
  t.notOk(matches('test://notes/{id}', 'test://note/2'));
  t.notOk(matches('test://notes/{id}/text', 'test://notes/2/tex'));
});

t.test('reserved, path, query and exploded expressions may hold slashes', async (t) => {
  for (const expression of ['{+path}', '{/path}', '{?q}', '{&q}', '{#part}', '{.ext}', '{;p}', '{path*}']) {
    t.ok(matches(`file://${expression}`, 'file:///a/b/c'), expression);
  }
});

t.test('characters that mean something in regular expressions are literal', async (t) => {
  t.ok(matches('a.b+c(d)[e]^$|\\{x}', 'a.b+c(d)[e]^$|\\1'));
  t.notOk(matches('a.b', 'aXb'));
  t.ok(matches('unclosed{brace', 'unclosed{brace'));
});

t.test('a template without expressions is that URI alone, and an empty one the empty URI', async (t) => {
  t.ok(matches('a://b', 'a://b'));
  t.notOk(matches('a://b', 'a://bc'));
  t.ok(matches('', ''));
  t.notOk(matches('', 'a'));
});

t.test('agrees with a regular expression that means the same', async (t) => {
  const piece = fc.oneof(
    fc.stringMatching(/^[ab/]{1,3}$/).map((text) => ({ template: text, pattern: text })),
    fc.constantFrom({ template: '{x}', pattern: '[^/]*' }, { template: '{+x}', pattern: '.*' }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), fc.stringMatching(/^[ab/]{0,12}$/), (pieces, uri) => {
      const template = pieces.map((one) => one.template).join('');
      const expected = new RegExp(`^${pieces.map((one) => one.pattern).join('')}$`).test(uri);
      t.equal(matches(template, uri), expected, `${template} ${uri}`);
    }),
    { numRuns: 3000 },
  );
});

t.test('a template that is made to be tried for ever is answered at once', async (t) => {
  const template = `${'{+x}a'.repeat(300)}b`;
  const spent = cpuTime();
  t.notOk(matches(template, 'a'.repeat(4000)));
  t.notOk(matches('{+x}'.repeat(500), 'a'.repeat(100_000)), 'a URI of no sensible length');
  const took = spent();
  t.comment(`${took.toFixed(1)} ms`);
  t.ok(took < 1000, `${took} ms`);
});
