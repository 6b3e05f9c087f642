/** The audit's line of each kind of request, and what is in no line whatever happens; denials of operations: audit-denials.test.ts. */
import t from 'tap';
import type { AccessRule, AuditPolicy } from '../../gateway/contract/access-policy.ts';
import { apiKeyHash } from '../support/api-key-hash.ts';
import { agentClient } from '../support/a2a-client.ts';
import { agentEntry } from '../support/agent-kinds.ts';
import { auditLines, lineOfTrace, traced, type AuditLine } from '../support/audit-lines.ts';
import { clientOf } from '../support/clients.ts';
import { LegacySession, messagesOf, modern, modernCall, modernRequest, send } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { answering, json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startAgent } from '../support/start-agent.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const eras = ['legacy', 'modern'] as const;
const keys = { ada: 'key-of-ada-4711', bob: 'key-of-bob-4711' };
const ada = { headers: { 'x-api-key': keys.ada } };
const bob = { headers: { authorization: `Bearer ${keys.bob}` } };

const says: Script = ({ response, message }) => json(response, textResult(message, 'said'));
const fails: Script = ({ response, message }) =>
  json(response, JSON.stringify({ jsonrpc: '2.0', id: message.id, error: { code: -32050, message: 'No.' } }));
const shop = await scriptedUpstream(t, {
  tools: { get: says, fails, hangs: () => undefined },
  capabilities: { tools: {}, prompts: {}, completions: {} },
  methods: { 'completion/complete': answering({ completion: { values: [] } }) },
});
const vault = await scriptedUpstream(t, { tools: { open: says } });
const agent = await startAgent('a2a');
t.teardown(() => agent.stop());
const services = [
  entryFor(shop.url, { name: 'shop', timeoutMs: 1500 }),
  entryFor(vault.url, { name: 'vault' }),
  agentEntry('agent', agent.url),
];
const secret = new SecretFolder();
secret.write({ ada: apiKeyHash(keys.ada), bob: apiKeyHash(keys.bob) });
t.teardown(() => secret.remove());
const auth = { methods: [{ apiKey: { header: 'x-api-key' } }] };
const rules: readonly AccessRule[] = [
  { name: 'no-vault', effect: 'Deny', from: [{ apiKeys: ['ada'] }], to: [{ services: ['default/vault'] }] },
];
const policyOf = (audit: AuditPolicy) => ({ hosts: [], auth, audit });
const everything = policyOf({ mode: 'All', arguments: false });
const gateway = await startGateway(services, {
  registry: { policy: everything, rules },
  env: { FETCHFY_API_KEYS_DIR: secret.path, FETCHFY_LOG_LEVEL: 'debug' },
});
t.teardown(() => gateway.stop());
const { url, origin } = gateway;

const lineOf = (traceId: string): Promise<AuditLine> => lineOfTrace(gateway, traceId);

for (const era of eras) {
  t.test(`a call of a client of the ${era} era has a line: who, what, where, and what came of it`, async (t) => {
    const { traceId, headers } = traced(ada.headers);
    const client = await clientOf[era](url, {}, () => undefined, headers);
    await client.callTool({ name: 'shop_get', arguments: { plain: 'argument-of-a-call' } });
    const line = await until('the line', () =>
      auditLines(gateway.log()).find((each) => each['traceId'] === traceId && each['method'] === 'tools/call'),
    );
    t.match(line, {
      level: 'info',
      time: /^\d{4}-.*Z$/,
      decision: 'allow',
      outcome: 'ok',
      status: 200,
      path: '/mcp',
      principal: 'ada',
      auth: 'apiKey',
      server: 'default/shop',
      tool: 'get',
      durationMs: Number,
      requestBytes: Number,
      answerBytes: Number,
      ...(era === 'legacy' && { session: /^[0-9a-f]{8}$/ }),
    });
    t.equal(line['why'], undefined);
    t.equal(line['arguments'], undefined);
    await client.close();
  });
}

t.test('the line of a completion says what it is for, as the server calls it', async (t) => {
  const { traceId, headers } = traced(ada.headers);
  const params = { ref: { type: 'ref/prompt', name: 'shop_greet' }, argument: { name: 'style', value: '' } };
  await modern(url, 'completion/complete', params, { headers });
  t.match(await lineOf(traceId), { decision: 'allow', outcome: 'ok', server: 'default/shop', prompt: 'greet' });
});

t.test('what an upstream or the gateway answers with an error is allowed, and says the error', async (t) => {
  const cases = [
    ['shop_fails', { outcome: 'error', code: -32050, server: 'default/shop', tool: 'fails' }],
    ['shop_hangs', { outcome: 'upstream_timeout', server: 'default/shop', tool: 'hangs' }],
    ['nothing_here', { outcome: 'invalid_params', code: -32602, tool: 'nothing_here' }],
  ] as const;
  for (const [name, expected] of cases) {
    const { traceId, headers } = traced(ada.headers);
    await modernCall(url, name, {}, { headers });
    t.match(await lineOf(traceId), { decision: 'allow', ...expected }, name);
  }
});

t.test('a line says what was denied, and why, whatever the client was told', async (t) => {
  const session = await LegacySession.begin(url, '2025-11-25', ada);
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  const type = { 'content-type': 'application/json' };
  const inSession = { ...type, 'mcp-session-id': session.id };
  const cases: readonly [string, Parameters<typeof send>[1] & { url?: string }, AuditLine][] = [
    [
      'no key',
      { headers: type, body },
      { why: 'unauthorized', outcome: 'unauthorized', status: 401, address: '127.0.0.1' },
    ],
    ['a bad key', { headers: { ...type, authorization: 'Bearer guessed-key-4711' }, body }, { why: 'unauthorized' }],
    ['a foreign Host', { headers: { ...type, host: 'evil.example' }, body }, { why: 'forbidden', status: 403 }],
    ['a foreign Origin', { headers: { ...type, origin: 'https://evil.example' }, body }, { why: 'forbidden' }],
    [
      'a token in the query',
      { url: `${url}?token=secret-in-query-4711`, headers: type, body },
      { why: 'query', status: 400, path: '/mcp' },
    ],
    [
      'a hidden server',
      { ...ada, headers: { ...type, ...ada.headers }, body, url: `${url}/default/vault` },
      { why: 'rules', status: 404, path: '/mcp/default/vault', server: 'default/vault', principal: 'ada' },
    ],
    [
      'another’s session',
      { headers: { ...inSession, ...bob.headers }, body },
      { why: 'session', status: 404, principal: 'bob', session: session.id.slice(0, 8) },
    ],
    [
      'a forged state',
      modernRequest('tools/call', { name: 'shop_get', requestState: 'forged' }, ada),
      { why: 'state', tool: 'get' },
    ],
  ];
  for (const [what, { url: at = url, ...options }, expected] of cases) {
    const { traceId, headers } = traced(options.headers);
    await send(at, { ...options, headers });
    t.match(await lineOf(traceId), { decision: 'deny', ...expected }, what);
  }
});

t.test('limits that refuse are denials by their names', async (t) => {
  const once = { requests: 1, periodSeconds: 3600, burst: 1 };
  for (const [name, expected] of [
    ['perTool', { status: 200, server: 'default/shop', tool: 'get', outcome: 'rate_limited' }],
    ['perServer', { status: 200, server: 'default/shop', tool: 'get', outcome: 'rate_limited' }],
    ['perPrincipal', { status: 429, principal: 'ada', outcome: 'rate_limited' }],
  ] as const) {
    await gateway.publish(services, { policy: { ...everything, limits: { [name]: once } }, rules });
    await modernCall(url, 'shop_get', {}, ada);
    const { traceId, headers } = traced(ada.headers);
    await modernCall(url, 'shop_get', {}, { headers });
    t.match(await lineOf(traceId), { decision: 'deny', why: name, ...expected }, name);
  }
  await gateway.publish(services, { policy: everything, rules });
});

t.test('requests of A2A clients have lines, and so have pages', async (t) => {
  const { traceId, headers } = traced(ada.headers);
  await send(`${origin}/api/services?page=1`, { method: 'GET', headers });
  t.match(await lineOf(traceId), { decision: 'allow', method: 'GET', path: '/api/services', principal: 'ada' });
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'echo hello' }] };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } });
  const sent = traced({ ...ada.headers, 'content-type': 'application/json', 'a2a-version': '1.0' });
  await send(`${origin}/agents/default/agent/`, { headers: sent.headers, body });
  t.match(await lineOf(sent.traceId), {
    decision: 'allow',
    outcome: 'ok',
    method: 'SendMessage',
    path: '/agents/default/agent/',
    server: 'default/agent',
    principal: 'ada',
  });
});

t.test('each message of a batch has a line', async (t) => {
  const session = await LegacySession.begin(url, '2025-03-26', ada);
  const { traceId, headers } = traced(ada.headers);
  const call = (id: number, name: string): object => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name, arguments: {} },
  });
  messagesOf(await session.post([call(1, 'shop_get'), call(2, 'vault_open')], headers));
  await until(
    'three lines',
    () => auditLines(gateway.log()).filter((line) => line['traceId'] === traceId).length === 3,
  );
  const lines = auditLines(gateway.log()).filter((line) => line['traceId'] === traceId);
  t.strictSame(
    new Set(lines.map(({ method, decision, tool }) => `${String(method)} ${String(decision)} ${String(tool)}`)),
    new Set(['batch allow undefined', 'tools/call allow get', 'tools/call deny open']),
  );
});

t.test('the trace that a modern request names in its envelope is as good', async (t) => {
  const traceId = 'f'.repeat(32);
  await modern(
    url,
    'tools/call',
    { name: 'shop_get' },
    { ...ada, meta: { traceparent: `00-${traceId}-${'1'.repeat(16)}-00` } },
  );
  t.match(await lineOf(traceId), { tool: 'get' });
});

t.test('no name of a client’s makes a line of its own', async (t) => {
  const { traceId, headers } = traced(ada.headers);
  const name = 'shop_x\n{"audit":true,"decision":"allow","traceId":"forged"}\u001b[31m\u202e';
  const encoded = `=?base64?${Buffer.from(name).toString('base64')}?=`;
  await modern(url, 'tools/call', { name }, { headers: { ...headers, 'mcp-name': encoded } });
  t.match(await lineOf(traceId), { tool: name.slice('shop_'.length) });
  const raw = gateway
    .log()
    .split('\n')
    .filter((line) => line.includes(traceId) && line.includes('"audit"'));
  t.match(raw[0], /^[ -~]+$/);
  t.equal(
    auditLines(gateway.log()).some((line) => line['traceId'] === 'forged'),
    false,
  );
});

t.test('with the mode Denied only what is denied has a line, with None nothing', async (t) => {
  await gateway.publish(services, { policy: policyOf({ mode: 'Denied', arguments: false }), rules });
  const [allowed, denied, none, last] = [traced(ada.headers), traced(), traced(), traced()];
  await modernCall(url, 'shop_get', {}, allowed);
  await send(url, { ...denied, body: '{}' });
  await lineOf(denied.traceId);
  await gateway.publish(services, { policy: policyOf({ mode: 'None', arguments: false }), rules });
  await send(url, { ...none, body: '{}' });
  await gateway.publish(services, { policy: everything, rules });
  await send(url, { ...last, body: '{}' });
  await lineOf(last.traceId);
  for (const { traceId } of [allowed, none]) {
    t.equal(
      auditLines(gateway.log()).some((line) => line['traceId'] === traceId),
      false,
    );
  }
});

t.test('arguments are written where that is asked for, bounded and without secrets', async (t) => {
  await gateway.publish(services, { policy: policyOf({ mode: 'All', arguments: true }), rules });
  const args = {
    city: 'Oslo',
    password: 'argument-secret-4711',
    nested: [{ headers: { Authorization: 'argument-secret-4711' }, 'api-key': { a: 'argument-secret-4711' } }],
  };
  const called = traced(ada.headers);
  await modernCall(url, 'shop_get', args, called);
  t.strictSame((await lineOf(called.traceId))['arguments'], {
    city: 'Oslo',
    password: '[redacted]',
    nested: [{ headers: { Authorization: '[redacted]' }, 'api-key': { a: '[redacted]' } }],
  });
  const denied = traced(ada.headers);
  await modernCall(url, 'vault_open', args, denied);
  t.match(await lineOf(denied.traceId), { decision: 'deny', arguments: { city: 'Oslo', password: '[redacted]' } });
  const large = traced(ada.headers);
  await modernCall(url, 'shop_get', { list: Array.from({ length: 10_000 }, (_, i) => i) }, large);
  t.equal(String((await lineOf(large.traceId))['argumentsBegin']).length, 4096);
  const client = await agentClient(`${origin}/agents/default/agent/`).catch(() => undefined);
  t.equal(client, undefined, 'an agent’s card is for those who are let in');
});

t.test(
  'no credential, no secret, no argument that was not asked for, and no whole session id is in any output',
  async (t) => {
    for (const [what, text] of [
      ['an API key', keys.ada],
      ['an API key as a bearer token', keys.bob],
      ['a key that is none', 'guessed-key-4711'],
      ['a secret of an argument', 'argument-secret-4711'],
      ['a token in a query', 'secret-in-query-4711'],
      ['an argument', 'argument-of-a-call'],
    ] as const) {
      t.equal(gateway.log().includes(text), false, what);
    }
    t.match(gateway.log(), /"session":"[0-9a-f]{8}"/);
    t.notMatch(gateway.log(), /"session":"[0-9a-f]{9}/);
  },
);
