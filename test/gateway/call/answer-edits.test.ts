import fc from 'fast-check';
import t from 'tap';
import { insertedMembers, isSameId, removedMembers } from '../../../gateway/call/answer-edits.ts';
import { edited } from '../../../gateway/jsonrpc/edit.ts';
import { member, scanMessage, type Member } from '../../../gateway/jsonrpc/message-scan.ts';

function resultOf(bytes: Buffer): Member {
  const result = member(scanMessage(bytes), 'result');
  if (result === undefined) throw new Error('The message has no result.');
  return result;
}

const names = fc.constantFrom<string>('a', 'b', 'c', 'd', 'e');

t.test('removes exactly the named members, wherever they stand', async (t) => {
  fc.assert(
    fc.property(
      fc.uniqueArray(names),
      fc.uniqueArray(names),
      fc.constantFrom(undefined, 1),
      (present, removed, indent) => {
        const result = Object.fromEntries(present.map((name, value) => [name, value]));
        const bytes = Buffer.from(JSON.stringify({ id: 1, result, z: 0 }, undefined, indent));
        const out = edited(bytes, removedMembers(resultOf(bytes), new Set(removed)));
        const expected = Object.fromEntries(Object.entries(result).filter(([name]) => !removed.includes(name)));
        t.strictSame(JSON.parse(out.toString()), { id: 1, result: expected, z: 0 });
      },
    ),
  );
});

t.test('inserts members into an object that has some, and into one that has none', async (t) => {
  for (const result of [{}, { x: 1 }]) {
    const bytes = Buffer.from(JSON.stringify({ result }));
    const out = edited(bytes, [insertedMembers(resultOf(bytes), '"y":2')]);
    t.strictSame(JSON.parse(out.toString()), { result: { y: 2, ...result } });
  }
});

t.test('takes ids for one that are spelt differently, and not those of different types', async (t) => {
  t.ok(isSameId('"é"', String.raw`"\u00e9"`));
  t.notOk(isSameId('1', '"1"'));
  t.notOk(isSameId('1', undefined));
});
