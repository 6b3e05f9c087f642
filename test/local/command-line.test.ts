import t from 'tap';
import { EXAMPLES, parseCommandLine } from '../../local/command-line.ts';

t.test('without arguments the examples are served on 8080', async (t) => {
  t.same(parseCommandLine([], '1.2.3', '/here'), { action: 'serve', port: 8080, manifests: EXAMPLES });
});

t.test('a port and a folder can be named, from where one stands', async (t) => {
  const command = parseCommandLine(['--port', '0', '--manifests', 'some/where'], '1.2.3', '/here');
  t.same(command, { action: 'serve', port: 0, manifests: '/here/some/where' });
});

t.test('--version and --help print and end well', async (t) => {
  t.same(parseCommandLine(['--version'], '1.2.3', '/here'), { action: 'print', text: 'fetchfy 1.2.3\n', exitCode: 0 });
  t.match(parseCommandLine(['--help'], '1.2.3', '/here'), { text: /--manifests DIR/, exitCode: 0 });
});

for (const [argv, message] of [
  [['--port', 'http'], /--port is "http"; expected a port/],
  [['--port', '70000'], /--port is "70000"/],
  [['--port='], /--port is ""/],
  [['--prot', '1'], /--prot/],
  [['somewhere'], /somewhere/],
] as const) {
  t.test(`${argv.join(' ')} is refused`, async (t) => {
    t.match(parseCommandLine(argv, '1.2.3', '/here'), { action: 'print', text: message, exitCode: 2 });
  });
}
