/** Tasks of agents as tasks of the extension io.modelcontextprotocol/tasks; they outlive a connection, those of 2025-11-25 too. */
import { Agent } from 'node:http';
import t from 'tap';
import { contextIn, said, taskIn, type ToolResult } from '../support/agent-clients.ts';
import { agentNames, pathsTo, serveAgents } from '../support/agent-kinds.ts';
import { answerOf, LegacySession, modern, modernRequest, open } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import {
  cancelTask,
  createTask,
  getTask,
  refusalOf,
  sendAs,
  updateTask,
  withTasks,
  type Capabilities,
} from '../support/modern-tasks.ts';
import { until } from '../support/until.ts';

const { gateway, agents } = await serveAgents(t);
const withBoth: Capabilities = { ...withTasks, elicitation: { form: {}, url: {} } };

/** Waits until a modern task is in a status. */
async function untilStatus(url: string, taskId: unknown, status: string, capabilities = withBoth) {
  let last: unknown;
  return until(
    `the task to be ${status}`,
    async () => {
      const task = await getTask(url, taskId, capabilities);
      last = task;
      return task['status'] === status ? task : undefined;
    },
    { everyMs: 50, state: () => last },
  );
}

const resultIn = (task: Record<string, unknown>): ToolResult => task['result'] as ToolResult;
const inputIn = (task: Record<string, unknown>): [string, Record<string, unknown>] => {
  const [asked] = Object.entries(task['inputRequests'] as Record<string, { params: Record<string, unknown> }>);
  if (asked === undefined) throw new Error('Nothing is asked');
  return [asked[0], asked[1].params];
};

for (const name of agentNames) {
  const agent = agents[name];
  for (const { title, url, prefix } of pathsTo(gateway, name)) {
    const begin = (message: string, capabilities = withBoth): Promise<Record<string, unknown>> =>
      createTask(url, `${prefix}delegate`, capabilities, { arguments: { message } });

    t.test(`a modern client with tasks of the agent “${name}” at ${title}`, async (t) => {
      t.test('has a quick answer as an answer', async (t) => {
        for (const message of ['echo hello', 'bare hello']) {
          const call = { name: `${prefix}delegate`, arguments: { message } };
          const { result } = answerOf(await sendAs(url, withBoth, 'tools/call', call));
          t.match(result, { resultType: 'complete', content: [{ text: 'hello' }] });
        }
      });

      t.test('has long work as a task, which it asks for until it is done', async (t) => {
        const task = await begin('steps 10 100');
        t.match(task, { resultType: 'task', status: 'working', taskId: String, ttlMs: Number });
        t.notMatch(String(task['taskId']), /127\.0\.0\.1/, 'the id says nothing');
        const done = await untilStatus(url, task['taskId'], 'completed');
        t.match(resultIn(done).content[0], { text: 'done in 10 steps' });
        t.match(String(done['createdAt']), task['createdAt']);
      });

      t.test('answers two questions of a task', async (t) => {
        const { taskId } = await begin('ask 1000');
        for (const [question, answer] of [
          ['What is your name?', 'Ada'],
          ['Which colour do you like?', 'blue'],
        ]) {
          const asked = await until('the question', async () => {
            const task = await getTask(url, taskId, withBoth);
            if (task['status'] !== 'input_required') return undefined;
            return inputIn(task)[1]['message'] === question ? task : undefined;
          });
          const [key] = inputIn(asked);
          const inputResponses = { [key]: { action: 'accept', content: { answer } } };
          t.strictSame(await updateTask(url, taskId, inputResponses), { resultType: 'complete' });
          t.strictSame(await updateTask(url, taskId, inputResponses), { resultType: 'complete' }, 'again, in vain');
        }
        const done = await untilStatus(url, taskId, 'completed');
        t.match(resultIn(done).content[0], { text: 'Ada likes blue' });
      });

      t.test('declines a question of a task', async (t) => {
        const { taskId } = await begin('ask 1000');
        const [key] = inputIn(await untilStatus(url, taskId, 'input_required'));
        await updateTask(url, taskId, { [key]: { action: 'decline' } });
        const done = await untilStatus(url, taskId, 'completed');
        t.match(resultIn(done), { isError: true, content: [{ text: /^The agent rejected the task/ }] });
      });

      t.test('is sent to a URL by a task, which goes on by itself', async (t) => {
        const { taskId } = await begin('auth 1000');
        const [key, { url: where }] = inputIn(await untilStatus(url, taskId, 'input_required'));
        await updateTask(url, taskId, { [key]: { action: 'accept' } });
        t.match(await getTask(url, taskId, withBoth), { status: 'working' }, 'it is not asked again');
        t.equal((await fetch(String(where), { method: 'POST' })).status, 200);
        t.match(resultIn(await untilStatus(url, taskId, 'completed')).content[0], { text: 'authorized' });
      });

      t.test('that cannot be asked gets what is needed as the task’s result', async (t) => {
        const { taskId } = await begin('ask 1000', withTasks);
        const done = await untilStatus(url, taskId, 'completed', withTasks);
        t.match(said(resultIn(done)), /needs more to go on: What is your name/);
        t.ok(taskIn(resultIn(done)));
      });

      t.test('sees a failure as a completed task with the reason', async (t) => {
        const call = { name: `${prefix}delegate`, arguments: { message: 'fail the disk is full' } };
        const { result } = answerOf(await sendAs(url, withBoth, 'tools/call', call));
        const ended =
          result?.['resultType'] === 'task' ? await untilStatus(url, result['taskId'], 'completed') : undefined;
        t.match(ended ? resultIn(ended) : result, {
          isError: true,
          content: [{ text: 'The agent failed: the disk is full' }],
        });
      });

      t.test('cancels a task', async (t) => {
        const before = (await agent.counts()).cancelled;
        const { taskId } = await begin('wait');
        t.strictSame(await cancelTask(url, taskId), { resultType: 'complete' });
        await untilStatus(url, taskId, 'cancelled');
        t.equal((await agent.counts()).cancelled, before + 1);
      });

      t.test('cannot cancel a task that refuses, and is told so by its status', async (t) => {
        const { taskId } = await begin('wait-stubborn');
        t.strictSame(await cancelTask(url, taskId), { resultType: 'complete' });
        t.match(await getTask(url, taskId, withBoth), { status: 'working' });
      });

      t.test('is told of a task on a stream, with a result whose handles are its own', async (t) => {
        const { taskId } = await begin('steps 10 100');
        const notifications = { taskIds: [taskId] };
        const meta = { 'io.modelcontextprotocol/clientCapabilities': withBoth };
        const stream = new MessageStream(
          await open(url, modernRequest('subscriptions/listen', { notifications }, { meta })),
        );
        t.teardown(() => stream.close());
        t.match(await stream.message('notifications/subscriptions/acknowledged'), {
          params: { notifications: { taskIds: [taskId] } },
        });
        const told = (): Record<string, unknown>[] =>
          stream.messages.flatMap(({ method, params }) =>
            method === 'notifications/tasks' ? [params as Record<string, unknown>] : [],
          );
        const done = await until('the end', () => told().find(({ status }) => status === 'completed'), { state: told });
        t.match(done, { taskId, result: { content: [{ text: 'done in 10 steps' }] } });
        t.ok(told().some(({ statusMessage }) => /^step \d+ of 10$/.test(String(statusMessage))));
        const again = {
          name: `${prefix}delegate`,
          arguments: { message: 'context', context: contextIn(resultIn(done)) },
        };
        const { result } = answerOf(await sendAs(url, withBoth, 'tools/call', again));
        t.match(result, { content: [{ text: '1' }] });
      });

      t.test('knows no task that it was not given', async (t) => {
        for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
          t.match(await refusalOf(sendAs(url, withBoth, method, { taskId: 'none', inputResponses: {} })), {
            code: -32602,
          });
        }
      });
    });
  }
}

t.test('a task outlives the connections of its client, of either era', async (t) => {
  const agent = new Agent({ keepAlive: true });
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { agent });
  const params = { name: 'modern_delegate', arguments: { message: 'steps 10 100' }, task: {} };
  const { result = {} } = await session.rpc('tools/call', params);
  const { taskId } = result['task'] as { readonly taskId: string };
  const meta = { 'io.modelcontextprotocol/clientCapabilities': withBoth };
  const call = { name: 'modern_delegate', arguments: { message: 'steps 10 100' } };
  const made = answerOf(await modern(gateway.url, 'tools/call', call, { meta, agent })).result;
  const notifications = { taskIds: [made?.['taskId']] };
  const listen = () =>
    open(gateway.url, modernRequest('subscriptions/listen', { notifications }, { meta })).then(
      (each) => new MessageStream(each),
    );
  const lost = await listen();
  await lost.message('notifications/tasks');
  lost.close();
  agent.destroy();
  const again = new Agent({ keepAlive: true });
  t.teardown(() => again.destroy());
  t.match(await session.rpc('tasks/get', { taskId }, { agent: again }), { result: { status: 'working' } });
  t.match(await session.rpc('tasks/result', { taskId }, { agent: again }), {
    result: { content: [{ text: 'done in 10 steps' }] },
  });
  const stream = await listen();
  t.teardown(() => stream.close());
  await until('the end', () => stream.messages.some((each) => JSON.stringify(each).includes('done in 10 steps')));
});

t.test('a task that the agent has forgotten is not found', async (t) => {
  const { taskId } = await createTask(gateway.url, 'modern_delegate', withBoth, { arguments: { message: 'wait' } });
  await agents.modern.forget();
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    const refused = await refusalOf(sendAs(gateway.url, withBoth, method, { taskId, inputResponses: {} }));
    t.match(refused, { code: -32602, message: /does not know the task/ }, method);
  }
});
