/** Names that mean something to JavaScript's objects mean nothing, wherever a gateway reads them. */
import t from 'tap';
import { createGateway } from '../../gateway/app.ts';
import { readConfig } from '../../gateway/config.ts';
import { parseReport } from '../../gateway/contract/report.ts';
import { createLogger } from '../../gateway/log.ts';
import { apiKeyHash } from '../support/api-key-hash.ts';
import { answerOf, LegacySession, modern, send, textOf } from '../support/mcp-http.ts';
import { entryFor, RegistryFolder } from '../support/registry-folder.ts';
import { cardOf, scriptedCard } from '../support/scripted-card.ts';
import { json, result, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { until } from '../support/until.ts';

const NAMES = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf'] as const;
/** Members that would pollute whatever copies them without care. */
const POLLUTING = '"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}';
const KEY = 'the key';

function polluting(members: object = {}): Record<string, unknown> {
  const rest = JSON.stringify(members).slice(1, -1);
  return JSON.parse(`{${[POLLUTING, rest].filter(Boolean).join()}}`) as Record<string, unknown>;
}

const own = [Object, Array, String, Function, Map, Buffer].map(({ prototype }) => prototype as object);
const before = own.map((prototype) => Reflect.ownKeys(prototype));
function assertClean(t: { strictSame(found: unknown, wanted: unknown, message: string): void }, where: string): void {
  t.strictSame(
    own.map((prototype) => Reflect.ownKeys(prototype)),
    before,
    where,
  );
}

// Written as text: a literal's `__proto__` would be its prototype.
const schema = `{"type":"object",${POLLUTING},"properties":{"__proto__":{"type":"string"},"constructor":{"type":"object"}}}`;
const toolList = `{"tools":[${NAMES.map((name) => `{"name":"${name}","inputSchema":${schema},"annotations":{${POLLUTING}},"_meta":{${POLLUTING}},${POLLUTING}}`).join()}],${POLLUTING}}`;
const echo: Script = ({ response, message }) => json(response, textResult(message, JSON.stringify(message.params)));
const tools = Object.fromEntries(NAMES.map((name) => [name, echo]));
const methods: Record<string, Script> = {
  'tools/list': ({ response, message }) => json(response, result(message, JSON.parse(toolList))),
  'prompts/list': ({ response, message }) =>
    json(
      response,
      result(message, { prompts: NAMES.map((name) => polluting({ name, arguments: [polluting({ name })] })) }),
    ),
  'resources/list': ({ response, message }) =>
    json(response, result(message, { resources: NAMES.map((name) => polluting({ name, uri: `a://${name}` })) })),
  'resources/templates/list': ({ response, message }) =>
    json(
      response,
      result(message, { resourceTemplates: NAMES.map((name) => polluting({ name, uriTemplate: `a://{${name}}` })) }),
    ),
};
const capabilities = polluting({ tools: {}, prompts: {}, resources: {} });

const upstream = await scriptedUpstream(t, { tools, methods, capabilities });
const card = await scriptedCard(t, { body: polluting(cardOf(['constructor', '__proto__'])) });
const keys = new SecretFolder();
keys.write(Object.fromEntries(NAMES.map((name) => [name, apiKeyHash(`${KEY} of ${name}`)])));
const folder = new RegistryFolder();
const plain = entryFor(upstream.url, { name: 'plain' });
folder.write(
  [
    plain,
    { ...polluting(plain), ...plain, namespace: 'constructor', name: 'constructor', prefix: 'constructor' },
    {
      ...entryFor(card.url, { name: 'prototype', type: 'agent', protocol: 'a2a', path: '/' }),
      namespace: 'constructor',
    },
  ],
  {
    policy: {
      ...polluting(),
      hosts: [...NAMES],
      auth: { methods: [{ apiKey: { header: 'x-api-key' } }] },
      cors: { allowOrigins: ['https://constructor'] },
    },
    rules: NAMES.map((name) => ({
      name: `allows-${name.replaceAll('_', '').toLowerCase()}`,
      effect: 'Allow',
      from: [{ apiKeys: [name] }],
      to: [{ services: ['*'] }],
    })),
  },
);

const config = readConfig({
  FETCHFY_GATEWAY: 'test',
  FETCHFY_NAMESPACE: 'default',
  FETCHFY_REGISTRY: `directory:${folder.path}`,
  FETCHFY_LISTEN: '127.0.0.1:0',
  FETCHFY_ADMIN_LISTEN: '127.0.0.1:0',
  FETCHFY_API_KEYS_DIR: keys.path,
  FETCHFY_ALLOW_LOOPBACK: 'true',
  FETCHFY_LOG_LEVEL: 'error',
});
// In this process, so that what it does to the prototypes is seen.
const gateway = createGateway(config, createLogger(config.log), () => true);
const { url, adminUrl } = await gateway.start();
t.teardown(async () => {
  await gateway.close();
  folder.remove();
  keys.remove();
});
const headers = { 'x-api-key': `${KEY} of __proto__` };
const { origin } = new URL(url);
const report = async (): Promise<string> => (await send(`${adminUrl}/services`, { method: 'GET' })).text;
await until(
  'the servers',
  async () => parseReport(await report())?.services.filter(({ state }) => state === 'Available').length === 3,
  {
    state: report,
  },
);

t.test('registry, keys and catalogues are read as they are', async (t) => {
  for (const name of NAMES) {
    const mine = { 'x-api-key': `${KEY} of ${name}` };
    const answer = answerOf(await modern(`${url}/default/plain`, 'tools/list', {}, { headers: mine }));
    const listed = answer.result?.['tools'] as { readonly name: string; readonly inputSchema: object }[];
    t.strictSame(listed.map((tool) => tool.name).sort(), [...NAMES].sort());
    t.match(JSON.stringify(listed[0]?.inputSchema), '"__proto__":{"polluted":"yes"}', 'unknown members pass');
  }
  t.equal((await modern(url, 'tools/list', {}, { headers: { 'x-api-key': '__proto__' } })).status, 401);
  for (const method of ['prompts/list', 'resources/list', 'resources/templates/list']) {
    t.equal(answerOf(await modern(url, method, {}, { headers })).error, undefined, method);
  }
  assertClean(t, 'after the lists');
});

t.test('reports and pages are read and written as they are', async (t) => {
  const text = await report();
  t.ok(parseReport(text));
  t.ok(parseReport(text.replace('{', `{${POLLUTING},`)));
  for (const path of ['/', '/api/services'])
    t.equal((await send(`${origin}${path}`, { method: 'GET', headers })).status, 200);
  t.equal(
    (await send(`${origin}/agents/constructor/prototype/.well-known/agent-card.json`, { method: 'GET', headers }))
      .status,
    200,
  );
  for (const name of NAMES) {
    for (const path of [`/${name}`, `/mcp/${name}`, `/mcp/${name}/${name}x`, `/agents/${name}/${name}/`]) {
      t.equal((await send(`${origin}${path}`, { method: 'GET', headers })).status, 404, path);
    }
  }
  t.equal((await send(`${adminUrl}/metrics`, { method: 'GET' })).status, 200);
  assertClean(t, 'after the pages');
});

t.test('messages of both eras are passed on as they are', async (t) => {
  const session = await LegacySession.begin(url, '2025-11-25', { headers, capabilities: polluting({ sampling: {} }) });
  for (const name of NAMES) {
    for (const prefix of ['plain', 'constructor']) {
      const args = polluting({ name });
      const params = polluting({ name: `${prefix}_${name}`, arguments: args });
      const legacy = textOf(await session.rpc('tools/call', params));
      const answered = textOf(answerOf(await modern(url, 'tools/call', params, { headers, meta: polluting() })));
      for (const text of [legacy, answered]) t.match(text, `"arguments":${JSON.stringify(args)}`);
    }
    t.match((await session.rpc(name, polluting())).error, { code: -32601 });
    t.equal((await modern(url, name, polluting(), { headers })).status, 404);
    t.match(answerOf(await modern(url, 'tools/call', { name }, { headers })).error, { code: -32602 });
    t.match((await session.rpc('prompts/get', { name })).error, { code: -32602 });
    t.match(
      (await session.rpc('completion/complete', { ref: { type: 'ref/prompt', name }, argument: { name, value: name } }))
        .error,
      Object,
    );
    t.match((await session.rpc('tasks/get', { taskId: name })).error, Object);
    t.match((await session.rpc('logging/setLevel', { level: name })).error, { code: -32602 });
    t.equal((await session.notify(name, polluting())).status, 202);
    t.equal((await session.post({ jsonrpc: '2.0', id: name, result: polluting() })).status, 202);
    const foreign = await send(url, {
      headers: { ...headers, 'content-type': 'application/json', 'mcp-session-id': name },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    });
    t.equal(foreign.status, 404);
    const odd = await modern(
      url,
      'tools/list',
      {},
      { headers: { ...headers, [name]: 'x', [`mcp-param-${name}`]: 'x', 'mcp-protocol-version': name } },
    );
    t.equal(odd.status, 400);
  }
  assertClean(t, 'after the messages');
});

t.test('messages to agents are read as they are', async (t) => {
  const agent = `${origin}/agents/constructor/prototype/`;
  for (const name of NAMES) {
    for (const method of [name, 'SendMessage', 'GetTask', 'ListTasks', 'message/send', 'tasks/get']) {
      const message = polluting({
        messageId: name,
        role: 'ROLE_USER',
        parts: [polluting({ text: name })],
        taskId: name,
        contextId: name,
      });
      const params = polluting({ message, id: name, contextId: name, metadata: polluting() });
      for (const version of ['1.0', '0.3', name]) {
        const answer = await send(agent, {
          headers: { ...headers, 'content-type': 'application/json', 'a2a-version': version },
          body: JSON.stringify({ jsonrpc: '2.0', id: name, method, params }),
        });
        t.match(answerOf(answer).error, Object, `${method} of ${version}`);
        t.not(answer.status, 500);
      }
    }
  }
  assertClean(t, 'after the messages');
});
