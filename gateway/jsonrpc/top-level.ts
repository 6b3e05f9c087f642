const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;

/** The longest name or plain value of the message's own members that is kept, in bytes. */
const MAX_TOKEN = 64 * 1024;

/** What the members of a message itself say, where the message is too large to be held. */
export interface TopLevel {
  /** The id as JSON text; undefined where there is none, or null. */
  readonly id: string | undefined;
  readonly kind: 'request' | 'notification' | 'response' | 'none';
}

/**
 * Reads a message's own members as its bytes pass by, for a message that is passed on before it is complete. Whether it is
 * JSON is left to who reads it; only where its objects and strings begin and end counts here.
 */
export class TopLevelScan {
  readonly #names = new Set<string>();
  #id: string | undefined;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #isComplete = false;
  /** The name or plain value that is being read at the message's own level, byte by byte as latin1. */
  #token = '';
  #name: string | undefined;

  /** Takes the next bytes. */
  push(bytes: Buffer): void {
    // Each is searched for once: a text of nothing but escapes would be searched to its end for every one of them.
    let backslash = -1;
    let quote = -1;
    for (let at = 0; at < bytes.length;) {
      if (!this.#isInString) {
        this.#outside(bytes[at] as number);
        at++;
        continue;
      }
      if (this.#isEscaped) {
        this.#isEscaped = false;
        this.#keep(bytes, at, at + 1);
        at++;
        continue;
      }
      // Nearly all bytes of a large message are inside strings: they are passed over by searches, not one by one.
      if (backslash < at) backslash = indexOf(bytes, BACKSLASH, at);
      if (quote < at) quote = indexOf(bytes, QUOTE, at);
      const end = Math.min(quote, backslash);
      this.#keep(bytes, at, end + 1);
      if (end === bytes.length) return;
      if (end === quote) this.#isInString = false;
      else this.#isEscaped = true;
      at = end + 1;
    }
  }

  /** What the message was, now that its last byte has passed. */
  end(): TopLevel {
    const has = (name: string): boolean => this.#names.has(name);
    if (!this.#isComplete) return { id: undefined, kind: 'none' };
    if (has('method')) return { id: this.#id, kind: this.#id === undefined ? 'notification' : 'request' };
    return { id: this.#id, kind: has('result') !== has('error') ? 'response' : 'none' };
  }

  #outside(byte: number): void {
    switch (byte) {
      case QUOTE:
        this.#isInString = true;
        if (this.#depth === 1) this.#token += '"';
        return;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (++this.#depth === 1) this.#token = '';
        return;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (this.#depth === 1) this.#endMember();
        if (--this.#depth === 0) this.#isComplete = byte === CLOSE_BRACE;
        return;
      case COLON:
        if (this.#depth !== 1) return;
        this.#name = stringIn(this.#token);
        this.#token = '';
        return;
      case COMMA:
        if (this.#depth === 1) this.#endMember();
        return;
      default:
        if (this.#depth === 1 && byte > 0x20) this.#append(String.fromCharCode(byte));
    }
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    if (this.#depth === 1) this.#append(bytes.toString('latin1', start, Math.min(end, start + MAX_TOKEN)));
  }

  #append(text: string): void {
    if (this.#token.length <= MAX_TOKEN) this.#token += text;
  }

  #endMember(): void {
    if (this.#name !== undefined) this.#names.add(this.#name);
    if (this.#name === 'id' && this.#token !== 'null') this.#id = utf8(this.#token);
    this.#name = undefined;
    this.#token = '';
  }
}

function indexOf(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at < 0 ? bytes.length : at;
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString();
}

function stringIn(token: string): string | undefined {
  try {
    return String(JSON.parse(utf8(token)));
  } catch {
    return undefined;
  }
}
