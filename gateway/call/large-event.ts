import { TopLevelScan, type TopLevel } from '../jsonrpc/top-level.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const BEGIN = Buffer.from('event: message\ndata: ');

/**
 * An event that is too large to be held until it is complete: a message on one line of data, whose bytes are passed on as
 * they come. What it was is known at its end.
 */
export class LargeEvent {
  readonly #scan = new TopLevelScan();

  /**
   * @param pending what has come of an event
   * @returns the event, and its beginning as it is to be passed on; undefined if it is not all on one line of data
   */
  static begin(pending: Buffer): { readonly event: LargeEvent; readonly bytes: Buffer } | undefined {
    let line = 0;
    for (;;) {
      const end = lineEnd(pending, line);
      if (end === pending.length) break;
      const text = pending.toString('latin1', line, end);
      // Comments, ids and retry times are the sender's own hop's.
      if (/^data(:|$)/.test(text) || /^event:(?! ?(message)?$)/.test(text)) return undefined;
      line = end + 1;
    }
    if (pending.toString('latin1', line, line + 5) !== 'data:') return undefined;
    const start = pending[line + 5] === SPACE ? line + 6 : line + 5;
    const event = new LargeEvent();
    const data = pending.subarray(start);
    event.#scan.push(data);
    return { event, bytes: Buffer.concat([BEGIN, data]) };
  }

  /** Takes the next bytes. @returns how many of them are the message's; fewer than all: it is complete */
  push(chunk: Buffer): number {
    const end = lineEnd(chunk, 0);
    this.#scan.push(chunk.subarray(0, end));
    return end;
  }

  /** What the message was. */
  end(): TopLevel {
    return this.#scan.end();
  }
}

function lineEnd(bytes: Buffer, from: number): number {
  const lf = bytes.indexOf(LF, from);
  const cr = bytes.indexOf(CR, from);
  return Math.min(lf < 0 ? bytes.length : lf, cr < 0 ? bytes.length : cr);
}
