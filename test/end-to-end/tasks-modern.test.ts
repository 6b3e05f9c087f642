/** Tasks of modern servers for modern clients: the extension io.modelcontextprotocol/tasks. */
import { Agent } from 'node:http';
import t from 'tap';
import { decodeHeaderValue } from '../../gateway/mcp/header-value.ts';
import { legacyClient } from '../support/clients.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, modern } from '../support/mcp-http.ts';
import { cancelTask, createTask, getTask, refusalOf, sendAs, updateTask, withTasks } from '../support/modern-tasks.ts';
import { modernTaskServer, TASKS } from '../support/servers/tasks-modern.ts';

// Ids that need encoding in a header, and that both servers give.
const first = await modernTaskServer(t, 'Größe ');
const second = await modernTaskServer(t, 'Größe ');
const gateway = await gatewayOf(t, { first: first.upstream, second: second.upstream });
const { url } = gateway;
const paths = [
  ['/mcp', url, 'first_'],
  ['/mcp/default/first', `${url}/default/first`, ''],
] as const;
const required = { requiredCapabilities: { extensions: { [TASKS]: {} } } };

/** The last request of a method as the first server got it. */
function lastArrival(method: string): { readonly params: Record<string, unknown>; readonly name: string } {
  const { message, request } = first.upstream.of(method).at(-1) ?? {};
  const name = decodeHeaderValue(String(request?.headers['mcp-name'])) ?? '';
  return { params: message?.params ?? {}, name };
}

for (const [path, at, prefix] of paths) {
  t.test(`a task is made, asked for, fed and cancelled on ${path}`, async (t) => {
    const made = await createTask(at, `${prefix}work`);
    const own = first.ids.at(-1) ?? '';
    const { taskId } = made;
    t.not(taskId, own);
    t.strictSame(
      { ...made, taskId: own },
      { ...first.task(own), resultType: 'task' },
      'all but the id is the server’s',
    );
    t.strictSame(await getTask(at, taskId), { ...first.task(own), taskId, resultType: 'complete' });
    t.same(lastArrival('tasks/get').params['taskId'], own);
    t.equal(lastArrival('tasks/get').name, own);
    const answers = { who: { action: 'accept', content: { name: 'Ada' } } };
    t.strictSame(await updateTask(at, taskId, answers), { resultType: 'complete' });
    const { _meta, ...sent } = lastArrival('tasks/update').params;
    t.strictSame(sent, { taskId: own, inputResponses: answers }, 'nothing is added');
    t.equal(lastArrival('tasks/update').name, own);
    t.strictSame(await cancelTask(at, taskId), { resultType: 'complete' });
    t.equal(lastArrival('tasks/cancel').name, own);
    t.match(await getTask(at, taskId), { status: 'cancelled', taskId });
  });

  t.test(`a call comes back as a result or as a task on ${path}, as the server likes`, async (t) => {
    const plain = answerOf(await sendAs(at, withTasks, 'tools/call', { name: `${prefix}plain`, arguments: {} }));
    t.match(plain, { result: { resultType: 'complete', content: [{ text: 'plain' }] } });
    t.match(await createTask(at, `${prefix}work`), { resultType: 'task', status: 'working' });
  });
}

t.test('discovery declares the extension where a server has it', async (t) => {
  for (const [, at] of paths) {
    const { result } = answerOf(await sendAs(at, {}, 'server/discover'));
    t.match(result, { capabilities: { extensions: { [TASKS]: {} } } });
  }
});

t.test('two servers’ tasks of one id are two, each at its server', async (t) => {
  const one = await createTask(url, 'first_work');
  while (second.ids.length < first.ids.length) await createTask(url, 'second_work');
  const two = await createTask(url, 'second_work');
  const own = second.ids.at(-1) ?? '';
  t.not(one['taskId'], two['taskId']);
  second.change(own, { statusMessage: 'of the second' });
  t.match(await getTask(url, two['taskId']), { statusMessage: 'of the second' });
  t.notMatch(await getTask(url, one['taskId']), { statusMessage: 'of the second' });
});

t.test('a task is told whole in each status, under the very id that it was made with', async (t) => {
  const { taskId } = await createTask(url, 'first_work');
  const own = first.ids.at(-1) ?? '';
  const inputRequests = {
    'a b': {
      method: 'elicitation/create',
      params: { message: 'who?', requestedSchema: { type: 'object', properties: {} } },
    },
  };
  const able = { ...withTasks, elicitation: {} };
  const error = { code: -32603, message: 'API rate limit exceeded' };
  const failed = { content: [{ type: 'text', text: 'bad input' }], isError: true };
  for (const state of [
    { status: 'working', statusMessage: 'half' },
    { status: 'input_required', inputRequests },
    { status: 'completed', result: failed },
    { status: 'failed', error },
    { status: 'cancelled' },
  ]) {
    first.change(own, { inputRequests: undefined, result: undefined, error: undefined, ...state });
    for (let poll = 0; poll < 2; poll++) {
      t.match(await getTask(url, taskId, able), { ...state, taskId, resultType: 'complete' });
    }
  }
});

t.test('a task that asks for what the client did not declare is the server’s fault', async (t) => {
  const { taskId } = await createTask(url, 'first_work');
  const inputRequests = { s: { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } } };
  first.change(first.ids.at(-1) ?? '', { status: 'input_required', inputRequests });
  const refused = await refusalOf(sendAs(url, { ...withTasks, elicitation: {} }, 'tasks/get', { taskId }));
  t.match(refused, { code: -32603, message: /default\/first asked for input by sampling/ });
});

t.test('rounds come before the task', async (t) => {
  const able = { ...withTasks, elicitation: {} };
  const call = { name: 'first_rounds', arguments: {} };
  const { result } = answerOf(await sendAs(url, able, 'tools/call', call));
  t.match(result, { resultType: 'input_required', inputRequests: { who: { method: 'elicitation/create' } } });
  const retry = { requestState: result?.['requestState'], inputResponses: { who: { action: 'decline' } } };
  const made = await createTask(url, 'first_rounds', able, retry);
  t.match(await getTask(url, made['taskId'], able), { status: 'working' });
});

t.test('a task for a client that did not declare the extension is the server’s fault', async (t) => {
  await createTask(url, 'first_work');
  const refused = await refusalOf(sendAs(url, {}, 'tools/call', { name: 'first_forced', arguments: {} }));
  t.match(refused, { code: -32603, message: /default\/first answered tools\/call with a result of the type "task"/ });
});

t.test('a task as the answer to anything but tools/call is none', async (t) => {
  const refused = await refusalOf(sendAs(url, withTasks, 'prompts/get', { name: 'first_odd' }));
  t.match(refused, { code: -32603, message: /default\/first answered prompts\/get with a result of the type "task"/ });
});

t.test('a server that needs the extension says so to a client without it', async (t) => {
  const refused = await refusalOf(sendAs(url, {}, 'tools/call', { name: 'first_work', arguments: {} }));
  t.match(refused, { status: 400, code: -32021, data: required });
});

t.test('to a legacy client a tool that needs the extension is an error that names the server', async (t) => {
  const client = await legacyClient(url);
  t.teardown(() => client.close());
  await t.rejects(client.callTool({ name: 'first_work' }), {
    message: /default\/first refused the gateway's request: Missing required client capability/,
  });
  const { params } = first.upstream.of('tools/call').at(-1)?.message ?? {};
  t.notMatch(JSON.stringify(params), TASKS, 'it is never declared for a legacy client');
  await t.rejects(client.callTool({ name: 'first_forced' }), {
    message: /default\/first answered tools\/call with task/,
  });
});

t.test('requests about tasks need the extension declared, each', async (t) => {
  const { taskId } = await createTask(url, 'first_work');
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    for (const capabilities of [{}, { extensions: {} }, { elicitation: {} }]) {
      const refused = await refusalOf(sendAs(url, capabilities, method, { taskId, inputResponses: {} }));
      t.match(refused, { status: 400, code: -32021, data: required }, method);
    }
  }
  const arrived = first.upstream.arrivals.map(({ message }) => message.params?.['taskId']);
  t.notOk(arrived.includes(taskId), 'no server saw the client’s id');
});

t.test('what the extension does not have is not found', async (t) => {
  for (const method of ['tasks/list', 'tasks/result']) {
    const refused = await refusalOf(sendAs(url, withTasks, method, { taskId: 'x' }));
    t.match(refused, { status: 404, code: -32601 }, method);
  }
});

t.test('Mcp-Name of a request about a task must be the task’s id', async (t) => {
  const { taskId } = await createTask(url, 'first_work');
  const other = await createTask(url, 'first_work');
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    for (const name of ['', String(other['taskId']), first.ids.at(-2) ?? '']) {
      const headers = { 'mcp-name': Buffer.from(name).toString('latin1') };
      const refused = await refusalOf(sendAs(url, withTasks, method, { taskId, inputResponses: {} }, headers));
      t.match(refused, { status: 400, code: -32020 }, `${method} ${name}`);
    }
  }
});

t.test('an id that was not given out is unknown', async (t) => {
  const { taskId } = await createTask(url, 'first_work');
  const id = String(taskId);
  const altered = id.slice(0, -2) + (id.endsWith('AA') ? 'BB' : 'AA');
  const asked = first.upstream.arrivals.length;
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    for (const unknown of ['nothing', altered, id.slice(0, 20)]) {
      const refused = await refusalOf(sendAs(url, withTasks, method, { taskId: unknown, inputResponses: {} }));
      t.match(refused, { code: -32602, message: /Task not found/ }, `${method} ${unknown}`);
    }
    t.match(await refusalOf(sendAs(url, withTasks, method)), { code: -32602, message: /taskId is missing/ }, method);
  }
  t.equal(first.upstream.arrivals.length, asked, 'no server was asked');
});

t.test('a path knows its own server’s tasks alone', async (t) => {
  const { taskId } = await createTask(url, 'second_work');
  const refused = await refusalOf(sendAs(`${url}/default/first`, withTasks, 'tasks/get', { taskId }));
  t.match(refused, { code: -32602, message: /default\/second is not here/ });
});

t.test('a server that has lost a task says so, under the client’s id', async (t) => {
  const lost = await modernTaskServer(t, 'kept-nowhere-');
  const own = await gatewayOf(t, { lost: lost.upstream });
  const { taskId } = await createTask(own.url, 'lost_work');
  await lost.upstream.close();
  t.match(await refusalOf(sendAs(own.url, withTasks, 'tasks/get', { taskId })), {
    code: -32603,
    message: /default\/lost/,
  });
  const { port } = new URL(lost.upstream.url);
  const again = await modernTaskServer({ teardown: (end) => t.teardown(end) }, 'other-', Number(port));
  t.equal(again.upstream.url, lost.upstream.url);
  const refused = await refusalOf(sendAs(own.url, withTasks, 'tasks/get', { taskId }));
  t.match(refused, { code: -32602, message: `Task ${String(taskId)} not found` });
});

t.test('each of a client’s polls is one of the server’s, and no more', async (t) => {
  const { taskId } = await createTask(url, 'first_work');
  const before = first.upstream.of('tasks/get').length;
  for (let poll = 0; poll < 3; poll++) await getTask(url, taskId);
  t.equal(first.upstream.of('tasks/get').length, before + 3);
});

t.test('a client’s answers arrive as they were sent, in parts', async (t) => {
  const { taskId } = await createTask(url, 'first_work');
  const own = first.ids.at(-1) ?? '';
  const parts = [
    { one: { action: 'accept', content: { a: 1 } } },
    { 'two "ä"': { action: 'decline' }, never: { action: 'cancel' } },
  ];
  const before = first.upstream.of('tasks/update').length;
  for (const part of parts) t.strictSame(await updateTask(url, taskId, part), { resultType: 'complete' });
  const arrived = first.upstream.of('tasks/update').slice(before);
  t.strictSame(
    arrived.map(({ message }) => ({ ...message.params, _meta: undefined })),
    parts.map((inputResponses) => ({ taskId: own, inputResponses, _meta: undefined })),
  );
});

t.test('a client that goes away leaves its task', async (t) => {
  const agent = new Agent({ keepAlive: true });
  const meta = { 'io.modelcontextprotocol/clientCapabilities': withTasks };
  const answer = await modern(url, 'tools/call', { name: 'first_work', arguments: {} }, { meta, agent });
  agent.destroy();
  const { taskId } = answerOf(answer).result ?? {};
  t.match(await getTask(url, taskId), { status: 'working' });
  const own = first.ids.at(-1) ?? '';
  const arrived = first.upstream.arrivals.map(({ message }) => message);
  t.notOk(arrived.some(({ method }) => method === 'notifications/cancelled'));
  t.notOk(arrived.some(({ method, params }) => method === 'tasks/cancel' && params?.['taskId'] === own));
});
