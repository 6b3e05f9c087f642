import type { ScenarioResult } from './suite.ts';

/**
 * Scenarios that the suite does not score, and that we hold a gateway to: the headers of 2026-07-28 are its own duty,
 * since it is the one who reads them.
 */
const ownDuties: readonly string[] = ['http-header-validation', 'http-custom-header-server-validation'];

/** What depends on the form of an answer, which a server is free in: this one looks at SSE, where there is any. */
const aboutTheForm: readonly string[] = ['server-sse-streams-functional'];

/** Whether the scenario has to pass. */
export function isRequired({ scenario, unscored }: ScenarioResult): boolean {
  return unscored === undefined || ownDuties.includes(scenario);
}

/**
 * What kept a scenario from passing, a sentence each; nothing if it passed. It is stricter than the suite, which lets a
 * warning (a SHOULD that is not met) and a scenario without any result pass: a server that is not there passes so.
 */
export function problemsOf({ checks, fault }: ScenarioResult): string[] {
  const problems = checks
    .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
    .map(({ id, description, errorMessage }) => `${id}: ${errorMessage ?? description}`);
  if (fault !== undefined) problems.unshift(fault);
  else if (checks.every(({ status }) => status !== 'SUCCESS')) problems.unshift('None of its checks succeeded.');
  return problems;
}

/**
 * What the server passes and the gateway before it does not even try: a check that is skipped fails no scenario, but it
 * means that the gateway withholds something.
 */
export function checksLost(through: ScenarioResult, direct: ScenarioResult): string[] {
  const passed = new Set(through.checks.filter(({ status }) => status === 'SUCCESS').map(keyOf));
  return direct.checks
    .filter(({ id, status }) => status === 'SUCCESS' && !aboutTheForm.includes(id))
    .filter((check) => !passed.has(keyOf(check)))
    .map((check) => ({ check, found: through.checks.find((each) => keyOf(each) === keyOf(check)) }))
    .filter(({ found }) => found?.status !== 'FAILURE' && found?.status !== 'WARNING')
    .map(({ check, found }) => {
      const outcome = found === undefined ? 'is missing' : `is ${found.status} (${found.errorMessage ?? ''})`;
      return `${check.id}: passes without the gateway and ${outcome} with it: ${check.description}`;
    });
}

function keyOf({ id, name, description }: ScenarioResult['checks'][number]): string {
  return JSON.stringify([id, name, description]);
}
