import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ChildOptions {
  /** The program and its arguments, for node. */
  readonly args: readonly [string, ...string[]];
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Each line that it writes, to either output. */
  readonly onLine?: (line: string) => void;
}

/** How a child ended without having been asked to. */
export interface Crash {
  /** A phrase: `exited with code 1`, `was ended by SIGKILL`. */
  readonly how: string;
  /** The last lines that it wrote. */
  readonly lastLines: readonly string[];
}

const WATCH = fileURLToPath(new URL('./ends-with-parent.ts', import.meta.url));
const KEPT_LINES = 20;
const PATIENCE_MS = 8000;

/**
 * A node program as a child process, in a process group of its own: a Ctrl-C at the terminal reaches only us, and we end our children
 * in order. It ends with us in any case, also when we are killed.
 */
export class Child {
  /** Resolves when it has ended: with undefined if it was asked to. */
  readonly ended: Promise<Crash | undefined>;
  readonly #process: ChildProcess;
  readonly #lastLines: string[] = [];
  #stopping = false;

  constructor(options: ChildOptions) {
    this.#process = spawn(process.execPath, ['--import', WATCH, ...options.args], {
      // 3: held open by us alone, see ends-with-parent.ts.
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      detached: true,
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      eachLine(stream, (line) => {
        this.#lastLines.push(line);
        if (this.#lastLines.length > KEPT_LINES) this.#lastLines.shift();
        options.onLine?.(line);
      });
    }
    this.ended = new Promise((resolve) => {
      const settle = (how: string): void => resolve(this.#stopping ? undefined : { how, lastLines: this.#lastLines });
      this.#process.once('error', (error) => settle(`could not be started: ${error.message}`));
      // `close`, not `exit`: by then all that it wrote has been read.
      this.#process.once('close', (code, signal) => {
        settle(signal === null ? `exited with code ${code ?? 'unknown'}` : `was ended by ${signal}`);
      });
    });
  }

  /** Asks it to end, and sees to it that it does. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), PATIENCE_MS);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends it at once; for a process that is itself about to exit. */
  kill(): void {
    this.#stopping = true;
    this.#process.kill('SIGKILL');
  }
}

function eachLine(stream: NodeJS.ReadableStream | null, tell: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) tell(line);
  });
  stream?.on('end', () => {
    if (rest !== '') tell(rest);
  });
}
