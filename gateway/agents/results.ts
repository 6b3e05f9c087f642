import { TaskState } from '@a2a-js/sdk';
import type { JsonObject } from '../upstream/json.ts';
import { contentOf, textOf, urlIn } from './content.ts';
import type { Outcome } from './follow.ts';
import type { TaskView } from './task-view.ts';

/** What a result names beside what the agent made. */
export interface ResultPlace {
  /** `<namespace>/<service>` */
  readonly agent: string;
  /** The client's handle of the task; undefined: there is no task. */
  readonly task: string | undefined;
  /** Of the conversation; undefined: the agent names none. */
  readonly context: string | undefined;
}

const PREFIX = 'mcp.fetchfy.ai/';

/** What a tool answers when a task, or a message, has come to this. */
export function toolResult(outcome: Outcome, place: ResultPlace): JsonObject {
  if ('answer' in outcome) {
    const { content, structuredContent } = contentOf([], outcome.answer, `${place.agent}/answer`);
    return result([...content, ...onward(place)], place, structuredContent);
  }
  const { view } = outcome;
  switch (view.state) {
    case TaskState.TASK_STATE_COMPLETED: {
      const made = contentOf(view.artifacts, view.message, pathOf(view, place));
      return result([...made.content, ...onward(place)], place, made.structuredContent);
    }
    case TaskState.TASK_STATE_FAILED:
      return failure(`The agent failed${reason(view)}`, view, place);
    case TaskState.TASK_STATE_REJECTED:
      return failure(`The agent rejected the task${reason(view)}`, view, place);
    case TaskState.TASK_STATE_CANCELED:
      return failure(`The task was cancelled${reason(view)}`, view, place);
    case TaskState.TASK_STATE_INPUT_REQUIRED:
      return result([text(`The agent needs more to go on${reason(view)}`), text(answerHint(place))], place);
    case TaskState.TASK_STATE_AUTH_REQUIRED: {
      const url = urlIn(view.message);
      const where = url === undefined || textOf(view.message).includes(url) ? '' : ` See ${url}`;
      return result(
        [text(`The agent needs an authorization to go on${reason(view)}${where}`), text(waitHint(place))],
        place,
      );
    }
    default:
      return stillRunning(view, place);
  }
}

/** What a tool answers when its time is over and the task is not. */
export function stillRunning(view: TaskView, place: ResultPlace): JsonObject {
  return result([text(`The agent is still at work${reason(view)}`), text(waitHint(place))], place);
}

/** What a tool answers when the agent can no longer be reached amid a task. @param why a sentence */
export function outOfReach(why: string, place: ResultPlace): JsonObject {
  const what = `The agent ${place.agent} is out of reach amid the task. ${why} The task may go on.`;
  return { ...result([text(what), text(waitHint(place))], place), isError: true };
}

function failure(what: string, view: TaskView, place: ResultPlace): JsonObject {
  const { content } = contentOf(view.artifacts, undefined, pathOf(view, place));
  return { ...result([text(what), ...content], place), isError: true };
}

/** A tool's result that is an error which the one who called may do something about. */
export function errorResult(message: string): JsonObject {
  return { content: [text(message)], isError: true };
}

function result(
  content: readonly JsonObject[],
  { task, context }: ResultPlace,
  structuredContent?: JsonObject,
): JsonObject {
  const meta = {
    ...(task !== undefined && { [`${PREFIX}task`]: task }),
    ...(context !== undefined && { [`${PREFIX}context`]: context }),
  };
  return {
    content,
    ...(structuredContent !== undefined && { structuredContent }),
    ...(Object.keys(meta).length > 0 && { _meta: meta }),
  };
}

function pathOf(view: TaskView, { agent }: ResultPlace): string {
  return `${agent}/${encodeURIComponent(view.id)}`;
}

/** What is said where the state is, as the rest of a sentence. */
function reason({ message }: TaskView): string {
  const said = textOf(message);
  return said === '' ? '.' : `: ${said}`;
}

function onward({ context }: ResultPlace): JsonObject[] {
  return context === undefined ? [] : [text(`To go on in this conversation, give the argument context: ${context}`)];
}

function answerHint({ task }: ResultPlace): string {
  return `Answer by the tool delegate of this agent, with the arguments message and task: ${task}`;
}

function waitHint({ task }: ResultPlace): string {
  return `The outcome is given by the tool delegate of this agent, with the argument task: ${task}`;
}

function text(value: string): JsonObject {
  return { type: 'text', text: value };
}
