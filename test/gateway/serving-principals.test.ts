/** What one principal was given is nothing to another. */
import t from 'tap';
import { modernRequest, open } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { createTask, getTask, refusalOf, sendAs, updateTask, withTasks } from '../support/modern-tasks.ts';
import { doorsFor } from '../support/principals.ts';
import { entryFor } from '../support/registry-folder.ts';
import { modernTaskServer } from '../support/servers/tasks-modern.ts';

const tasks = await modernTaskServer(t, 'task-');
const { ada, bob } = await doorsFor(t, ['ada', 'bob'], [entryFor(tasks.upstream.url, { name: 'server' })]);

/** Opens a stream for a task and waits until it says what of that it honours. */
async function listenFor(url: string, taskId: unknown): Promise<MessageStream> {
  const meta = { 'io.modelcontextprotocol/clientCapabilities': withTasks };
  const notifications = { taskIds: [taskId] };
  const stream = new MessageStream(await open(url, modernRequest('subscriptions/listen', { notifications }, { meta })));
  t.teardown(() => stream.close());
  await stream.message('notifications/subscriptions/acknowledged');
  return stream;
}

for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
  t.test(`${method} of another principal’s task is -32602, and no server is asked`, async (t) => {
    const { taskId } = await createTask(ada, 'server_work');
    const asked = tasks.upstream.arrivals.length;
    const refused = await refusalOf(sendAs(bob, withTasks, method, { taskId, inputResponses: {} }));
    t.match(refused, { code: -32602, message: /Task not found: no such task is known/ });
    t.equal(tasks.upstream.arrivals.length, asked);
    t.match(await getTask(ada, taskId), { taskId, status: 'working' }, 'its own has it as it was');
    t.strictSame(await updateTask(ada, taskId, {}), { resultType: 'complete' });
  });
}

t.test('a listener hears of another principal’s task nothing, not even that there is one', async (t) => {
  const { taskId } = await createTask(ada, 'server_work');
  const own = tasks.ids.at(-1) ?? '';
  const [its, others] = [await listenFor(ada, taskId), await listenFor(bob, taskId)];
  t.match(its.messages, [{ params: { notifications: { taskIds: [taskId] } } }]);
  t.match(others.messages, [{ params: { notifications: { taskIds: [] } } }]);
  const unknown = await listenFor(bob, 'unknown');
  t.strictSame(others.messages, unknown.messages, 'as of one that was never made');
  tasks.change(own, { statusMessage: 'half' });
  t.match(await its.message('notifications/tasks'), { params: { taskId, statusMessage: 'half' } });
  const { taskId: later } = await createTask(bob, 'server_work');
  const bobs = await listenFor(bob, later);
  tasks.change(tasks.ids.at(-1) ?? '', { statusMessage: 'of bob' });
  await bobs.message('notifications/tasks');
  t.equal(others.messages.length, 1);
});
