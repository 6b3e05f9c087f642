import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { Child, type Crash } from '../../../local/processes/child.ts';
import { describeCrash, Supervised } from '../../../local/processes/supervised.ts';
import { until } from '../../support/until.ts';

const RUNS = "console.log('pid ' + process.pid); setInterval(() => {}, 1000);";

function program(t: Test, text: string): string {
  return join(t.testdir({ 'program.mjs': text }), 'program.mjs');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

t.test('a child is ended when it is asked to, which is no crash', async (t) => {
  const lines: string[] = [];
  const child = new Child({ args: [program(t, RUNS)], onLine: (line) => lines.push(line) });
  const line = await until('its first line', () => lines[0]);
  await child.stop();
  t.equal(await child.ended, undefined);
  t.notOk(isAlive(Number(line.slice(4))));
});

t.test('a child that ignores the request is killed', async (t) => {
  const text = `process.on('SIGTERM', () => {}); ${RUNS}`;
  const lines: string[] = [];
  const child = new Child({ args: [program(t, text)], onLine: (line) => lines.push(line) });
  await until('its first line', () => lines[0]);
  child.kill();
  t.equal(await child.ended, undefined);
});

t.test('a crash tells how it ended and what was said last', async (t) => {
  const child = new Child({ args: [program(t, "console.error('no disk'); process.exitCode = 3;")] });
  const crash = await child.ended;
  t.same(crash, { how: 'exited with code 3', lastLines: ['no disk'] });
  t.equal(describeCrash('The gateway', crash as Crash), 'The gateway exited with code 3:\n  no disk');
  t.equal(
    describeCrash('It', { how: 'was ended by SIGKILL', lastLines: [] }),
    'It was ended by SIGKILL, without a word.',
  );
});

t.test('a program that has done its work is not kept alive', async (t) => {
  const child = new Child({ args: [program(t, "console.log('done')")] });
  t.match(await child.ended, { how: 'exited with code 0' });
});

t.test('a child ends with its parent, even if that is killed', async (t) => {
  const childModule = pathToFileURL(fileURLToPath(new URL('../../../local/processes/child.ts', import.meta.url))).href;
  const inner = program(t, RUNS);
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { Child } from ${JSON.stringify(childModule)};
       new Child({ args: [${JSON.stringify(inner)}], onLine: (line) => console.log(line) });`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  parent.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const pid = await until('the pid of the child', () => Number(/pid (\d+)/.exec(output)?.[1]), { deadlineMs: 10_000 });
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await until('the end of the child', () => !isAlive(pid));
  t.pass('it is gone');
});

t.test('a supervised child that crashes is told and started again', async (t) => {
  const problems: string[] = [];
  const path = program(t, "console.error('oh'); process.exitCode = 1;");
  const supervised = new Supervised(
    'The server',
    () => new Child({ args: [path] }),
    (problem) => problems.push(problem),
  );
  await until('a second crash', () => problems.length === 2, { deadlineMs: 10_000 });
  await supervised.stop();
  t.same(problems, [
    'The server exited with code 1:\n  oh\nIt is started again in 1 s.',
    'The server exited with code 1:\n  oh\nIt is started again in 2 s.',
  ]);
});
