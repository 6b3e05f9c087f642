/** Figures that tests take on the way, and print as comments: the benchmark runs those tests and shows the comments. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..', '..');
const tap = join(root, 'node_modules', '.bin', 'tap');

/** How many lines tell what went wrong. */
const FAILURE_LINES = 60;

/** Prints how long a label takes to make a tool callable, in a real cluster. */
export function labelToCall(): Promise<void> {
  const scenario = ['--grep', 'a label makes a Service callable', 'test/cluster/scenarios/latency.test.ts'];
  return show(['test/cluster/main.ts', '--reporter', 'tap', ...scenario], / → |^Controller: /);
}

/** Prints what idle sessions and large answers cost of the gateway's memory. */
export async function memory(): Promise<void> {
  const settings = ['--disable-coverage', '--allow-empty-coverage', '--reporter=tap', '--timeout=300'];
  for (const [title, file, name] of [
    ['what it grew by', 'sessions', 'idle sessions cost'],
    ['its peak above what it had, while a slow client reads 100 MiB', 'downstream-large', 'costs little memory'],
  ] as const) {
    process.stdout.write(`  ${title}:\n`);
    await show([tap, ...settings, `--grep=/${name}/`, `test/end-to-end/${file}.test.ts`], /MiB/);
  }
}

/**
 * Runs a program that prints TAP and shows those comments that match as they come, and what it says of its progress.
 * @throws with what it printed from its first failure on, if it fails or has no such comment
 */
async function show(args: readonly string[], figures: RegExp): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  let shown = 0;
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    const comment = /^\s*# (.*)$/.exec(line)?.[1];
    if (comment === undefined || comment.startsWith('Subtest: ') || !figures.test(comment)) return;
    shown++;
    process.stdout.write(`    ${comment}\n`);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0 && shown > 0) return;
  const failure = lines.findIndex((line) => line.trimStart().startsWith('not ok'));
  const told = failure < 0 ? lines.slice(-FAILURE_LINES) : lines.slice(failure, failure + FAILURE_LINES);
  const what = code === 0 ? 'had no figures' : `ended with ${code}`;
  throw new Error(`node ${args.join(' ')} ${what}; it printed:\n${told.join('\n')}`);
}
