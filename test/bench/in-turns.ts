/** Figures of variants of one thing that are taken in turns, so that the noise of a machine falls on all alike. */
import { cpuSeconds } from './cpu-time.ts';
import { median, type LoadOutcome } from './load-program.ts';

/** What was measured of one variant. */
export interface Figures<Variant> {
  readonly variant: Variant;
  /** The median of its figures. */
  readonly figure: number;
  /** The median, over the rounds, of its figure by the first variant's in the same round. */
  readonly ratio: number;
}

/** Takes a figure of each variant in each of some rounds, after one that warms up and does not count. */
export async function inTurns<Variant>(
  variants: readonly Variant[],
  rounds: number,
  take: (variant: Variant) => Promise<number>,
): Promise<readonly Figures<Variant>[]> {
  const measured = variants.map((variant) => ({ variant, figures: [] as number[] }));
  for (let round = 0; round <= rounds; round++) {
    // None always follows the same one, or has the same part of the noise.
    const first = round % measured.length;
    for (const { variant, figures } of [...measured.slice(first), ...measured.slice(0, first)]) {
      const figure = await take(variant);
      if (round > 0) figures.push(figure);
    }
  }
  const base = measured[0]?.figures ?? [];
  return measured.map(({ variant, figures }) => ({
    variant,
    figure: median(figures),
    ratio: median(figures.map((figure, round) => figure / (base[round] ?? Number.NaN))),
  }));
}

/** Calls per second of a process's CPU, user and system, while a load runs. */
export async function callsPerCoreSecond(pid: number, load: () => Promise<LoadOutcome>): Promise<number> {
  const before = cpuSeconds(pid);
  const { calls } = await load();
  return calls / (cpuSeconds(pid) - before);
}

/** Prints calls per core-second, a line for each variant. */
export function printRates(against: string, rows: readonly Figures<{ readonly name: string }>[]): void {
  const width = Math.max(...rows.map(({ variant }) => variant.name.length)) + 2;
  process.stdout.write(`  calls/core-second, against ${against} in the same round\n`);
  for (const { variant, figure, ratio } of rows) {
    const rate = Math.round(figure).toLocaleString('en').padStart(8);
    process.stdout.write(`    ${variant.name.padEnd(width)}${rate}  × ${ratio.toFixed(3)}\n`);
  }
}
