import { TaskState } from '@a2a-js/sdk';
import type { JsonObject } from '../upstream/json.ts';
import type { Subject } from '../upstream/subject.ts';
import type { Agent } from './agent.ts';
import { AgentError } from './agent-error.ts';
import type { FaceRequest } from './face-request.ts';
import { follow } from './follow.ts';
import { textOf } from './content.ts';
import { questionOf, stepAfter, type Askable, type Question } from './questions.ts';
import { toolResult } from './results.ts';
import { REF_TTL_MS, refOf, refText, type TaskRef } from './task-ref.ts';
import { isInterrupted, isTerminal, viewOf, type TaskView } from './task-view.ts';

/** Tasks of A2A as tasks of MCP. They live with the agent: the gateway keeps nothing of them but what their ids say. */

/** How often clients are asked to look after a task, in milliseconds. */
export const POLL_MS = 1000;

/** Who looks after a task. */
export interface TaskAsker {
  readonly owner: string;
  /** On whose behalf the agent is asked. */
  readonly subject: Subject | undefined;
  readonly askable: Askable;
}

/** The task that a request is about. @throws AgentError ERR_AGENT_TASK_UNKNOWN */
export function openTask(params: JsonObject): TaskRef {
  const { taskId } = params;
  const ref = typeof taskId === 'string' ? refOf(taskId) : undefined;
  if (ref !== undefined) return ref;
  throw new AgentError('ERR_AGENT_TASK_UNKNOWN', 'Task not found: it is none of this agent’s, or it has expired.');
}

/** A task where it stands. @throws AgentError */
export async function viewTask(agent: Agent, ref: TaskRef, subject: Subject | undefined): Promise<TaskView> {
  const { link } = await agent.link(ref.target, subject);
  return viewOf(await link.get(ref.id));
}

/** What is said of a task in both eras. */
export function taskBasics(ref: TaskRef, view: TaskView): JsonObject {
  const says = textOf(view.message);
  return {
    taskId: refText(ref),
    ...(says !== '' && { statusMessage: says.slice(0, 2048) }),
    createdAt: new Date(ref.createdAt).toISOString(),
    lastUpdatedAt: timeOf(view) ?? new Date(ref.createdAt).toISOString(),
  };
}

function timeOf({ timestamp }: TaskView): string | undefined {
  const time = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

/** What a task that waits may ask of the client, unless this was answered. */
export function openQuestion(agent: Agent, view: TaskView, askable: Askable): Question | undefined {
  return questionOf(view, agent.known?.card.name ?? agent.key, askable);
}

/** The outcome of a task as its tool's result. */
export function taskResult(agent: Agent, ref: TaskRef, view: TaskView, owner: string): JsonObject {
  return toolResult(
    { view },
    {
      agent: agent.key,
      task: agent.handles.seal('task', owner, ref),
      context: ref.contextId === '' ? undefined : agent.handles.seal('context', owner, { ...ref, id: '' }),
    },
  );
}

/**
 * A task as the extension of 2026-07-28 has it (ext-tasks, Tasks): what failed is completed too, with an error of the tool's,
 * since `failed` is for JSON-RPC errors alone.
 */
export function modernTask(
  agent: Agent,
  ref: TaskRef,
  view: TaskView,
  { owner, askable }: Pick<TaskAsker, 'owner' | 'askable'>,
): JsonObject {
  const basics = { ...taskBasics(ref, view), ttlMs: REF_TTL_MS, pollIntervalMs: POLL_MS };
  if (view.state === TaskState.TASK_STATE_CANCELED) return { ...basics, status: 'cancelled' };
  const question = openQuestion(agent, view, askable);
  if (question !== undefined) {
    // The agent may not have heard of the answer yet.
    if (agent.wasAnswered(question.key)) return { ...basics, status: 'working' };
    const inputRequests = { [question.key]: { method: 'elicitation/create', params: question.params } };
    return { ...basics, status: 'input_required', inputRequests };
  }
  if (!isTerminal(view.state) && !isInterrupted(view.state)) return { ...basics, status: 'working' };
  return { ...basics, status: 'completed', result: taskResult(agent, ref, view, owner) };
}

/** How long an agent may take to show that it has heard an answer, in milliseconds. */
const HEARD_MS = 30_000;

/**
 * Answers what a task asked; an answer to anything else is passed over.
 * @param heardMs how long the agent may take to show that it has heard, in milliseconds
 * @throws AgentError: the question may be answered again then; what `signal` is aborted with
 */
export async function answerTask(
  agent: Agent,
  ref: TaskRef,
  responses: JsonObject,
  { signal, subject }: Pick<FaceRequest, 'signal' | 'subject'>,
  heardMs = HEARD_MS,
): Promise<void> {
  const view = await viewTask(agent, ref, subject);
  const question = openQuestion(agent, view, { form: true, url: true });
  const response = question === undefined ? undefined : responses[question.key];
  if (question === undefined || response === undefined || agent.wasAnswered(question.key)) return;
  const step = stepAfter(question.kind, response, ref);
  // Who does not want to say has not answered: the task goes on waiting.
  if (step === 'leave') return;
  await agent.answer(question.key, async () => {
    if (step === 'wait') return;
    const { link } = await agent.link(ref.target, subject);
    const heard = new AbortController();
    const late = AbortSignal.timeout(heardMs);
    try {
      // The first that the agent says shows that it has heard, be it too large to be read.
      await link.send(step.message, AbortSignal.any([heard.signal, late, signal])).next();
    } catch (error) {
      if (error instanceof AgentError && error.code === 'ERR_AGENT_EVENT_OVERSIZE') return;
      if (!late.aborted || signal.aborted) throw error;
      throw new AgentError('ERR_AGENT_BROKEN', `It did not show within ${heardMs} ms that it has heard the answer.`);
    } finally {
      heard.abort();
    }
  });
}

/** Has the agent cancel a task. That it cannot is no error: its status will say what became of it (ext-tasks, Task Cancellation). */
export async function cancelTask(agent: Agent, ref: TaskRef, subject: Subject | undefined): Promise<void> {
  const { link } = await agent.link(ref.target, subject);
  try {
    await link.cancel(ref.id);
  } catch (error) {
    if (!(error instanceof AgentError) || error.code !== 'ERR_AGENT_REFUSED') throw error;
  }
}

/** Tells of tasks as they go on, until they are over or nobody listens. Never rejects. */
export async function listenToTasks(
  agent: Agent,
  refs: ReadonlyMap<string, TaskRef>,
  asker: TaskAsker,
  signal: AbortSignal,
  tell: (task: JsonObject) => void,
): Promise<void> {
  await Promise.all(
    [...refs.values()].map(async (ref) => {
      let told = '';
      const onView = (view: TaskView): void => {
        const task = modernTask(agent, ref, view, asker);
        const text = JSON.stringify(task);
        if (text !== told && !signal.aborted) tell(task);
        told = text;
      };
      try {
        const { link } = await agent.link(ref.target, asker.subject);
        await follow(link, { taskId: ref.id }, { signal, onView, isEnough: ({ state }) => isTerminal(state) });
      } catch {
        // The client can still ask.
      }
    }),
  );
}
