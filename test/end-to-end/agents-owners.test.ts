/** What one client holds of an agent's tasks and conversations is nothing to another. */
import { CallToolResultSchema, CreateTaskResultSchema } from '@modelcontextprotocol/sdk/types.js';
import t, { type Test } from 'tap';
import { clientKinds, contextIn, taskIn, type AgentClient, type ToolResult } from '../support/agent-clients.ts';
import { agentEntry, serveAgents, untilServed } from '../support/agent-kinds.ts';
import { legacyClient } from '../support/clients.ts';
import { startGateway } from '../support/start-gateway.ts';

const { gateway, agents } = await serveAgents(t, ['modern']);
const agent = agents.modern;

/** Shows that a client is refused the handles in a result, as if nobody had ever been given them. */
async function isStranger(t: Test, client: AgentClient, result: ToolResult): Promise<void> {
  const [task, context] = [taskIn(result), contextIn(result)];
  const refusal = (argument: string): object => ({
    isError: true,
    content: [{ text: `The argument ${argument} is none that a result of this agent gave to you, or it has expired.` }],
  });
  const before = (await agent.counts()).methods;
  t.match(await client.call('modern_delegate', { task }), refusal('task'), 'it does not read');
  t.match(await client.call('modern_delegate', { task, message: 'Eve' }), refusal('task'), 'it does not answer');
  t.match(
    await client.call('modern_delegate', { context, message: 'context' }),
    refusal('context'),
    'it does not go on',
  );
  t.match(await client.call('modern_context', { context, message: 'context' }), refusal('context'));
  t.strictSame((await agent.counts()).methods, before, 'the agent is asked nothing');
}

t.test('a session has no use for the handles of another', async (t) => {
  const [ada, eve] = [await clientKinds['legacy SDK'](gateway.url), await clientKinds['legacy SDK'](gateway.url)];
  t.teardown(() => Promise.all([ada.close(), eve.close()]));
  const asked = await ada.call('modern_ask', { message: 'ask' });
  await isStranger(t, eve, asked);
  await isStranger(t, await clientKinds['modern by hand'](gateway.url), asked);
  t.match(await ada.call('modern_delegate', { task: taskIn(asked), message: 'Ada' }), {
    content: [{ text: /Which colour/ }],
  });
});

t.test('a session has no use for the task ids of another', async (t) => {
  const [ada, eve] = [await legacyClient(gateway.url), await legacyClient(gateway.url)];
  t.teardown(() => Promise.all([ada.close(), eve.close()]));
  const request = {
    method: 'tools/call' as const,
    params: { name: 'modern_delegate', arguments: { message: 'wait' } },
  };
  for (const message of ['wait', 'bare hello']) {
    request.params.arguments.message = message;
    const { task } = await ada.request(request, CreateTaskResultSchema, { task: {} });
    const { methods, cancelled } = await agent.counts();
    await t.rejects(eve.experimental.tasks.getTask(task.taskId), { code: -32602 });
    await t.rejects(eve.experimental.tasks.getTaskResult(task.taskId, CallToolResultSchema), { code: -32602 });
    await t.rejects(eve.experimental.tasks.cancelTask(task.taskId), { code: -32602 });
    t.match(await agent.counts(), { methods, cancelled }, 'the agent is asked nothing');
    t.match(await ada.experimental.tasks.getTask(task.taskId), { status: task.status });
  }
});

t.test('an agent has no use for the handles of another, nor a gateway for those of another', async (t) => {
  const own = await startGateway([agentEntry('modern', agent.url), agentEntry('other', agent.url)]);
  t.teardown(() => own.stop());
  await untilServed(own, 2);
  const client = await clientKinds['modern by hand'](own.url);
  const asked = await client.call('other_ask', { message: 'ask' });
  await isStranger(t, client, asked);
  await isStranger(t, await clientKinds['modern by hand'](gateway.url), asked);
  t.match(await client.call('other_delegate', { task: contextIn(asked) }), { isError: true }, 'a context is no task');
});
