import { setTimeout as delay } from 'node:timers/promises';
import { TaskState, type Message } from '@a2a-js/sdk';
import { Deadline } from '../upstream/deadline.ts';
import type { JsonObject } from '../upstream/json.ts';
import type { Subject } from '../upstream/subject.ts';
import { AgentError } from './agent-error.ts';
import type { Agent } from './agent.ts';
import type { AgentTool } from './agent-tools.ts';
import { partsOf, readDelegation, textOf } from './content.ts';
import { follow, isPassing, type Outcome } from './follow.ts';
import { questionKey, userMessage } from './questions.ts';
import { errorResult, outOfReach, stillRunning, toolResult, type ResultPlace } from './results.ts';
import type { TaskRef } from './task-ref.ts';
import { isInterrupted, isTerminal, type TaskView } from './task-view.ts';

/** How a call goes on: a message to the agent, or a task that is looked after. */
export type Start =
  | { readonly message: Message; readonly ref: TaskRef | undefined; readonly target: string | undefined }
  | { readonly message: undefined; readonly ref: TaskRef };

/** Names the skill that was picked, for agents that want to know: A2A has no word for it. */
const SKILL = 'mcp.fetchfy.ai/skill';

/**
 * What a client asks of an agent by a tool.
 * @param owner whose handles count
 * @throws AgentError ERR_AGENT_ARGUMENTS
 */
export function startOf(agent: Agent, { skill }: AgentTool, args: JsonObject, owner: string): Start {
  const { task, context } = args;
  for (const [name, value] of Object.entries({ task, context })) {
    if (value !== undefined && typeof value !== 'string') {
      throw new AgentError('ERR_AGENT_ARGUMENTS', `The argument ${name} has to be a text.`);
    }
  }
  const delegation = readDelegation(args);
  const parts = partsOf(delegation);
  if (typeof task === 'string' && skill === undefined) {
    const ref = agent.handles.open('task', owner, task);
    if (parts.length === 0) return { message: undefined, ref };
    return { message: userMessage(parts, ref), ref, target: ref.target };
  }
  if (parts.length === 0) {
    const expected = skill === undefined ? 'message, data, files or task' : 'message';
    throw new AgentError('ERR_AGENT_ARGUMENTS', `There is nothing to tell the agent: give the argument ${expected}.`);
  }
  const before = typeof context === 'string' ? agent.handles.open('context', owner, context) : undefined;
  const metadata = skill === undefined ? undefined : { [SKILL]: skill.id };
  const message = userMessage(parts, { contextId: before?.contextId ?? '' }, metadata);
  return { message, ref: undefined, target: before?.target };
}

export interface AgentCallOptions {
  readonly agent: Agent;
  readonly owner: string;
  /** On whose behalf the call is. */
  readonly subject: Subject | undefined;
  /** The client gives the call up. */
  readonly signal: AbortSignal;
  /** What becomes of the task then. */
  readonly whenGivenUp: 'cancel' | 'leave';
  /** What the client is told as the task goes on. */
  readonly onProgress: (says: string) => void;
}

/** The call ends, and the task does not: its time is over, or the agent is out of reach. */
export interface Unfinished {
  readonly unfinished: TaskView | undefined;
  /** Why the agent is out of reach. */
  readonly fault: AgentError | undefined;
  /** Whether the agent told anything at all this time: of what it was sent. */
  readonly wasHeard: boolean;
}

export type CallOutcome = Outcome | Unfinished;

/** Whether the agent may have heard what it was sent. */
export function mayHaveHeard(outcome: CallOutcome): boolean {
  return !('unfinished' in outcome) || outcome.wasHeard || outcome.fault === undefined;
}

/** How long an agent may take to name a task that the client gave up before, in milliseconds: it is cancelled then. */
const NAMED_MS = 5000;

/**
 * One call of an agent's tool, through all that is asked in its midst. The time that the client takes to answer does not
 * count.
 */
export class AgentCall {
  readonly #options: AgentCallOptions;
  #ref: TaskRef | undefined;
  #view: TaskView | undefined;
  #context: TaskRef | undefined;
  #told = '';
  #leftMs: number;
  /** Resolves when the agent has named a task, or the call has ended without one. */
  readonly hasBegun: Promise<void>;
  readonly #begun: () => void;
  readonly #givenUp = new AbortController();
  readonly #isEnough = (view: TaskView): boolean =>
    isTerminal(view.state) || (isInterrupted(view.state) && !this.#options.agent.wasAnswered(questionKey(view)));

  constructor(options: AgentCallOptions) {
    this.#options = options;
    this.#leftMs = options.agent.patienceMs;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.hasBegun = promise;
    this.#begun = resolve;
    const { signal, whenGivenUp } = options;
    const giveUp = (): void => void (whenGivenUp === 'cancel' ? this.#cancel() : this.leave());
    if (signal.aborted) this.leave();
    else signal.addEventListener('abort', giveUp, { once: true });
  }

  /** The task, once the agent has named it. */
  get ref(): TaskRef | undefined {
    return this.#ref;
  }

  /** The task as it was told of last. */
  get view(): TaskView | undefined {
    return this.#view;
  }

  /**
   * Follows the task until it is over or waits for the client: for something else than what was answered.
   * @param isEnough as FollowOptions.isEnough
   * @throws AgentError; what the signal is aborted with
   */
  async go(start: Start, isEnough = this.#isEnough): Promise<CallOutcome> {
    const { agent } = this.#options;
    this.#ref ??= start.ref;
    const wanted = start.message === undefined ? start.ref.target : start.target;
    const { link, target } = await agent.link(wanted, this.#options.subject);
    const began = performance.now();
    const given = this.#givenUp.signal;
    const deadline = new Deadline(Math.max(1, this.#leftMs), given);
    let wasHeard = false;
    const onView = (view: TaskView): void => {
      wasHeard = true;
      this.#take(view, target);
    };
    try {
      const outcome = await follow(
        link,
        start.message === undefined ? { taskId: start.ref.id } : { message: start.message },
        { signal: deadline.signal, isEnough, onView },
      );
      if ('answer' in outcome && outcome.answer.contextId !== '') {
        const { contextId } = outcome.answer;
        this.#context = { id: '', contextId, target, createdAt: Date.now() };
      }
      return outcome;
    } catch (error) {
      if (error instanceof AgentError && error.code === 'ERR_AGENT_UNREACHABLE') agent.refused(target);
      if (given.aborted) throw error;
      if (deadline.isOver) return { unfinished: this.#view, fault: undefined, wasHeard };
      if (this.#view !== undefined && isPassing(error)) return { unfinished: this.#view, fault: error, wasHeard };
      throw error;
    } finally {
      deadline.end();
      this.#leftMs -= performance.now() - began;
      this.#begun();
    }
  }

  /** What the tool answers. */
  result(outcome: CallOutcome): JsonObject {
    if (!('unfinished' in outcome)) return toolResult(outcome, this.#place());
    const { unfinished, fault } = outcome;
    if (unfinished === undefined) {
      const what = this.#ref === undefined ? 'named no task and gave no answer' : 'did not say how the task stands';
      return errorResult(`The agent ${what} within the time of the call.`);
    }
    return fault === undefined ? stillRunning(unfinished, this.#place()) : outOfReach(fault.message, this.#place());
  }

  /** Nobody waits any more; the task goes on. */
  leave(): void {
    this.#givenUp.abort();
  }

  /** The agent is to cancel the task, if there is one by then. Never throws. */
  async #cancel(): Promise<void> {
    await Promise.race([this.hasBegun, delay(NAMED_MS, undefined, { ref: false })]);
    const ref = this.#ref;
    this.#givenUp.abort();
    if (ref === undefined) return;
    try {
      const { agent, subject } = this.#options;
      const { link } = await agent.link(ref.target, subject);
      await link.cancel(ref.id);
    } catch {
      // It may be over, or not to be cancelled.
    }
  }

  #take(view: TaskView, target: string): void {
    this.#ref ??= { id: view.id, contextId: view.contextId, target, createdAt: Date.now() };
    this.#view = view;
    this.#begun();
    const says = textOf(view.message) || stateName(view.state);
    if (says === this.#told) return;
    this.#told = says;
    this.#options.onProgress(says);
  }

  #place(): ResultPlace {
    const { agent, owner } = this.#options;
    const context = this.#context ?? (this.#ref?.contextId === '' ? undefined : this.#ref);
    return {
      agent: agent.key,
      task: this.#ref && agent.handles.seal('task', owner, this.#ref),
      context: context && agent.handles.seal('context', owner, { ...context, id: '' }),
    };
  }
}

/** `TASK_STATE_WORKING` → `working` */
function stateName(state: TaskState): string {
  return (TaskState[state] ?? 'unknown').replace('TASK_STATE_', '').toLowerCase().replaceAll('_', ' ');
}
