import fc from 'fast-check';
import t from 'tap';
import { JsonScanError } from '../../../gateway/jsonrpc/json-scan-error.ts';
import { endOfString } from '../../../gateway/jsonrpc/json-string.ts';
import { cpuTime } from '../../support/cpu-time.ts';

const CHARACTERS = String.raw`(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*`;
/** A string by RFC 8259 section 7, its bytes read as latin1. */
const STRING = new RegExp(`^"${CHARACTERS}"`);
/** What can still become one. */
const BEGINNING = new RegExp(String.raw`^"${CHARACTERS}(?:\\(?:u[0-9a-fA-F]{0,3})?)?`);

/** Plain runs of every length around the scanner's bounds, and what is put between them to harm it. */
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.nat(300).map((length) => 'x'.repeat(length)) },
  fc.nat(20).map((length) => 'x'.repeat(length)),
  fc.nat(40).map((length) => '\\'.repeat(length)),
  fc.constantFrom('\\n', '\\"', '\\\\', '\\/', String.raw`\u00e9`, String.raw`\uD800`, 'é', '\u2028', '\u007f', '😀'),
);
const hostile = fc.oneof(
  fc.constantFrom('"', '\\', '\\x', '\\u', String.raw`\u00`, String.raw`\u00g0`, '\n', '\0', '\u001f', '\ufffd'),
  fc.integer({ min: 0, max: 0xff }).map((byte) => String.fromCharCode(byte)),
);
const content = fc.tuple(fc.array(piece, { maxLength: 12 }), fc.array(fc.tuple(fc.nat(), hostile), { maxLength: 2 }));

/** The bytes at an offset in a larger memory that is full of what would end or break a string. */
function placed(bytes: Buffer, offset: number, around: number): Buffer {
  const memory = Buffer.alloc(offset + bytes.length + 16, around);
  bytes.copy(memory, offset);
  return memory.subarray(offset, offset + bytes.length);
}

/** Where the string ends, or the error. */
function scanned(bytes: Buffer, at: number): number | string {
  try {
    return endOfString(bytes, at);
  } catch (error) {
    if (error instanceof JsonScanError && error.code === 'ERR_JSON_SYNTAX') return error.message;
    throw error;
  }
}

function expected(bytes: Buffer, at: number): number | string {
  const text = bytes.toString('latin1', at);
  const whole = STRING.exec(text);
  if (whole !== null) return at + whole[0].length;
  const wrong = at + (BEGINNING.exec(text)?.[0].length ?? 0);
  const what = wrong === bytes.length ? 'ends too early' : `has an unexpected byte 0x${bytes[wrong]?.toString(16)}`;
  return `The message is not valid JSON: it ${what} at offset ${wrong}.`;
}

function isParsed(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('latin1'));
    return true;
  } catch {
    return false;
  }
}

t.test('ends a string where JSON.parse does, and errs at the first byte that no string has there', async (t) => {
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      content,
      fc.constantFrom('"', '', '" ', '":1}'),
      fc.nat(7),
      fc.constantFrom(0x22, 0x5c, 0x78),
      ([pieces, harms], rest, offset, around) => {
        let text = pieces.join('');
        for (const [place, harm] of harms) {
          const at = place % (text.length + 1);
          text = text.slice(0, at) + harm + text.slice(at);
        }
        const at = offset % 3;
        const bytes = placed(Buffer.from(`${' '.repeat(at)}"${text}${rest}`), offset, around);
        const end = scanned(bytes, at);
        t.equal(end, expected(bytes, at));
        if (typeof end === 'number') {
          accepted++;
          t.ok(isParsed(bytes.subarray(at, end)), 'what it accepts is a string');
        } else {
          refused++;
          for (let quote = at + 1; (quote = bytes.indexOf('"', quote)) > 0; quote++) {
            t.notOk(isParsed(bytes.subarray(at, quote + 1)), 'no part of what it refuses is a string');
          }
        }
      },
    ),
    { numRuns: 3000 },
  );
  t.comment(`${accepted} accepted, ${refused} refused`);
  t.ok(accepted > 300 && refused > 300, `${accepted} accepted, ${refused} refused`);
});

t.test('finds one wrong byte wherever it stands in a long string', async (t) => {
  for (const offset of [0, 1, 2, 3]) {
    for (let place = 1; place <= 400; place++) {
      for (const wrong of [0x00, 0x1f]) {
        const bytes = placed(Buffer.from(`"${'é'.repeat(200)}"`), offset, 0x22);
        bytes[place] = wrong;
        const what = `has an unexpected byte 0x${wrong.toString(16)} at offset ${place}.`;
        t.equal(scanned(bytes, 0), `The message is not valid JSON: it ${what}`);
      }
    }
  }
});

t.test('ends at a quote after an even run of backslashes and not after an odd one', async (t) => {
  for (let run = 0; run < 700; run++) {
    const bytes = Buffer.from(`"${'\\'.repeat(run)}"x"`);
    t.equal(scanned(bytes, 0), run % 2 === 0 ? run + 2 : run + 4);
  }
});

t.test('does not read beyond the bytes into the memory around them', async (t) => {
  for (let length = 0; length < 600; length++) {
    const bytes = placed(Buffer.from(`"${'x'.repeat(length)}`), length % 4, 0x22);
    t.equal(scanned(bytes, 0), `The message is not valid JSON: it ends too early at offset ${length + 1}.`);
  }
});

t.test('takes time in proportion to its length, whatever stands in it', async (t) => {
  const units = { plain: 'x', escapes: '\\n', quotes: '\\"', backslashes: '\\\\', strings: `${'x'.repeat(300)}","` };
  for (const [name, unit] of Object.entries(units)) {
    const bytes = Buffer.from(`"${unit.repeat(Math.ceil(8_000_000 / unit.length))}"`);
    const spent = cpuTime();
    for (let at = 0; at < bytes.length; at = endOfString(bytes, at) + 1);
    const took = spent();
    t.comment(`${name}: ${took.toFixed(1)} ms for 8 MB`);
    // A search through the rest for each would take minutes.
    t.ok(took < 5000, `${name}: ${took} ms`);
  }
});
