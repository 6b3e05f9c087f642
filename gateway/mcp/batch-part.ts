import { ServerResponse, type IncomingMessage } from 'node:http';
import { FrameSplitter, FrameTooLargeError } from '../jsonrpc/sse-frames.ts';

/** Who takes what one message of a batch is answered with. */
export interface PartOwner {
  /**
   * Asked before an answer of more than one piece grows to a size; false: there is no memory left for it.
   * @param before what was asked for last
   */
  mayHold(bytes: number, before: number): boolean;
  /** Whether the client has to read before more is sent; what waits for that is told by `drain`. */
  readonly isFull: boolean;
  /** An event before the answer. */
  event(frame: Buffer): void;
  /** The part is over. @param last its answer, as an event or as JSON; undefined: there is none */
  over(part: BatchPart, last: PartAnswer | undefined): void;
}

export interface PartAnswer {
  readonly bytes: Buffer;
  readonly isFrame: boolean;
}

/** The largest event of one message's answer: it has to be whole, since those of others stand between. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

/**
 * The response to one message of a batch: what is written to it goes on as part of the batch's own. It has no connection;
 * whether the client's is alive is the batch's affair.
 */
export class BatchPart extends ServerResponse {
  readonly #owner: PartOwner;
  /** Set when it is a stream of events. */
  #frames: FrameSplitter | undefined;
  #held: Buffer[] = [];
  #size = 0;
  #isOver = false;

  constructor(request: IncomingMessage, owner: PartOwner) {
    super(request);
    this.#owner = owner;
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    const headers = rest.at(-1);
    const isStream = Array.isArray(headers) && headers.includes('text/event-stream');
    if (isStream) this.#frames = new FrameSplitter(MAX_EVENT_BYTES);
    return super.writeHead(status);
  }

  override flushHeaders(): void {
    // The batch's own response has the headers.
  }

  override write(chunk: string | Uint8Array): boolean {
    if (this.#isOver) return true;
    try {
      if (this.#frames === undefined) this.#hold(toBuffer(chunk));
      else for (const frame of this.#split(toBuffer(chunk))) this.#owner.event(frame);
    } catch (error) {
      this.destroy(error as Error);
      return true;
    }
    return !this.#owner.isFull;
  }

  override end(last?: unknown): this {
    if (this.#isOver) return this;
    const chunk = typeof last === 'string' || last instanceof Uint8Array ? toBuffer(last) : undefined;
    try {
      if (this.#frames === undefined) {
        if (chunk !== undefined) this.#hold(chunk);
        const bytes = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held);
        this.#finish(bytes.length === 0 ? undefined : { bytes, isFrame: false });
      } else {
        const frames = chunk === undefined ? [] : this.#split(chunk);
        const answer = frames.pop();
        for (const frame of frames) this.#owner.event(frame);
        this.#finish(answer === undefined ? undefined : { bytes: answer, isFrame: true });
      }
    } catch (error) {
      this.destroy(error as Error);
    }
    return this;
  }

  /** The answer breaks off. */
  override destroy(error?: Error): this {
    if (this.#isOver) return this;
    super.destroy(error);
    this.#finish(undefined);
    // Whoever writes hears that nobody takes it any more.
    this.emit('close');
    return this;
  }

  #finish(answer: PartAnswer | undefined): void {
    this.#isOver = true;
    this.#grow(0);
    this.#held = [];
    this.#owner.over(this, answer);
  }

  #split(chunk: Buffer): Buffer[] {
    const frames = this.#frames?.push(chunk) ?? [];
    this.#grow(this.#frames?.pendingSize ?? 0);
    return frames;
  }

  #hold(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#grow(this.#size + chunk.length);
  }

  #grow(size: number): void {
    const before = this.#size;
    this.#size = size;
    if (size > MAX_EVENT_BYTES || !this.#owner.mayHold(size, before)) {
      throw new FrameTooLargeError('The answer is too large for a batch.');
    }
  }
}

function toBuffer(chunk: string | Uint8Array): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  return Buffer.from(chunk as string);
}
