import { spawn, type ChildProcess } from 'node:child_process';
import { readTap, type LeafTest } from './tally.ts';

export interface TapProcessOptions {
  /** After it the process and all that it started are killed. */
  readonly timeoutMs: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Where its stderr goes: kept for a failure's report, or shown at once. */
  readonly stderr: 'keep' | 'show';
  readonly onLeaf?: (leaf: LeafTest) => void;
}

export interface TapRun {
  readonly leaves: readonly LeafTest[];
  /** The end of what it wrote to stderr, when that was kept. */
  readonly stderr: string;
  readonly milliseconds: number;
}

const KEPT_STDERR = 16 * 1024;
/** How long what a test started may take to end after the test itself. */
const STRAGGLER_MS = 3000;

/** How long what is told to end may take to clean up: the cluster tests have a cluster to take down. */
const CLEAN_UP_MS = 20_000;

const running = new Set<ChildProcess>();

/** Ends every test process and what it started. For the end of the runner itself. */
export async function endRunningTests(): Promise<void> {
  await Promise.all([...running].map(endGroup));
}

/**
 * Runs `node ...args`, reads the TAP that it prints, and leaves nothing of it behind: it has a process group of its
 * own, which is killed when it takes too long. A death, a timeout and processes left behind are failed tests too.
 */
export async function runTapProcess(args: readonly string[], options: TapProcessOptions): Promise<TapRun> {
  const started = performance.now();
  const leaves: LeafTest[] = [];
  const tell = (leaf: LeafTest): void => {
    leaves.push(leaf);
    options.onLeaf?.(leaf);
  };
  const parser = readTap(tell);
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', options.stderr === 'keep' ? 'pipe' : 'inherit'],
    env: { ...process.env, ...options.env },
    detached: true,
  });
  running.add(child);

  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-KEPT_STDERR)));
  child.stdout?.on('data', (bytes: Buffer) => parser.write(bytes));

  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void endGroup(child);
  }, options.timeoutMs);

  const ended = await new Promise<{ code: number | null; signal: NodeJS.Signals | null; error?: Error }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  clearTimeout(timer);
  const leftBehind = await endStragglers(child);
  await drained(child);
  running.delete(child);
  parser.end();

  const fail = (message: string): void =>
    tell({ path: [], outcome: 'failed', failures: [{ message, diagnostics: {} }] });
  if (ended.error !== undefined) fail(`It could not be started: ${ended.error.message}`);
  else if (timedOut) fail(`It ran for over ${options.timeoutMs / 1000} s and was killed.`);
  else if (ended.signal !== null) fail(`It was ended by ${ended.signal}.`);
  else if (ended.code !== 0 && !leaves.some((leaf) => leaf.outcome === 'failed')) {
    fail(`It exited with code ${ended.code}, though no test failed.`);
  }
  if (leftBehind && !timedOut) fail('It left processes behind, which were killed.');
  return { leaves, stderr, milliseconds: performance.now() - started };
}

/** Whether anything of the process group outlived its leader; it does not any more. */
async function endStragglers(child: ChildProcess): Promise<boolean> {
  const deadline = performance.now() + STRAGGLER_MS;
  while (groupLives(child) && performance.now() < deadline) await pause(20);
  const left = groupLives(child);
  if (left) await endGroup(child);
  return left;
}

/** Asks a process group to end, and sees to it that it does. */
async function endGroup(child: ChildProcess): Promise<void> {
  killGroup(child, 'SIGTERM');
  const deadline = performance.now() + CLEAN_UP_MS;
  while (groupLives(child) && performance.now() < deadline) await pause(20);
  killGroup(child, 'SIGKILL');
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function groupLives(child: ChildProcess): boolean {
  if (child.pid === undefined) return false;
  try {
    process.kill(-child.pid, 0);
    return true;
  } catch {
    return false;
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}

/** Resolves when all output has come in; a descriptor that someone else still holds does not keep us. */
async function drained(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, STRAGGLER_MS);
    child.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    if (child.stdout?.closed !== false && child.stderr?.closed !== false) {
      clearTimeout(timer);
      resolve();
    }
  });
}
