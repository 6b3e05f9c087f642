import { AgentError } from './agent-error.ts';

const LINE_FEED = 0x0a;

/** An answer that is read whole, and has no more bytes than this. */
export class BoundedAnswer {
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What has come of it. */
  get bytes(): Buffer {
    const [first] = this.#chunks;
    return first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.#size);
  }

  /** @throws AgentError ERR_AGENT_OVERSIZE if that is more than allowed */
  push(chunk: Buffer): void {
    this.#size += chunk.byteLength;
    if (this.#size > this.#maxBytes) throw new AgentError('ERR_AGENT_OVERSIZE', oversize(this.#maxBytes, 'answer'));
    this.#chunks.push(chunk);
  }
}

/**
 * Bounds the events of a stream. What counts is the line: an event of A2A is one line of data.
 */
export class EventBound {
  readonly #maxBytes: number;
  /** Of the line that is not complete yet. */
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes the stream's next bytes. @throws AgentError ERR_AGENT_EVENT_OVERSIZE at an event that is larger than allowed */
  check(chunk: Uint8Array): void {
    let largest = 0;
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      largest = Math.max(largest, this.#size + end - from);
      this.#size = 0;
      from = end + 1;
    }
    this.#size += chunk.byteLength - from;
    if (Math.max(largest, this.#size) <= this.#maxBytes) return;
    throw new AgentError('ERR_AGENT_EVENT_OVERSIZE', oversize(this.#maxBytes, 'event of a stream'));
  }
}

function oversize(maxBytes: number, what: string): string {
  return `It gave more than ${maxBytes} bytes, the most that is read of one ${what}.`;
}
