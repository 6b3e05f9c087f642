/**
 * The byte at an offset, or -1 beyond the end. A read beyond the end of a typed array gives undefined, and once V8 has seen
 * that at some place, all reads there are slow from then on: one message that breaks off would slow down all that follow.
 */
export function byteAt(bytes: Buffer, at: number): number {
  return at < bytes.length ? (bytes[at] as number) : -1;
}
