import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import t from 'tap';
import { answerTask, openQuestion, viewTask } from '../../../gateway/agents/face-tasks.ts';
import { agentOf } from '../../support/agent-of.ts';
import { cardOf } from '../../support/scripted-card.ts';
import { until } from '../../support/until.ts';

/** An agent with a task that waits for an answer: it takes one, and does not say a word. */
async function silentAgent(t: { teardown(end: () => unknown): void }) {
  const answers: ServerResponse[] = [];
  const { agent, entry } = await agentOf(t, async (request, response) => {
    if (request.method === 'GET') return void response.end(JSON.stringify(cardOf([])));
    const { id, method } = (await json(request)) as { readonly id: unknown; readonly method: string };
    if (method !== 'GetTask') return void answers.push(response);
    const message = { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'What is your name?' }] };
    const status = { state: 'TASK_STATE_INPUT_REQUIRED', message };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: { id: 't', contextId: 'c', status } }));
  });
  const ref = { id: 't', contextId: 'c', target: entry.host, createdAt: Date.now() };
  await agent.card();
  const { key = '' } = openQuestion(agent, await viewTask(agent, ref, undefined), { form: true, url: true }) ?? {};
  return { agent, ref, answers, key, responses: { [key]: { action: 'accept', content: { answer: 'Ada' } } } };
}

t.test('an answer that the agent does not show to have heard ends after its time', async (t) => {
  const { agent, ref, answers, key, responses } = await silentAgent(t);
  const answering = answerTask(
    agent,
    ref,
    responses,
    { signal: new AbortController().signal, subject: undefined },
    500,
  );
  answering.catch(() => undefined);
  const answer = await until('the answer', () => answers[0]);
  const closed = once(answer, 'close');
  t.equal(agent.wasAnswered(key), true, 'meanwhile it counts');
  await t.rejects(answering, { code: 'ERR_AGENT_BROKEN', message: /within 500 ms that it has heard the answer/ });
  await closed;
  t.equal(agent.wasAnswered(key), false, 'it may be given again');
});

t.test('an answer that the agent does not show to have heard ends with its client', async (t) => {
  const { agent, ref, answers, key, responses } = await silentAgent(t);
  const gone = new AbortController();
  const answering = answerTask(agent, ref, responses, { signal: gone.signal, subject: undefined });
  answering.catch(() => undefined);
  const answer = await until('the answer', () => answers[0]);
  const closed = once(answer, 'close');
  const reason = new Error('The client has gone.');
  gone.abort(reason);
  await t.rejects(answering, reason);
  await closed;
  t.equal(agent.wasAnswered(key), false);
});

t.test('an agent that says more than is read has heard the answer', async (t) => {
  const { agent, ref, answers, key, responses } = await silentAgent(t);
  const answering = answerTask(agent, ref, responses, { signal: new AbortController().signal, subject: undefined });
  const answer = await until('the answer', () => answers[0]);
  answer.setHeader('content-type', 'text/event-stream');
  answer.write(`data: ${'x'.repeat(5 * 1024 * 1024)}`);
  await answering;
  t.equal(agent.wasAnswered(key), true);
});
