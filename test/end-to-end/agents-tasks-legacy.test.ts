/** Tasks of agents as tasks of 2025-11-25. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { CallToolResultSchema, CreateTaskResultSchema, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import t from 'tap';
import type { ToolResult } from '../support/agent-clients.ts';
import { agentNames, pathsTo, serveAgents } from '../support/agent-kinds.ts';
import { legacyClient } from '../support/clients.ts';
import { until } from '../support/until.ts';

const { gateway, agents } = await serveAgents(t);

interface Created {
  readonly taskId: string;
  readonly status: string;
}

/** Calls a tool as a task of 2025-11-25. */
async function create(client: Client, name: string, message: string): Promise<Created> {
  const request = { method: 'tools/call' as const, params: { name, arguments: { message } } };
  return (await client.request(request, CreateTaskResultSchema, { task: { ttl: 60_000 } })).task;
}

async function resultOf(client: Client, { taskId }: Created): Promise<ToolResult> {
  return (await client.experimental.tasks.getTaskResult(taskId, CallToolResultSchema)) as unknown as ToolResult;
}

for (const name of agentNames) {
  const agent = agents[name];
  for (const { title, url, prefix } of pathsTo(gateway, name)) {
    t.test(`a client of 2025-11-25 with tasks of the agent “${name}” at ${title}`, async (t) => {
      const answers = ['Ada', 'blue'];
      const related: unknown[] = [];
      const client = await legacyClient(url, { elicitation: { form: {}, url: {} } }, (each) =>
        each.setRequestHandler(ElicitRequestSchema, ({ params }) => {
          related.push(params._meta?.['io.modelcontextprotocol/related-task']);
          return { action: 'accept', content: { answer: answers.shift() ?? '' } };
        }),
      );
      t.teardown(() => client.close());
      const tool = `${prefix}delegate`;
      const statusOf = async ({ taskId }: Created): Promise<string> =>
        (await client.experimental.tasks.getTask(taskId)).status;

      t.test('may call each tool as a task', async (t) => {
        const { tools } = await client.listTools();
        const own = tools.filter((each) => each.name.startsWith(prefix));
        t.ok(own.every(({ execution }) => execution?.taskSupport === 'optional'));
        t.match(client.getServerCapabilities(), { tasks: { cancel: {}, requests: { tools: { call: {} } } } });
      });

      t.test('has long work as a task, asks for it and fetches its result', async (t) => {
        const created = await create(client, tool, 'steps 10 100');
        t.equal(created.status, 'working');
        t.equal(await statusOf(created), 'working');
        const result = await resultOf(client, created);
        t.match(result.content[0], { text: 'done in 10 steps' });
        t.match(result._meta, { 'io.modelcontextprotocol/related-task': { taskId: created.taskId } });
        t.equal(await statusOf(created), 'completed');
        t.match((await resultOf(client, created)).content[0], { text: 'done in 10 steps' }, 'again');
      });

      t.test('is asked what a task asks, on the stream of its result', async (t) => {
        const created = await create(client, tool, 'ask');
        await until('the question', async () => (await statusOf(created)) === 'input_required');
        t.strictSame(related, []);
        t.match((await resultOf(client, created)).content[0], { text: 'Ada likes blue' });
        t.strictSame(related, [{ taskId: created.taskId }, { taskId: created.taskId }]);
      });

      t.test('cancels a task', async (t) => {
        const before = (await agent.counts()).cancelled;
        const { taskId } = await create(client, tool, 'wait');
        t.match(await client.experimental.tasks.cancelTask(taskId), { taskId, status: 'cancelled' });
        t.equal((await agent.counts()).cancelled, before + 1);
        await t.rejects(client.experimental.tasks.cancelTask(taskId), { code: -32602, message: /terminal status/ });
      });

      t.test('has a failure as a failed task with the reason', async (t) => {
        const created = await create(client, tool, 'fail the disk is full');
        await until('the end', async () => (await statusOf(created)) === 'failed');
        t.match(await resultOf(client, created), {
          isError: true,
          content: [{ text: 'The agent failed: the disk is full' }],
        });
      });

      t.test('has a bare message as a task that is over', async (t) => {
        const created = await create(client, tool, 'bare hello');
        t.equal(created.status, 'completed');
        t.equal(await statusOf(created), 'completed');
        t.match((await resultOf(client, created)).content[0], { text: 'hello' });
      });

      t.test('that gives up waiting for a result leaves the task', async (t) => {
        const before = (await agent.counts()).cancelled;
        const created = await create(client, tool, 'steps 8 100');
        const abort = new AbortController();
        const waiting = client.experimental.tasks.getTaskResult(created.taskId, CallToolResultSchema, {
          signal: abort.signal,
        });
        setImmediate(() => abort.abort());
        await t.rejects(waiting);
        t.match((await resultOf(client, created)).content[0], { text: 'done in 8 steps' });
        t.equal((await agent.counts()).cancelled, before);
      });
    });
  }
}
