import type { Child, Crash } from './child.ts';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** Whatever ran for so long was well: the next pause is short again. */
const WELL_MS = 30_000;

/** A child process that is started again when it crashes, after a pause that grows. */
export class Supervised {
  readonly #name: string;
  readonly #startChild: () => Child;
  readonly #tell: (problem: string) => void;
  #child: Child;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;

  /**
   * @param name begins the sentence that tells of a crash
   * @param tell of each crash: how it ended, what it said last, what happens now
   */
  constructor(name: string, start: () => Child, tell: (problem: string) => void) {
    this.#name = name;
    this.#startChild = start;
    this.#tell = tell;
    this.#child = this.#start();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    await this.#child.stop();
  }

  kill(): void {
    this.#stopping = true;
    clearTimeout(this.#timer);
    this.#child.kill();
  }

  #start(): Child {
    const child = this.#startChild();
    void this.#watch(child, performance.now());
    return child;
  }

  async #watch(child: Child, started: number): Promise<void> {
    const crash = await child.ended;
    if (crash === undefined || this.#stopping) return;
    if (performance.now() - started > WELL_MS) this.#pauseMs = FIRST_PAUSE_MS;
    this.#tell(`${describeCrash(this.#name, crash)}\nIt is started again in ${this.#pauseMs / 1000} s.`);
    this.#timer = setTimeout(() => (this.#child = this.#start()), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

/** `The gateway exited with code 1:` and what it said last. */
export function describeCrash(name: string, { how, lastLines }: Crash): string {
  const lines = lastLines.filter((line) => line.trim() !== '');
  if (lines.length === 0) return `${name} ${how}, without a word.`;
  return `${name} ${how}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
