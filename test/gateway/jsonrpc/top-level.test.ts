import fc from 'fast-check';
import t from 'tap';
import { TopLevelScan, type TopLevel } from '../../../gateway/jsonrpc/top-level.ts';
import { cpuTime } from '../../support/cpu-time.ts';

function scanned(text: string, cuts: readonly number[] = []): TopLevel {
  const bytes = Buffer.from(text);
  const scan = new TopLevelScan();
  let from = 0;
  for (const cut of [...cuts.map((at) => at % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)) {
    scan.push(bytes.subarray(from, cut));
    from = cut;
  }
  return scan.end();
}

/** The same, read with JSON.parse. */
function expected(object: Record<string, unknown>): TopLevel {
  const { id } = object;
  const text = id === undefined || id === null ? undefined : JSON.stringify(id);
  if (Object.hasOwn(object, 'method')) return { id: text, kind: text === undefined ? 'notification' : 'request' };
  const isResponse = Object.hasOwn(object, 'result') !== Object.hasOwn(object, 'error');
  return { id: text, kind: isResponse ? 'response' : 'none' };
}

t.test('tells what JSON.parse tells, however the bytes are cut', async (t) => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const names = fc.constantFrom('result', 'error', 'method', 'jsonrpc', 'é"\\', 'params');
  const id = fc.option(
    fc.oneof(
      fc.integer(),
      fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
    ),
  );
  fc.assert(
    fc.property(
      fc.dictionary(names, value),
      fc.option(id, { nil: undefined }),
      fc.constantFrom(undefined, 2),
      fc.array(fc.nat(), { maxLength: 20 }),
      (members, ownId, indent, cuts) => {
        const object = { ...members, ...(ownId !== undefined && { id: ownId }) };
        t.strictSame(scanned(JSON.stringify(object, undefined, indent), cuts), expected(object));
      },
    ),
    { numRuns: 2000 },
  );
});

t.test('looks at no member below the message’s own', async (t) => {
  t.strictSame(scanned('{"result":{"id":1,"method":"x","a":["}","{"]},"id":"2"}'), { id: '"2"', kind: 'response' });
});

t.test('has nothing to say of a message that is not complete, or is an array', async (t) => {
  t.equal(scanned('{"id":1,"result":{}').kind, 'none');
  t.equal(scanned('[{"id":1,"result":{}}]').kind, 'none');
});

t.test('passes over a text of nothing but escapes in its own time', async (t) => {
  const scan = new TopLevelScan();
  const spent = cpuTime();
  scan.push(Buffer.from('{"result":"'));
  for (let i = 0; i < 100; i++) scan.push(Buffer.from('\\n'.repeat(32_768)));
  scan.push(Buffer.from('","id":1}'));
  const took = spent();
  t.strictSame(scan.end(), { id: '1', kind: 'response' });
  t.comment(`${took.toFixed(1)} ms for 6.4 MB`);
  t.ok(took < 2000, `${took} ms`);
});
