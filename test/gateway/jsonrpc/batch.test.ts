import fc from 'fast-check';
import t from 'tap';
import { batchElements, isBatch, readMessages } from '../../../gateway/jsonrpc/batch.ts';
import { InvalidMessageError } from '../../../gateway/jsonrpc/message.ts';
import { MAX_JSON_DEPTH } from '../../../gateway/jsonrpc/message-scan.ts';

const elements = (text: string, limit = 10): string[] =>
  batchElements(Buffer.from(text), limit).map((element) => element.toString());

t.test('a batch is what begins with a bracket, behind white space', async (t) => {
  for (const text of ['[', ' \t\r\n[1]', '[]']) t.equal(isBatch(Buffer.from(text)), true, text);
  for (const text of ['', '  ', '{"a":[]}', '"["', 'x[', '\u00a0[']) t.equal(isBatch(Buffer.from(text)), false, text);
});

t.test('elements are given as they stand, whatever they are', async (t) => {
  t.strictSame(elements('[]'), []);
  t.strictSame(elements(' [ \n ] '), []);
  t.strictSame(elements('[{"a" : [1, 2]},{}]'), ['{"a" : [1, 2]}', '{}']);
  t.strictSame(elements(' [ 1 , "x,]" ,null,true ,[[]], -0.5e+3 ]\r\n'), [
    '1',
    '"x,]"',
    'null',
    'true',
    '[[]]',
    '-0.5e+3',
  ]);
  t.strictSame(elements('["é","\\u00e9\\"]"]'), ['"é"', '"\\u00e9\\"]"']);
});

t.test('elements are not copied', async (t) => {
  const bytes = Buffer.from('[{},{}]');
  for (const element of batchElements(bytes, 2)) t.equal(element.buffer, bytes.buffer);
});

t.test('what JSON has not is refused', async (t) => {
  const broken = [
    '[',
    '[1',
    '[1,',
    '[1,]',
    '[,]',
    '[,1]',
    '[1 2]',
    '[1]]',
    '[1]x',
    '[1}',
    '[{]',
    "['a']",
    '[01]',
    '[+1]',
    '[1.]',
    '[nul]',
    '["\t"]',
    '["\\x"]',
    '["a]',
    '[{"a":1,}]',
    '[{a:1}]',
    '[NaN]',
    '[1]\u00a0',
    '[/**/1]',
  ];
  for (const text of broken) {
    t.throws(() => JSON.parse(text), `${text}: JSON.parse`);
    t.throws(() => elements(text), { code: 'ERR_JSON_SYNTAX' }, text);
  }
  t.throws(() => elements('{}'), { code: 'ERR_JSON_NOT_AN_ARRAY' });
});

t.test('whatever JSON.parse takes is cut into the same values, and nothing else is taken', async (t) => {
  const spaced = fc.constantFrom(undefined, 1, '\t');
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 10 }), spaced, (values, space) => {
      const cut = elements(JSON.stringify(values, undefined, space));
      t.strictSame(
        cut.map((text) => JSON.parse(text) as unknown),
        JSON.parse(JSON.stringify(values)),
      );
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 4 }), fc.nat(), fc.nat(255), (values, place, byte) => {
      const bytes = Buffer.from(JSON.stringify(values));
      bytes[place % bytes.length] = byte;
      let cut: Buffer[];
      try {
        cut = batchElements(bytes, 100);
      } catch {
        return;
      }
      const all = `[${cut.map((element) => element.toString()).join(',')}]`;
      t.strictSame(JSON.parse(all), JSON.parse(bytes.toString()));
    }),
    { numRuns: 2000 },
  );
});

t.test('the number of elements is bounded, and the rest is not read', async (t) => {
  t.equal(elements('[1,2,3]', 3).length, 3);
  t.throws(() => elements('[1,2,3,4]', 3), { code: 'ERR_JSON_TOO_MANY', message: /more than 3/ });
  t.throws(() => elements('[1,2,3,this is no JSON', 3), { code: 'ERR_JSON_TOO_MANY' });
});

t.test('an element may nest as deep as a message that comes alone', async (t) => {
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  t.equal(elements(`[${nested(MAX_JSON_DEPTH)},{}]`).length, 2);
  t.throws(() => elements(`[{},${nested(MAX_JSON_DEPTH + 1)}]`), { code: 'ERR_JSON_DEPTH' });
});

t.test('a large batch takes time in proportion to its size', async (t) => {
  const time = (count: number): number => {
    const bytes = Buffer.from(`[${Array.from({ length: count }, () => '{"a":"\\"x"}').join(',')}]`);
    const began = process.cpuUsage();
    for (let i = 0; i < 10; i++) batchElements(bytes, count);
    const { user } = process.cpuUsage(began);
    return user / count;
  };
  time(1000);
  const small = time(10_000);
  t.ok(time(100_000) < 10 * small + 1, 'ten times as many take no more than a hundred times as long');
});

t.test('what a server sends is several messages in revision 2025-03-26 only', async (t) => {
  const one = '{"jsonrpc":"2.0","id":1,"result":{}}';
  const two = Buffer.from(`[${one},{"jsonrpc":"2.0","method":"x"}]`);
  t.strictSame(
    readMessages(two, '2025-03-26').map(({ kind }) => kind),
    ['response', 'notification'],
  );
  t.strictSame(
    readMessages(Buffer.from(one), '2025-03-26').map(({ bytes }) => bytes.toString()),
    [one],
  );
  for (const version of ['2024-11-05', '2025-06-18', '2025-11-25', '2026-07-28', '', undefined]) {
    t.throws(() => readMessages(two, version), { code: 'ERR_JSON_NOT_AN_OBJECT' }, String(version));
  }
  t.throws(() => readMessages(Buffer.from('[{}]'), '2025-03-26'), InvalidMessageError);
  t.throws(() => readMessages(Buffer.from('[[]]'), '2025-03-26'), { code: 'ERR_JSON_NOT_AN_OBJECT' });
});
