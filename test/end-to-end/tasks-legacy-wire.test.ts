/** Tasks of 2025-11-25 as they cross the wire, of servers that do what no SDK's server does. */
import t from 'tap';
import { LegacySession, modern, answerOf, textOf, type RpcAnswer } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  answering,
  event,
  events,
  failing,
  json,
  result,
  scriptedUpstream,
  textResult,
  type Arrival,
  type Script,
  type ScriptedUpstream,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const RELATED = 'io.modelcontextprotocol/related-task';
const OWN = 'the-task-1';
const times = { createdAt: '2025-11-25T10:30:00Z', lastUpdatedAt: '2025-11-25T10:40:00Z', ttl: null, pollInterval: 7 };
const task = { taskId: OWN, status: 'working', ...times, 'example.com/rank': 1.5 };
const error = { code: -31999, message: `of ${OWN}`, data: { 'example.com/x': [1] } };
const capabilities = { tools: {}, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } };

/** How its tasks/result is answered next. */
let answerResult: Script = answering({});
/** The stream of the last session with the first server. */
let getStream: Arrival['response'] | undefined;

const work: Script = ({ response, message }) => {
  const asTask = message.params?.['task'] !== undefined;
  if (!asTask) return json(response, textResult(message, `no task: ${JSON.stringify(message.params)}`));
  json(response, result(message, { task, _meta: { [RELATED]: { taskId: OWN }, 'example.com/x': 1 } }));
};
const tools = { work, refuses: failing({ code: -32601, message: 'Tool refuses requires task augmentation' }) };
// Odd cursors, the empty one too; what others made stands between.
const pages = [
  { tasks: [{ ...task, taskId: 'of-another' }], nextCursor: '' },
  { tasks: [], nextCursor: 'ä "b"' },
  { tasks: [task] },
];
const asked: unknown[] = [];
const methods: Record<string, Script> = {
  'tasks/get': (arrival) => answering({ ...task, statusMessage: 'half' })(arrival),
  'tasks/cancel': (arrival) => answering({ ...task, status: 'cancelled' })(arrival),
  'tasks/result': (arrival) => answerResult(arrival),
  'tasks/list': ({ response, message }) => {
    const cursor = message.params?.['cursor'];
    asked.push(cursor);
    const index = cursor === undefined ? 0 : pages.findIndex(({ nextCursor }) => nextCursor === cursor) + 1;
    json(response, result(message, pages[index] ?? {}));
  },
};
const first = await scriptedUpstream(t, {
  capabilities,
  tools,
  methods,
  get: (_request, response) => void (getStream = events(response)),
});
const second = await scriptedUpstream(t, { capabilities, tools, methods });
const without = await scriptedUpstream(t, { tools, methods });
const modernServer = await scriptedUpstream(t, { era: 'modern', tools, methods });
const gateway = await startGateway([
  entryFor(first.url, { name: 'first', timeoutMs: 1500 }),
  entryFor(second.url, { name: 'second' }),
  entryFor(without.url, { name: 'without' }),
  entryFor(modernServer.url, { name: 'modern' }),
]);
t.teardown(() => gateway.stop());
const { url } = gateway;

/** Makes a task, and gives the client's id of it. */
async function create(session: LegacySession, name: string): Promise<string> {
  const { result: made } = await session.rpc('tools/call', { name, arguments: {}, task: { ttl: 5 } });
  return (made as { task: { taskId: string } }).task.taskId;
}

function lastParams(server: ScriptedUpstream, method: string): UpstreamMessage['params'] {
  return server.of(method).at(-1)?.message.params;
}

t.test('a task is the server’s but for its id, in all that is told of it', async (t) => {
  const session = await LegacySession.begin(url);
  const { result: made } = await session.rpc('tools/call', { name: 'first_work', arguments: {}, task: { ttl: 5 } });
  t.match(lastParams(first, 'tools/call'), { name: 'work', task: { ttl: 5 } });
  const { taskId } = (made as { task: { taskId: string } }).task;
  t.not(taskId, OWN);
  t.strictSame(made, { task: { ...task, taskId }, _meta: { [RELATED]: { taskId }, 'example.com/x': 1 } });
  const other = { [RELATED]: { taskId: 'another' }, 'example.com/x': 1 };
  const got = await session.rpc('tasks/get', { taskId, _meta: other });
  t.strictSame(got.result, { ...task, statusMessage: 'half', taskId }, 'nothing is added');
  t.strictSame(lastParams(first, 'tasks/get'), { taskId: OWN, _meta: { 'example.com/x': 1 } }, 'only taskId counts');
  t.strictSame((await session.rpc('tasks/cancel', { taskId })).result, { ...task, status: 'cancelled', taskId });
  t.strictSame(lastParams(first, 'tasks/cancel'), { taskId: OWN });
  t.strictSame((await session.rpc('tasks/list')).result, { tasks: [{ ...task, taskId }] });
});

t.test(
  'the answer to tasks/result is the tool’s, a result or an error, and names the task as the client does',
  async (t) => {
    const session = await LegacySession.begin(url);
    const taskId = await create(session, 'first_work');
    const value = { content: [{ type: 'text', text: OWN }], isError: true, 'example.com/x': 1 };
    answerResult = answering({ ...value, _meta: { a: 1, [RELATED]: { taskId: OWN, b: 2 } } });
    const answer = await session.rpc('tasks/result', { taskId });
    t.strictSame(answer.result, { ...value, _meta: { a: 1, [RELATED]: { taskId, b: 2 } } });
    answerResult = failing(error);
    t.strictSame((await session.rpc('tasks/result', { taskId })).error, { ...error, message: `of ${taskId}` });
  },
);

t.test('a large result of a task is translated as well', async (t) => {
  const session = await LegacySession.begin(url);
  const taskId = await create(session, 'first_work');
  const content = [{ type: 'text', text: 'x'.repeat(2_000_000) }];
  answerResult = answering({ content, _meta: { [RELATED]: { taskId: OWN } } });
  const { result: large } = await session.rpc('tasks/result', { taskId });
  t.same(large?.['_meta'], { [RELATED]: { taskId } });
});

t.test('two servers’ tasks of one id are two, each at its server', async (t) => {
  const session = await LegacySession.begin(url);
  const [one, two] = [await create(session, 'first_work'), await create(session, 'second_work')];
  t.not(one, two);
  const before = first.of('tasks/get').length;
  t.match((await session.rpc('tasks/get', { taskId: two })).result, { taskId: two });
  t.equal(first.of('tasks/get').length, before);
  t.same(lastParams(second, 'tasks/get'), { taskId: OWN });
});

t.test('where tasks are not declared, what asks for one is ignored', async (t) => {
  const session = await LegacySession.begin(url);
  for (const [name, server] of [
    ['without_work', without],
    ['modern_work', modernServer],
  ] as const) {
    for (const params of [
      { task: { ttl: 1 }, name, arguments: { a: 1 } },
      { name, task: {}, arguments: { a: 1 } },
      { name, arguments: { a: 1 }, _meta: { x: 1 }, task: { ttl: 1 } },
    ]) {
      t.match(textOf(await session.rpc('tools/call', params)), 'no task', name);
      const arrived = lastParams(server, 'tools/call');
      t.match(arrived, { name: 'work', arguments: { a: 1 } });
      t.notOk('task' in (arrived ?? {}), JSON.stringify(arrived));
    }
  }
});

t.test('what a legacy client says of tasks a modern client cannot', async (t) => {
  const params = { name: 'first_work', task: { ttl: 1 }, arguments: {} };
  t.match(textOf(answerOf(await modern(url, 'tools/call', params))), 'no task');
});

t.test('capabilities are declared where a server behind the path has them', async (t) => {
  const declared = async (path: string): Promise<unknown> => {
    const { initialized } = await LegacySession.begin(url + path);
    return (initialized.result as { capabilities: Record<string, unknown> }).capabilities['tasks'];
  };
  t.same(await declared(''), capabilities.tasks);
  t.same(await declared('/default/first'), capabilities.tasks);
  t.equal(await declared('/default/without'), undefined);
  t.equal(await declared('/default/modern'), undefined);
});

t.test('a tool’s -32601 about tasks is the server’s', async (t) => {
  const session = await LegacySession.begin(url);
  const refused = await session.call('first_refuses');
  t.match(refused.error, { code: -32601, message: 'Tool refuses requires task augmentation' });
});

t.test('a task outlives the deadline of a request for its result, which says so', async (t) => {
  const session = await LegacySession.begin(url);
  const taskId = await create(session, 'first_work');
  const cancels = first.of('tasks/cancel').length;
  let isAborted: (() => boolean) | undefined;
  answerResult = (arrival) => void (isAborted = arrival.isAborted);
  const late = await session.rpc('tasks/result', { taskId });
  t.match(late.error, { code: -32603, message: /default\/first gave no answer within 1500 ms.*task goes on/s });
  await until('the end of the request', () => isAborted?.());
  answerResult = answering({ content: [] });
  t.match(await session.rpc('tasks/result', { taskId }), { result: { content: [] } });
  t.equal(first.of('tasks/cancel').length, cancels);
});

t.test('a client that goes away from tasks/result has cancelled nothing', async (t) => {
  const session = await LegacySession.begin(url);
  const taskId = await create(session, 'first_work');
  const [cancels, notices] = [first.of('tasks/cancel').length, first.of('notifications/cancelled').length];
  const waits = Promise.withResolvers<Arrival>();
  answerResult = (arrival) => waits.resolve(arrival);
  const gone = new AbortController();
  const left = session.request('tasks/result', { taskId }, { signal: gone.signal });
  await waits.promise;
  gone.abort();
  await t.rejects(left);
  answerResult = answering({ content: [] });
  t.match(await session.rpc('tasks/result', { taskId }), { result: { content: [] } });
  t.equal(first.of('tasks/cancel').length, cancels);
  t.equal(first.of('notifications/cancelled').length, notices);
});

t.test('what a server says of a task on any stream names it as the client does, and so do the answers', async (t) => {
  const session = await LegacySession.begin(url, '2025-11-25', { capabilities: { elicitation: {} } });
  const heard = await session.listen();
  t.teardown(() => heard.close());
  const taskId = await create(session, 'first_work');
  const meta = { _meta: { [RELATED]: { taskId: OWN } } };
  const question = { method: 'elicitation/create', params: { message: 'who?', requestedSchema: {}, ...meta } };
  const held = Promise.withResolvers<Arrival>();
  answerResult = (arrival) => held.resolve(arrival);
  const stream = new MessageStream(await begunResult(session, taskId, held.promise, question));
  t.teardown(() => stream.close());
  const related = { [RELATED]: { taskId } };

  const amid = await stream.message('elicitation/create');
  t.match(amid, { params: { message: 'who?', _meta: related } });
  await session.post({ jsonrpc: '2.0', id: amid['id'], result: { action: 'cancel', _meta: { ...related, x: 1 } } });
  t.strictSame((await responseTo('amid')).result, { action: 'cancel', _meta: { ...meta._meta, x: 1 } });

  getStream?.write(event({ jsonrpc: '2.0', id: 'aside', ...question }));
  const aside = await heard.message('elicitation/create');
  t.match(aside, { params: { _meta: related } });
  await session.post({ jsonrpc: '2.0', id: aside['id'], result: { action: 'decline', _meta: related } });
  t.strictSame((await responseTo('aside')).result, { action: 'decline', ...meta });

  const { response, message } = await held.promise;
  response.write(
    event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 1, ...meta } }),
  );
  t.match(await stream.message('notifications/message'), { params: { data: 1, _meta: related } });
  response.end(event(result(message, { content: [], ...meta })));
  await stream.ended();
  t.match(stream.messages.at(-1), { result: { content: [], _meta: related } });
});

t.test('the status of a task is told to the session that made it, in whichever status', async (t) => {
  const session = await LegacySession.begin(url);
  const heard = await session.listen();
  t.teardown(() => heard.close());
  const taskId = await create(session, 'first_work');
  const stream = await until('the stream', () => getStream);
  const statuses = ['working', 'input_required', 'completed', 'failed', 'cancelled'];
  for (const status of statuses) {
    for (const id of ['of-another', OWN]) {
      const params = { ...task, taskId: id, status, statusMessage: `is ${status}` };
      stream.write(event({ jsonrpc: '2.0', method: 'notifications/tasks/status', params }));
    }
  }
  const told = await until(
    'all statuses',
    () => (heard.messages.length >= statuses.length ? heard.messages : undefined),
    { state: () => heard.messages },
  );
  t.strictSame(
    told.map(({ params }) => params),
    statuses.map((status) => ({ ...task, taskId, status, statusMessage: `is ${status}` })),
  );
});

t.test('a server’s cursors are given back as they came, and others’ tasks are left out', async (t) => {
  const session = await LegacySession.begin(`${url}/default/first`);
  asked.splice(0);
  t.strictSame((await session.rpc('tasks/list')).result, { tasks: [] });
  t.strictSame(asked, [], 'a server without a task of the client is not asked');
  const taskId = await create(session, 'work');
  t.strictSame((await session.rpc('tasks/list', { cursor: '' })).result, { tasks: [{ ...task, taskId }] });
  t.strictSame(asked.splice(0), [undefined, '', 'ä "b"']);
});

t.test('ids and cursors that were not given out are refused', async (t) => {
  const session = await LegacySession.begin(url);
  const other = await LegacySession.begin(url);
  const taskId = await create(session, 'first_work');
  const foreign = await create(other, 'first_work');
  const altered = taskId.slice(0, -2) + (taskId.endsWith('AA') ? 'BB' : 'AA');
  const before = first.arrivals.length;
  for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
    for (const id of ['unknown', OWN, altered, foreign, '']) {
      const refused = await session.rpc(method, { taskId: id });
      t.match(refused.error, { code: -32602, message: /^Task not found/ }, `${method} ${id}`);
    }
    t.match((await session.rpc(method)).error, { code: -32602 }, method);
  }
  for (const cursor of ['unknown', taskId, altered]) {
    t.match((await session.rpc('tasks/list', { cursor })).error, { code: -32602, message: /The cursor/ }, cursor);
  }
  t.equal(first.arrivals.length, before, 'no server was asked');
  t.match(await session.rpc('tasks/list'), { result: { tasks: [{ taskId }] } });
});

t.test('tasks/update of the other era is not found', async (t) => {
  const session = await LegacySession.begin(url);
  t.match((await session.rpc('tasks/update', { taskId: 'x' })).error, { code: -32601 });
});

/** Asks for a task's result; once the server has begun a stream with a question for it. */
async function begunResult(
  session: LegacySession,
  taskId: string,
  arrival: Promise<Arrival>,
  question: object,
): Promise<Awaited<ReturnType<LegacySession['open']>>> {
  const opening = session.open('tasks/result', { taskId });
  events((await arrival).response).write(event({ jsonrpc: '2.0', id: 'amid', ...question }));
  return opening;
}

/** The response that the first server got to its question. */
function responseTo(id: string): Promise<RpcAnswer> {
  const find = (): UpstreamMessage | undefined =>
    first.arrivals.map(({ message }) => message).find((each) => each.method === undefined && each.id === id);
  return until(`the response to ${id}`, find) as Promise<unknown> as Promise<RpcAnswer>;
}
