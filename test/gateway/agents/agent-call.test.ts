import { once } from 'node:events';
import { Message, StreamResponse, TaskState } from '@a2a-js/sdk';
import t from 'tap';
import { AgentCall, mayHaveHeard, type AgentCallOptions, type Start } from '../../../gateway/agents/agent-call.ts';
import { AgentError } from '../../../gateway/agents/agent-error.ts';
import type { Agent } from '../../../gateway/agents/agent.ts';
import { questionKey } from '../../../gateway/agents/questions.ts';
import { viewAfter } from '../../../gateway/agents/task-view.ts';
import { until } from '../../support/until.ts';

// A deadline alone keeps no process alive, and there is no connection here that does.
const alive = setInterval(() => undefined, 1000);
t.teardown(() => clearInterval(alive));

const start: Start = { message: Message.fromJSON({ messageId: 'm', parts: [] }), ref: undefined, target: undefined };
const task = (state: string, text = ''): StreamResponse =>
  StreamResponse.fromJSON({
    task: {
      id: 't',
      contextId: 'c',
      status: { state: `TASK_STATE_${state}`, ...(text && { message: { messageId: text, parts: [{ text }] } }) },
    },
  });

/** A call of an agent whose events a test gives one by one. */
function calling(changes: Partial<AgentCallOptions> & { readonly patienceMs?: number } = {}) {
  const cancelled: string[] = [];
  const told: string[] = [];
  const answered = new Set<string>();
  const gone = new AbortController();
  let give: (event: StreamResponse | Error) => void = () => undefined;
  async function* events(_: unknown, signal: AbortSignal): AsyncGenerator<StreamResponse, void, undefined> {
    signal.throwIfAborted();
    const waiting: (StreamResponse | Error)[] = [];
    let arrived = Promise.withResolvers<void>();
    give = (event) => {
      waiting.push(event);
      arrived.resolve();
    };
    const aborted = once(signal, 'abort');
    for (;;) {
      await Promise.race([arrived.promise, aborted]);
      signal.throwIfAborted();
      arrived = Promise.withResolvers();
      for (const event of waiting.splice(0)) {
        if (event instanceof Error) throw event;
        yield event;
      }
    }
  }
  const link = {
    isStreaming: true,
    send: events,
    subscribe: events,
    get: () => Promise.reject(new Error('not asked for')),
    cancel: async (id: string) => void cancelled.push(id),
  };
  const agent = {
    key: 'ns/agent',
    patienceMs: changes.patienceMs ?? 60_000,
    link: async () => ({ link, target: '10.0.0.1:80' }),
    refused: () => undefined,
    wasAnswered: (key: string) => answered.has(key),
    handles: { seal: (kind: string, owner: string) => `${kind} of ${owner}` },
  } as unknown as Agent;
  const call = new AgentCall({
    agent,
    owner: 'ada',
    subject: undefined,
    signal: gone.signal,
    whenGivenUp: 'cancel',
    onProgress: (says) => void told.push(says),
    ...changes,
  });
  return {
    call,
    cancelled,
    told,
    answered,
    giveUp: () => gone.abort(),
    give: (event: StreamResponse | Error) => give(event),
  };
}

t.test('progress tells what the agent says, else its state, and nothing twice', async (t) => {
  const { call, give, told } = calling();
  const going = call.go(start);
  await until('the request', async () => give(task('SUBMITTED')) === undefined && told.length > 0);
  for (const event of [task('WORKING'), task('WORKING', 'step 1'), task('WORKING', 'step 1'), task('COMPLETED')])
    give(event);
  t.match(await going, { view: { state: TaskState.TASK_STATE_COMPLETED } });
  t.strictSame(told, ['submitted', 'working', 'step 1', 'completed']);
});

t.test('a call that is given up before its task has a name cancels it when it has', async (t) => {
  const { call, give, giveUp, cancelled } = calling();
  const going = call.go(start);
  going.catch(() => undefined);
  giveUp();
  t.strictSame(cancelled, []);
  await until('the cancellation', () => {
    give(task('WORKING'));
    return cancelled.length > 0;
  });
  t.strictSame(cancelled, ['t']);
  await t.rejects(going);
});

t.test('a call that is left does not cancel its task', async (t) => {
  const { call, give, giveUp, cancelled } = calling({ whenGivenUp: 'leave' });
  const going = call.go(start);
  going.catch(() => undefined);
  await until('the task', () => {
    give(task('WORKING'));
    return call.ref;
  });
  giveUp();
  await t.rejects(going);
  t.strictSame(cancelled, []);
});

t.test('a call that was given up before it began ends at once', async (t) => {
  const { call } = calling({ signal: AbortSignal.abort() });
  await t.rejects(call.go(start));
});

t.test('a call that is late answers with the handle, where there is a task', async (t) => {
  const { call, give } = calling({ patienceMs: 100 });
  const going = call.go(start);
  await until('the task', () => {
    give(task('WORKING', 'step 1'));
    return call.ref;
  });
  t.match(call.result(await going), {
    content: [{ text: 'The agent is still at work: step 1' }, { text: /task: task of ada$/ }],
    _meta: { 'mcp.fetchfy.ai/task': 'task of ada', 'mcp.fetchfy.ai/context': 'context of ada' },
  });
  const silent = calling({ patienceMs: 10 });
  t.match(silent.call.result(await silent.call.go(start)), {
    isError: true,
    content: [{ text: 'The agent named no task and gave no answer within the time of the call.' }],
  });
});

t.test('a question that was answered is waited out, another is an outcome', async (t) => {
  const { call, give, answered } = calling();
  const asked = task('INPUT_REQUIRED', 'What is your name?');
  answered.add(questionKey(viewAfter(undefined, asked)));
  const going = call.go(start);
  await until('the task', () => {
    give(asked);
    return call.ref;
  });
  give(task('INPUT_REQUIRED', 'Which colour?'));
  t.match(await going, { view: { message: { messageId: 'Which colour?' } } });
});

t.test('what is out of reach before it names a task is an error', async (t) => {
  const { call, give } = calling();
  const going = call.go(start);
  const error = new AgentError('ERR_AGENT_BROKEN', 'It broke off.');
  setImmediate(() => give(error));
  await t.rejects(going, { code: 'ERR_AGENT_BROKEN' });
  t.equal(call.ref, undefined);
  await call.hasBegun;
});

t.test('an answer that never reached the agent is known to be unheard', async (t) => {
  const { call, give } = calling();
  const going = call.go(start);
  await until('the task', () => {
    give(task('INPUT_REQUIRED', 'Which colour?'));
    return call.ref;
  });
  t.equal(mayHaveHeard(await going), true);
  const again = call.go(start);
  setImmediate(() => give(new AgentError('ERR_AGENT_UNREACHABLE', 'There is no connection.')));
  const outcome = await again;
  t.match(outcome, { unfinished: { id: 't' }, fault: { code: 'ERR_AGENT_UNREACHABLE' }, wasHeard: false });
  t.equal(mayHaveHeard(outcome), false);
});
