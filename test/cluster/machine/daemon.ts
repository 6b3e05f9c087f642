import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface DaemonOptions {
  name: string;
  command: string[];
  env: NodeJS.ProcessEnv;
  /** Where its output goes, to NAME.log. */
  logFolder: string;
  /** Called when it ends though nobody stopped it. */
  onEnd: (message: string) => void;
}

/** A program that runs as long as the cluster does, unless a test stops it for a while. */
export class Daemon {
  readonly name: string;
  #options: DaemonOptions;
  #process: ChildProcess | undefined;

  constructor(options: DaemonOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Starts it. Does nothing if it runs. */
  start(): void {
    if (this.#process) return;
    const { command, env, logFolder } = this.#options;
    const [file = '', ...args] = command;
    const log = openSync(this.logFile, 'a');
    // In a session of its own, so that an interrupt from the terminal does not reach it before the tests have ended.
    const child = spawn(file, args, { env, cwd: logFolder, stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    this.#process = child;
    child.once('error', (error) => void this.#ended(child, error.message));
    child.once('exit', (code, signal) => void this.#ended(child, signal ?? `exit code ${code}`));
  }

  /** Ends it at once, as a crash would, and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  get logFile(): string {
    return join(this.#options.logFolder, `${this.name}.log`);
  }

  async #ended(child: ChildProcess, how: string): Promise<void> {
    if (this.#process !== child) return;
    this.#process = undefined;
    const log = await readFile(this.logFile, 'utf8').catch(() => '');
    this.#options.onEnd(
      `${this.name} ended with ${how}; its last words:\n${log.trimEnd().split('\n').slice(-15).join('\n')}`,
    );
  }
}
