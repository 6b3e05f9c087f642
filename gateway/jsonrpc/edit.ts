/** A replacement of the bytes `start` to `end` (exclusive) of a message; `start === end` inserts. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The message with all edits made, in one allocation; the bytes between them are copied as they are.
 * @param edits in ascending order, not overlapping
 */
export function edited(bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes;
  let size = bytes.length;
  for (const edit of edits) size += Buffer.byteLength(edit.text) - (edit.end - edit.start);
  const result = Buffer.allocUnsafe(size);
  let from = 0;
  let to = 0;
  for (const edit of edits) {
    to += bytes.copy(result, to, from, edit.start);
    to += result.write(edit.text, to);
    from = edit.end;
  }
  bytes.copy(result, to, from);
  return result;
}

/** The order that edits are made in: what is inserted at a place comes before what is replaced there. */
export function byPosition(a: Edit, b: Edit): number {
  return a.start - b.start || a.end - b.end;
}
