import t from 'tap';
import { serverRequirements } from './requirements.ts';
import type { Check, ScenarioResult } from './suite.ts';
import { checksLost, isRequired, problemsOf } from './verdict.ts';

function check(id: string, status: Check['status'], errorMessage?: string): Check {
  return { id, name: id, description: `The server does ${id}`, status, ...(errorMessage && { errorMessage }) };
}

function result(...checks: readonly Check[]): ScenarioResult {
  return { scenario: 'ping', checks };
}

t.test('a scenario fails by each check that failed or warned, and by a fault', async (t) => {
  t.strictSame(problemsOf(result(check('a', 'SUCCESS'), check('b', 'SKIPPED'), check('c', 'INFO'))), []);
  const found = result(check('a', 'FAILURE', 'got 500'), check('b', 'WARNING'), check('c', 'SUCCESS'));
  t.strictSame(problemsOf(found), ['a: got 500', 'b: The server does b']);
  t.strictSame(problemsOf({ ...result(), fault: 'It left no result.' }), ['It left no result.']);
});

t.test('a scenario in which nothing succeeded has not passed', async (t) => {
  t.strictSame(problemsOf(result()), ['None of its checks succeeded.']);
  t.strictSame(problemsOf(result(check('a', 'SKIPPED'), check('b', 'INFO'))), ['None of its checks succeeded.']);
});

t.test('a check is lost that passes without the gateway only', async (t) => {
  const direct = result(check('a', 'SUCCESS'), check('b', 'SUCCESS'), check('c', 'SUCCESS'), check('d', 'SKIPPED'));
  const through = result(check('a', 'SUCCESS'), check('b', 'SKIPPED', 'not declared'), check('d', 'SKIPPED'));
  t.strictSame(checksLost(through, direct), [
    'b: passes without the gateway and is SKIPPED (not declared) with it: The server does b',
    'c: passes without the gateway and is missing with it: The server does c',
  ]);
});

t.test('a check that fails with the gateway is a failure, and not lost besides', async (t) => {
  t.strictSame(checksLost(result(check('a', 'FAILURE')), result(check('a', 'SUCCESS'))), []);
  t.strictSame(checksLost(result(check('a', 'WARNING')), result(check('a', 'SUCCESS'))), []);
});

t.test('whether an answer is a stream or JSON loses nothing', async (t) => {
  const id = 'server-sse-streams-functional';
  t.strictSame(checksLost(result(check(id, 'INFO')), result(check(id, 'SUCCESS'))), []);
});

t.test('required is what the suite scores, and the headers that are a gateway’s own duty', async (t) => {
  t.ok(isRequired(result()));
  t.notOk(isRequired({ ...result(), unscored: 'extension' }));
  t.ok(isRequired({ scenario: 'http-header-validation', checks: [], unscored: 'pending' }));
});

t.test('the requirement sets are as large as they were when they were frozen', async (t) => {
  const sizes = (['2025-11-25', '2026-07-28'] as const).map(
    (set) => serverRequirements(set).filter(({ unscored }) => unscored === undefined).length,
  );
  t.strictSame(sizes, [30, 37]);
});
