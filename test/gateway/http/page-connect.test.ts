import { execFileSync } from 'node:child_process';
import t from 'tap';
import { clientSetups } from '../../../gateway/http/page-connect.ts';

function textFor(id: string, name: string, url: string): string {
  return clientSetups(name, url).find((setup) => setup.id === id)?.text ?? '';
}

t.test('Claude Code is given a command', async (t) => {
  t.equal(
    textFor('claude-code', 'main', 'https://mcp.example.com/mcp'),
    'claude mcp add --transport http main https://mcp.example.com/mcp',
  );
});

for (const url of ['http://[::1]:8080/mcp', "http://x/$(id)'; id #", 'http://x/?a=b&c=`id`']) {
  t.test(`a shell reads ${url} as one word and runs nothing`, async (t) => {
    const command = textFor('claude-code', 'main', url);
    const printed = execFileSync('sh', ['-c', command.replace(/^claude /, String.raw`printf '%s\n' `)], {
      encoding: 'utf8',
    });
    t.strictSame(printed.trimEnd().split('\n'), ['mcp', 'add', '--transport', 'http', 'main', url]);
  });
}

t.test('VS Code, Cursor and others are given JSON, each in its own form', async (t) => {
  const url = 'https://mcp.example.com/mcp';
  t.strictSame(JSON.parse(textFor('vscode', 'main', url)), { servers: { main: { type: 'http', url } } });
  t.strictSame(JSON.parse(textFor('cursor', 'main', url)), { mcpServers: { main: { url } } });
  t.strictSame(JSON.parse(textFor('other', 'main', url)), { mcpServers: { main: { type: 'http', url } } });
});
