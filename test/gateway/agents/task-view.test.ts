import { StreamResponse, Task, TaskState } from '@a2a-js/sdk';
import t from 'tap';
import { isInterrupted, isTerminal, viewAfter, viewOf, type TaskView } from '../../../gateway/agents/task-view.ts';

const task = (changes: object = {}): object => ({
  task: { id: 't', contextId: 'c', status: { state: 'TASK_STATE_SUBMITTED' }, ...changes },
});
const status = (state: string, text?: string, taskId = 't'): object => ({
  statusUpdate: {
    taskId,
    contextId: 'c',
    status: { state: `TASK_STATE_${state}`, ...(text && { message: { messageId: 'm', parts: [{ text }] } }) },
  },
});
const piece = (text: string, append: boolean, artifactId = 'a', more: object = {}): object => ({
  artifactUpdate: { taskId: 't', contextId: 'c', append, artifact: { artifactId, parts: [{ text, ...more }] } },
});

/** The view after these events. */
function after(...events: readonly object[]): TaskView {
  let view: TaskView | undefined;
  for (const event of events) view = viewAfter(view, StreamResponse.fromJSON(event));
  if (view === undefined) throw new Error('No event');
  return view;
}

const textsOf = ({ artifacts }: TaskView): unknown[] =>
  artifacts.map(({ parts }) => parts.map(({ content }) => content?.value as unknown));

t.test('a task is followed through its states, with what the agent says last', async (t) => {
  const view = after(task(), status('WORKING', 'step 1'), status('WORKING', 'step 2'));
  t.match(view, { id: 't', contextId: 'c', state: TaskState.TASK_STATE_WORKING });
  t.match(view.message?.parts, [{ content: { value: 'step 2' } }]);
  t.equal(after(task(), status('WORKING', 'step 1'), status('COMPLETED')).message, undefined);
});

t.test('an artifact in pieces is one text, even where a piece ends within a word', async (t) => {
  t.strictSame(textsOf(after(task(), piece('hel', false), piece('lo', true), piece('!', true))), [['hello!']]);
});

t.test('pieces of artifacts that alternate go each to its own, in the order of the artifacts', async (t) => {
  const view = after(task(), piece('a1', false), piece('b1', false, 'b'), piece('a2', true), piece('b2', true, 'b'));
  t.strictSame(textsOf(view), [['a1a2'], ['b1b2']]);
});

t.test('texts of another kind are parts of their own', async (t) => {
  const view = after(task(), piece('a', false), piece('# b', true, 'a', { mediaType: 'text/markdown' }));
  t.strictSame(textsOf(view), [['a', '# b']]);
});

t.test('a piece that does not append replaces the artifact', async (t) => {
  t.strictSame(textsOf(after(task(), piece('old', false), piece('new', false))), [['new']]);
});

t.test('a piece to append to nothing begins the artifact', async (t) => {
  t.strictSame(textsOf(after(task(), piece('late', true))), [['late']]);
});

t.test('a task that is given whole again counts, and nothing is added twice', async (t) => {
  const artifacts = [{ artifactId: 'a', parts: [{ text: 'hello' }] }];
  t.strictSame(textsOf(after(task(), piece('hel', false), task({ artifacts }), piece('!', true))), [['hello!']]);
});

t.test('a stream may begin with an event, as those of 0.3 do', async (t) => {
  t.match(after(status('WORKING', 'x')), { id: 't', contextId: 'c', state: TaskState.TASK_STATE_WORKING });
  t.strictSame(textsOf(after(piece('x', false))), [['x']]);
});

for (const [what, ...events] of [
  ['another task', task(), task({ id: 'other' })],
  ['another task’s status', task(), status('COMPLETED', undefined, 'other')],
  ['a message amid a task', task(), { message: { messageId: 'm', parts: [] } }],
  ['nothing', task(), {}],
  ['a status of no task', status('WORKING', undefined, '')],
  ['a task without an id', task({ id: '' })],
] as const) {
  t.test(`no agent may send ${what}`, async (t) => {
    t.throws(() => after(...events), { code: 'ERR_AGENT_BROKEN' });
  });
}

t.test('artifacts without end are refused', async (t) => {
  let view = after(task());
  t.throws(
    () => {
      for (let n = 0; n <= 1000; n++) view = viewAfter(view, StreamResponse.fromJSON(piece('x', false, String(n))));
    },
    { code: 'ERR_AGENT_OVERSIZE' },
  );
  t.equal(view.artifacts.length, 1000);
});

t.test('artifacts are taken up to so many bytes together, however many pieces they come in', async (t) => {
  const megabyte = 'x'.repeat(1024 * 1024);
  let view = after(task());
  const add = (text: string, append: boolean, id: string): void => {
    view = viewAfter(view, StreamResponse.fromJSON(piece(text, append, id)));
  };
  for (let n = 0; n < 8; n++) add(megabyte, true, 'first');
  for (let n = 0; n < 20; n++) add(megabyte, false, 'told again and again');
  for (let n = 0; n < 7; n++) add(megabyte, true, 'last');
  t.throws(() => add('x', true, 'one more'), { code: 'ERR_AGENT_OVERSIZE', message: /more than 16777216 bytes/ });
});

t.test('a task that is given whole is its view', async (t) => {
  const given = Task.fromJSON({ id: 't', contextId: 'c', status: { state: 'TASK_STATE_FAILED' } });
  t.match(viewOf(given), { id: 't', contextId: 'c', state: TaskState.TASK_STATE_FAILED, artifacts: [] });
});

t.test('states are over, or wait for the client, or neither', async (t) => {
  const named = (has: (state: TaskState) => boolean): string[] =>
    Object.values(TaskState).flatMap((each) => (typeof each === 'number' && has(each) ? TaskState[each] : []));
  t.strictSame(named(isTerminal).sort(), [
    'TASK_STATE_CANCELED',
    'TASK_STATE_COMPLETED',
    'TASK_STATE_FAILED',
    'TASK_STATE_REJECTED',
  ]);
  t.strictSame(named(isInterrupted).sort(), ['TASK_STATE_AUTH_REQUIRED', 'TASK_STATE_INPUT_REQUIRED']);
});

t.test('all that is kept of an artifact counts against its bound, metadata too', (t) => {
  const metadata = { note: 'x'.repeat(1024 * 1024) };
  const events = Array.from({ length: 20 }, () => ({
    artifactUpdate: { taskId: 't', append: true, artifact: { artifactId: 'a', parts: [{ raw: '', metadata }] } },
  }));
  t.throws(() => after(task(), ...events), { code: 'ERR_AGENT_OVERSIZE', message: /bytes/ });
  t.end();
});

t.test('a task may have so many parts and no more', (t) => {
  const parts = Array.from({ length: 6000 }, () => ({ data: 1 }));
  const event = { artifactUpdate: { taskId: 't', append: true, artifact: { artifactId: 'a', parts } } };
  t.doesNotThrow(() => after(task(), event));
  t.throws(() => after(task(), event, event), { code: 'ERR_AGENT_OVERSIZE', message: /parts/ });
  t.end();
});
