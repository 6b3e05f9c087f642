/**
 * Where a JSON string ends, checked on the way (RFC 8259 section 7). Most bytes of a large message are inside strings, so
 * this decides what such a message costs: the first bytes are looked at one by one, those of a long string four at a time.
 *
 * Native searches (`Buffer.indexOf` of the quote, `JSON.parse` of what is before it) are slower: a little on plain texts,
 * five times on texts with many escaped quotes, as JSON in JSON has.
 */
import { byteAt } from './byte-at.ts';
import { syntaxError } from './json-scan-error.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** Bytes after which a string counts as long. */
const LONG = 64;
/** Plain bytes in a row after which words are tried again: between escapes that stand closer, single bytes are faster. */
const RUN = 8;

// The message in words, made once for all its long strings: making them costs as much as some hundred single bytes.
const NO_WORDS = new Int32Array(0);
let words: Int32Array = NO_WORDS;
let wordsOf: Buffer | undefined;

/** Lets go of the message whose strings were checked last. */
export function forgetWords(): void {
  words = NO_WORDS;
  wordsOf = undefined;
}

function makeWords(bytes: Buffer): void {
  wordsOf = bytes;
  // Words are aligned in the memory, the bytes may begin anywhere: the first word may begin before them.
  const shift = bytes.byteOffset & 3;
  words = new Int32Array(bytes.buffer, bytes.byteOffset - shift, (shift + bytes.length) >> 2);
}

/**
 * Checks the string whose opening quote is at `at`. Whether it is UTF-8 is not looked at.
 * @returns the offset after its closing quote
 * @throws JsonScanError ERR_JSON_SYNTAX
 */
export function endOfString(bytes: Buffer, at: number): number {
  at++;
  // No more than there is: see byteAt.
  const stop = Math.min(at + LONG, bytes.length);
  let byte = 0;
  for (;;) {
    while (at < stop && isPlain((byte = bytes[at] as number))) at++;
    if (at >= stop) return endOfLongString(bytes, at);
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) throw syntaxError(bytes, at);
    at = endOfEscape(bytes, at + 1);
  }
}

/** Goes on inside a string, between two of its characters. */
function endOfLongString(bytes: Buffer, at: number): number {
  if (wordsOf !== bytes) makeWords(bytes);
  const inWords = words;
  const count = inWords.length;
  const { length } = bytes;
  const shift = bytes.byteOffset & 3;
  while (at < length) {
    const byte = bytes[at] as number;
    if (isPlain(byte)) {
      const far = at + RUN;
      do at++;
      while (at < length && isPlain(bytes[at] as number) && at !== far);
      if (at !== far) continue;
      // The word that holds this byte begins at most three bytes before it, all of them plain.
      let word = (at + shift) >> 2;
      while (word < count && isPlainWord(inWords[word] as number)) word++;
      const passed = (word << 2) - shift;
      if (passed > at) at = passed;
      while (at < length && isPlain(bytes[at] as number)) at++;
      continue;
    }
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) break;
    at = endOfEscape(bytes, at + 1);
  }
  throw syntaxError(bytes, at);
}

/** Whether a string may hold the byte as it is: no control, quote or backslash. */
function isPlain(byte: number): boolean {
  return byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH;
}

const HIGH_BITS = 0x80808080 | 0;

/**
 * Whether all four bytes of a word are plain. `x - 0x01` in each byte sets the high bit where it was 0, and `& ~x` leaves
 * out bytes that had it before: one borrowed from can be wrong only above a byte that is itself not plain.
 */
function isPlainWord(word: number): boolean {
  const controls = word - 0x20202020;
  const quotes = (word ^ 0x22222222) - 0x01010101;
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101;
  return ((controls | quotes | backslashes) & ~word & HIGH_BITS) === 0;
}

/** Checks what follows a backslash; returns the offset after it. */
function endOfEscape(bytes: Buffer, at: number): number {
  switch (byteAt(bytes, at)) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1;
    case 0x75: // u
      for (let i = 1; i <= 4; i++) if (!isHexDigit(byteAt(bytes, at + i))) throw syntaxError(bytes, at + i);
      return at + 5;
    default:
      throw syntaxError(bytes, at);
  }
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}
