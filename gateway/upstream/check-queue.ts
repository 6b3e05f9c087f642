import { setTimeout as delay } from 'node:timers/promises';

export interface CheckQueueOptions<Work> {
  /** Does the work; must not throw. */
  readonly run: (work: Work) => Promise<void>;
  /** What does as much as both. */
  readonly merge: (a: Work, b: Work) => Work;
  /** The least time between the beginnings of two runs, in milliseconds. */
  readonly gapMs: number;
}

/**
 * What kept the process busy, for more than so many milliseconds, is not run again for so many times as long: a server may say
 * without end that all has changed.
 */
const BUSY_MS = 30;
const GAP_TO_BUSY = 5;
const MAX_GAP_MS = 2000;

/**
 * Does work one at a time. What is asked for while a run is under way may come too late for it, so that it waits for the
 * next; all that waits is done in one run.
 */
export class CheckQueue<Work> {
  readonly #options: CheckQueueOptions<Work>;
  #waiting: Work | undefined;
  #next: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #beganAt = -Infinity;
  #gapMs: number;
  #isClosed = false;

  constructor(options: CheckQueueOptions<Work>) {
    this.#options = options;
    this.#gapMs = options.gapMs;
  }

  /** Resolves when a run that began after the call has ended; at once if the queue is closed. */
  ask(work: Work): Promise<void> {
    this.#waiting = this.#waiting === undefined ? work : this.#options.merge(this.#waiting, work);
    this.#next ??= this.#runNext();
    return this.#next;
  }

  /** Lets the next run begin without its gap. */
  hurry(): void {
    this.#beganAt = -Infinity;
  }

  /** Begins no further run; resolves when the one under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #runNext(): Promise<void> {
    await this.#running;
    const wait = this.#beganAt + this.#gapMs - performance.now();
    // Timers count whole milliseconds and drop the rest.
    if (wait > 0) await delay(Math.ceil(wait), undefined, { ref: false });
    const work = this.#waiting as Work;
    this.#waiting = undefined;
    this.#next = undefined;
    if (this.#isClosed) return;
    this.#beganAt = performance.now();
    const before = performance.eventLoopUtilization();
    this.#running = this.#options.run(work);
    await this.#running;
    // What others did meanwhile counts too: then there is less time for this anyway.
    const { active } = performance.eventLoopUtilization(before);
    const { gapMs } = this.#options;
    this.#gapMs = active < BUSY_MS ? gapMs : Math.max(gapMs, Math.min(GAP_TO_BUSY * active, MAX_GAP_MS));
  }
}
