import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runTapProcess, type TapRun } from './tap-process.ts';

/** Runs a program text as a test process. */
function run(t: Test, program: string, timeoutMs = 20_000): Promise<TapRun> {
  const folder = t.testdir({ 'program.mjs': program });
  return runTapProcess([join(folder, 'program.mjs')], { timeoutMs, stderr: 'keep' });
}

function summary({ leaves }: TapRun): string[] {
  return leaves.map(({ outcome, path, failures }) => `${outcome} ${path.join(' › ') || (failures[0]?.message ?? '')}`);
}

const PASSES = "console.log('TAP version 14\\n# Subtest: a\\n    ok 1\\n    1..1\\nok 1 - a\\n1..1');";

t.test('a program that passes', async (t) => {
  t.same(summary(await run(t, PASSES)), ['passed a']);
});

t.test('an exit code beside passing tests is a failure', async (t) => {
  t.same(summary(await run(t, `${PASSES} process.exitCode = 3;`)), [
    'passed a',
    'failed It exited with code 3, though no test failed.',
  ]);
});

t.test('a program that dies is a failure, and its last words are kept', async (t) => {
  const result = await run(t, "throw new Error('cannot begin');");
  t.match(summary(result), [/^failed/]);
  t.match(result.stderr, /cannot begin/);
});

t.test('a program that hangs is ended, with the tests that it had finished', async (t) => {
  // Long enough for it to start on a machine that is busy.
  const result = await run(t, `${PASSES} setInterval(() => {}, 1000);`, 2000);
  t.match(summary(result), ['passed a', /failed It ran for over 2 s/]);
});

t.test('a process left behind is ended and is a failure', async (t) => {
  const result = await run(
    t,
    `import { spawn } from 'node:child_process';
     const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
     child.unref();
     console.error('pid ' + child.pid);
     ${PASSES}`,
  );
  t.match(summary(result), ['passed a', /failed It left processes behind/]);
  const pid = Number(/pid (\d+)/.exec(result.stderr)?.[1]);
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});
