/** How long the work of one turn may take, in milliseconds; a piece that has begun is finished. */
const TURN_MS = 2;

/**
 * Does many small pieces of work that nobody waits for in turns of the event loop, so that what comes meanwhile is held up
 * by no more than one turn's part of them.
 */
export class Turns {
  #waiting: (() => void)[] = [];
  #immediate: NodeJS.Immediate | undefined;

  /** @param piece must not throw */
  add(piece: () => void): void {
    this.#waiting.push(piece);
    this.#immediate ??= setImmediate(() => this.#turn());
  }

  /** Does all that waits now. */
  finish(): void {
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    for (const piece of this.#waiting.splice(0)) piece();
  }

  #turn(): void {
    this.#immediate = undefined;
    const endsAt = performance.now() + TURN_MS;
    let done = 0;
    while (done < this.#waiting.length && (done === 0 || performance.now() < endsAt)) this.#waiting[done++]?.();
    this.#waiting = this.#waiting.slice(done);
    if (this.#waiting.length > 0) this.#immediate ??= setImmediate(() => this.#turn());
  }
}
