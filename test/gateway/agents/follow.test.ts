import { Message, StreamResponse, Task, TaskState } from '@a2a-js/sdk';
import t from 'tap';
import { AgentError, type AgentErrorCode } from '../../../gateway/agents/agent-error.ts';
import { follow, type FollowedLink, type FollowOptions } from '../../../gateway/agents/follow.ts';

const message = Message.fromJSON({ messageId: 'm', parts: [{ text: 'go' }] });
const task = (state: string): object => ({ id: 't', contextId: 'c', status: { state: `TASK_STATE_${state}` } });
const status = (state: string): object => ({ statusUpdate: { taskId: 't', status: { state: `TASK_STATE_${state}` } } });
const fault = (code: AgentErrorCode, cause?: unknown): AgentError => new AgentError(code, code, { cause });
/** What an agent answers that cannot subscribe. */
const unsupported = fault('ERR_AGENT_REFUSED', Object.assign(new Error('no'), { envelopeCode: -32004 }));

/** A stream: its events, then its end; an error breaks it off. */
type Scripted = readonly (object | Error)[];

interface Script {
  readonly isStreaming?: boolean;
  readonly send?: Scripted;
  /** What each call gives; the last again and again. */
  readonly subscribe?: readonly Scripted[];
  readonly get?: readonly (object | Error)[];
}

/** A way to an agent that does what a script says, and writes down what was asked. */
function scriptedLink({ isStreaming = true, send = [], subscribe = [], get = [] }: Script) {
  const asked: string[] = [];
  async function* told(events: Scripted): AsyncGenerator<StreamResponse, void, undefined> {
    for (const event of events) {
      await Promise.resolve();
      if (event instanceof Error) throw event;
      yield StreamResponse.fromJSON(event);
    }
  }
  const nth = <T>(list: readonly T[], what: string): T => {
    const count = asked.filter((each) => each === what).length;
    const found = list[Math.min(count, list.length) - 1];
    if (found === undefined) throw new Error(`Not scripted: ${what}`);
    return found;
  };
  const link: FollowedLink = {
    isStreaming,
    send: () => {
      asked.push('send');
      return told(send);
    },
    subscribe: () => {
      asked.push('subscribe');
      return told(nth(subscribe, 'subscribe'));
    },
    get: async () => {
      asked.push('get');
      const given = nth(get, 'get');
      if (given instanceof Error) throw given;
      return Task.fromJSON(given);
    },
  };
  return { link, asked };
}

const states: string[] = [];
function options(changes: Partial<FollowOptions> = {}): FollowOptions {
  states.length = 0;
  const onView: FollowOptions['onView'] = ({ state }) => void states.push(TaskState[state].replace('TASK_STATE_', ''));
  return { signal: new AbortController().signal, onView, ...changes };
}

t.test('a task is followed by the stream that began with it', async (t) => {
  const { link, asked } = scriptedLink({ send: [{ task: task('SUBMITTED') }, status('WORKING'), status('COMPLETED')] });
  t.match(await follow(link, { message }, options()), { view: { id: 't', state: TaskState.TASK_STATE_COMPLETED } });
  t.strictSame(asked, ['send']);
  t.strictSame(states, ['SUBMITTED', 'WORKING', 'COMPLETED']);
});

t.test('a bare answer is one', async (t) => {
  const { link } = scriptedLink({ send: [{ message: { messageId: 'x', parts: [{ text: 'hi' }] } }] });
  t.match(await follow(link, { message }, options()), { answer: { messageId: 'x' } });
});

t.test('a task that waits for the client is enough, though its stream goes on', async (t) => {
  const { link } = scriptedLink({ send: [{ task: task('WORKING') }, status('INPUT_REQUIRED'), status('COMPLETED')] });
  t.match(await follow(link, { message }, options()), { view: { state: TaskState.TASK_STATE_INPUT_REQUIRED } });
});

t.test('what is enough can be said', async (t) => {
  const { link } = scriptedLink({ send: [{ task: task('INPUT_REQUIRED') }, status('WORKING'), status('COMPLETED')] });
  const isEnough: FollowOptions['isEnough'] = ({ state }) => state === TaskState.TASK_STATE_COMPLETED;
  t.match(await follow(link, { message }, options({ isEnough })), { view: { state: TaskState.TASK_STATE_COMPLETED } });
});

t.test('a stream that breaks amid a task is taken up by another, and nothing is sent again', async (t) => {
  const { link, asked } = scriptedLink({
    send: [{ task: task('WORKING') }, fault('ERR_AGENT_BROKEN')],
    subscribe: [[{ task: task('WORKING') }, status('COMPLETED')]],
  });
  t.match(await follow(link, { message }, options()), { view: { state: TaskState.TASK_STATE_COMPLETED } });
  t.strictSame(asked, ['send', 'subscribe']);
});

t.test('a stream that ends amid a task is taken up, too', async (t) => {
  const { link, asked } = scriptedLink({
    send: [{ task: task('WORKING') }],
    subscribe: [[{ task: task('WORKING') }], [{ task: task('COMPLETED') }]],
    get: [task('WORKING')],
  });
  await follow(link, { message }, options());
  t.strictSame(asked, ['send', 'subscribe', 'get', 'subscribe']);
});

t.test('what cannot be subscribed to is asked for', async (t) => {
  const { link, asked } = scriptedLink({
    send: [{ task: task('WORKING') }, fault('ERR_AGENT_BROKEN')],
    subscribe: [[unsupported]],
    get: [task('WORKING'), task('COMPLETED')],
  });
  t.match(await follow(link, { message }, options()), { view: { state: TaskState.TASK_STATE_COMPLETED } });
  t.strictSame(asked, ['send', 'subscribe', 'get', 'get']);
});

t.test('a task with an event too large for a stream is asked for, and no other stream is opened', async (t) => {
  const { link, asked } = scriptedLink({
    send: [{ task: task('WORKING') }, fault('ERR_AGENT_EVENT_OVERSIZE')],
    get: [task('WORKING'), task('COMPLETED')],
  });
  t.match(await follow(link, { message }, options()), { view: { state: TaskState.TASK_STATE_COMPLETED } });
  t.strictSame(asked, ['send', 'get', 'get']);
});

t.test('a task too large for the first event of its streams is asked for', async (t) => {
  const tooLarge = [fault('ERR_AGENT_EVENT_OVERSIZE')];
  const script = { send: tooLarge, subscribe: [tooLarge], get: [task('WORKING'), task('COMPLETED')] };
  const answered = scriptedLink(script);
  const answer = Message.fromJSON({ messageId: 'm', taskId: 't', parts: [{ text: 'Ada' }] });
  t.match(await follow(answered.link, { message: answer }, options()), {
    view: { state: TaskState.TASK_STATE_COMPLETED },
  });
  t.strictSame(answered.asked, ['send', 'get', 'get'], 'what answers a task');
  const taken = scriptedLink(script);
  await follow(taken.link, { taskId: 't' }, options());
  t.strictSame(taken.asked, ['subscribe', 'get', 'get'], 'what looks after a task');
});

for (const code of ['ERR_AGENT_REFUSED', 'ERR_AGENT_TASK_UNKNOWN'] as const) {
  t.test(`a task that is over and not subscribed to, by ${code}, is asked for`, async (t) => {
    const { link, asked } = scriptedLink({ subscribe: [[fault(code)]], get: [task('COMPLETED')] });
    t.match(await follow(link, { taskId: 't' }, options()), { view: { state: TaskState.TASK_STATE_COMPLETED } });
    t.strictSame(asked, ['subscribe', 'get']);
  });
}

t.test('a task whose streams all break is asked for', async (t) => {
  const { link, asked } = scriptedLink({
    send: [{ task: task('WORKING') }, fault('ERR_AGENT_BROKEN')],
    subscribe: [[fault('ERR_AGENT_BROKEN')]],
    get: [task('WORKING'), task('COMPLETED')],
  });
  t.match(await follow(link, { message }, options()), { view: { state: TaskState.TASK_STATE_COMPLETED } });
  t.strictSame(asked, ['send', 'subscribe', 'get', 'subscribe', 'get']);
});

t.test('an agent that does not stream is asked, and never subscribed to', async (t) => {
  const { link, asked } = scriptedLink({
    isStreaming: false,
    send: [{ task: task('SUBMITTED') }],
    get: [task('WORKING'), task('COMPLETED')],
  });
  await follow(link, { message }, options());
  t.strictSame(asked, ['send', 'get', 'get']);
});

t.test('a task is looked after by its id, without a message', async (t) => {
  const { link, asked } = scriptedLink({ subscribe: [[{ task: task('COMPLETED') }]] });
  t.match(await follow(link, { taskId: 't' }, options()), { view: { state: TaskState.TASK_STATE_COMPLETED } });
  t.strictSame(asked, ['subscribe']);
});

t.test('an agent that is away for a moment amid a task is waited for', async (t) => {
  const { link, asked } = scriptedLink({
    send: [{ task: task('WORKING') }, fault('ERR_AGENT_BROKEN')],
    subscribe: [[fault('ERR_AGENT_UNREACHABLE')], [{ task: task('COMPLETED') }]],
  });
  await follow(link, { message }, options());
  t.strictSame(asked, ['send', 'subscribe', 'subscribe']);
});

for (const [what, script, start, code] of [
  [
    'an answer that breaks before it names a task',
    { send: [fault('ERR_AGENT_BROKEN')] },
    { message },
    'ERR_AGENT_BROKEN',
  ],
  ['an answer that says nothing', { send: [] }, { message }, 'ERR_AGENT_BROKEN'],
  ['an agent that is away', { send: [fault('ERR_AGENT_UNREACHABLE')] }, { message }, 'ERR_AGENT_UNREACHABLE'],
  [
    'an agent that is away when its task is asked for',
    { subscribe: [[fault('ERR_AGENT_UNREACHABLE')]] },
    { taskId: 't' },
    'ERR_AGENT_UNREACHABLE',
  ],
  [
    'a task that the agent has forgotten',
    {
      send: [{ task: task('WORKING') }, fault('ERR_AGENT_BROKEN')],
      subscribe: [[fault('ERR_AGENT_TASK_UNKNOWN')]],
      get: [fault('ERR_AGENT_TASK_UNKNOWN')],
    },
    { message },
    'ERR_AGENT_TASK_UNKNOWN',
  ],
  [
    'an answer that is too large',
    { send: [{ task: task('WORKING') }, fault('ERR_AGENT_OVERSIZE')] },
    { message },
    'ERR_AGENT_OVERSIZE',
  ],
  [
    'a first event that is too large, and names no task,',
    { send: [fault('ERR_AGENT_EVENT_OVERSIZE')] },
    { message },
    'ERR_AGENT_EVENT_OVERSIZE',
  ],
] as const) {
  t.test(`${what} is an error at once`, async (t) => {
    await t.rejects(follow(scriptedLink(script).link, start, options()), { code });
  });
}

t.test('who gives up is told nothing more', async (t) => {
  const abort = new AbortController();
  const { link } = scriptedLink({ isStreaming: false, send: [{ task: task('WORKING') }], get: [task('WORKING')] });
  const following = follow(link, { message }, options({ signal: abort.signal }));
  setImmediate(() => abort.abort(new Error('enough')));
  await t.rejects(following, { name: /AbortError|Error/ });
  const count = states.length;
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(states.length, count);
});
