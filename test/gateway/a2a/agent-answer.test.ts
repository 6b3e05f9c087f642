import t from 'tap';
import { sealedAnswer, type AnswerPlan } from '../../../gateway/a2a/agent-answer.ts';
import { SealedIds } from '../../../gateway/a2a/sealed-ids.ts';
import { randomKeyRing } from '../../../gateway/sealing/key-ring.ts';
import { Sealer } from '../../../gateway/sealing/sealer.ts';

const sealer = new Sealer(randomKeyRing());
const ids = new SealedIds(sealer, 'team/helper', 'ada');
const home = '10.0.0.1:8080';
const task = ids.seal('task', { id: 'task-1', home });
const context = ids.seal('context', { id: 'context-1', home });

/** What a client gets of an answer with this result. */
function sealed(result: unknown, plan: Partial<AnswerPlan> = {}): unknown {
  return answered({ jsonrpc: '2.0', id: 7, result }, plan)['result'];
}

function answered(answer: unknown, plan: Partial<AnswerPlan> = {}): Record<string, unknown> {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const whole = { id: '7', version: '1.0', ids, opened: [], home, listed: undefined, ...plan } as const;
  return JSON.parse(sealedAnswer(Buffer.from(text), whole).bytes.toString()) as Record<string, unknown>;
}

const message = (taskId: string, contextId: string) => ({
  messageId: 'm',
  taskId,
  contextId,
  referenceTaskIds: [taskId],
});
const taskOf = (id: string, contextId: string) => ({
  id,
  contextId,
  status: { state: 'TASK_STATE_WORKING', message: message(id, contextId) },
  history: [message(id, contextId)],
  artifacts: [{ artifactId: 'task-1', parts: [{ text: 'task-1' }], metadata: { taskId: 'task-1' } }],
});
const update = (taskId: string, contextId: string) => ({
  taskId,
  contextId,
  status: { state: 'TASK_STATE_WORKING', message: message(taskId, contextId) },
});

t.test('ids are sealed wherever 1.0 has them', async (t) => {
  const raw = ['task-1', 'context-1'] as const;
  const own = [task, context] as const;
  t.strictSame(sealed(taskOf(...raw)), taskOf(...own));
  t.strictSame(sealed({ task: taskOf(...raw) }), { task: taskOf(...own) });
  t.strictSame(sealed({ message: message(...raw) }), { message: message(...own) });
  t.strictSame(sealed({ statusUpdate: update(...raw) }), { statusUpdate: update(...own) });
  t.strictSame(
    sealed({ artifactUpdate: { taskId: 'task-1', contextId: 'context-1', artifact: { artifactId: 'a' } } }),
    {
      artifactUpdate: { taskId: task, contextId: context, artifact: { artifactId: 'a' } },
    },
  );
  t.strictSame(sealed({ tasks: [taskOf(...raw)], nextPageToken: 'next', totalSize: 1 }), {
    tasks: [taskOf(...own)],
    nextPageToken: ids.seal('page', { id: 'next', home }),
    totalSize: 1,
  });
});

t.test('ids are sealed wherever 0.3 has them', async (t) => {
  const plan = { version: '0.3' } as const;
  t.strictSame(sealed({ kind: 'task', ...taskOf('task-1', 'context-1') }, plan), {
    kind: 'task',
    ...taskOf(task, context),
  });
  t.strictSame(sealed({ kind: 'message', ...message('task-1', 'context-1') }, plan), {
    kind: 'message',
    ...message(task, context),
  });
  t.strictSame(sealed({ kind: 'status-update', ...update('task-1', 'context-1') }, plan), {
    kind: 'status-update',
    ...update(task, context),
  });
});

t.test('an id that the client knows is told as it knows it', async (t) => {
  const known = 'as-the-client-has-it';
  const opened = [{ kind: 'task', sealed: known, id: 'task-1', home }] as const;
  t.match(sealed(taskOf('task-1', 'context-1'), { opened }), { id: known, contextId: context });
});

t.test('empty ids stay empty', async (t) => {
  t.strictSame(sealed({ message: message('', '') }), { message: message('', '') });
  t.strictSame(sealed({ tasks: [], nextPageToken: '' }), { tasks: [], nextPageToken: '' });
});

t.test('an id that is no string is refused', async (t) => {
  for (const id of [5, ['task-1'], { a: 1 }]) t.throws(() => sealed({ task: { id } }), { message: /is no string/ });
});

t.test('all else passes as it came, under the id of the request', async (t) => {
  const plan: AnswerPlan = { id: '"é"', version: '1.0', ids, opened: [], home, listed: undefined };
  const answer = '{"jsonrpc":"2.0","vendor":1,"id":"\\u00e9","result":{ "n":12345678901234567890.10 , "x":{"task":1}}}';
  t.equal(
    sealedAnswer(Buffer.from(answer), plan).bytes.toString(),
    '{"jsonrpc":"2.0","id":"é","result":{ "n":12345678901234567890.10 , "x":{"task":1}}}',
  );
});

t.test('an error passes, and names the ids that the client had sent as the client knows them', async (t) => {
  const opened = [{ kind: 'task', sealed: task, id: 'a-long-task-id', home }] as const;
  const error = {
    code: -32001,
    message: 'Task not found: a-long-task-id',
    data: [{ reason: 'TASK_NOT_FOUND', metadata: { taskId: 'a-long-task-id' } }],
  };
  t.strictSame(answered({ jsonrpc: '2.0', id: null, error }, { opened }), {
    jsonrpc: '2.0',
    id: 7,
    error: {
      code: -32001,
      message: `Task not found: ${task}`,
      data: [{ reason: 'TASK_NOT_FOUND', metadata: { taskId: task } }],
    },
  });
});

t.test('what is no answer to the request is refused', async (t) => {
  const plan: AnswerPlan = { id: '7', version: '1.0', ids, opened: [], home, listed: undefined };
  for (const text of [
    'no',
    '[]',
    '{"jsonrpc":"2.0","id":8,"result":{}}',
    '{"jsonrpc":"2.0","id":7,"method":"x"}',
    '{"jsonrpc":"2.0","id":7}',
    '{"id":7,"result":{}}',
  ]) {
    t.throws(() => sealedAnswer(Buffer.from(text), plan), text);
  }
  t.throws(() => sealedAnswer(Buffer.from([0x7b, 0xff, 0x7d]), plan), { message: 'it is not UTF-8' });
});

t.test('a list with a task of another context than was asked for is refused', async (t) => {
  const plan = { listed: 'context-1' };
  t.match(sealed({ tasks: [taskOf('task-1', 'context-1')] }, plan), { tasks: [{ id: task }] });
  t.strictSame(sealed({ nextPageToken: '' }, plan), { nextPageToken: '' });
  t.throws(() => sealed({ tasks: [taskOf('task-1', 'context-1'), taskOf('task-2', 'context-2')] }, plan), {
    message: /tasks of other contexts/,
  });
  t.throws(() => sealed({ tasks: [{ id: 'task-1' }] }, plan), { message: /tasks of other contexts/ });
});
