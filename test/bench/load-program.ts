import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

/** The core of what is measured. */
export const MEASURED_CORE = '0';
/** The core of the load and of the upstream behind what is measured. */
const LOAD_CORE = '1';

type Era = 'legacy' | 'modern';

export interface LoadOptions {
  readonly url: string;
  readonly tool: string;
  readonly seconds: number;
  /** Of the client; a legacy one has a session for each connection. Default legacy. */
  readonly era?: Era;
  /** Bytes of argument in a call. */
  readonly padding?: number;
  /** The argument's name; default `text`. */
  readonly argument?: string;
  /** A line of the head of each request; absent: none. */
  readonly header?: string;
  /** Calls a second over all connections, each counted from when it was due; absent: as many as are answered. */
  readonly rate?: number;
}

/** What 16 connections with one call in flight on each have seen. */
export interface LoadOutcome {
  readonly calls: number;
  readonly failed: number;
  readonly seconds: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly maxMicros: number;
}

/** The program in `load/`: an upstream, server or agent, that costs next to nothing, and the client that calls it. */
export class LoadProgram {
  /** For the files of a benchmark; removed with the program. */
  readonly folder = mkdtempSync(join(tmpdir(), 'fetchfy-bench-'));
  readonly #program = join(this.folder, 'load');
  readonly #upstreams: ChildProcess[] = [];

  /** Builds it. Needs Go, and taskset on a machine of two cores. */
  constructor() {
    execFileSync('go', ['build', '-o', this.#program, '.'], { cwd: fileURLToPath(new URL('./load', import.meta.url)) });
  }

  /** Starts an upstream, which has the tool `echo`; a legacy one keeps no sessions. @returns its URL */
  async serve(era: Era = 'legacy'): Promise<string> {
    return this.#serve(['serve', '-era', era]);
  }

  /** Starts an agent of A2A, which answers whatever it is told with a message, or with the stream of a task. @returns its URL */
  async serveAgent({ streams }: { readonly streams: boolean }): Promise<string> {
    return this.#serve(['agent', `-streams=${streams}`]);
  }

  /** Calls a tool for some time. @throws if a call fails */
  async run(load: LoadOptions): Promise<LoadOutcome> {
    const { url, tool, seconds, era = 'legacy', argument = 'text', padding = 0, rate = 0, header = '' } = load;
    const options = { url, tool, seconds, era, argument, padding, rate, header };
    const child = this.#spawn(['run', ...Object.entries(options).flatMap(([name, value]) => [`-${name}`, `${value}`])]);
    const outcome = JSON.parse(await firstLine(child)) as LoadOutcome & { readonly error?: string };
    if (outcome.failed > 0) throw new Error(`${outcome.failed} calls of ${url} failed: ${outcome.error}`);
    return outcome;
  }

  /** Ends the upstream and removes the folder. */
  remove(): void {
    for (const upstream of this.#upstreams) upstream.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #serve(args: readonly string[]): Promise<string> {
    const upstream = this.#spawn(args);
    this.#upstreams.push(upstream);
    return (JSON.parse(await firstLine(upstream)) as { url: string }).url;
  }

  #spawn(args: readonly string[]): ChildProcess {
    return spawn('taskset', ['-c', LOAD_CORE, this.#program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  }
}

/** Keeps a process, with all its threads, on the core of what is measured. */
export function pinToMeasuredCore(pid: number): void {
  execFileSync('taskset', ['-a', '-p', '-c', MEASURED_CORE, String(pid)], { stdio: 'ignore' });
}

/** Keeps a process, with all its threads, off that core. */
export function pinToLoadCore(pid: number): void {
  execFileSync('taskset', ['-a', '-p', '-c', LOAD_CORE, String(pid)], { stdio: 'ignore' });
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The process has no stdout.');
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'close').then(([code]) => Promise.reject(new Error(`The load program ended with ${String(code)}.`))),
  ])) as [string];
  return line;
}
