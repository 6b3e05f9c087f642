/** What an agent made for one principal is nothing to another. */
import t from 'tap';
import { clientKinds, contextIn, taskIn } from '../../support/agent-clients.ts';
import { agentEntry } from '../../support/agent-kinds.ts';
import { answerTo, askedIn } from '../../support/asking.ts';
import { modernRequest, open } from '../../support/mcp-http.ts';
import { MessageStream } from '../../support/message-stream.ts';
import { createTask, getTask, refusalOf, sendAs, withTasks } from '../../support/modern-tasks.ts';
import { doorsFor } from '../../support/principals.ts';
import { startAgent } from '../../support/start-agent.ts';

const agent = await startAgent('a2a');
t.teardown(() => agent.stop());
const { ada, eve } = await doorsFor(t, ['ada', 'eve'], [agentEntry('agent', agent.url)]);

t.test('its handles', async (t) => {
  const [hers, others] = [await clientKinds['modern by hand'](ada), await clientKinds['modern by hand'](eve)];
  const asked = await hers.call('agent_ask', { message: 'ask' });
  const [task, context] = [taskIn(asked), contextIn(asked)];
  const before = (await agent.counts()).methods;
  for (const args of [{ task }, { task, message: 'Eve' }, { context, message: 'context' }]) {
    t.match(await others.call('agent_delegate', args), {
      isError: true,
      content: [{ text: /is none that a result of this agent gave to you/ }],
    });
  }
  t.strictSame((await agent.counts()).methods, before, 'the agent is asked nothing');
  t.match(await hers.call('agent_delegate', { task, message: 'Ada' }), { content: [{ text: /Which colour/ }] });
});

t.test('its tasks', async (t) => {
  const { taskId } = await createTask(ada, 'agent_delegate', withTasks, { arguments: { message: 'wait' } });
  const before = await agent.counts();
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    t.match(await refusalOf(sendAs(eve, withTasks, method, { taskId, inputResponses: {} })), { code: -32602 }, method);
  }
  const { methods, cancelled } = await agent.counts();
  t.strictSame({ methods, cancelled }, { methods: before.methods, cancelled: before.cancelled });
  t.match(await getTask(ada, taskId), { status: 'working' });
  const meta = { 'io.modelcontextprotocol/clientCapabilities': withTasks };
  const listen = modernRequest('subscriptions/listen', { notifications: { taskIds: [taskId] } }, { meta });
  const stream = new MessageStream(await open(eve, listen));
  t.teardown(() => stream.close());
  t.match(await stream.message('notifications/subscriptions/acknowledged'), {
    params: { notifications: { taskIds: [] } },
  });
});

t.test('its questions', async (t) => {
  const call = { params: { name: 'agent_ask', arguments: { message: 'ask' } }, capabilities: { elicitation: {} } };
  const { requestState, inputRequests } = askedIn(await answerTo({ ...call, url: ada }));
  const [key = ''] = Object.keys(inputRequests);
  const retry = { requestState, inputResponses: { [key]: { action: 'accept', content: { answer: 'Ada' } } } };
  const before = (await agent.counts()).methods;
  t.ok((await answerTo({ ...call, url: eve }, retry)).error);
  t.strictSame((await agent.counts()).methods, before, 'the agent is asked nothing');
  t.match(askedIn(await answerTo({ ...call, url: ada }, retry)).inputRequests, Object);
});
