import fc from 'fast-check';
import type { Test } from 'tap';

/** How far a fuzz goes, as the environment says; what is not set there is new each time and printed. */

/** Set: the fuzz is what it was when it printed this number. */
const SEED = 'FETCHFY_FUZZ_SEED';
/** Set: so many times as many messages; for a night's run. */
const TIMES = 'FETCHFY_FUZZ_TIMES';

/** How long a smaller counterexample is looked for, in milliseconds. */
const SHRINK_MS = 8000;

const given = process.env[SEED];
const seed = given === undefined || given === '' ? Math.floor(Math.random() * 2 ** 31) : Number(given);
const times = Number(process.env[TIMES] ?? '1');
if (!Number.isSafeInteger(seed)) throw new Error(`${SEED} is "${given}"; expected an integer.`);
if (!(times > 0)) throw new Error(`${TIMES} is "${process.env[TIMES]}"; expected a number above 0.`);

/** Lanes of all fuzzes of this process so far: each has a seed of its own. */
let lanesBefore = 0;

/** Says in the test's output how to do the same once more. */
export function printSeed(t: Test): void {
  t.comment(`${SEED}=${seed} does the same once more`);
}

/** What is made of all that is made of `arbitrary`. */
export interface Fuzz<T> {
  readonly what: string;
  readonly arbitrary: fc.Arbitrary<T>;
  /** How many in all. */
  readonly runs: number;
  /** How many at one time. */
  readonly lanes: number;
  /** @param lane from 0 @throws what is wrong, with all that a person needs to see it */
  readonly property: (value: T, lane: number) => Promise<void>;
}

/**
 * Tries a property in lanes that run at one time, each with a seed of its own that follows from the one that is printed.
 * The first that fails ends its lane, with the smallest failure that is found in a few seconds.
 */
export async function fuzz<T>(t: Test, { what, arbitrary, runs, lanes, property }: Fuzz<T>): Promise<void> {
  const numRuns = Math.ceil((runs * times) / lanes);
  const firstSeed = seed + lanesBefore;
  lanesBefore += lanes;
  const outcomes = await Promise.all(
    Array.from({ length: lanes }, (_, lane) => {
      let failedAt: number | undefined;
      const bounded = async (value: T): Promise<void> => {
        // What is not tried counts as well, so that the shrinking ends with what failed last.
        if (failedAt !== undefined && performance.now() - failedAt > SHRINK_MS) return;
        try {
          await property(value, lane);
        } catch (error) {
          failedAt ??= performance.now();
          throw error;
        }
      };
      return fc.check(fc.asyncProperty(arbitrary, bounded), { seed: firstSeed + lane, numRuns });
    }),
  );
  outcomes.forEach((outcome, lane) => {
    if (!outcome.failed) return;
    const { numRuns: ran, numShrinks, counterexamplePath: path, errorInstance: error } = outcome;
    const where = `lane ${lane}, run ${ran}, shrunk ${numShrinks} times (fast-check seed ${firstSeed + lane}, path ${path})`;
    t.fail(`${what}: ${where}\n${error instanceof Error ? error.message : String(error)}`);
  });
  if (outcomes.every(({ failed }) => !failed)) t.pass(`${numRuns * lanes} runs: ${what}`);
}
