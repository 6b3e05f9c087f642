/** What an A2A client was given is nothing to another principal. */
import t from 'tap';
import { agentClient, cancelTask, codeOf, getTask, send, subscribe, all } from '../support/a2a-client.ts';
import { doorsFor } from '../support/principals.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startAgent } from '../support/start-agent.ts';

const agent = await startAgent('a2a');
t.teardown(() => agent.stop());
const entry = entryFor(agent.url, { name: 'helper', type: 'agent', protocol: 'a2a', path: '/' });
const doors = await doorsFor(t, ['ada', 'bob'], [entry]);
const [ada, bob] = await Promise.all(
  [doors.ada, doors.bob].map((url) => agentClient(new URL('/agents/default/helper/', url).href)),
);
if (ada === undefined || bob === undefined) throw new Error('No clients');

t.test('another principal neither reads, nor continues, nor cancels a task, and the agent is not asked', async (t) => {
  const { task } = await send(ada, 'wait', { returnImmediately: true });
  const { id = '', contextId = '' } = task ?? {};
  const before = (await agent.counts()).methods;
  t.equal(await codeOf(getTask(bob, id)), -32001);
  t.equal(await codeOf(cancelTask(bob, id)), -32001);
  t.equal(await codeOf(all(subscribe(bob, id))), -32001);
  t.equal(await codeOf(send(bob, 'hello', { taskId: id })), -32001);
  t.equal(await codeOf(send(bob, 'hello', { contextId })), -32001);
  t.strictSame((await agent.counts()).methods, before);
  t.equal((await getTask(ada, id)).id, id, 'its own has it');
  await cancelTask(ada, id);
});
