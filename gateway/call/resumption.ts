import { LEAST_RETRY_MS } from '../upstream/keep-open.ts';

/** How long a server wants to be left alone before a stream is asked for again, where it does not say, in milliseconds. */
const DEFAULT_RETRY_MS = 1000;
/** How often a stream is asked for again in vain. */
const MAX_IN_VAIN = 3;

/** Where a stream is taken up that ended before its answer. */
export interface ResumptionPoint {
  /** Of the last event that came. */
  readonly lastEventId: string;
  /** How long the server wants to be left alone, in milliseconds; undefined: it does not say. */
  readonly retryMs: number | undefined;
}

/**
 * The rest of an answer that has begun. A legacy server may end a stream behind an event with an id, and have the client come
 * back for the rest (2025-11-25, Transports, Sending Messages, and Resumability); the same heals a connection that broke.
 */
export class Resumption {
  readonly #ask: (lastEventId: string) => void;
  #inVain = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param ask asks for what comes behind the event of this id */
  constructor(ask: (lastEventId: string) => void) {
    this.#ask = ask;
  }

  /** Has the rest asked for in a while. @returns false: it was asked for too often, and nothing came */
  takeUp({ lastEventId, retryMs = DEFAULT_RETRY_MS }: ResumptionPoint): boolean {
    if (this.#inVain >= MAX_IN_VAIN) return false;
    this.#inVain++;
    this.#timer = setTimeout(this.#ask, Math.max(retryMs, LEAST_RETRY_MS), lastEventId);
    return true;
  }

  /** Some of it has come. */
  progressed(): void {
    this.#inVain = 0;
  }

  /** Nobody wants it any more. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
