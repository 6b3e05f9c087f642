/** A2A clients at /agents/<namespace>/<service>/: the SDK's own client, through the gateway, with the test agents. */
import { createHash } from 'node:crypto';
import type { Client } from '@a2a-js/sdk/client';
import { ListTasksResponse, type AgentCard } from '@a2a-js/sdk';
import t from 'tap';
import {
  agentClient,
  all,
  cancelTask,
  codeOf,
  first,
  getTask,
  partsOf,
  send,
  sendTask,
  stateOf,
  stream,
  subscribe,
  textOf,
  untilState,
  type JsonEvent,
  type JsonTask,
} from '../support/a2a-client.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startAgent, type RunningAgent } from '../support/start-agent.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

interface Kind {
  readonly agent: RunningAgent;
  readonly version: '1.0' | '0.3';
}

const elsewhere = ['--base', '/team/one', '--origin', 'http://elsewhere.example:8000', '--tenant', 'blue'];
const kinds: Readonly<Record<string, Kind>> = {
  'js-current': { agent: await startAgent('a2a', { args: ['--card-age', '0'] }), version: '1.0' },
  'js-older': { agent: await startAgent('a2a', { args: ['--version', '0.3'] }), version: '0.3' },
  python: { agent: await startAgent('python'), version: '1.0' },
};
const placed = await startAgent('a2a', { args: elsewhere });
const mortal = await startAgent('a2a');
const tool = await startServer('modern');

const a2a = { type: 'agent', protocol: 'a2a', path: '/' } as const;
const gateway = await startGateway([
  ...Object.entries(kinds).map(([name, { agent }]) => entryFor(agent.url, { name, ...a2a })),
  entryFor(placed.url, { name: 'placed', ...a2a }),
  entryFor(mortal.url, { name: 'mortal', ...a2a }),
  entryFor('http://127.0.0.1:1/', { name: 'absent', ...a2a }),
  entryFor(tool.url, { name: 'tool' }),
]);
t.teardown(async () => {
  await gateway.stop();
  const agents = [...Object.values(kinds).map(({ agent }) => agent), placed, mortal];
  await Promise.all([...agents, tool].map((each) => each.stop()));
});

/** Where an agent is through the gateway. */
const urlOf = (name: string): string => `${gateway.origin}/agents/default/${name}/`;

/** Begins a task that goes on until it is cancelled. */
const begin = (client: Client): Promise<JsonTask> => sendTask(client, 'wait', { returnImmediately: true });

/** Posts to an agent as it is. @returns the JSON-RPC answer with its HTTP status */
async function post(name: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(urlOf(name), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer = (await response.json()) as { id: unknown; error?: { code: number; message: string; data?: unknown } };
  return { status: response.status, ...answer };
}

const request = (method: string, params: object = {}): object => ({ jsonrpc: '2.0', id: 1, method, params });

/** All ids that an event has, of tasks and of contexts. */
function idsIn(event: JsonEvent): string[] {
  const { task, message, statusUpdate, artifactUpdate } = event;
  return [
    ...(task === undefined ? [] : [task.id, task.contextId]),
    ...[message, task?.status.message, statusUpdate?.status.message].flatMap((each) => [each?.taskId, each?.contextId]),
    statusUpdate?.taskId,
    statusUpdate?.contextId,
    artifactUpdate?.taskId,
  ].filter((id) => id !== undefined && id !== '') as string[];
}

for (const [name, { agent, version }] of Object.entries(kinds)) {
  t.test(`an agent: ${name}`, async (t) => {
    const client = await agentClient(urlOf(name));

    t.test('has a card that leads to the gateway, in the version that the agent speaks', async (t) => {
      const card = await client.getAgentCard();
      t.equal(client.protocolVersion, version);
      t.match(card.supportedInterfaces, [{ url: urlOf(name), protocolBinding: 'JSONRPC' }]);
      t.match(card.capabilities, { streaming: true, pushNotifications: false });
      const own = await (await agentClient(agent.url)).getAgentCard();
      const said = ({ name, description, skills }: AgentCard): unknown[] => [
        [name, description],
        ...skills.map(({ id, description, tags, examples }) => [id, description, tags, examples]),
      ];
      t.strictSame(said(card), said(own));
    });

    t.test('completes a task, answers with a bare message, fails with its reason', async (t) => {
      const task = await sendTask(client, 'echo good morning');
      t.equal(stateOf({ task }), 'COMPLETED');
      t.equal(textOf(partsOf(task)), 'good morning');
      t.match(await send(client, 'bare hello'), { message: { parts: [{ text: 'hello' }] } });
      const failed = await sendTask(client, 'fail the disk is full');
      t.equal(textOf(failed.status.message?.parts), 'the disk is full');
    });

    t.test('tells all of a stream, and one id of one task wherever it stands', async (t) => {
      const events = await all(stream(client, 'steps 5'));
      const ids = new Set(events.flatMap(idsIn));
      t.equal(ids.size, 2, 'of the task and of its context');
      for (const id of ids) t.match(id, /^f1[\w-]{60,}$/, 'sealed');
      t.equal(stateOf(events.at(-1) ?? {}), 'COMPLETED');
      t.match(textOf(events.at(-2)?.artifactUpdate?.artifact.parts), 'done in 5 steps');
      const [task] = events.flatMap((event) => event.task ?? []);
      t.equal((await getTask(client, task?.id ?? '')).id, task?.id, 'and another request has the same');
    });

    t.test('passes a stream event by event, as it comes', async (t) => {
      const events = stream(client, 'wait');
      const { task } = await first(events);
      t.equal(stateOf({ task: await untilState(client, task?.id ?? '', 'WORKING') }), 'WORKING');
      await cancelTask(client, task?.id ?? '');
      t.equal(stateOf((await all(events)).at(-1) ?? {}), 'CANCELED');
    });

    t.test('asks and goes on in one task', async (t) => {
      const { id, contextId, status } = await sendTask(client, 'ask');
      t.equal(status.state, 'TASK_STATE_INPUT_REQUIRED');
      const again = await sendTask(client, 'Ada', { taskId: id, contextId });
      t.match(again, { id, contextId, status: { state: 'TASK_STATE_INPUT_REQUIRED' } });
      const done = await sendTask(client, 'blue', { taskId: id, contextId });
      t.match(done, { id, contextId });
      t.equal(textOf(partsOf(done)), 'Ada likes blue');
    });

    t.test('goes on in a context', async (t) => {
      const { contextId, id } = await sendTask(client, 'context');
      const second = await sendTask(client, 'context', { contextId });
      t.equal(second.contextId, contextId);
      t.not(second.id, id);
      t.equal(textOf(partsOf(second)), '1');
    });

    t.test('takes files and gives files', async (t) => {
      const bytes = Buffer.alloc(300_000, 'Ada');
      const file = { raw: bytes.toString('base64'), filename: 'ada.bin', mediaType: 'application/octet-stream' };
      const parts = partsOf(await sendTask(client, 'files', { parts: [file] }));
      t.match(parts.at(-1)?.data, { received: [{ sha256: createHash('sha256').update(bytes).digest('hex') }] });
      t.match(Buffer.from(parts[0]?.raw ?? '', 'base64').toString('latin1'), /^.PNG/);
      t.equal(textOf(partsOf(await sendTask(client, 'large 1500000'))).length, 1_500_000);
    });

    t.test('is cancelled, or refuses to be', async (t) => {
      const { id } = await begin(client);
      await untilState(client, id, 'WORKING');
      t.match(await cancelTask(client, id), { id, status: { state: 'TASK_STATE_CANCELED' } });
      const stubborn = await sendTask(client, 'wait-stubborn', { returnImmediately: true });
      await untilState(client, stubborn.id, 'WORKING');
      t.equal(await codeOf(cancelTask(client, stubborn.id)), -32002, 'and an error of the agent’s passes');
    });

    t.test('is subscribed to after its stream was left', async (t) => {
      const events = stream(client, 'steps 40 50');
      const { task } = await first(events);
      const id = task?.id ?? '';
      const { streams } = await agent.counts();
      await events.return(undefined);
      // The one in Python does not count them.
      if (streams !== undefined) {
        await until('the agent’s stream to be closed', async () => (await agent.counts()).streams < streams);
      }
      const rest = await all(subscribe(client, id));
      t.strictSame(new Set(rest.flatMap(idsIn)), new Set([id, task?.contextId]));
      t.equal(stateOf(rest.at(-1) ?? {}), 'COMPLETED');
    });

    t.test('knows no id but those that the gateway gave', async (t) => {
      const direct = await agentClient(agent.url);
      const { id, contextId } = await begin(direct);
      const before = (await agent.counts()).methods;
      t.equal(await codeOf(getTask(client, id)), -32001);
      t.equal(await codeOf(cancelTask(client, id)), -32001);
      t.equal(await codeOf(all(subscribe(client, id))), -32001);
      t.equal(await codeOf(send(client, 'hello', { taskId: id })), -32001);
      t.equal(await codeOf(send(client, 'hello', { contextId })), -32001);
      t.strictSame((await agent.counts()).methods, before, 'and the agent is not asked');
      await cancelTask(direct, id);
    });

    t.test('knows no id of another agent', async (t) => {
      const other = await agentClient(urlOf(name === 'python' ? 'js-current' : 'python'));
      t.equal(await codeOf(getTask(client, (await sendTask(other, 'echo')).id)), -32001);
    });

    t.test('gives no push notifications', async (t) => {
      const config = {
        tenant: '',
        taskId: 'x',
        id: '1',
        url: 'https://example.com',
        token: '',
        authentication: undefined,
      };
      t.equal(await codeOf(client.transport.createTaskPushNotificationConfig(config, said(version))), -32003);
    });
  });
}

const said = (version: string) => ({ serviceParameters: { 'A2A-Version': version } });

for (const name of ['js-current', 'python']) {
  t.test(`tasks of ${name} are listed by context`, async (t) => {
    const client = await agentClient(urlOf(name));
    const { id, contextId } = await sendTask(client, 'echo one');
    const { id: second } = await sendTask(client, 'echo two', { contextId });
    await sendTask(client, 'echo elsewhere');
    const list = async (params: object) =>
      (await post(name, request('ListTasks', params))) as unknown as {
        readonly error?: { readonly code: number };
        readonly result: { readonly tasks: readonly JsonTask[]; readonly nextPageToken: string };
      };
    const ids = (tasks: readonly JsonTask[]): string[] => tasks.map((task) => task.id).sort();
    const { result } = await list({ contextId });
    t.strictSame(ids(result.tasks), [id, second].sort());
    t.ok(result.tasks.every((task) => task.contextId === contextId));
    t.equal(ListTasksResponse.fromJSON(result).tasks.length, 2);
    const page = await list({ contextId, pageSize: 1 });
    const rest = await list({ contextId, pageSize: 1, pageToken: page.result.nextPageToken });
    t.strictSame(ids([...page.result.tasks, ...rest.result.tasks]), [id, second].sort(), 'page by page');
    t.equal((await list({})).error?.code, -32602);
    t.equal((await list({ contextId: 'mine' })).error?.code, -32001);
  });
}

t.test('a stream of an agent that breaks is ended with an error, and the task goes on', async (t) => {
  for (const name of ['js-current', 'js-older']) {
    const client = await agentClient(urlOf(name));
    const { agent } = kinds[name] as Kind;
    const events = stream(client, 'steps 40 25');
    const { task } = await first(events);
    await agent.dropStreams();
    await t.rejects(all(events), { message: /Agent default\/.* broke off its stream/ }, name);
    const rest = await all(subscribe(client, task?.id ?? ''));
    t.equal(stateOf(rest.at(-1) ?? {}), 'COMPLETED', name);
  }
});

t.test('the agent’s path and tenant are the gateway’s to know, and no credentials go there', async (t) => {
  const client = await agentClient(urlOf('placed'));
  const card = await client.getAgentCard();
  t.match(card.supportedInterfaces, [{ url: urlOf('placed') }]);
  t.notMatch(JSON.stringify(card), 'elsewhere.example');
  const params = { message: { messageId: '1', role: 'ROLE_USER', parts: [{ text: 'echo hello' }] } };
  const answer = await post('placed', request('SendMessage', params), {
    authorization: 'Bearer secret',
    cookie: 'session=secret',
    'a2a-extensions': 'urn:a, urn:b',
    'x-mine': 'yes',
  });
  t.match(answer, { status: 200, result: { task: { status: { state: 'TASK_STATE_COMPLETED' } } } });
  const seen = await placed.lastRequest('SendMessage');
  t.match(seen, {
    headers: { 'a2a-version': '1.0', 'a2a-extensions': 'urn:a, urn:b' },
    params: { tenant: 'blue', ...params },
  });
  t.equal(seen.headers['host'], new URL(placed.url).host);
  for (const name of ['authorization', 'cookie', 'x-mine']) t.notOk(name in seen.headers, name);
});

t.test('a card is cached as long as the agent says, and asked for by its ETag', async (t) => {
  const cardOf = (name: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    fetch(new URL('.well-known/agent-card.json', urlOf(name)), { headers, method });
  const current = await cardOf('js-older');
  t.match(current.headers.get('cache-control'), /^public, max-age=3\d\d\d$/);
  t.equal((await cardOf('js-current')).headers.get('cache-control'), 'no-cache');
  const etag = current.headers.get('etag') ?? '';
  t.equal((await cardOf('js-older', { 'if-none-match': etag })).status, 304);
  t.equal((await cardOf('js-older', { 'if-none-match': '"other"' })).status, 200);
  t.equal((await cardOf('js-older', {}, 'HEAD')).status, 200);
  t.equal((await cardOf('js-older', {}, 'POST')).status, 405);
  t.equal((await cardOf('js-older', { origin: 'https://elsewhere.example' })).status, 403);
  const older = (await current.json()) as object;
  t.match(older, { protocolVersion: '0.3.0', url: urlOf('js-older'), preferredTransport: 'JSONRPC' });
  t.notOk('supportedInterfaces' in older);
});

t.test('what is no agent of A2A, or is not there, is said in a sentence', async (t) => {
  for (const [name, status, message] of [
    ['nobody', 404, /Nothing is served at/],
    ['tool', 404, /default\/tool is no agent that speaks A2A/],
    ['absent', 503, /The card of agent default\/absent is not known: .*ECONNREFUSED/],
  ] as const) {
    const response = await fetch(new URL('.well-known/agent-card.json', urlOf(name)));
    t.equal(response.status, status, name);
    t.match(await response.json(), { error: { message } });
  }
  t.match(await post('absent', request('GetTask', {})), {
    status: 200,
    error: { code: -32603, message: /Agent default\/absent/ },
  });
  t.equal((await post('tool', request('GetTask', {}))).status, 404);
});

t.test('bad requests get the errors of JSON-RPC and of A2A', async (t) => {
  const name = 'js-current';
  for (const [what, body, headers, expected] of [
    ['no JSON', '{"jsonrpc":', {}, { status: 200, id: null, error: { code: -32700 } }],
    ['a batch', '[]', {}, { status: 200, error: { code: -32600 } }],
    ['no method', { jsonrpc: '2.0', id: 3 }, {}, { id: 3, error: { code: -32600 } }],
    ['a notification', { jsonrpc: '2.0', method: 'GetTask' }, {}, { id: null, error: { code: -32600 } }],
    ['an unknown method', request('Nonsense'), {}, { id: 1, error: { code: -32601 } }],
    ['a method of 0.3', request('message/send'), {}, { error: { code: -32601, message: /one of 0.3/ } }],
    ['an unknown version', request('GetTask'), { 'a2a-version': '7.0' }, { id: 1, error: { code: -32009 } }],
    ['no version', request('GetTask'), { 'a2a-version': '' }, { error: { code: -32009, message: /means 0.3/ } }],
    ['an id of no one', request('GetTask', { id: 5 }), {}, { error: { code: -32602 } }],
    ['push', request('ListTaskPushNotificationConfigs', { taskId: 'x' }), {}, { error: { code: -32003 } }],
    ['another card', request('GetExtendedAgentCard'), {}, { error: { code: -32004 } }],
    ['plain text', '{}', { 'content-type': 'text/plain' }, { status: 415, error: { code: -32005 } }],
    ['too much', `"${'x'.repeat(5_000_000)}"`, {}, { status: 413, error: { code: -32600 } }],
    ['a foreign page', '{}', { origin: 'https://elsewhere.example' }, { status: 403 }],
  ] as const) {
    t.match(await post(name, body, headers), expected, what);
  }
  t.equal((await fetch(urlOf(name))).status, 405);
});

t.test('the version may stand in the URL', async (t) => {
  const response = await fetch(`${urlOf('js-current')}?A2A-Version=1.0`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request('ListTasks')),
  });
  t.match(await response.json(), { error: { code: -32602 } });
});

t.test('a task whose agent is gone is one error that names the agent', async (t) => {
  const client = await agentClient(urlOf('mortal'));
  const events = stream(client, 'wait');
  const { task } = await first(events);
  await mortal.stop();
  await t.rejects(all(events), { message: /Agent default\/mortal broke off its stream/ });
  t.match(await post('mortal', request('GetTask', { id: task?.id })), {
    status: 200,
    error: { code: -32603, message: /Agent default\/mortal cannot be reached/ },
  });
  const again = await agentClient(urlOf('mortal'));
  t.equal((await again.getAgentCard()).name, 'a2a', 'its last good card is still there');
});

t.test('requests are counted under one path, by the methods of A2A', async (t) => {
  const text = await (await fetch(new URL('/metrics', gateway.adminUrl))).text();
  const count = (method: string): RegExp =>
    new RegExp(`fetchfy_mcp_request_count\\{path="/agents/:namespace/:service",method="${method}"[^}]*\\} [1-9]`);
  for (const method of ['SendMessage', 'SendStreamingMessage', 'message/stream', 'GetTask', 'GET', 'other', 'unread']) {
    t.match(text, count(method), method);
  }
});
