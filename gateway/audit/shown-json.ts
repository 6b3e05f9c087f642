/**
 * A JSON value as an audit line shows it: without secrets, in one line, and bounded. The bytes are walked, without building a
 * value, so that it is shown as it was sent: numbers of any size, a member that stands there twice.
 */
import { byteAt } from '../jsonrpc/byte-at.ts';
import { endOfString, forgetWords } from '../jsonrpc/json-string.ts';
import { memberName } from '../jsonrpc/members.ts';
import { visible } from './quoted.ts';
import { isCredential, isSecretName, REDACTED } from './secrets.ts';

/** The most characters that are shown of a value. */
const MAX_SHOWN = 4096;
/** The most bytes of one string that are shown, so that one does not hide the others. */
const MAX_STRING = 1024;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const BACKSLASH = 0x5c;

/** Names of members of which one says what another of the same object is: `{"name": "Authorization", "value": "…"}`. */
const naming = new Set(['name', 'key', 'header', 'field']);
const named = new Set(['value', 'val', 'values', 'content', 'data']);

/** @returns JSON text that says the same, or as much of it as is shown */
export interface ShownJson {
  readonly text: string;
  /** Only its beginning is shown: the text is no JSON then. */
  readonly isCut: boolean;
}

/**
 * @param bytes a message that has been checked: well-formed JSON, UTF-8, of bounded depth
 * @param start the first byte of the value
 */
export function shownJson(bytes: Buffer, start: number): ShownJson {
  const walk = new Walk(bytes);
  try {
    walk.value(start, false);
  } catch (error) {
    if (error !== FULL) throw error;
    walk.blotUntold();
  } finally {
    // What was walked last would be held until the next.
    forgetWords();
  }
  return walk.shown;
}

/** Ends a walk: nothing more is shown. */
const FULL = new Error('There is no room for more.');

class Walk {
  readonly #bytes: Buffer;
  readonly #parts: string[] = [];
  /** Where the values of members stand that another of the same object may yet tell to be secret. */
  readonly #untold: { readonly from: number; readonly to: number }[] = [];
  #size = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get shown(): ShownJson {
    const text = this.#parts.join('');
    return text.length > MAX_SHOWN ? { text: text.slice(0, MAX_SHOWN), isCut: true } : { text, isCut: false };
  }

  /** Walks over the value that begins at `at`. @param isSecret whether it is not shown @returns the offset after it */
  value(at: number, isSecret: boolean): number {
    const byte = byteAt(this.#bytes, at);
    if (byte === OPEN_BRACE) return this.#object(at, isSecret);
    if (byte === OPEN_BRACKET) return this.#array(at, isSecret);
    const end = byte === QUOTE ? endOfString(this.#bytes, at) : this.#endOfWord(at);
    this.#add(
      isSecret && byte !== 0x6e ? `"${REDACTED}"` : byte === QUOTE ? this.#string(at, end) : this.#text(at, end),
    );
    return end;
  }

  /** Takes back values that are, or may be, secret. @param first of them */
  blotUntold(first = 0): void {
    for (const { from, to } of this.#untold.splice(first)) {
      this.#parts.fill('', from, to);
      this.#parts[from] = `"${REDACTED}"`;
    }
  }

  #object(at: number, isSecret: boolean): number {
    this.#add('{');
    const ofOuter = this.#untold.length;
    let tellsSecret = false;
    for (at = this.#space(at + 1); byteAt(this.#bytes, at) !== CLOSE_BRACE; at = this.#next(at)) {
      const nameEnd = endOfString(this.#bytes, at);
      const name = memberName(this.#bytes, at, nameEnd);
      const valueStart = this.#space(this.#space(nameEnd) + 1);
      this.#add(`${this.#string(at, nameEnd)}:`);
      const from = this.#parts.length;
      const isNaming = naming.has(name.toLowerCase()) && byteAt(this.#bytes, valueStart) === QUOTE;
      at = this.value(valueStart, isSecret || (isSecretName(name) && !isNaming));
      if (named.has(name.toLowerCase())) this.#untold.push({ from, to: this.#parts.length });
      if (isNaming) tellsSecret ||= isSecretName(memberName(this.#bytes, valueStart, at));
      if (tellsSecret) this.blotUntold(ofOuter);
    }
    this.#untold.length = ofOuter;
    this.#add('}');
    return at + 1;
  }

  #array(at: number, isSecret: boolean): number {
    this.#add('[');
    for (at = this.#space(at + 1); byteAt(this.#bytes, at) !== CLOSE_BRACKET; at = this.#next(at)) {
      at = this.value(at, isSecret);
    }
    this.#add(']');
    return at + 1;
  }

  #string(start: number, end: number): string {
    if (end - start > MAX_STRING) {
      let cut = start + MAX_STRING;
      // Neither amid a character nor amid an escape, the longest of which has six bytes.
      while ((byteAt(this.#bytes, cut) & 0xc0) === 0x80) cut--;
      for (let i = cut - 6; i < cut; i++) if (byteAt(this.#bytes, i) === BACKSLASH) cut = i;
      while (byteAt(this.#bytes, cut - 1) === BACKSLASH) cut--;
      const text = `${this.#text(start, cut)}…"`;
      return isCredential(text.slice(1)) ? `"${REDACTED}"` : text;
    }
    const text = this.#text(start, end);
    return isCredential(text.slice(1, -1)) ? `"${REDACTED}"` : text;
  }

  #text(start: number, end: number): string {
    return visible(this.#bytes.toString('utf8', start, end));
  }

  #add(text: string): void {
    this.#parts.push(text);
    this.#size += text.length;
    if (this.#size > MAX_SHOWN) throw FULL;
  }

  /** From behind a member or element to the next, or to what ends them. */
  #next(at: number): number {
    at = this.#space(at);
    if (byteAt(this.#bytes, at) !== COMMA) return at;
    this.#add(',');
    return this.#space(at + 1);
  }

  #endOfWord(at: number): number {
    while (isOfWord(byteAt(this.#bytes, at))) at++;
    return at;
  }

  #space(at: number): number {
    while (isSpace(byteAt(this.#bytes, at))) at++;
    return at;
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Whether a byte is of a number or literal. */
function isOfWord(byte: number): boolean {
  return byte >= 0 && byte !== COMMA && byte !== CLOSE_BRACE && byte !== CLOSE_BRACKET && !isSpace(byte);
}
