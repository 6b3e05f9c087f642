/** Where a JSON number or literal ends, checked on the way (RFC 8259 sections 3 and 6). */
import { byteAt } from './byte-at.ts';
import { syntaxError } from './json-scan-error.ts';

const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_E = 0x65;

/**
 * Checks the number that must begin at `at`.
 * @returns the offset after it
 * @throws JsonScanError ERR_JSON_SYNTAX
 */
export function endOfNumber(bytes: Buffer, at: number): number {
  if (byteAt(bytes, at) === MINUS) at++;
  if (byteAt(bytes, at) === ZERO) at++;
  else at = endOfDigits(bytes, at);
  if (byteAt(bytes, at) === DOT) at = endOfDigits(bytes, at + 1);
  if ((byteAt(bytes, at) | 0x20) === LOWER_E) {
    at++;
    if (byteAt(bytes, at) === PLUS || byteAt(bytes, at) === MINUS) at++;
    at = endOfDigits(bytes, at);
  }
  return at;
}

/** At least one digit. */
function endOfDigits(bytes: Buffer, at: number): number {
  const start = at;
  while (isDigit(byteAt(bytes, at))) at++;
  if (at === start) throw syntaxError(bytes, at);
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/**
 * Checks that `word` stands at `at`, where its first byte has been seen.
 * @returns the offset after it
 * @throws JsonScanError ERR_JSON_SYNTAX
 */
export function endOfLiteral(bytes: Buffer, at: number, word: Buffer): number {
  for (let i = 1; i < word.length; i++) if (byteAt(bytes, at + i) !== word[i]) throw syntaxError(bytes, at + i);
  return at + word.length;
}
