/**
 * Keys that await work, as client-go's rate-limited queue keeps them: a key that is added while it waits is one key, one that is
 * added while it is worked on is worked on once more, and one whose work fails comes back later each time.
 */
export class WorkQueue {
  readonly #work: (key: string) => Promise<void>;
  readonly #options: Required<WorkQueueOptions>;
  readonly #waiting = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  #starting: NodeJS.Immediate | undefined;
  #stopped = false;

  /** @param work must not reject unless the key shall come back */
  constructor(work: (key: string) => Promise<void>, options: WorkQueueOptions = {}) {
    this.#work = work;
    this.#options = { workers: 5, firstDelayMs: 5, maxDelayMs: 1_000_000, onError: () => {}, ...options };
  }

  add(key: string): void {
    if (this.#stopped) return;
    this.#waiting.add(key);
    // Not in this turn: a burst of events becomes one piece of work.
    this.#starting ??= setImmediate(() => {
      this.#starting = undefined;
      this.#start();
    });
  }

  /** Adds a key after a time; of several times the earliest counts. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#stopped) return;
    const at = performance.now() + milliseconds;
    const earlier = this.#timers.get(key);
    if (earlier !== undefined && earlier.at <= at) return;
    clearTimeout(earlier?.timer);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, milliseconds);
    this.#timers.set(key, { at, timer });
  }

  /** Takes no more work and resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    clearImmediate(this.#starting);
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#running.values());
  }

  /** Whether nothing waits for a worker and nothing runs; what waits for its time does not count. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#running.size === 0;
  }

  #start(): void {
    for (const key of this.#waiting) {
      if (this.#running.size >= this.#options.workers) return;
      // One key is never worked on twice at a time: it stays here until its work is done.
      if (this.#running.has(key)) continue;
      this.#waiting.delete(key);
      this.#running.set(
        key,
        Promise.resolve().then(() => this.#run(key)),
      );
    }
  }

  async #run(key: string): Promise<void> {
    try {
      await this.#work(key);
      this.#failures.delete(key);
    } catch (error) {
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      const delay = Math.min(this.#options.firstDelayMs * 2 ** failures, this.#options.maxDelayMs);
      this.#options.onError(key, error, delay);
      this.addAfter(key, delay);
    } finally {
      this.#running.delete(key);
      if (!this.#stopped) this.#start();
    }
  }
}

/** Defaults are client-go's: 5 ms, doubled up to 1,000 s; Metacontroller has five workers. */
export interface WorkQueueOptions {
  readonly workers?: number;
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
  /** @param delayMs after which the key comes back */
  readonly onError?: (key: string, error: unknown, delayMs: number) => void;
}
