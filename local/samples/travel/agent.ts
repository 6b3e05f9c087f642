import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Artifact, Message, Role, Task, TaskState } from '@a2a-js/sdk';
import { AgentEvent, type AgentExecutor, type ExecutionEventBus, type RequestContext } from '@a2a-js/sdk/server';
import { likings, places } from './places.ts';
import { describeBag, describeTrip, readWish, tripOf, type Wish } from './trip.ts';

/** How long a step of the work takes: so that one sees it, in milliseconds. */
const STEP_MS = 400;
/** Conversations that are remembered. */
const MAX_CONVERSATIONS = 1000;
/** Where Fetchfy names the skill that a client has picked. */
const SKILL = 'mcp.fetchfy.ai/skill';

const known = new Intl.ListFormat('en', { type: 'conjunction' }).format(places.map(({ name }) => name));
const kinds = new Intl.ListFormat('en', { type: 'disjunction' }).format(likings);

/** Plans trips, and asks one question back where it is not told enough. What was wanted holds for the conversation. */
export class TravelAgent implements AgentExecutor {
  /** By contextId. */
  readonly #wishes = new Map<string, Wish>();
  /** Tasks that are not over, by id. */
  readonly #open = new Map<string, { readonly contextId: string; readonly abort: AbortController }>();
  readonly #stepMs: number;

  constructor(stepMs = STEP_MS) {
    this.#stepMs = stepMs;
  }

  execute = async (context: RequestContext, bus: ExecutionEventBus): Promise<void> => {
    const { taskId, contextId, userMessage, task } = context;
    const said = textOf(userMessage);
    const wish = readWish(said, this.#wishes.get(contextId));
    this.#remember(contextId, wish);
    if (task === undefined && isAboutPacking(userMessage, said)) {
      const { place } = wish;
      const answer = place === undefined ? `Tell me where you go: I know ${known}.` : describeBag({ ...wish, place });
      bus.publish(AgentEvent.message(message([{ text: answer }], { contextId })));
      return;
    }
    const abort = new AbortController();
    this.#open.set(taskId, { contextId, abort });
    // Each stream begins with the task, also that of an answer.
    bus.publish(
      AgentEvent.task({
        ...Task.fromJSON({ id: taskId, contextId, status: { state: 'TASK_STATE_WORKING', timestamp: now() } }),
        history: task?.history ?? [],
      }),
    );
    const work = new Work({ taskId, contextId }, bus, { stepMs: this.#stepMs, signal: abort.signal });
    try {
      const isOver = await plan(work, wish, task !== undefined);
      if (isOver) this.#open.delete(taskId);
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
  };

  cancelTask = async (taskId: string, bus: ExecutionEventBus): Promise<void> => {
    const open = this.#open.get(taskId);
    if (open === undefined) return;
    this.#open.delete(taskId);
    open.abort.abort();
    const place = { taskId, contextId: open.contextId };
    new Work(place, bus).says(TaskState.TASK_STATE_CANCELED, 'The journey is off.');
  };

  #remember(contextId: string, wish: Wish): void {
    this.#wishes.set(contextId, wish);
    const [oldest] = this.#wishes.keys();
    if (this.#wishes.size > MAX_CONVERSATIONS && oldest !== undefined) this.#wishes.delete(oldest);
  }
}

/**
 * @param isAnswer whether a question has been asked already: there is only one
 * @returns false if the task waits for an answer
 */
async function plan(work: Work, wish: Wish, isAnswer: boolean): Promise<boolean> {
  const { place, liking } = wish;
  if (place === undefined && isAnswer) {
    work.says(TaskState.TASK_STATE_REJECTED, `I know only ${known}.`);
    return true;
  }
  if (place === undefined || (liking === undefined && !isAnswer)) {
    const question = place === undefined ? `Where to? I know ${known}.` : `What do you like most: ${kinds}?`;
    work.says(TaskState.TASK_STATE_INPUT_REQUIRED, question);
    return false;
  }
  await work.step(`Looking at the map of ${place.name}`);
  const trip = tripOf({ ...wish, place });
  for (const { day, morning } of trip.days) await work.step(`Day ${day}: ${morning}`);
  await work.step('Adding up what it costs');
  work.makes('trip', [{ text: describeTrip(trip, place.symbol) }, { data: trip }]);
  work.says(TaskState.TASK_STATE_COMPLETED, 'Have a good trip! In this conversation I also say what to pack.');
  return true;
}

interface TaskPlace {
  readonly taskId: string;
  readonly contextId: string;
}

interface Pace {
  readonly stepMs: number;
  /** The task is cancelled. */
  readonly signal: AbortSignal;
}

/** What a task tells of itself. */
class Work {
  readonly #place: TaskPlace;
  readonly #bus: ExecutionEventBus;
  readonly #pace: Pace | undefined;

  constructor(place: TaskPlace, bus: ExecutionEventBus, pace?: Pace) {
    this.#place = place;
    this.#bus = bus;
    this.#pace = pace;
  }

  /** Does a bit of the work. @throws when the task is cancelled */
  async step(text: string): Promise<void> {
    this.says(TaskState.TASK_STATE_WORKING, text);
    if (this.#pace !== undefined) await delay(this.#pace.stepMs, undefined, { signal: this.#pace.signal });
  }

  says(state: TaskState, text: string): void {
    const status = { state, message: message([{ text }], this.#place), timestamp: now() };
    this.#bus.publish(AgentEvent.statusUpdate({ ...this.#place, status, metadata: undefined }));
  }

  makes(name: string, parts: readonly object[]): void {
    const artifact = Artifact.fromJSON({ artifactId: name, name, parts });
    this.#bus.publish(
      AgentEvent.artifactUpdate({ ...this.#place, artifact, append: false, lastChunk: true, metadata: undefined }),
    );
  }
}

function message(parts: readonly object[], place: Partial<TaskPlace>): Message {
  return { ...Message.fromJSON({ messageId: randomUUID(), ...place, parts }), role: Role.ROLE_AGENT };
}

function isAboutPacking({ metadata }: Message, said: string): boolean {
  const skill: unknown = metadata?.[SKILL];
  return skill === undefined ? /\bpack/i.test(said) : skill === 'pack_bag';
}

/** Text, and structured data as text. */
function textOf({ parts }: Message): string {
  return parts
    .map(({ content }) => {
      if (content?.$case === 'text') return content.value;
      return content?.$case === 'data' ? JSON.stringify(content.value) : '';
    })
    .join('\n');
}

function now(): string {
  return new Date().toISOString();
}
