import { write, writeSync } from 'node:fs';

/** What may wait, in characters. */
const MOST_WAITING = 4 * 1024 * 1024;
/** What the process's own log may have beyond that: its lines are few, and are wanted most when something is wrong. */
const MOST_OF_LOG = 1024 * 1024;
/** When to try again to write to what takes nothing at the moment, in milliseconds. */
const AGAIN_MS = 20;

/**
 * Writes whole lines to one file descriptor, in order: those of the process's own log at once, others without waiting. A
 * reader that does not read holds up nobody: what waits for it is bounded.
 */
export class LineWriter {
  readonly #fd: number;
  #waiting = '';
  #isWriting = false;
  #onEmpty: (() => void) | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Writes a line before it returns, unless others are being written: then behind those. */
  write(line: string): void {
    if (this.#waiting.length > MOST_WAITING + MOST_OF_LOG) return;
    this.#waiting += line;
    if (!this.#isWriting) this.#writeNow();
  }

  /** Writes lines without waiting for that. @returns false: too many wait; these are dropped */
  writeSoon(lines: string): boolean {
    if (this.#waiting.length + lines.length > MOST_WAITING) return false;
    this.#waiting += lines;
    if (!this.#isWriting) this.#writeWaiting();
    return true;
  }

  /** Resolves when all that waits is written, or a time is over. @param deadlineMs in milliseconds */
  async end(deadlineMs: number): Promise<void> {
    if (!this.#isWriting) this.#writeWaiting();
    if (!this.#isWriting) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      timer = setTimeout(resolve, deadlineMs);
    });
    clearTimeout(timer);
  }

  /** Writes what waits as far as it is taken, since the process ends here and now. */
  flush(): void {
    if (this.#waiting !== '') this.#writeNow();
  }

  #take(): Buffer {
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    return bytes;
  }

  #writeNow(): void {
    const bytes = this.#take();
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
    } catch (error) {
      // One that is gone takes nothing any more; there is nobody to tell.
      if (isFull(error)) this.#goOn(bytes.subarray(written), AGAIN_MS);
    }
  }

  #writeWaiting(): void {
    const bytes = this.#take();
    if (bytes.length > 0) this.#goOn(bytes, 0);
    else this.#onEmpty?.();
  }

  /** Writes the rest of some lines, then what came meanwhile. No other write is begun before. */
  #goOn(bytes: Buffer, afterMs: number): void {
    this.#isWriting = true;
    const begin = (): void =>
      write(this.#fd, bytes, (error, written) => {
        if (error !== null && isFull(error)) this.#goOn(bytes, AGAIN_MS);
        else if (error === null && written < bytes.length) this.#goOn(bytes.subarray(written), 0);
        else {
          this.#isWriting = false;
          this.#writeWaiting();
        }
      });
    if (afterMs === 0) begin();
    else setTimeout(begin, afterMs).unref();
  }
}

/** Whether what is written to takes nothing at the moment, and may later. */
function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}
