import { Artifact, Message, TaskState } from '@a2a-js/sdk';
import t from 'tap';
import { errorResult, outOfReach, stillRunning, toolResult } from '../../../gateway/agents/results.ts';
import type { TaskView } from '../../../gateway/agents/task-view.ts';

const place = { agent: 'ns/agent', task: 'TASK', context: 'CONTEXT' };
const _meta = { 'mcp.fetchfy.ai/task': 'TASK', 'mcp.fetchfy.ai/context': 'CONTEXT' };

function view(state: TaskState, text?: string, made: readonly object[] = []): TaskView {
  const message =
    text === undefined ? undefined : Message.fromJSON({ messageId: 'm', role: 'ROLE_AGENT', parts: [{ text }] });
  const artifacts = made.map((part, index) => Artifact.fromJSON({ artifactId: String(index), parts: [part] }));
  return { id: 't', contextId: 'c', state, message, timestamp: undefined, artifacts };
}
const S = TaskState;

t.test('what was made is given, with the handles and how to go on', async (t) => {
  t.strictSame(
    toolResult({ view: view(S.TASK_STATE_COMPLETED, undefined, [{ text: 'one' }, { data: { a: 1 } }]) }, place),
    {
      content: [
        { type: 'text', text: 'one' },
        { type: 'text', text: '{"a":1}' },
        { type: 'text', text: 'To go on in this conversation, give the argument context: CONTEXT' },
      ],
      structuredContent: { a: 1 },
      _meta,
    },
  );
});

t.test('a bare answer is given, with nothing of a task', async (t) => {
  const answer = Message.fromJSON({ messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'hello' }] });
  t.strictSame(toolResult({ answer }, { agent: 'ns/agent', task: undefined, context: undefined }), {
    content: [{ type: 'text', text: 'hello' }],
  });
});

for (const [state, what] of [
  [S.TASK_STATE_FAILED, 'The agent failed'],
  [S.TASK_STATE_REJECTED, 'The agent rejected the task'],
  [S.TASK_STATE_CANCELED, 'The task was cancelled'],
] as const) {
  t.test(`an error says: ${what}, the reason, and what was made nevertheless`, async (t) => {
    t.strictSame(toolResult({ view: view(state, 'the disk is full', [{ text: 'half' }]) }, place), {
      content: [
        { type: 'text', text: `${what}: the disk is full` },
        { type: 'text', text: 'half' },
      ],
      _meta,
      isError: true,
    });
    t.match(toolResult({ view: view(state) }, place), { content: [{ text: `${what}.` }] });
  });
}

t.test('a question that cannot be put says how to answer', async (t) => {
  const { content, isError } = toolResult({ view: view(S.TASK_STATE_INPUT_REQUIRED, 'Which colour?') }, place);
  t.match(content, [
    { text: 'The agent needs more to go on: Which colour?' },
    { text: 'Answer by the tool delegate of this agent, with the arguments message and task: TASK' },
  ]);
  t.notOk(isError);
});

t.test('an authorization names its URL once, and says how to go on', async (t) => {
  const { content } = toolResult({ view: view(S.TASK_STATE_AUTH_REQUIRED, 'Sign in at https://a.example/x') }, place);
  t.match(content, [
    { text: 'The agent needs an authorization to go on: Sign in at https://a.example/x' },
    { text: 'The outcome is given by the tool delegate of this agent, with the argument task: TASK' },
  ]);
});

t.test('what runs on says where it stands, and how the outcome is had', async (t) => {
  for (const result of [
    stillRunning(view(S.TASK_STATE_WORKING, 'step 3'), place),
    toolResult({ view: view(S.TASK_STATE_WORKING, 'step 3') }, place),
  ]) {
    t.match(result, { content: [{ text: 'The agent is still at work: step 3' }, { text: /task: TASK$/ }], _meta });
    t.notOk(result['isError']);
  }
});

t.test('what is out of reach keeps its handle', async (t) => {
  t.match(outOfReach('It broke off.', place), {
    isError: true,
    content: [
      { text: 'The agent ns/agent is out of reach amid the task. It broke off. The task may go on.' },
      { text: /task: TASK$/ },
    ],
    _meta,
  });
});

t.test('an error of the arguments is one that the caller can read', async (t) => {
  t.strictSame(errorResult('No.'), { content: [{ type: 'text', text: 'No.' }], isError: true });
});
