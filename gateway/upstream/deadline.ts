/**
 * A signal for some work: aborted when its time is over, or when another is. Unlike AbortSignal.timeout and AbortSignal.any it
 * leaves nothing behind when the work ends before that: what a thousand requests leave for seconds has to be collected.
 */
export class Deadline {
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #onOuter = (): void => this.#abort.abort(this.#outer?.reason);
  #isOver = false;

  /** @param ms how long the work may take, in milliseconds @param outer ends it early */
  constructor(ms: number, outer?: AbortSignal) {
    this.#outer = outer;
    this.#timer = setTimeout(() => this.#expire(), Math.ceil(ms)).unref();
    if (outer?.aborted === true) this.#onOuter();
    else outer?.addEventListener('abort', this.#onOuter);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Whether the time is over: that, and nothing else, has aborted the signal. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The work may go on for as long as it takes. */
  lift(): void {
    clearTimeout(this.#timer);
  }

  /** The work has ended. */
  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onOuter);
  }

  #expire(): void {
    if (this.#abort.signal.aborted) return;
    this.#isOver = true;
    this.#abort.abort(new DOMException('The deadline has passed.', 'TimeoutError'));
  }
}
