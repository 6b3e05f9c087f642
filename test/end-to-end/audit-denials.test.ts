/** A denial has its line in each operation that can be denied, whatever its client heard. */
import t from 'tap';
import type { AccessRule } from '../../gateway/contract/access-policy.ts';
import { agentEntry } from '../support/agent-kinds.ts';
import { auditLines, lineOfTrace, traced, type AuditLine } from '../support/audit-lines.ts';
import { ada, bob, keyedGateway, keyedPolicy } from '../support/keyed-gateway.ts';
import { answerOf, LegacySession, messagesOf, modern, modernRequest, open, send } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { withTasks } from '../support/modern-tasks.ts';
import { entryFor } from '../support/registry-folder.ts';
import { answering, scriptedUpstream } from '../support/scripted-upstream.ts';
import { modernTaskServer } from '../support/servers/tasks-modern.ts';
import { startAgent } from '../support/start-agent.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const eras = ['legacy', 'modern'] as const;
type Era = (typeof eras)[number];
type Params = Readonly<Record<string, unknown>>;

const shop = await startServer('modern', { args: ['--name', 'shop'] });
const holder = (resources: readonly string[], templates: readonly string[]) =>
  scriptedUpstream(t, {
    tools: {},
    capabilities: { tools: {}, resources: { subscribe: true } },
    methods: {
      'resources/list': answering({ resources: resources.map((uri) => ({ uri, name: uri })) }),
      'resources/templates/list': answering({
        resourceTemplates: templates.map((uriTemplate) => ({ uriTemplate, name: uriTemplate })),
      }),
    },
  });
/** Hidden from ada, older than the shop, with a resource of its own, and one that she may have of the shop. */
const vault = await holder(['vault://plans', 'test://about'], []);
/** Hidden from ada, younger, with a template of its own that as a URI is one of the shop's. */
const archive = await holder([], ['test://notes/{key}']);
const jobs = await modernTaskServer(t, 'job-');
const agent = await startAgent('a2a');
const services = [
  entryFor(shop.url, { name: 'shop', created: '2026-02-01T00:00:00Z' }),
  entryFor(vault.url, { name: 'vault', created: '2026-01-01T00:00:00Z' }),
  entryFor(archive.url, { name: 'archive', created: '2026-03-01T00:00:00Z' }),
  entryFor(jobs.upstream.url, { name: 'jobs' }),
  agentEntry('agent', agent.url),
  agentEntry('hidden', agent.url),
  agentEntry('half', agent.url),
];
/** What ada may use of the task server is in a rule of its own, to be taken away. */
const jobsRule: AccessRule = {
  name: 'jobs',
  effect: 'Allow',
  from: [{ apiKeys: ['ada'] }],
  to: [{ services: ['default/jobs'], tools: ['work'] }],
};
const rules: readonly AccessRule[] = [
  { name: 'bob', effect: 'Allow', from: [{ apiKeys: ['bob'] }] },
  {
    name: 'ada',
    effect: 'Allow',
    from: [{ apiKeys: ['ada'] }],
    to: [
      { services: ['default/shop'], tools: ['echo'], resources: ['test://about'] },
      { services: ['default/half'], tools: ['a_tool'] },
      { agents: ['default/agent'] },
    ],
  },
];
const policy = { ...keyedPolicy, audit: { mode: 'Denied', arguments: false } } as const;
const gateway = await keyedGateway(t, services, {}, { policy, rules: [...rules, jobsRule] });
t.teardown(() => Promise.all([shop.stop(), agent.stop()]));
const { url, origin } = gateway;
await until('the servers', async () => (await gateway.report()).services.every(({ state }) => state === 'Available'));

const lineOf = (traceId: string): Promise<AuditLine> => lineOfTrace(gateway, traceId);

const session = await LegacySession.begin(url, '2025-11-25', ada);
const ofShop = await LegacySession.begin(`${url}/default/shop`, '2025-11-25', ada);
const sessions: Readonly<Record<string, LegacySession>> = { '': session, '/default/shop': ofShop };

/** Asks as ada, and gives the error that she is told. */
async function refusal(era: Era, path: string, method: string, params: Params, headers: Record<string, string>) {
  if (era === 'legacy') return (await sessions[path]?.rpc(method, params, { headers }))?.error;
  const { taskId } = params;
  const named = typeof taskId === 'string' ? { 'mcp-name': taskId } : {};
  const meta = { 'io.modelcontextprotocol/clientCapabilities': withTasks };
  return answerOf(await modern(`${url}${path}`, method, params, { headers: { ...headers, ...named }, meta })).error;
}

const complete = (ref: object) => ({ ref, argument: { name: 'style', value: 'f' } });
const ofPrompt = (name: string) => complete({ type: 'ref/prompt', name });
const ofTemplate = (uri: string) => complete({ type: 'ref/resource', uri });
const prompt = { server: 'default/shop', prompt: 'greet' };
const resource = (uri: string) => ({ server: 'default/shop', resource: uri });
const note = 'test://notes/1';
const notes = 'test://notes/{id}';

/** What is asked for, by the prefix of names, and what nobody has; what the line says. */
type Row = readonly [method: string, hidden: (prefix: string) => Params, unknown: Params, line: AuditLine, only?: Era];
const rows: readonly Row[] = [
  ['tools/call', (p) => ({ name: `${p}add` }), { name: 'nobody_add' }, { server: 'default/shop', tool: 'add' }],
  ['prompts/get', (p) => ({ name: `${p}greet` }), { name: 'nobody_greet' }, prompt],
  ['resources/read', () => ({ uri: note }), { uri: 'nobody://1' }, resource(note)],
  ['completion/complete', (p) => ofPrompt(`${p}greet`), ofPrompt('nobody_greet'), prompt],
  ['completion/complete', () => ofTemplate(notes), ofTemplate('nobody://{id}'), resource(notes)],
  ['completion/complete', () => ofTemplate(note), ofTemplate('nobody://1'), resource(note)],
  ['resources/subscribe', () => ({ uri: note }), { uri: 'nobody://1' }, resource(note), 'legacy'],
  ['resources/unsubscribe', () => ({ uri: note }), { uri: 'nobody://1' }, resource(note), 'legacy'],
];

for (const era of eras) {
  for (const [path, prefix] of [
    ['', 'shop_'],
    ['/default/shop', ''],
  ] as const) {
    t.test(
      `what the rules hide on /mcp${path} from the ${era} era is a denial, though it is told as unknown`,
      async (t) => {
        for (const [method, hidden, unknown, expected, only] of rows) {
          if (only !== undefined && only !== era) continue;
          const what = `${method} ${JSON.stringify(hidden(prefix))}`;
          const { traceId, headers } = traced(ada.headers);
          const told = await refusal(era, path, method, hidden(prefix), headers);
          const other = await refusal(era, path, method, unknown, ada.headers);
          t.ok(told, what);
          t.equal(withoutNames(told), withoutNames(other), what);
          const line = await lineOf(traceId);
          t.match(
            line,
            { decision: 'deny', why: 'rules', method, path: `/mcp${path}`, principal: 'ada', ...expected },
            what,
          );
          t.match(
            line,
            { outcome: /^(invalid_params|resource_not_found)$/, code: told?.code, alsoDenied: undefined },
            what,
          );
        }
      },
    );
  }
}

function withoutNames(error: object | undefined): string {
  return JSON.stringify(error).replaceAll(/(shop_|nobody_)?(add|greet)\b|(test|nobody):\/\/[\w/{}]+/g, '…');
}

t.test('a denied completion is of the server that has the template, whatever else it fits', async (t) => {
  const { traceId, headers } = traced(ada.headers);
  const uri = 'test://notes/{key}';
  await refusal('modern', '', 'completion/complete', ofTemplate(uri), headers);
  t.match(await lineOf(traceId), { decision: 'deny', why: 'rules', server: 'default/archive', resource: uri });
});

/** A task of someone, as its owner knows it. */
async function taskOf({ headers }: typeof ada): Promise<string> {
  const meta = { 'io.modelcontextprotocol/clientCapabilities': withTasks };
  const answer = await modern(url, 'tools/call', { name: 'jobs_work', arguments: {} }, { headers, meta });
  return String(answerOf(answer).result?.['taskId']);
}

for (const [era, methods] of [
  ['legacy', ['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/list']],
  ['modern', ['tasks/get', 'tasks/update', 'tasks/cancel']],
] as const) {
  t.test(`another’s task is a denial in the ${era} era, though it is told as unknown`, async (t) => {
    const anothers = await taskOf(bob);
    const params = (id: string) => ({ taskId: id, cursor: id, inputResponses: {} });
    const expected = { decision: 'deny', why: 'task', principal: 'ada', outcome: 'invalid_params', code: -32602 };
    for (const method of methods) {
      const { traceId, headers } = traced(ada.headers);
      const told = await refusal(era, '', method, params(anothers), headers);
      const other = await refusal(era, '', method, params('guess'), ada.headers);
      const heard = told?.message.replace(anothers.slice(0, method === 'tasks/list' ? 64 : 128), 'guess');
      t.equal(heard, other?.message, method);
      t.match(await lineOf(traceId), { ...expected, method }, method);
    }
  });
}

/** Opens a stream as ada, and gives what its first message says. */
async function listen(notifications: Params, headers: Record<string, string>): Promise<unknown> {
  const meta = { 'io.modelcontextprotocol/clientCapabilities': withTasks };
  const request = modernRequest('subscriptions/listen', { notifications }, { headers, meta });
  const stream = new MessageStream(await open(url, request));
  const { params } = await stream.message('notifications/subscriptions/acknowledged');
  stream.close();
  return (params as { readonly notifications: unknown }).notifications;
}

t.test('what a subscription names and is not given is a denial, though its stream is opened', async (t) => {
  const told = { decision: 'deny', method: 'subscriptions/listen', principal: 'ada', outcome: 'ok', status: 200 };
  const anothers = await taskOf(bob);
  const own = await taskOf(ada);
  const plans = { why: 'rules', server: 'default/vault', resource: 'vault://plans' };
  const hidden = { why: 'rules', ...resource(note) };
  for (const [resourceSubscriptions, taskIds, honoured, expected] of [
    [['test://about', 'nobody://1', 'vault://plans'], [own], ['test://about'], { ...plans, alsoDenied: undefined }],
    [[note, 'vault://plans', 'test://about'], [], ['test://about'], { ...hidden, alsoDenied: [plans] }],
    [['test://about'], [own, anothers], ['test://about'], { why: 'task', resource: undefined, alsoDenied: undefined }],
    [['vault://plans'], ['guess', anothers], [], { ...plans, alsoDenied: [{ why: 'task' }] }],
  ] as const) {
    const { traceId, headers } = traced(ada.headers);
    const answer = await listen({ resourceSubscriptions, taskIds }, headers);
    t.strictSame(answer, { resourceSubscriptions: honoured, taskIds: taskIds.filter((id) => id === own) });
    const line = await lineOf(traceId);
    t.match(line, { ...told, ...expected }, JSON.stringify(expected));
    if (expected.alsoDenied !== undefined) t.strictSame(line['alsoDenied'], expected.alsoDenied);
  }
});

t.test('one’s own task is a denial by the rules once they hide its server', async (t) => {
  const taskId = await taskOf(ada);
  await gateway.publish(services, { policy, rules });
  t.teardown(() => gateway.publish(services, { policy, rules: [...rules, jobsRule] }));
  const expected = { decision: 'deny', why: 'rules', server: 'default/jobs', principal: 'ada' };
  const asked = traced(ada.headers);
  await refusal('modern', '', 'tasks/get', { taskId }, asked.headers);
  t.match(await lineOf(asked.traceId), { ...expected, method: 'tasks/get', outcome: 'invalid_params' });
  const listened = traced(ada.headers);
  t.strictSame(await listen({ taskIds: [taskId] }, listened.headers), { taskIds: [] });
  t.match(await lineOf(listened.traceId), { ...expected, method: 'subscriptions/listen', outcome: 'ok' });
});

t.test('a hidden agent is a denial for A2A clients, though its path is told as none', async (t) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'GetTask', params: { id: 'guess' } });
  const type = { 'content-type': 'application/json', 'a2a-version': '1.0' };
  // Of the one nothing may be used; of the other a tool, but not its own endpoint.
  for (const name of ['hidden', 'half']) {
    for (const [method, file, options] of [
      ['POST', '', { body }],
      ['GET', '.well-known/agent-card.json', {}],
    ] as const) {
      const { traceId, headers } = traced({ ...ada.headers, ...type });
      const at = (agentName: string) => `${origin}/agents/default/${agentName}/${file}`;
      const told = await send(at(name), { method, headers, ...options });
      const other = await send(at('nobody'), { method, headers: { ...ada.headers, ...type }, ...options });
      t.equal(told.status, 404);
      t.equal(told.text.replaceAll(name, '…'), other.text.replaceAll('nobody', '…'));
      const path = `/agents/default/${name}/${file}`;
      const expected = { decision: 'deny', why: 'rules', outcome: 'not_found', status: 404, path, principal: 'ada' };
      t.match(await lineOf(traceId), { ...expected, server: `default/${name}` }, `${method} ${name}`);
    }
  }
});

t.test('a task, context or page of an agent that was not given to the caller is a denial', async (t) => {
  const message = (of: object) => ({ message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }], ...of } });
  const expected = { decision: 'deny', why: 'task', server: 'default/agent', principal: 'ada' };
  for (const [method, params, code = -32001] of [
    ['GetTask', { id: 'guess' }],
    ['CancelTask', { id: 'guess' }],
    ['SubscribeToTask', { id: 'guess' }],
    ['ListTasks', { contextId: 'guess' }],
    ['ListTasks', { pageToken: 'guess' }, -32602],
    ['SendMessage', message({ taskId: 'guess' })],
    ['SendStreamingMessage', message({ contextId: 'guess' })],
  ] as const) {
    const { traceId, headers } = traced({ ...ada.headers, 'content-type': 'application/json', 'a2a-version': '1.0' });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const [answer] = messagesOf(await send(`${origin}/agents/default/agent/`, { headers, body }));
    t.equal(answer?.error?.code, code, method);
    t.match(await lineOf(traceId), { ...expected, method, code }, method);
  }
});

t.test('what is refused for another reason than what it names is no denial', async (t) => {
  const { headers } = traced(ada.headers);
  await modern(url, 'resources/subscribe', { uri: note }, { headers });
  await modern(url, 'tools/call', { name: 'nobody_add' }, { headers });
  await modern(url, 'tools/call', { name: 'shop_add' }, { headers: { ...headers, 'mcp-name': 'shop_echo' } });
  await listen({ toolsListChanged: true, resourceSubscriptions: ['nobody://1', 'test://about'] }, headers);
  const last = traced(ada.headers);
  await modern(url, 'tools/call', { name: 'shop_add' }, { headers: last.headers });
  await lineOf(last.traceId);
  const traceId = headers.traceparent.split('-')[1];
  t.strictSame(
    auditLines(gateway.log()).filter((line) => line['traceId'] === traceId),
    [],
  );
});
