import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Artifact, Message, Role, Task, TaskState, TaskStatus, type Part } from '@a2a-js/sdk';
import { AgentEvent, type ExecutionEventBus, type RequestContext } from '@a2a-js/sdk/server';

/** A part as 1.0 has it in JSON: `text`, `raw` in Base64, `url` or `data`. */
export type JsonPart = { readonly filename?: string; readonly mediaType?: string } & (
  | { readonly text: string }
  | { readonly raw: string }
  | { readonly url: string }
  | { readonly data: unknown }
);

export interface ArtifactOptions {
  readonly id?: string;
  readonly name?: string;
  /** It continues the artifact of this id. */
  readonly append?: boolean;
  readonly last?: boolean;
}

/**
 * A task as a behaviour works at it. It outlives the request that began it: an answer to what it asked arrives with
 * another. Whatever happens after it has ended is told to nobody.
 */
export class AgentTask {
  readonly id: string;
  readonly contextId: string;
  /** The message that began it. */
  readonly message: Message;
  #bus: ExecutionEventBus;
  #status: TaskStatus = TaskStatus.fromJSON({ state: 'TASK_STATE_SUBMITTED', timestamp: now() });
  #work: Promise<void> = Promise.resolve();
  #pause = Promise.withResolvers<void>();
  #answer: PromiseWithResolvers<Message> | undefined;
  #authorization = Promise.withResolvers<void>();
  readonly #abort = new AbortController();
  #ended = false;

  constructor(context: RequestContext, bus: ExecutionEventBus) {
    this.id = context.taskId;
    this.contextId = context.contextId;
    this.message = context.userMessage;
    this.#bus = bus;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Shows the task and works at it. @returns once it has ended, or waits for an answer */
  async begin(behaviour: (task: AgentTask) => Promise<void>): Promise<void> {
    this.#publishTask([]);
    this.#work = this.#untilEnd(behaviour);
    await this.#untilPause();
  }

  /**
   * Takes a further message to this task: the answer to what it asked. One that nothing waits for changes nothing.
   * @returns once the task has ended, or asks again
   */
  async receive(context: RequestContext, bus: ExecutionEventBus): Promise<void> {
    const answer = this.#answer;
    if (answer === undefined) return this.#untilPause();
    this.#bus = bus;
    this.#answer = undefined;
    this.#pause = Promise.withResolvers();
    this.#status = TaskStatus.fromJSON({ state: 'TASK_STATE_WORKING', timestamp: now() });
    // The SDK wants each stream to begin with the task.
    this.#publishTask(context.task?.history ?? []);
    answer.resolve(context.userMessage);
    await this.#untilPause();
  }

  /** Says that it is being worked at. */
  working(text?: string): void {
    this.#publishStatus(TaskState.TASK_STATE_WORKING, text === undefined ? undefined : [{ text }]);
  }

  /** Gives out an artifact, or a piece of one. */
  artifact(parts: readonly JsonPart[], options: ArtifactOptions = {}): void {
    if (this.#ended) return;
    const { id = randomUUID(), name = '', append = false, last = true } = options;
    this.#bus.publish(
      AgentEvent.artifactUpdate({
        taskId: this.id,
        contextId: this.contextId,
        artifact: Artifact.fromJSON({ artifactId: id, name, parts }),
        append,
        lastChunk: last,
        metadata: undefined,
      }),
    );
  }

  complete(): void {
    this.#end(TaskState.TASK_STATE_COMPLETED);
  }

  fail(reason: string): void {
    this.#end(TaskState.TASK_STATE_FAILED, reason);
  }

  reject(reason: string): void {
    this.#end(TaskState.TASK_STATE_REJECTED, reason);
  }

  cancel(): void {
    this.#end(TaskState.TASK_STATE_CANCELED, 'It was cancelled.');
    this.#abort.abort();
  }

  /** Drops it without a word. Its streams end. */
  forget(): void {
    this.#ended = true;
    this.#abort.abort();
    this.#bus.finished();
  }

  /** Asks for input. @returns the answer, which arrives with another request */
  async ask(question: string): Promise<Message> {
    this.#answer = Promise.withResolvers();
    this.#publishStatus(TaskState.TASK_STATE_INPUT_REQUIRED, [{ text: question }]);
    this.#pause.resolve();
    return this.#orAborted(this.#answer.promise);
  }

  /** Asks for authorization in some words, and waits until `authorize` is called. */
  async askToAuthorize(parts: readonly JsonPart[]): Promise<void> {
    this.#publishStatus(TaskState.TASK_STATE_AUTH_REQUIRED, parts);
    await this.#orAborted(this.#authorization.promise);
  }

  authorize(): void {
    this.#authorization.resolve();
  }

  /** Waits; ends with the task. */
  async pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.#abort.signal });
  }

  /** Never returns; ends with the task. */
  async forever(): Promise<void> {
    await this.#orAborted(new Promise<void>(() => {}));
  }

  async #untilEnd(behaviour: (task: AgentTask) => Promise<void>): Promise<void> {
    try {
      await behaviour(this);
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    } finally {
      this.#ended = true;
    }
  }

  #untilPause(): Promise<void> {
    return Promise.race([this.#work, this.#pause.promise]);
  }

  async #orAborted<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#abort;
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #end(state: TaskState, text?: string): void {
    this.#publishStatus(state, text === undefined ? undefined : [{ text }]);
    this.#ended = true;
  }

  #publishStatus(state: TaskState, parts?: readonly JsonPart[]): void {
    if (this.#ended) return;
    const message = parts && agentMessage(parts, this.contextId, this.id);
    this.#status = { state, message, timestamp: now() };
    const { id: taskId, contextId } = this;
    this.#bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status: this.#status, metadata: undefined }));
  }

  #publishTask(history: Message[]): void {
    const task = Task.fromJSON({ id: this.id, contextId: this.contextId });
    this.#bus.publish(AgentEvent.task({ ...task, status: this.#status, history }));
  }
}

/** A message of the agent. */
export function agentMessage(parts: readonly JsonPart[], contextId: string, taskId = ''): Message {
  const message = Message.fromJSON({ messageId: randomUUID(), contextId, taskId, parts });
  return { ...message, role: Role.ROLE_AGENT };
}

/** The text of a message: that of its text parts. */
export function textOf({ parts }: Message): string {
  return parts.flatMap(({ content }) => (content?.$case === 'text' ? [content.value] : [])).join('\n');
}

/** The structured data of a message, part by part. */
export function dataOf({ parts }: Message): unknown[] {
  return parts.flatMap(({ content }) => (content?.$case === 'data' ? [content.value as unknown] : []));
}

/** The files of a message, by value or by URL. */
export function filesOf({ parts }: Message): Part[] {
  return parts.filter(({ content }) => content?.$case === 'raw' || content?.$case === 'url');
}

function now(): string {
  return new Date().toISOString();
}
