import { TaskNotCancelableError } from '@a2a-js/sdk/errors';
import { AgentEvent, type AgentExecutor, type ExecutionEventBus, type RequestContext } from '@a2a-js/sdk/server';
import { behaviours } from './behaviours.ts';
import { orderOf, type SkillId } from './skills.ts';
import { AgentTask, agentMessage, textOf } from './task.ts';

interface Known {
  readonly task: AgentTask;
  readonly skill: SkillId;
}

/** Does for each message what its first word says. */
export class TestExecutor implements AgentExecutor {
  readonly #authorizeUrl: (taskId: string) => string;
  readonly #tasks = new Map<string, Known>();
  /** contextId → how many messages it has had. */
  readonly #messages = new Map<string, number>();
  #cancelled = 0;

  /** @param authorizeUrl where a person authorizes a task */
  constructor(authorizeUrl: (taskId: string) => string) {
    this.#authorizeUrl = authorizeUrl;
  }

  /** Tasks that have begun and not ended, those among them that wait for an answer too. */
  get running(): number {
    return [...this.#tasks.values()].filter(({ task }) => !task.ended).length;
  }

  /** Tasks that CancelTask has ended. */
  get cancelled(): number {
    return this.#cancelled;
  }

  execute = async (context: RequestContext, bus: ExecutionEventBus): Promise<void> => {
    const { taskId, contextId, userMessage } = context;
    const earlier = this.#messages.get(contextId) ?? 0;
    this.#messages.set(contextId, earlier + 1);
    const known = this.#tasks.get(taskId);
    if (known !== undefined) return known.task.receive(context, bus);
    const { skill, rest } = orderOf(textOf(userMessage));
    if (skill === 'bare') {
      bus.publish(AgentEvent.message(agentMessage([{ text: rest }], contextId)));
      return;
    }
    const task = new AgentTask(context, bus);
    this.#tasks.set(taskId, { task, skill });
    await task.begin(() => behaviours[skill](task, { rest, earlier, authorizeUrl: this.#authorizeUrl(taskId) }));
  };

  cancelTask = async (taskId: string): Promise<void> => {
    const known = this.#tasks.get(taskId);
    if (known === undefined) return;
    if (known.skill === 'wait-stubborn') throw new TaskNotCancelableError('This task refuses to be cancelled.');
    this.#cancelled++;
    known.task.cancel();
  };

  /** Says that a person has authorized a task. @returns false if there is none */
  authorize(taskId: string): boolean {
    const known = this.#tasks.get(taskId);
    known?.task.authorize();
    return known !== undefined;
  }

  /** Drops all tasks and conversations, as a restart does. */
  forget(): void {
    for (const { task } of this.#tasks.values()) if (!task.ended) task.forget();
    this.#tasks.clear();
    this.#messages.clear();
  }
}
