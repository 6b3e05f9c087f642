import { isUtf8 } from 'node:buffer';

const NOTHING = Buffer.alloc(0);

/**
 * Whether bytes that come in pieces are UTF-8 (RFC 8259, section 8.1). A character that is cut between two pieces is
 * checked when its rest is there.
 */
export class Utf8Check {
  /** The beginning of a character. */
  #cut: Buffer = NOTHING;

  /** Takes the next piece. @returns false: what has come is not UTF-8 */
  push(piece: Buffer): boolean {
    let from = 0;
    if (this.#cut.length > 0) {
      from = Math.min(sizeOf(this.#cut[0] as number) - this.#cut.length, piece.length);
      const joined = Buffer.concat([this.#cut, piece.subarray(0, from)]);
      if (joined.length < sizeOf(joined[0] as number)) {
        this.#cut = joined;
        return true;
      }
      if (!isUtf8(joined)) return false;
      this.#cut = NOTHING;
    }
    const whole = wholeCharacters(piece, from);
    // A copy: the piece may be large.
    if (whole < piece.length) this.#cut = Buffer.from(piece.subarray(whole));
    return isUtf8(piece.subarray(from, whole));
  }

  /** Whether it does not end amid a character. */
  end(): boolean {
    return this.#cut.length === 0;
  }
}

/** Where the last character that is not whole begins, or the end. */
function wholeCharacters(bytes: Buffer, from: number): number {
  for (let back = 1; back <= 3 && bytes.length - back >= from; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return sizeOf(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** How many bytes a character has that begins so; of a byte that begins none, one, which fails by itself. */
function sizeOf(first: number): number {
  if (first >= 0xf0 && first < 0xf8) return 4;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xc0 && first < 0xe0 ? 2 : 1;
}
