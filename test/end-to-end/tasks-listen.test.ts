/** News of modern tasks: `taskIds` in the filter of subscriptions/listen, and `notifications/tasks`. */
import { TaskStatusNotificationV2Schema } from '@modelcontextprotocol/ext-tasks/core/v2';
import t from 'tap';
import { modernRequest, open } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { createTask, refusalOf, sendAs, withTasks } from '../support/modern-tasks.ts';
import { entryFor } from '../support/registry-folder.ts';
import { scriptedUpstream } from '../support/scripted-upstream.ts';
import { modernTaskServer, TASKS } from '../support/servers/tasks-modern.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const META = 'io.modelcontextprotocol/';
const first = await modernTaskServer(t, 'one-');
const second = await modernTaskServer(t, 'two-');
/** Has the extension, and never says what it honours. */
const silent = await scriptedUpstream(t, {
  era: 'modern',
  capabilities: { tools: {}, extensions: { [TASKS]: {} } },
  tools: {
    work: ({ response, message }) => {
      const now = '2026-08-01T10:00:00Z';
      const task = { taskId: 'silent-1', status: 'working', createdAt: now, lastUpdatedAt: now, ttlMs: null };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: { resultType: 'task', ...task } }));
    },
  },
});
const services = [
  entryFor(first.upstream.url, { name: 'first' }),
  entryFor(second.upstream.url, { name: 'second' }),
  entryFor(silent.url, { name: 'silent' }),
];
const gateway = await startGateway(services);
t.teardown(() => gateway.stop());
const { url } = gateway;

/** Opens a stream for these tasks. */
async function listenFor(
  taskIds: readonly unknown[],
  capabilities = withTasks,
  id: string | number = 7,
): Promise<MessageStream> {
  const meta = { [`${META}clientCapabilities`]: capabilities };
  return new MessageStream(
    await open(url, modernRequest('subscriptions/listen', { notifications: { taskIds } }, { id, meta })),
  );
}

/** The task ids that the stream's first message says it tells of. */
function honouredBy(stream: MessageStream): unknown {
  const params = stream.messages[0]?.['params'] as { readonly notifications: { readonly taskIds?: unknown } };
  return params.notifications.taskIds;
}

t.test('a client hears of its tasks of several servers on one stream, under its own ids', async (t) => {
  const one = await createTask(url, 'first_work');
  const two = await createTask(url, 'second_work');
  const unheard = await createTask(url, 'second_work');
  const stream = await listenFor([one['taskId'], two['taskId'], 'unknown'], withTasks, '7');
  t.teardown(() => stream.close());
  await stream.message('notifications/subscriptions/acknowledged');
  t.same(honouredBy(stream), [one['taskId'], two['taskId']]);
  const result = { content: [{ type: 'text', text: 'done' }] };
  const [ownOne = '', ownTwo = '', ownUnheard = ''] = [first.ids.at(-1), second.ids.at(-2), second.ids.at(-1)];
  second.change(ownUnheard, { statusMessage: 'nobody listens' });
  first.change(ownOne, { status: 'completed', result });
  second.change(ownTwo, { statusMessage: 'half' });
  const heard = await until(
    'both tasks',
    () => {
      const told = stream.messages.slice(1);
      return told.length >= 2 ? told : undefined;
    },
    { state: () => stream.messages },
  );
  t.equal(heard.length, 2, 'and nothing else');
  for (const message of heard) t.ok(TaskStatusNotificationV2Schema.safeParse(message).success, JSON.stringify(message));
  const of = (taskId: unknown): unknown =>
    heard.map(({ params }) => params as Record<string, unknown>).find((params) => params['taskId'] === taskId);
  const meta = { _meta: { [`${META}subscriptionId`]: '7' } };
  t.strictSame(of(one['taskId']), { ...first.task(ownOne), ...meta, taskId: one['taskId'] });
  t.strictSame(of(two['taskId']), { ...second.task(ownTwo), ...meta, taskId: two['taskId'] });
  t.notOk(of(unheard['taskId']));
});

t.test('what a server says of other tasks, or of none, stays behind', async (t) => {
  const { taskId } = await createTask(url, 'first_work');
  const own = first.ids.at(-1) ?? '';
  const stream = await listenFor([taskId]);
  t.teardown(() => stream.close());
  await stream.message('notifications/subscriptions/acknowledged');
  first.announce({ method: 'notifications/tasks', params: { ...first.task(own), taskId: first.ids[0] } });
  first.announce({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } });
  first.announce({ method: 'notifications/message', params: { level: 'error', data: 'x' } });
  const inputRequests = { s: { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } } };
  first.change(own, { status: 'input_required', inputRequests });
  first.change(own, { status: 'working', inputRequests: undefined, statusMessage: 'the last' });
  await stream.message('notifications/tasks');
  t.match(stream.messages.slice(1), [{ params: { taskId, statusMessage: 'the last' } }]);
  t.equal(stream.messages.length, 2);
});

t.test('a task’s question is told to a client that declared that it can answer', async (t) => {
  const { taskId } = await createTask(url, 'first_work');
  const stream = await listenFor([taskId], { ...withTasks, sampling: {} });
  t.teardown(() => stream.close());
  await stream.message('notifications/subscriptions/acknowledged');
  const own = first.ids.at(-1) ?? '';
  const params = { messages: [], maxTokens: 1 };
  const withTools = { s: { method: 'sampling/createMessage', params: { ...params, tools: [] } } };
  first.change(own, { status: 'input_required', inputRequests: withTools });
  const inputRequests = { s: { method: 'sampling/createMessage', params } };
  first.change(own, { status: 'input_required', inputRequests });
  const { params: told } = await stream.message('notifications/tasks');
  t.strictSame((told as { inputRequests: unknown }).inputRequests, inputRequests, 'not the one with tools');
  t.match(told, { taskId });
});

t.test('what servers do not say that they tell of is not honoured', async (t) => {
  const { taskId } = await createTask(url, 'silent_work');
  const heard = await createTask(url, 'first_work');
  const stream = await listenFor([taskId, heard['taskId']]);
  t.teardown(() => stream.close());
  await stream.message('notifications/subscriptions/acknowledged');
  t.same(honouredBy(stream), [heard['taskId']]);
  const none = await listenFor(['unknown']);
  t.teardown(() => none.close());
  await none.message('notifications/subscriptions/acknowledged');
  t.strictSame(honouredBy(none), []);
});

t.test('a server’s stream that ends is opened again, and goes with the client’s', async (t) => {
  const { taskId } = await createTask(url, 'second_work');
  const before = second.upstream.of('subscriptions/listen').length;
  const others = second.streams;
  const stream = await listenFor([taskId]);
  await stream.message('notifications/subscriptions/acknowledged');
  second.endStreams();
  const isAgain = (): boolean =>
    second.upstream
      .of('subscriptions/listen')
      .slice(before)
      .filter(({ message }) => JSON.stringify(message.params).includes(String(second.ids.at(-1)))).length >= 2 &&
    second.streams > others;
  await until('another stream', isAgain, { state: () => second.streams });
  second.change(second.ids.at(-1) ?? '', { statusMessage: 'again' });
  t.match(await stream.message('notifications/tasks'), { params: { taskId, statusMessage: 'again' } });
  stream.close();
  const open = (): boolean => second.streams <= others;
  await until('the end of the server’s stream', open, { state: () => second.streams });
});

t.test('taskIds of a client that does not declare the extension are refused', async (t) => {
  const { taskId } = await createTask(url, 'first_work');
  const listen = (capabilities: Record<string, unknown>, taskIds: unknown) =>
    refusalOf(sendAs(url, capabilities, 'subscriptions/listen', { notifications: { taskIds } }));
  for (const capabilities of [{}, { extensions: {} }]) {
    t.match(await listen(capabilities, [taskId]), {
      status: 400,
      code: -32021,
      data: { requiredCapabilities: { extensions: { [TASKS]: {} } } },
    });
  }
  t.match(await listen(withTasks, 'x'), { code: -32602, message: /taskIds is not an array/ });
  t.match(await listen(withTasks, [1]), { code: -32602, message: /taskIds is not an array/ });
  t.match(await listen(withTasks, Array.from({ length: 1001 }, String)), { code: -32602, message: /1001 ids/ });
});

t.test('a server that leaves is let go, and the client’s stream stays for the others', async (t) => {
  const one = await createTask(url, 'first_work');
  const two = await createTask(url, 'second_work');
  const stream = await listenFor([one['taskId'], two['taskId']]);
  t.teardown(() => stream.close());
  await stream.message('notifications/subscriptions/acknowledged');
  await gateway.publish(services.filter(({ name }) => name !== 'second'));
  await until('the end of the server’s streams', () => second.streams === 0, { state: () => second.streams });
  const listens = second.upstream.of('subscriptions/listen').length;
  first.change(first.ids.at(-1) ?? '', { statusMessage: 'still here' });
  t.match(await stream.message('notifications/tasks'), { params: { taskId: one['taskId'] } });
  t.equal(second.upstream.of('subscriptions/listen').length, listens);
  const gone = await refusalOf(sendAs(url, withTasks, 'tasks/get', { taskId: two['taskId'] }));
  t.match(gone, { code: -32602, message: /default\/second is not here any more/ });
});
