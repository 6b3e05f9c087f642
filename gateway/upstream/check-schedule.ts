import { Backoff, jittered, type BackoffOptions } from './backoff.ts';
import { CheckQueue } from './check-queue.ts';
import { allKinds, mergedWork, type CheckWork } from './check-work.ts';
import { Deadline } from './deadline.ts';
import { reasonOf } from './errors.ts';
import type { Slots } from './slots.ts';

export interface CheckScheduleOptions {
  readonly slots: Slots;
  /** How often a server that is well is asked again, in milliseconds. */
  readonly checkMs: number;
  /** How soon one that fails is. */
  readonly retry: BackoffOptions;
  /** Whether there is anything to ask; where there is not, it is not asked until someone wants it to be. */
  readonly canCheck: () => boolean;
  /** Asks the server. @throws if it is not well */
  readonly check: (work: CheckWork, signal: AbortSignal) => Promise<void>;
  /** Hears of a check's end, unless it was superseded. @param fault why the server is not well, a sentence; undefined: it is */
  readonly ended: (fault: string | undefined) => void;
}

/** Reads that are asked for in quick succession are made as one; milliseconds between their beginnings. */
const READ_GAP_MS = 100;
/** How long one check may take in all: many pages of a slow server. */
const CHECK_MS = 60_000;

/** When one server is checked, and for how long: when someone asks for it, and again from time to time. */
export class CheckSchedule {
  readonly #options: CheckScheduleOptions;
  readonly #queue: CheckQueue<CheckWork>;
  readonly #backoff: Backoff;
  #timer: NodeJS.Timeout | undefined;
  #superseded = new AbortController();

  constructor(options: CheckScheduleOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.retry);
    this.#queue = new CheckQueue({ run: (work) => this.#run(work), merge: mergedWork, gapMs: READ_GAP_MS });
  }

  /** Resolves when a check that began after the call has ended, well or not; at once after `close`. */
  ask(work: CheckWork): Promise<void> {
    return this.#queue.ask(work);
  }

  /** The server may be another: the check under way counts no more, and what is asked for next is done without delay. */
  supersede(): void {
    this.#superseded.abort();
    this.#backoff.reset();
    this.#queue.hurry();
  }

  /** Begins no further check; resolves when the one under way has ended. Never rejects. */
  async close(): Promise<void> {
    this.#superseded.abort();
    clearTimeout(this.#timer);
    await this.#queue.close();
  }

  /** One check; never throws. */
  async #run(work: CheckWork): Promise<void> {
    const { slots, checkMs, canCheck, check, ended } = this.#options;
    clearTimeout(this.#timer);
    this.#superseded = new AbortController();
    const superseded = this.#superseded.signal;
    if (!canCheck()) return;
    let deadline: Deadline | undefined;
    try {
      await slots.run(() => {
        deadline = new Deadline(CHECK_MS, superseded);
        return check(work, deadline.signal);
      }, work);
      this.#backoff.reset();
      this.#againIn(jittered(checkMs));
      ended(undefined);
    } catch (error) {
      if (superseded.aborted) return;
      this.#againIn(this.#backoff.next());
      ended(deadline?.isOver ? `Its lists could not be read within ${CHECK_MS} ms.` : reasonOf(error));
    } finally {
      deadline?.end();
    }
  }

  #againIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#queue.ask({ kinds: allKinds, probe: 'due', urgent: false }), ms).unref();
  }
}
