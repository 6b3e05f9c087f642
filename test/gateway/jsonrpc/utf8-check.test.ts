import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import t from 'tap';
import { Utf8Check } from '../../../gateway/jsonrpc/utf8-check.ts';

/** Whether bytes that come in these pieces are UTF-8. */
function isUtf8InPieces(pieces: readonly Uint8Array[]): boolean {
  const check = new Utf8Check();
  return pieces.every((piece) => check.push(Buffer.from(piece))) && check.end();
}

/** All ways to cut bytes into two pieces, and into single bytes. */
function cuts(bytes: Buffer): Buffer[][] {
  const inTwo = Array.from({ length: bytes.length + 1 }, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)]);
  return [...inTwo, [...bytes].map((byte) => Buffer.of(byte)), [bytes]];
}

t.test('characters of every length are taken, wherever they are cut', async (t) => {
  const bytes = Buffer.from('aé€😀z\u{10ffff}\u0000\ud7ff\ue000');
  for (const pieces of cuts(bytes)) t.ok(isUtf8InPieces(pieces));
});

t.test('what is not UTF-8 is refused, wherever it is cut', async (t) => {
  const wrong = [
    '80',
    'bf',
    'c0af',
    'c1bf',
    'c3',
    'c328',
    'e28228',
    'e282',
    'eda080',
    'f09f98',
    'f4908080',
    'f5',
    'ff',
    'e080af',
  ];
  for (const hex of wrong) {
    for (const [before, after] of [
      ['', ''],
      ['a', 'b'],
      ['é', '😀'],
    ]) {
      const bytes = Buffer.concat([Buffer.from(String(before)), Buffer.from(hex, 'hex'), Buffer.from(String(after))]);
      for (const pieces of cuts(bytes)) t.notOk(isUtf8InPieces(pieces), hex);
    }
  }
});

t.test('it says of any pieces what is true of the whole', async () => {
  const piece = fc.uint8Array({ maxLength: 6 });
  const character = fc.string({ unit: 'binary', maxLength: 3 }).map((text) => new Uint8Array(Buffer.from(text)));
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, character, character), { maxLength: 8 }), (pieces) => {
      if (isUtf8InPieces(pieces) !== isUtf8(Buffer.concat(pieces))) throw new Error('It does not agree.');
    }),
    { numRuns: 20_000 },
  );
});
