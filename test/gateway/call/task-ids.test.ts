import t from 'tap';
import { TaskIds } from '../../../gateway/call/task-ids.ts';
import { readMessage } from '../../../gateway/jsonrpc/message.ts';
import { SessionTasks } from '../../../gateway/call/task-session.ts';
import { randomKeyRing } from '../../../gateway/sealing/key-ring.ts';
import { Sealer } from '../../../gateway/sealing/sealer.ts';
import { knownServer } from '../../support/routed.ts';

const ids = new TaskIds(new Sealer(randomKeyRing()));
const [a, b] = [knownServer('a'), knownServer('b')];

t.test('a task has one id for one owner, which leads back to it', async (t) => {
  const sealed = ids.seal('ada', a, 'ü "1"');
  t.equal(ids.seal('ada', a, 'ü "1"'), sealed);
  t.match(sealed, /^[\w-]+$/, 'it fits into a header');
  t.strictSame(ids.open('ada', sealed), { server: a.upstream.key, id: 'ü "1"' });
});

t.test('ids differ by owner, server and task', async (t) => {
  const all = [ids.seal('ada', a, '1'), ids.seal('bob', a, '1'), ids.seal('ada', b, '1'), ids.seal('ada', a, '2')];
  t.equal(new Set(all).size, all.length);
});

t.test('an id is nothing to another owner, nor is an altered one, nor a cursor', async (t) => {
  const sealed = ids.seal('ada', a, '1');
  t.equal(ids.open('bob', sealed), undefined);
  for (let at = 0; at < sealed.length; at++) {
    const altered = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    t.equal(ids.open('ada', altered), undefined, altered);
  }
  const cursor = ids.sealCursor('ada', { server: 'a', cursor: '' });
  t.strictSame(ids.openCursor('ada', cursor), { server: 'a', cursor: '' });
  t.equal(ids.open('ada', cursor), undefined);
  t.equal(ids.openCursor('ada', sealed), undefined);
  t.equal(ids.openCursor('bob', cursor), undefined);
  const start = ids.sealCursor('ada', { server: 'a', cursor: undefined });
  t.strictSame(ids.openCursor('ada', start), { server: 'a', cursor: undefined });
});

const message = (method: string, params: object) =>
  readMessage(
    Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...(method === 'tools/call' && { id: 1 }), method, params })),
  );
const call = (progressToken: unknown) => message('tools/call', { name: 'x', _meta: { progressToken } });

t.test('the progress token of a call is good until its task is over', async (t) => {
  const awaited = (tasks: SessionTasks, progressToken: unknown): boolean =>
    tasks.awaits(a, message('notifications/progress', { progressToken, progress: 1 }));
  for (const status of ['completed', 'failed', 'cancelled']) {
    const tasks = new SessionTasks(ids, 's1');
    tasks.made(a, 'one', undefined, call('first'));
    tasks.made(a, 'two', undefined, call(2));
    tasks.made(a, 'three', undefined, message('tools/call', { name: 'x' }));
    t.ok(awaited(tasks, 'first'));
    t.ok(awaited(tasks, 2));
    t.notOk(awaited(tasks, '2'), 'a number is no text');
    t.notOk(awaited(tasks, undefined));
    t.notOk(tasks.awaits(b, message('notifications/progress', { progressToken: 2 })), 'nor another server’s');
    for (const other of ['working', 'input_required', undefined]) tasks.told(a, 'one', other);
    tasks.told(b, 'one', status);
    tasks.told(a, 'unknown', status);
    t.ok(awaited(tasks, 'first'));
    tasks.told(a, 'one', status);
    t.notOk(awaited(tasks, 'first'), status);
    t.ok(awaited(tasks, 2));
  }
});

t.test('a session knows the tasks that its client made, the newest of them', async (t) => {
  const tasks = new SessionTasks(ids, 's1');
  t.equal(tasks.hasTasksOf(a), false);
  const first = tasks.made(a, 'task-0', 'upstream-1', call('one'));
  t.ok(tasks.isOwn(a, 'task-0'));
  t.notOk(tasks.isOwn(b, 'task-0'));
  t.notOk(tasks.outlivedSession(a, 'task-0', 'upstream-1'));
  t.ok(tasks.outlivedSession(a, 'task-0', 'upstream-2'));
  for (let task = 1; task <= 256; task++) tasks.made(b, `task-${task}`, undefined, call(task));
  t.equal(tasks.hasTasksOf(a), false, 'the oldest is forgotten');
  t.match(tasks.open(first), { id: 'task-0' }, 'and can be asked for all the same');
  t.ok(tasks.isOwn(b, 'task-256'));
  t.equal(new SessionTasks(ids, 's2').open(first), undefined);
});
