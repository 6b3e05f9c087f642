import t from 'tap';
import { readFileSync } from 'node:fs';
import { parseCommandLine } from '../../../gateway/command-line.ts';
import { readVersion } from '../../../gateway/version.ts';

t.test('no argument: serve', async (t) => {
  t.strictSame(parseCommandLine([], '1.2.3'), { action: 'serve' });
});

t.test('--version prints the version', async (t) => {
  t.strictSame(parseCommandLine(['--version'], '1.2.3'), {
    action: 'print',
    text: 'fetchfy-gateway 1.2.3\n',
    exitCode: 0,
  });
});

t.test('--help shows the usage, each variable and its default', async (t) => {
  const command = parseCommandLine(['--help'], '1.2.3');
  t.match(command, { action: 'print', exitCode: 0 });
  t.match(
    command.action === 'print' ? command.text : '',
    /Usage:[^]*FETCHFY_REGISTRY[^]*FETCHFY_MAX_BODY.*default 4Mi/,
  );
});

t.test('an unknown argument is named and ends with 2', async (t) => {
  t.match(parseCommandLine(['--port=1'], '1.2.3'), {
    action: 'print',
    text: 'Unknown argument "--port=1"; expected --help or --version',
    exitCode: 2,
  });
});

t.test("the version is that of the project's package.json", async (t) => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  t.equal(readVersion(), (JSON.parse(text) as { version: string }).version);
});
