import type { Test } from 'tap';
import { notYet } from './not-yet.ts';
import type { ScenarioResult } from './suite.ts';
import { checksLost, isRequired, problemsOf } from './verdict.ts';

export interface ReportOptions {
  /** Which run this is: the first part of a name in `notYet`. Without it everything has to pass. */
  readonly run?: string;
  /** What the same scenarios found without the gateway, where that is known. */
  readonly direct?: readonly ScenarioResult[];
}

/** Makes each scenario that has to pass a test, and tells on stderr how the others went. */
export function reportScenarios(
  t: Test,
  results: readonly ScenarioResult[],
  { run, direct }: ReportOptions = {},
): void {
  const unscored: string[] = [];
  for (const result of results) {
    const { scenario } = result;
    const counterpart = direct?.find((each) => each.scenario === scenario);
    const problems = [...problemsOf(result), ...(counterpart === undefined ? [] : checksLost(result, counterpart))];
    if (!isRequired(result)) {
      unscored.push(`${scenario} ${problems.length === 0 ? 'passes' : 'fails'} (${result.unscored})`);
      continue;
    }
    const missing = run === undefined ? undefined : notYet[`${run} ${scenario}`];
    t.test(missing === undefined ? scenario : `${scenario} (not yet: ${missing})`, (t) => {
      if (missing !== undefined) {
        t.not(problems.length, 0, `it passes now: take "${run} ${scenario}" off test/conformance/not-yet.ts`);
      } else if (problems.length === 0) t.pass('every check of it');
      for (const problem of missing === undefined ? problems : []) t.fail(problem);
      t.end();
    });
  }
  if (unscored.length > 0) process.stderr.write(`  # ${t.name}, not scored: ${unscored.join(', ')}\n`);
}
