import type { Test } from 'tap';
import type { ScenarioResult } from './suite.ts';
import { checksLost, isRequired, problemsOf } from './verdict.ts';

/**
 * Makes each scenario that has to pass a test, and tells on stderr how the others went.
 * @param direct what the same scenarios found without the gateway, where that is known
 */
export function reportScenarios(t: Test, results: readonly ScenarioResult[], direct?: readonly ScenarioResult[]): void {
  const unscored: string[] = [];
  for (const result of results) {
    const { scenario } = result;
    const counterpart = direct?.find((each) => each.scenario === scenario);
    const problems = [...problemsOf(result), ...(counterpart === undefined ? [] : checksLost(result, counterpart))];
    if (!isRequired(result)) {
      unscored.push(`${scenario} ${problems.length === 0 ? 'passes' : 'fails'} (${result.unscored})`);
      continue;
    }
    t.test(scenario, (t) => {
      if (problems.length === 0) t.pass('every check of it');
      for (const problem of problems) t.fail(problem);
      t.end();
    });
  }
  if (unscored.length > 0) process.stderr.write(`  # ${t.name}, not scored: ${unscored.join(', ')}\n`);
}
