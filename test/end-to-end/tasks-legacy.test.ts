/** Tasks of 2025-11-25 between clients and servers of the first SDK generation. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  CallToolResultSchema,
  CreateTaskResultSchema,
  ElicitRequestSchema,
  TaskStatusNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import t from 'tap';
import { legacyClient } from '../support/clients.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const server = await startServer('tasks-legacy');
const other = await startServer('tasks-legacy');
const everything = await startServer('everything');
const gateway = await startGateway([
  entryFor(server.url, { name: 'tasks' }),
  entryFor(other.url, { name: 'other' }),
  entryFor(everything.url, { name: 'everything' }),
]);
t.teardown(() => Promise.all([gateway.stop(), server.stop(), other.stop(), everything.stop()]));
const { url } = gateway;

interface Created {
  readonly taskId: string;
  readonly status: string;
}

/** Calls a tool as a task. */
async function create(
  client: Client,
  name: string,
  mode: string,
  onprogress?: (progress: { readonly progress: number }) => void,
): Promise<Created> {
  const request = { method: 'tools/call' as const, params: { name, arguments: { mode } } };
  const options = { task: { ttl: 60_000 }, ...(onprogress && { onprogress }) };
  const { task } = await client.request(request, CreateTaskResultSchema, options);
  return task;
}

/** The text of a task's result. */
async function resultText(client: Client, { taskId }: Created): Promise<string> {
  return JSON.stringify(await client.experimental.tasks.getTaskResult(taskId, CallToolResultSchema));
}

async function statusOf(client: Client, { taskId }: Created): Promise<string> {
  return (await client.experimental.tasks.getTask(taskId)).status;
}

for (const [path, at, prefix] of [
  ['/mcp', url, 'tasks_'],
  ['/mcp/default/tasks', `${url}/default/tasks`, ''],
] as const) {
  t.test(`a call is made as a task, polled and fetched on ${path}`, async (t) => {
    const client = await legacyClient(at);
    t.teardown(() => client.close());
    const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } };
    t.match(client.getServerCapabilities(), { tasks });
    const created = await create(client, `${prefix}work`, 'held');
    t.equal(created.status, 'working');
    t.equal(await statusOf(client, created), 'working');
    const waiting = resultText(client, created);
    await client.callTool({ name: `${prefix}finish` });
    t.match(await waiting, 'it is done', 'it waited while the task worked');
    t.match(await waiting, created.taskId, 'and names the task');
    t.equal(await statusOf(client, created), 'completed');
  });

  t.test(`the SDK’s own way with tasks works on ${path}`, async (t) => {
    const client = await legacyClient(at);
    t.teardown(() => client.close());
    const seen: string[] = [];
    // It learns from the list what has to be a task.
    await client.listTools();
    const stream = client.experimental.tasks.callToolStream({ name: `${prefix}must`, arguments: { mode: 'done' } });
    for await (const message of stream) {
      seen.push(message.type);
      if (message.type === 'result') t.match(JSON.stringify(message.result), 'it is done');
    }
    t.match(seen.join(' '), /^taskCreated (taskStatus )+result$/);
  });

  t.test(`tasks are listed and cancelled on ${path}`, async (t) => {
    const client = await legacyClient(at);
    t.teardown(() => client.close());
    t.strictSame((await client.experimental.tasks.listTasks()).tasks, []);
    const created = [await create(client, `${prefix}work`, 'held'), await create(client, `${prefix}must`, 'held')];
    const { tasks } = await client.experimental.tasks.listTasks();
    t.strictSame(tasks.map(({ taskId }) => taskId).sort(), created.map(({ taskId }) => taskId).sort());
    const [first] = created as [Created];
    t.match(await client.experimental.tasks.cancelTask(first.taskId), { taskId: first.taskId, status: 'cancelled' });
    await t.rejects(client.experimental.tasks.cancelTask(first.taskId), { code: -32602, message: /terminal status/ });
    await client.callTool({ name: `${prefix}finish` });
    t.equal(await statusOf(client, first), 'cancelled', 'what comes later changes nothing');
  });

  t.test(`a task asks its client something on ${path}`, async (t) => {
    const client = await legacyClient(at, { elicitation: {} });
    t.teardown(() => client.close());
    let related: unknown;
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      related = params._meta?.['io.modelcontextprotocol/related-task'];
      return { action: 'accept', content: { name: 'Ada' } };
    });
    const created = await create(client, `${prefix}work`, 'asks');
    const isWaiting = async (): Promise<boolean> => (await statusOf(client, created)) === 'input_required';
    await until('the question', isWaiting);
    t.equal(related, undefined, 'the question comes with tasks/result');
    t.match(await resultText(client, created), 'hello Ada');
    t.same(related, { taskId: created.taskId }, 'under the client’s id');
  });
}

t.test('a tool that fails has its task failed, with what it said', async (t) => {
  const client = await legacyClient(url);
  t.teardown(() => client.close());
  const created = await create(client, 'tasks_work', 'fails');
  t.match(await resultText(client, created), /it failed.*"isError":true/);
  t.equal(await statusOf(client, created), 'failed');
});

t.test('progress goes on when the call has become a task', async (t) => {
  const client = await legacyClient(url);
  t.teardown(() => client.close());
  const seen: number[] = [];
  const created = await create(client, 'tasks_work', 'steps', ({ progress }) => seen.push(progress));
  const waiting = resultText(client, created);
  await until('all progress', () => seen.length === 2, { state: () => seen });
  t.strictSame(seen, [1, 2]);
  await client.callTool({ name: 'tasks_finish' });
  t.match(await waiting, 'it is done');
});

t.test('a client that ignores what a tool says of tasks gets what the server says to that', async (t) => {
  const client = await legacyClient(url);
  t.teardown(() => client.close());
  const { tools } = await client.listTools();
  const supports = Object.fromEntries(tools.map(({ name, execution }) => [name, execution?.taskSupport]));
  t.match(supports, { tasks_work: 'optional', tasks_must: 'required', tasks_plain: 'forbidden' });
  const request = { method: 'tools/call' as const, params: { name: 'tasks_must', arguments: { mode: 'done' } } };
  const refused = await client.request(request, CallToolResultSchema);
  t.match(refused, { isError: true, content: [{ text: /-32601.*requires task augmentation/ }] });
});

t.test('clients have their own tasks, whichever id they ask for', async (t) => {
  const clients = await Promise.all([1, 2].map(() => legacyClient(url)));
  t.teardown(() => Promise.all(clients.map((client) => client.close())));
  const heard: string[][] = [[], []];
  const created = await Promise.all(
    clients.map((client, index) => {
      client.setNotificationHandler(TaskStatusNotificationSchema, ({ params }) => {
        heard[index]?.push(`${params.taskId} ${params.status}`);
      });
      return create(client, 'tasks_work', 'held');
    }),
  );
  const [one, two] = clients as [Client, Client];
  const [ofOne, ofTwo] = created as [Created, Created];
  for (const method of ['getTask', 'cancelTask', 'getTaskResult'] as const) {
    await t.rejects(one.experimental.tasks[method](ofTwo.taskId), { code: -32602, message: /Task not found/ }, method);
  }
  t.match(await one.experimental.tasks.listTasks(), { tasks: [{ taskId: ofOne.taskId }] });
  t.equal((await two.experimental.tasks.listTasks()).tasks.length, 1);
  for (const client of clients) await client.callTool({ name: 'tasks_finish' });
  await until('what each hears', () => heard.every((each) => each.length > 0), { state: () => heard });
  t.ok(
    heard[0]?.every((each) => each.startsWith(ofOne.taskId)),
    JSON.stringify(heard),
  );
  t.ok(
    heard[1]?.every((each) => each.startsWith(ofTwo.taskId)),
    JSON.stringify(heard),
  );
});

t.test('a union lists the tasks of all its servers', async (t) => {
  const client = await legacyClient(url);
  t.teardown(() => client.close());
  const created = [
    await create(client, 'tasks_work', 'held'),
    await create(client, 'other_work', 'held'),
    await create(client, 'tasks_work', 'held'),
  ];
  const { tasks } = await client.experimental.tasks.listTasks();
  t.strictSame(new Set(tasks.map(({ taskId }) => taskId)), new Set(created.map(({ taskId }) => taskId)));
});

t.test('a server that has lost the session of a task says so', async (t) => {
  const client = await legacyClient(url);
  t.teardown(() => client.close());
  const created = await create(client, 'other_work', 'held');
  await (await fetch(new URL('/forget', other.url))).text();
  await t.rejects(client.experimental.tasks.getTask(created.taskId), {
    code: -32602,
    message: /began a new session since the task was made/,
  });
  t.match(await resultText(client, await create(client, 'other_work', 'done')), 'it is done');
});

t.test('server-everything researches, and asks what is meant', async (t) => {
  const client = await legacyClient(url, { elicitation: {} }, (each) => {
    each.setRequestHandler(ElicitRequestSchema, () => ({
      action: 'accept',
      content: { interpretation: 'snake' },
    }));
  });
  t.teardown(() => client.close());
  const params = { name: 'everything_simulate-research-query', arguments: { topic: 'python', ambiguous: true } };
  const request = { method: 'tools/call' as const, params };
  const { task } = await client.request(request, CreateTaskResultSchema, { task: {} });
  t.match(await resultText(client, task), 'python (snake)');
});
