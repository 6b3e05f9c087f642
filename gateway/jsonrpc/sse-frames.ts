/**
 * Server-sent events as frames of bytes (WHATWG HTML, section 9.2): what arrives is cut where a blank line ends an
 * event, and passed on as it came, so that the call path decodes nothing that it does not need.
 */

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const LINE_FEED = Buffer.from('\n');

/** A frame is larger than the reader allows. */
export class FrameTooLargeError extends Error {
  override readonly name = 'FrameTooLargeError';
}

/** Cuts a stream of bytes into frames, each with the blank line that ends it. */
export class FrameSplitter {
  readonly #limit: number;
  #pending: Buffer[] = [];
  #pendingSize = 0;
  /** How much of the blank line the bytes so far have shown. */
  #lineIsEmpty = true;
  #lastWasCr = false;

  /** @param limit the most bytes a frame may have */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a chunk and returns the frames that it completes. @throws FrameTooLargeError */
  push(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    const breaks = new LineBreaks(chunk);
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte === LF && this.#lastWasCr) {
        // The second half of CRLF: the line has ended already. If it ended a frame, this byte is dropped with `from`.
        this.#lastWasCr = false;
        if (from === i && this.#pendingSize === 0) from = i + 1;
        continue;
      }
      this.#lastWasCr = byte === CR;
      if (byte !== LF && byte !== CR) {
        this.#lineIsEmpty = false;
        i = breaks.next(i + 1) - 1;
        continue;
      }
      if (this.#lineIsEmpty) {
        // CRLF whole: a reader that sees a lone CR at the end waits for what follows.
        if (byte === CR && chunk[i + 1] === LF) {
          i++;
          this.#lastWasCr = false;
        }
        const frame = this.#take(chunk.subarray(from, i + 1));
        if (!isBlank(frame)) frames.push(chunk[i] === CR ? Buffer.concat([frame, LINE_FEED]) : frame);
        from = i + 1;
      }
      this.#lineIsEmpty = true;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
    return frames;
  }

  /** How many bytes have come of a frame that is not complete. */
  get pendingSize(): number {
    return this.#pendingSize;
  }

  /** Gives out what has come of a frame that is not complete; only the frame's rest is kept from here on. */
  takePending(): Buffer {
    const pending = Buffer.concat(this.#pending, this.#pendingSize);
    this.#pending = [];
    this.#pendingSize = 0;
    return pending;
  }

  #keep(part: Buffer): void {
    this.#pendingSize += part.length;
    if (this.#pendingSize > this.#limit) throw new FrameTooLargeError(`An event is larger than ${this.#limit} bytes.`);
    this.#pending.push(part);
  }

  #take(last: Buffer): Buffer {
    if (this.#pendingSize === 0) return last;
    this.#keep(last);
    const frame = Buffer.concat(this.#pending, this.#pendingSize);
    this.#pending = [];
    this.#pendingSize = 0;
    return frame;
  }
}

/** Searches for the ends of lines: nearly all bytes of a stream are in long lines of data, and are not looked at. */
class LineBreaks {
  readonly #bytes: Buffer;
  // Each is searched for once: one that is rare would be searched to the end for every other.
  #lf = -1;
  #cr = -1;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The next CR or LF from there on, or the end; asked in ascending order. */
  next(from: number): number {
    if (this.#lf < from) this.#lf = this.#find(LF, from);
    if (this.#cr < from) this.#cr = this.#find(CR, from);
    return Math.min(this.#lf, this.#cr);
  }

  #find(byte: number, from: number): number {
    const at = this.#bytes.indexOf(byte, from);
    return at < 0 ? this.#bytes.length : at;
  }
}

function isBlank(frame: Buffer): boolean {
  return frame.length <= 2 && frame.every((byte) => byte === LF || byte === CR);
}

/** What a frame says. */
export interface Frame {
  /** The data, its lines joined by line feeds; undefined where there is none (a comment, an id alone). */
  readonly data: Buffer | undefined;
  /** Whether the event is of the type `message`, the default and the only one that carries a message. */
  readonly isMessage: boolean;
  /** Whether it has a field that is the sender's own hop's (`id`, `retry`): such a frame is not passed on as it is. */
  readonly hasHopFields: boolean;
  readonly id: string | undefined;
  /** Milliseconds. */
  readonly retry: number | undefined;
}

const DATA = Buffer.from('data');
const EVENT = Buffer.from('event');
const MESSAGE = Buffer.from('message');
const ID = Buffer.from('id');
const RETRY = Buffer.from('retry');

/** Reads a frame's fields. */
export function readFrame(frame: Buffer): Frame {
  let data: Buffer | undefined;
  let id: string | undefined;
  let retry: number | undefined;
  let hasHopFields = false;
  let isMessage = true;
  const breaks = new LineBreaks(frame);
  let start = 0;
  while (start < frame.length) {
    const end = breaks.next(start);
    const colon = frame.subarray(start, end).indexOf(COLON);
    const name = frame.subarray(start, colon < 0 ? end : start + colon);
    if (colon !== 0 && end > start) {
      let from = colon < 0 ? end : start + colon + 1;
      if (frame[from] === 0x20 && from < end) from++;
      const value = frame.subarray(from, end);
      if (name.equals(DATA)) data = data === undefined ? value : Buffer.concat([data, Buffer.from('\n'), value]);
      else if (name.equals(EVENT)) isMessage = value.length === 0 || value.equals(MESSAGE);
      else if (name.equals(ID)) {
        id = value.toString();
        hasHopFields = true;
      } else if (name.equals(RETRY)) {
        const text = value.toString();
        if (/^[0-9]{1,9}$/.test(text)) retry = Number(text);
        hasHopFields = true;
      }
    }
    start = end + (frame[end] === CR && frame[end + 1] === LF ? 2 : 1);
  }
  return { data, isMessage, hasHopFields, id, retry };
}

const DATA_PREFIX = Buffer.from('event: message\ndata: ');
const FRAME_END = Buffer.from('\n\n');

/** A frame that carries one message; a JSON text has no raw line breaks once it is on one line. */
export function messageFrame(message: Buffer): Buffer {
  // A pretty-printed message would end the data line early: every line break in JSON is white space, never content.
  const line =
    message.includes(LF) || message.includes(CR) ? Buffer.from(message.toString().replaceAll(/[\r\n]/g, ' ')) : message;
  return Buffer.concat([DATA_PREFIX, line, FRAME_END]);
}
