import { Message, Role, TaskState } from '@a2a-js/sdk';
import t from 'tap';
import { askableBy, questionKey, questionOf, stepAfter } from '../../../gateway/agents/questions.ts';
import type { TaskView } from '../../../gateway/agents/task-view.ts';

const both = { form: true, url: true };
const ref = { id: 't', contextId: 'c' };

function waiting(state: TaskState, text = '', changes: Partial<TaskView> = {}): TaskView {
  const parts = text === '' ? [] : [{ text }];
  const message = Message.fromJSON({ messageId: 'm', role: 'ROLE_AGENT', parts });
  return { id: 't', contextId: 'c', state, message, timestamp: undefined, artifacts: [], ...changes };
}
const { TASK_STATE_INPUT_REQUIRED: INPUT, TASK_STATE_AUTH_REQUIRED: AUTH, TASK_STATE_WORKING: WORKING } = TaskState;

for (const [capabilities, form, url] of [
  [{}, false, false],
  [{ elicitation: {} }, true, false],
  [{ elicitation: { form: {} } }, true, false],
  [{ elicitation: { url: {} } }, false, true],
  [{ elicitation: { form: {}, url: {} } }, true, true],
  [{ elicitation: true }, false, false],
] as const) {
  t.test(`what declares ${JSON.stringify(capabilities)} can be asked by forms: ${form}, by URLs: ${url}`, async (t) => {
    t.strictSame(askableBy(capabilities), { form, url });
  });
}

t.test('a question of the agent is a form of one field', async (t) => {
  t.match(questionOf(waiting(INPUT, 'Which colour?'), 'Ada', both), {
    kind: 'input',
    params: {
      mode: 'form',
      message: 'Which colour?',
      requestedSchema: { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] },
    },
  });
});

t.test('a question without words is put in the gateway’s', async (t) => {
  t.match(questionOf(waiting(INPUT), 'Ada', both)?.params, { message: 'The agent Ada needs more to go on.' });
});

t.test('an authorization is a URL, and never a form', async (t) => {
  const view = waiting(AUTH, 'Sign in at https://a.example/x.');
  t.match(questionOf(view, 'Ada', both), {
    kind: 'authorization',
    params: { mode: 'url', message: 'Sign in at https://a.example/x.', url: 'https://a.example/x' },
  });
  t.equal(questionOf(view, 'Ada', { form: true, url: false }), undefined);
  t.equal(questionOf(waiting(AUTH, 'Sign in.'), 'Ada', both), undefined, 'no URL');
});

t.test('nothing is asked of who cannot be asked, or where nothing waits', async (t) => {
  t.equal(questionOf(waiting(INPUT, 'x'), 'Ada', { form: false, url: true }), undefined);
  t.equal(questionOf(waiting(WORKING, 'https://a.example'), 'Ada', both), undefined);
});

t.test('a question has one key, and no other has it', async (t) => {
  const key = questionKey(waiting(INPUT, 'x'));
  t.equal(questionKey(waiting(INPUT, 'x')), key);
  const time = '2026-08-01T10:00:00Z';
  const others = [
    waiting(INPUT, 'y'),
    waiting(AUTH, 'x'),
    waiting(INPUT, 'x', { id: 'u' }),
    waiting(INPUT, 'x', { timestamp: time }),
    waiting(INPUT, 'x', { message: Message.fromJSON({ messageId: 'n', parts: [{ text: 'x' }] }) }),
  ];
  t.equal(new Set([key, ...others.map(questionKey)]).size, others.length + 1);
});

for (const [kind, result, says] of [
  ['input', { action: 'accept', content: { answer: 'blue' } }, 'blue'],
  ['input', { action: 'accept', content: { answer: 7 } }, '{"answer":7}'],
  ['input', { action: 'accept' }, '{}'],
  ['input', { action: 'decline' }, 'The user declined to answer this.'],
] as const) {
  t.test(`after ${JSON.stringify(result)} the agent is told: ${says}`, async (t) => {
    const step = stepAfter(kind, result, ref);
    if (typeof step === 'string') throw new Error(step);
    t.match(step.message, { taskId: 't', contextId: 'c', role: Role.ROLE_USER, parts: [{ content: { value: says } }] });
  });
}

for (const [kind, result, step] of [
  ['input', { action: 'cancel' }, 'leave'],
  ['input', undefined, 'leave'],
  ['input', 'accept', 'leave'],
  ['authorization', { action: 'accept' }, 'wait'],
  ['authorization', { action: 'decline' }, 'leave'],
  ['authorization', { action: 'cancel' }, 'leave'],
] as const) {
  t.test(`after ${JSON.stringify(result)} to what is asked for ${kind}: ${step}`, async (t) => {
    t.equal(stepAfter(kind, result, ref), step);
  });
}
