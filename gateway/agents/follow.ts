import { setTimeout as delay } from 'node:timers/promises';
import type { Message, StreamResponse } from '@a2a-js/sdk';
import { Backoff } from '../upstream/backoff.ts';
import { AgentError } from './agent-error.ts';
import type { AgentLink } from './agent-link.ts';
import { isInterrupted, isTerminal, viewAfter, viewOf, type TaskView } from './task-view.ts';

/** What a task, or a message, came to: the task where it stands, or a bare answer with no task. */
export type Outcome = { readonly view: TaskView } | { readonly answer: Message };

/** What is needed of the way to an agent. */
export type FollowedLink = Pick<AgentLink, 'isStreaming' | 'send' | 'subscribe' | 'get'>;

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Told of the task as it goes on. */
  readonly onView: (view: TaskView) => void;
  /** Whether that is what one waits for. Default: it is over, or waits for the client. */
  readonly isEnough?: (view: TaskView) => boolean;
}

/** How often an agent that tells nothing by itself is asked for a task, in milliseconds. */
const POLL = { minMs: 250, maxMs: 2000 } as const;
/** How often in a row, and how soon, one that cannot be reached amid a task is tried again, once it has told of the task. */
const MAX_FAILURES = 6;
const RETRY = { minMs: 250, maxMs: 5000 } as const;

/**
 * Follows a task until it needs nobody any more, or needs the client: by the stream that began with it, by SubscribeToTask when
 * that one broke, by GetTask where there is no stream, or an event is too large for one (A2A 1.0, Task Update Delivery Mechanisms). Leaving early does not
 * cancel it.
 * @param start a message, which is sent once and never again; or a task
 * @throws AgentError; what `signal` is aborted with
 */
export async function follow(
  link: FollowedLink,
  start: { readonly message: Message } | { readonly taskId: string },
  { signal, onView, isEnough = isOver }: FollowOptions,
): Promise<Outcome> {
  let view: TaskView | undefined;
  /** What is asked for when there is no stream; '' until it has a name. */
  let taskId = 'message' in start ? '' : start.taskId;
  let canSubscribe = link.isStreaming;
  let failures = 0;
  const take = (next: TaskView): boolean => {
    view = next;
    taskId = next.id;
    failures = 0;
    onView(next);
    return isEnough(next);
  };
  /** @returns the outcome, if the events came to one */
  const readAll = async (events: AsyncIterable<StreamResponse>): Promise<Outcome | undefined> => {
    for await (const event of events) {
      if (event.payload?.$case === 'message' && view === undefined) return { answer: event.payload.value };
      const next = viewAfter(view, event);
      if (take(next)) return { view: next };
    }
    return undefined;
  };
  if ('message' in start) {
    const { message } = start;
    const outcome = await readAll(link.send(message, signal)).catch((error: unknown) => {
      if (signal.aborted) throw error;
      if (isEventOversize(error)) {
        // The message was heard, and another stream would break at the same event.
        canSubscribe = false;
        taskId ||= message.taskId;
      } else if (!isPassing(error)) throw error;
      // What was sent may have been taken: without a task there is nothing to come back to.
      if (taskId === '') throw error;
    });
    if (outcome !== undefined) return outcome;
    if (taskId === '') throw new AgentError('ERR_AGENT_BROKEN', 'It ended its answer before it said anything.');
  }
  const retry = new Backoff(RETRY);
  const poll = new Backoff(POLL);
  for (;;) {
    try {
      if (canSubscribe) {
        const outcome = await readAll(link.subscribe(taskId, signal)).catch((error: unknown) => {
          signal.throwIfAborted();
          // Agents refuse in many ways what is over, or what they keep no stream of: GetTask has the word.
          if (isRefusal(error) || isEventOversize(error)) canSubscribe = false;
          else if (!isBroken(error)) throw error;
        });
        if (outcome !== undefined) return outcome;
      }
      const next = viewOf(await link.get(taskId, signal));
      if (take(next)) return { view: next };
      retry.reset();
      await delay(poll.next(), undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error) || view === undefined || ++failures > MAX_FAILURES) throw error;
      await delay(retry.next(), undefined, { signal });
    }
  }
}

/** Whether a task is over, or waits for the client. */
export function isOver({ state }: TaskView): boolean {
  return isTerminal(state) || isInterrupted(state);
}

/** Whether an agent that fails in this way may answer in a moment. */
export function isPassing(error: unknown): error is AgentError {
  return isBroken(error) || (error instanceof AgentError && error.code === 'ERR_AGENT_UNREACHABLE');
}

function isBroken(error: unknown): error is AgentError {
  return error instanceof AgentError && error.code === 'ERR_AGENT_BROKEN';
}

function isEventOversize(error: unknown): boolean {
  return error instanceof AgentError && error.code === 'ERR_AGENT_EVENT_OVERSIZE';
}

function isRefusal(error: unknown): boolean {
  return error instanceof AgentError && (error.code === 'ERR_AGENT_REFUSED' || error.code === 'ERR_AGENT_TASK_UNKNOWN');
}
