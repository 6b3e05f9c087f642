/** Told when a call has taken too long. */
export interface ClockOwner {
  expired(): void;
}

/**
 * The deadline of a call. It is the server's: progress does not extend it, but while the client is asked something it stands
 * still, and the client's own time runs.
 */
export class CallClock {
  readonly #owner: ClockOwner;
  readonly #waitMs: number;
  #leftMs: number;
  #runsSince = 0;
  /** What the client was asked and has not answered. */
  #openQuestions = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /**
   * @param leftMs what the server has
   * @param waitMs what the client has to answer what it is asked
   */
  constructor(owner: ClockOwner, leftMs: number, waitMs: number) {
    this.#owner = owner;
    this.#waitMs = waitMs;
    this.#leftMs = leftMs;
  }

  /** Whether the client is asked now. */
  get isWaiting(): boolean {
    return this.#openQuestions > 0;
  }

  start(): void {
    if (this.#isStopped) return;
    this.#runsSince = performance.now();
    this.#set(this.#leftMs);
  }

  /** The client is asked something. */
  wait(): void {
    if (this.#openQuestions++ > 0) return;
    this.#leftMs -= performance.now() - this.#runsSince;
    this.#set(this.#waitMs);
  }

  /** The client has answered one question. */
  goOn(): void {
    if (--this.#openQuestions === 0) this.start();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #set(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#isStopped) this.#timer = setTimeout(expire, ms, this.#owner);
  }
}

function expire(owner: ClockOwner): void {
  owner.expired();
}
