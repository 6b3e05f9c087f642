/** What a caller is told whose token lacks scopes, in both eras and by A2A (RFC 6750, section 3.1). */
import t from 'tap';
import type { AccessRule } from '../../gateway/contract/access-policy.ts';
import { agentClient, all, first, send, stateOf, stream, subscribe, textOf } from '../support/a2a-client.ts';
import { LegacySession, modern, send as sendHttp, type HttpAnswer } from '../support/mcp-http.ts';
import { principal } from '../support/principal.ts';
import { ruledDoors } from '../support/principals.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startAgent } from '../support/start-agent.ts';
import { startServer } from '../support/start-server.ts';

const server = await startServer('legacy');
const agent = await startAgent('a2a');
t.teardown(() => Promise.all([server.stop(), agent.stop()]));

const token = (name: string, ...scopes: string[]) =>
  principal(name, { method: 'jwt', issuer: 'https://a.example', scopes });
const from = (...scopes: string[]) => [{ issuers: ['https://a.example'], scopes }];
const rules: AccessRule[] = [
  { name: 'read', effect: 'Allow', from: from('read'), to: [{ services: ['default/server'], tools: ['echo'] }] },
  {
    name: 'write',
    effect: 'Allow',
    from: from('read', 'write'),
    to: [{ tools: ['add'], prompts: ['*'], resources: ['*'] }],
  },
  { name: 'talk', effect: 'Allow', from: from('talk'), to: [{ agents: ['default/agent'] }] },
  { name: 'keys', effect: 'Allow', from: [{ apiKeys: ['key'] }], to: [{ tools: ['slow'] }] },
  { name: 'none', effect: 'Deny', to: [{ tools: ['fail'] }] },
];
const principals = {
  reader: token('reader', 'read'),
  talker: token('talker', 'talk'),
  stranger: token('stranger'),
  key: principal('key', { method: 'apiKey' }),
};
const a2a = { type: 'agent', protocol: 'a2a', path: '/' } as const;
const { doors, rule } = await ruledDoors(
  t,
  principals,
  [entryFor(server.url, { name: 'server' }), entryFor(agent.url, { name: 'agent', ...a2a })],
  rules,
);
type Door = keyof typeof doors;

const ask = {
  async legacy(door: Door, method: string, params: object): Promise<HttpAnswer> {
    const session = await LegacySession.begin(doors[door]);
    return session.request(method, params);
  },
  modern: (door: Door, method: string, params: object): Promise<HttpAnswer> =>
    modern(doors[door], method, params as Record<string, unknown>),
};
const call = (name: string) => ({ name: `server_${name}`, arguments: { text: 'x', a: 1, b: 2, ms: 0 } });

for (const era of ['legacy', 'modern'] as const) {
  t.test(`a ${era} client is told all scopes of what it asks for, and uses it with them`, async (t) => {
    for (const [door, method, params, scope] of [
      ['reader', 'tools/call', call('add'), 'read write'],
      ['stranger', 'tools/call', call('add'), 'read write'],
      ['stranger', 'tools/call', call('echo'), 'read'],
      ['reader', 'prompts/get', { name: 'server_greet' }, 'read write'],
      ['reader', 'resources/read', { uri: 'test://about' }, 'read write'],
      ['reader', 'completion/complete', { ref: { type: 'ref/prompt', name: 'server_greet' } }, 'read write'],
      ['reader', 'completion/complete', { ref: { type: 'ref/resource', uri: 'test://notes/{id}' } }, 'read write'],
      ['stranger', 'tools/call', { name: 'agent_agent', arguments: {} }, 'talk'],
    ] as const) {
      const { status, headers, text } = await ask[era](door, method, params);
      t.equal(status, 403, `${door} ${method} ${JSON.stringify(params)}`);
      t.equal(headers['www-authenticate'], `Bearer error="insufficient_scope", scope="${scope}"`);
      t.match(JSON.parse(text), { jsonrpc: '2.0', error: { code: -32600, message: new RegExp(scope) } });
    }
    t.equal((await ask[era]('reader', 'tools/call', call('echo'))).status, 200);
  });

  t.test(`a ${era} client that no scope would help is told of nothing`, async (t) => {
    for (const [door, name] of [
      ['reader', 'fail'],
      ['reader', 'slow'],
      ['stranger', 'bytes'],
      ['key', 'echo'],
    ] as const) {
      const { status, headers, text } = await ask[era](door, 'tools/call', call(name));
      t.equal(status, 200, `${door} ${name}`);
      t.equal(headers['www-authenticate'], undefined);
      t.match(JSON.parse(text), { error: { code: -32602, message: `Unknown tool: server_${name}` } });
    }
  });

  t.test(`what a ${era} client lacks scopes for is in no list of its`, async (t) => {
    for (const [door, names] of [
      ['reader', ['server_echo']],
      ['stranger', []],
      ['key', ['server_slow']],
    ] as const) {
      const { result } = JSON.parse((await ask[era](door, 'tools/list', {})).text) as {
        result: { tools: { name: string }[] };
      };
      t.strictSame(
        result.tools.map(({ name }) => name),
        names,
        door,
      );
    }
  });
}

t.test('a legacy client that lacks scopes for a subscription is told so', async (t) => {
  const { status, headers } = await ask.legacy('reader', 'resources/subscribe', { uri: 'test://about' });
  t.equal(status, 403);
  t.match(headers['www-authenticate'], /scope="read write"/);
});

const agentUrl = (door: Door): string => doors[door].replace('/mcp', '/agents/default/agent/');

t.test('an agent is there by A2A for who may use it, its card as well', async (t) => {
  const card = `${agentUrl('talker')}.well-known/agent-card.json`;
  const { status, headers } = await sendHttp(card, { method: 'GET' });
  t.equal(status, 200);
  t.match(headers['cache-control'], /^(private|no-cache)/);
  const client = await agentClient(agentUrl('talker'));
  t.equal(textOf((await send(client, 'echo hello')).task?.artifacts?.[0]?.parts), 'hello');
  const body = '{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"x"}}';
  for (const door of ['reader', 'stranger'] as const) {
    for (const [url, method] of [
      [`${agentUrl(door)}.well-known/agent-card.json`, 'GET'],
      [agentUrl(door), 'POST'],
    ] as const) {
      const refused = await sendHttp(url, {
        method,
        ...(method === 'POST' && { headers: { 'content-type': 'application/json' }, body }),
      });
      t.equal(refused.status, 403, `${door} ${method}`);
      t.equal(refused.headers['www-authenticate'], 'Bearer error="insufficient_scope", scope="talk"');
    }
  }
  for (const url of [`${agentUrl('key')}.well-known/agent-card.json`, agentUrl('key')]) {
    t.equal((await sendHttp(url, { method: 'GET' })).status, 404);
  }
});

t.test('one tool of an agent does not open its own endpoint', async (t) => {
  const some: AccessRule = { name: 'some', effect: 'Allow', from: [{ apiKeys: ['key'] }], to: [{ tools: ['*'] }] };
  rule([...rules, some]);
  t.equal((await ask.modern('key', 'tools/call', { name: 'agent_get_task', arguments: {} })).status, 200);
  const { status, text } = await sendHttp(agentUrl('key'), { method: 'GET' });
  t.equal(status, 404);
  t.match(text, /Nothing is served at \/agents\/default\/agent\. /);
  rule(rules);
});

t.test('news of an agent’s task end with the permission for the agent, what runs goes on', async (t) => {
  const client = await agentClient(agentUrl('talker'));
  const running = stream(client, 'wait');
  const { task } = await first(running);
  t.ok(task);
  const news = subscribe(client, task?.id ?? '');
  await first(news);
  rule(rules.filter(({ name }) => name !== 'talk'));
  await t.rejects(all(news), 'its subscription ends with an error');
  t.equal((await sendHttp(agentUrl('talker'), { method: 'GET' })).status, 404);
  rule(rules);
  const { task: cancelled } = {
    task: await client.cancelTask({ id: task?.id ?? '', tenant: '', metadata: undefined }),
  };
  t.ok(cancelled);
  const last = (await all(running)).at(-1);
  t.equal(last && stateOf(last), 'CANCELED');
});
