/** Tasks that a legacy client runs, for servers that ask it something as a task (2025-11-25). */
import { InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks/index.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import t from 'tap';
import { LegacySession, textOf } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  event,
  events,
  scriptedUpstream,
  textResult,
  type Arrival,
  type ScriptedUpstream,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const everything = await startServer('everything');
/** Calls that wait, by the server's name. */
const open: Record<string, Arrival> = {};
const asking = (name: string): Promise<ScriptedUpstream> =>
  scriptedUpstream(t, {
    tools: {
      ask: (arrival) => {
        open[name] = arrival;
        events(arrival.response);
      },
    },
  });
const first = await asking('first');
const second = await asking('second');
const gateway = await startGateway([
  entryFor(everything.url, { name: 'everything' }),
  entryFor(first.url, { name: 'first' }),
  entryFor(second.url, { name: 'second' }),
]);
t.teardown(() => Promise.all([gateway.stop(), everything.stop()]));
const { url } = gateway;
const ofSampling = { requests: { sampling: { createMessage: {} } } };
const able = { sampling: {}, tasks: { list: {}, cancel: {}, ...ofSampling } };
const sampling = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1, task: { ttl: 5 } } };
const made = { taskId: 'of-the-client', status: 'working', createdAt: '', lastUpdatedAt: '', ttl: null };

t.test('a client of the SDK samples as a task for server-everything', async (t) => {
  const taskStore = new InMemoryTaskStore();
  t.teardown(() => taskStore.cleanup());
  const client = new Client({ name: 'test', version: '1' }, { capabilities: able, taskStore });
  client.setRequestHandler(CreateMessageRequestSchema, async ({ params }, { taskStore: tasks }) => {
    const result = { model: 'test', role: 'assistant' as const, content: { type: 'text' as const, text: 'sampled' } };
    if (params.task === undefined || tasks === undefined) return result;
    const task = await tasks.createTask({ ttl: 60_000, pollInterval: 20 });
    await tasks.storeTaskResult(task.taskId, 'completed', result);
    return { task };
  });
  const transport: Transport = new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  t.teardown(() => client.close());
  const call = { name: 'everything_trigger-sampling-request-async', arguments: { prompt: 'how much?' } };
  t.match(JSON.stringify(await client.callTool(call)), /COMPLETED.*sampled/);
});

/** A session whose calls to both servers wait. */
async function both(capabilities: Record<string, unknown>): Promise<{
  readonly session: LegacySession;
  readonly streams: Readonly<Record<string, MessageStream>>;
}> {
  const session = await LegacySession.begin(url, '2025-11-25', { capabilities });
  const streams: Record<string, MessageStream> = {};
  for (const name of ['first', 'second']) {
    delete open[name];
    const opening = session.open('tools/call', { name: `${name}_ask`, arguments: {} });
    await until(`the call of ${name}`, () => open[name]);
    // A stream begins with its first message.
    put(name, { method: 'notifications/message', params: { level: 'info', data: 'begun' } });
    streams[name] = new MessageStream(await opening);
  }
  return { session, streams };
}

function put(name: string, message: object): void {
  open[name]?.response.write(event({ jsonrpc: '2.0', ...message }));
}

function responseTo(server: ScriptedUpstream, id: string): Promise<UpstreamMessage> {
  const find = (): UpstreamMessage | undefined =>
    server.arrivals.map(({ message }) => message).find((each) => each.method === undefined && each.id === id);
  return until(`the response to ${id}`, find, { state: () => server.arrivals.map(({ message }) => message) });
}

async function finish({ streams }: Awaited<ReturnType<typeof both>>): Promise<void> {
  for (const [name, stream] of Object.entries(streams)) {
    const { response, message } = open[name] as Arrival;
    response.end(event(textResult(message, 'done')));
    await stream.ended();
    t.equal(textOf(stream.messages.at(-1) as never), 'done');
  }
}

t.test('what a client declares of tasks is what its servers learn', async (t) => {
  for (const capabilities of [able, { sampling: {}, tasks: ofSampling }, { sampling: {} }]) {
    const waiting = await both(capabilities);
    t.strictSame(first.of('initialize').at(-1)?.message.params?.['capabilities'], capabilities);
    await finish(waiting);
  }
});

t.test('a server asks for the tasks that a client runs for it, and for no others', async (t) => {
  const waiting = await both(able);
  const { session, streams } = waiting;
  const { first: one, second: two } = streams as { first: MessageStream; second: MessageStream };
  put('first', { id: 'a', ...sampling });
  const asked = await one.message('sampling/createMessage');
  t.match(asked, { params: { task: { ttl: 5 } } });
  await session.post({ jsonrpc: '2.0', id: asked['id'], result: { task: made } });
  t.strictSame((await responseTo(first, 'a')).result, { task: made }, 'ids pass as they are');

  for (const [method, id] of [
    ['tasks/get', 'b'],
    ['tasks/result', 'c'],
    ['tasks/cancel', 'd'],
  ] as const) {
    put('first', { id, method, params: { taskId: made.taskId } });
    const request = await one.message(method);
    t.match(request, { params: { taskId: made.taskId } });
    await session.post({ jsonrpc: '2.0', id: request['id'], result: { ...made, status: 'cancelled' } });
    t.match((await responseTo(first, id)).result, { taskId: made.taskId });
    put('second', { id, method, params: { taskId: made.taskId } });
    t.match((await responseTo(second, id))['error'], { code: -32602 }, method);
  }
  t.notOk(
    two.messages.some(({ id }) => id !== undefined),
    'the client was not asked for another’s task',
  );

  for (const [name, server, stream, tasks] of [
    ['first', first, one, [made]],
    ['second', second, two, []],
  ] as const) {
    put(name, { id: 'list', method: 'tasks/list' });
    const request = await stream.message('tasks/list');
    await session.post({ jsonrpc: '2.0', id: request['id'], result: { tasks: [made], nextCursor: 'x' } });
    t.strictSame((await responseTo(server, 'list')).result, { tasks, nextCursor: 'x' });
  }

  await session.notify('notifications/tasks/status', { ...made, status: 'completed' });
  const told = await until('the status', () => first.of('notifications/tasks/status')[0]);
  t.strictSame(told.message.params, { ...made, status: 'completed' });
  t.equal(second.of('notifications/tasks/status').length, 0);
  await finish(waiting);
});

t.test('a client that runs no such tasks is asked without', async (t) => {
  for (const capabilities of [
    { sampling: {} },
    { sampling: {}, tasks: {} },
    { sampling: {}, tasks: { requests: { elicitation: { create: {} } } } },
  ]) {
    const waiting = await both(capabilities);
    put('first', { id: 'plain', ...sampling });
    const asked = await (waiting.streams['first'] as MessageStream).message('sampling/createMessage');
    t.strictSame(asked['params'], { messages: [], maxTokens: 1 });
    if (!('tasks' in capabilities)) {
      put('first', { id: 'undeclared', method: 'tasks/list' });
      t.match((await responseTo(first, 'undeclared'))['error'], { code: Number });
    }
    await finish(waiting);
  }
});
