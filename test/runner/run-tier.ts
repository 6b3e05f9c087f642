import { runTapProcess, type TapRun } from './tap-process.ts';
import { nameOf, print, printFailure, printFile, printLeaf, printOutput, printSkip, seconds } from './report.ts';
import { tallyOf, type LeafTest } from './tally.ts';
import type { Tier } from './tiers.ts';

/** One leaf test and the file that it stands in, where there is one. */
export interface NamedLeaf {
  readonly name: string;
  readonly leaf: LeafTest;
}

/** tap's own timeout comes first and names the test that hangs; this is for a file that does not even get there. */
const KILL_AFTER_TIMEOUT_SECONDS = 20;
/** A run that says nothing for so long says what it waits for. */
const HEARTBEAT_MS = 15_000;

/** Runs one tier and prints how it goes. A tier in which nothing ran has failed. */
export async function runTier(tier: Tier): Promise<NamedLeaf[]> {
  const leaves = tier.kind === 'files' ? await runFiles(tier) : await runProgram(tier);
  if (leaves.length > 0) return leaves;
  const failures = [{ message: 'No test ran.', diagnostics: {} }];
  const nothing: LeafTest = { path: [tier.name], outcome: 'failed', failures };
  printLeaf(nothing);
  return [{ name: tier.name, leaf: nothing }];
}

async function runFiles(tier: Tier & { kind: 'files' }): Promise<NamedLeaf[]> {
  const waiting = [...tier.files()];
  const current = new Map<string, number>();
  const done: NamedLeaf[] = [];
  const heartbeat = setInterval(() => {
    const names = [...current].map(([file, start]) => `${file} (${seconds(performance.now() - start)})`);
    print(`  … ${names.join(', ')}`);
  }, HEARTBEAT_MS);

  const worker = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      current.set(file, performance.now());
      const run = await runTapProcess([file], {
        timeoutMs: (tier.fileSeconds + KILL_AFTER_TIMEOUT_SECONDS) * 1000,
        env: { TAP_TIMEOUT: String(tier.fileSeconds), TAP: '1', FORCE_COLOR: '0' },
        stderr: 'keep',
      });
      current.delete(file);
      heartbeat.refresh();
      printRun(file, run);
      for (const leaf of run.leaves) done.push({ name: nameOf(leaf, file), leaf });
    }
  };
  await Promise.all(Array.from({ length: tier.parallel }, worker));
  clearInterval(heartbeat);
  return done;
}

function printRun(file: string, run: TapRun): void {
  printFile(file, tallyOf(run.leaves), run.milliseconds);
  for (const leaf of run.leaves) {
    if (leaf.outcome === 'failed') printFailure(nameOf(leaf), leaf.failures);
    else if (leaf.outcome === 'skipped') printSkip(nameOf(leaf), leaf.reason);
  }
  if (run.leaves.some((leaf) => leaf.outcome === 'failed')) printOutput('stderr:', run.stderr);
}

async function runProgram(tier: Tier & { kind: 'program' }): Promise<NamedLeaf[]> {
  const run = await runTapProcess(tier.command, {
    timeoutMs: tier.seconds * 1000,
    stderr: 'show',
    onLeaf: printLeaf,
  });
  return run.leaves.map((leaf) => ({ name: nameOf(leaf, tier.name), leaf }));
}
