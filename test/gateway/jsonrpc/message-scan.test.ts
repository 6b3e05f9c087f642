import fc from 'fast-check';
import t from 'tap';
import {
  JsonScanError,
  MAX_JSON_DEPTH,
  member,
  scanMessage,
  type Member,
} from '../../../gateway/jsonrpc/message-scan.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

function codeOf(text: string): string | undefined {
  try {
    scanMessage(bytes(text));
    return undefined;
  } catch (error) {
    if (error instanceof JsonScanError) return error.code;
    throw error;
  }
}

/** Strings that are scanned in words, with and without escapes between. */
const longString = fc
  .array(fc.tuple(fc.constantFrom('x', 'é', '\n', '"', '\\'), fc.nat(200)), { maxLength: 6 })
  .map((runs) => runs.map(([unit, count]) => unit.repeat(count)).join(''));

/** JSON texts as clients write them, and some that no client should. */
const jsonObject = fc.dictionary(
  fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('params', 'result', '_meta', 'id', '__proto__')),
  fc.oneof({ weight: 4, arbitrary: fc.jsonValue({ maxDepth: 4 }) }, longString),
);

t.test('accepts every object that JSON.stringify writes, with or without white space', async () => {
  fc.assert(
    fc.property(jsonObject, fc.constantFrom(undefined, ' ', '\t', 2), (object, indent) => {
      scanMessage(bytes(JSON.stringify(object, undefined, indent)));
    }),
  );
});

t.test('accepts a mutated text exactly when JSON.parse reads it as an object', async (t) => {
  fc.assert(
    fc.property(
      jsonObject,
      fc.array(
        fc.tuple(
          fc.nat(),
          fc.constantFrom('', '"', '\\', ',', ':', '{', '}', '[', ']', '0', '-', 'e', '.', 't', ' ', '\u0001', 'é'),
        ),
      ),
      (object, mutations) => {
        let text = JSON.stringify(object);
        for (const [at, insert] of mutations) {
          const position = at % (text.length + 1);
          text = text.slice(0, position) + insert + text.slice(position + (at % 2));
        }
        // A lone half of a surrogate pair does not survive UTF-8; compare what both readers see.
        const seen = bytes(text).toString();
        const code = codeOf(seen);
        if (code === 'ERR_JSON_DUPLICATE_MEMBER' || code === 'ERR_JSON_DEPTH') return;
        let parsed: unknown;
        try {
          parsed = JSON.parse(seen);
        } catch {
          t.equal(code, 'ERR_JSON_SYNTAX', seen);
          return;
        }
        const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
        t.equal(code, isObject ? undefined : 'ERR_JSON_NOT_AN_OBJECT', seen);
      },
    ),
    { numRuns: 2000 },
  );
});

t.test('notes each member where its value stands', async (t) => {
  fc.assert(
    fc.property(jsonObject, (object) => {
      const text = bytes(JSON.stringify(object));
      const members = scanMessage(text);
      const read = Object.fromEntries(
        members.map((m) => [m.name, JSON.parse(text.toString('utf8', m.start, m.end)) as unknown]),
      );
      t.strictSame(JSON.stringify(read), JSON.stringify(object));
    }),
    { numRuns: 200 },
  );
});

t.test('looks into params and its _meta, and into nothing else', async (t) => {
  const message = bytes('{"params":{"name":"a","arguments":{"x":1},"_meta":{"k":[]}},"other":{"y":2},"id":7}');
  const members = scanMessage(message);
  const params = member(members, 'params');
  const names = (list: readonly Member[] | undefined): string[] | undefined => list?.map(({ name }) => name);
  t.strictSame(names(params?.members), ['name', 'arguments', '_meta']);
  t.strictSame(names(member(params?.members, '_meta')?.members), ['k']);
  t.equal(member(params?.members, 'arguments')?.members, undefined);
  t.equal(member(members, 'other')?.members, undefined);
});

t.test('reads an escaped member name as the member it names', async (t) => {
  t.equal(scanMessage(bytes(String.raw`{"\u006dethod":"ping"}`))[0]?.name, 'method');
});

t.test('refuses a member that stands twice, also when one is escaped', async (t) => {
  t.equal(codeOf('{"method":"a","method":"b"}'), 'ERR_JSON_DUPLICATE_MEMBER');
  t.equal(codeOf(String.raw`{"params":{"name":"a","n\u0061me":"b"}}`), 'ERR_JSON_DUPLICATE_MEMBER');
});

t.test('finds a duplicate among many members', async (t) => {
  const many = Array.from({ length: 100 }, (_, i) => `"m${i}":0`);
  t.equal(codeOf(`{${many.join(',')}}`), undefined);
  t.equal(codeOf(`{${many.join(',')},"m3":0}`), 'ERR_JSON_DUPLICATE_MEMBER');
  t.equal(codeOf(`{${many.join(',')},"m99":0}`), 'ERR_JSON_DUPLICATE_MEMBER');
});

t.test('allows a member that stands twice below the levels that are looked at', async (t) => {
  t.equal(codeOf('{"params":{"arguments":{"a":1,"a":2}}}'), undefined);
});

t.test('reads up to the deepest level and refuses the next', async (t) => {
  const nested = (levels: number): string => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  t.equal(codeOf(nested(MAX_JSON_DEPTH)), undefined);
  t.equal(codeOf(nested(MAX_JSON_DEPTH + 1)), 'ERR_JSON_DEPTH');
});

t.test('scans rightly after a scan that failed in the depth', async (t) => {
  codeOf('{"a":[[[[');
  t.equal(codeOf('{}'), undefined);
});
