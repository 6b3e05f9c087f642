import { hash, randomUUID } from 'node:crypto';
import { Role, TaskState, type Message, type Part } from '@a2a-js/sdk';
import { isJsonObject, objectMember, type JsonObject } from '../upstream/json.ts';
import { textOf, urlIn } from './content.ts';
import type { TaskView } from './task-view.ts';

/** What a client can be asked in the name of an agent: it declared elicitation, with forms, with URLs. */
export interface Askable {
  readonly form: boolean;
  readonly url: boolean;
}

/** What can be asked of a client that declared these capabilities (2025-11-25 and 2026-07-28, Elicitation, Capabilities). */
export function askableBy(capabilities: JsonObject): Askable {
  const { elicitation } = capabilities;
  if (!isJsonObject(elicitation)) return { form: false, url: false };
  const url = elicitation['url'] !== undefined;
  // An elicitation without any mode is one with forms.
  return { form: elicitation['form'] !== undefined || !url, url };
}

/** What an agent wants to know or to have done, as an elicitation. */
export interface Question {
  readonly kind: 'input' | 'authorization';
  /** By `questionKey`. */
  readonly key: string;
  /** The params of elicitation/create, but for the id that URLs have in the legacy era. */
  readonly params: JsonObject;
}

/** The name of the one field of a form. */
const FIELD = 'answer';

/**
 * What a task that waits asks of the client; undefined if it waits for nothing that can be put to this one.
 * @param agent its name, for people
 */
export function questionOf(view: TaskView, agent: string, askable: Askable): Question | undefined {
  const { state, message } = view;
  const said = textOf(message);
  if (state === TaskState.TASK_STATE_INPUT_REQUIRED && askable.form) {
    const text = said === '' ? `The agent ${agent} needs more to go on.` : said;
    const answer = { type: 'string', title: 'Answer', description: `What the agent ${agent} is told.` };
    const requestedSchema = { type: 'object', properties: { [FIELD]: answer }, required: [FIELD] };
    return { kind: 'input', key: questionKey(view), params: { mode: 'form', message: text, requestedSchema } };
  }
  const url = state === TaskState.TASK_STATE_AUTH_REQUIRED && askable.url ? urlIn(message) : undefined;
  if (url === undefined) return undefined;
  const text = said === '' ? `The agent ${agent} needs an authorization to go on.` : said;
  return { kind: 'authorization', key: questionKey(view), params: { mode: 'url', message: text, url } };
}

/** Names what a task waits for: one and the same for the same question, and for no other of the task. */
export function questionKey({ id, state, message, timestamp }: TaskView): string {
  const about = JSON.stringify([id, state, message?.messageId, timestamp, textOf(message)]);
  return `ask-${hash('sha256', about, 'hex').slice(0, 24)}`;
}

/** How a task goes on after a client's answer. */
export type Step =
  /** The agent is told something. */
  | { readonly message: Message }
  /** It is left to go on by itself. */
  | 'wait'
  /** The client does not want to say: the task stays where it is. */
  | 'leave';

/** What follows from a client's ElicitResult. @param ref the task that is asked about */
export function stepAfter(
  kind: Question['kind'],
  result: unknown,
  ref: { readonly id: string; readonly contextId: string },
): Step {
  const { action, content } = isJsonObject(result) ? result : {};
  if (action === 'accept') {
    // Credentials reach the agent on a way of its own, and it goes on by itself (A2A 1.0, In-Task Authorization).
    if (kind === 'authorization') return 'wait';
    const answer = objectMember({ content }, 'content')[FIELD];
    const text = typeof answer === 'string' ? answer : JSON.stringify(content ?? {});
    return { message: userMessage([textPart(text)], ref) };
  }
  // An authorization that is not given needs no words: the agent goes on waiting for it.
  if (action !== 'decline' || kind === 'authorization') return 'leave';
  return { message: userMessage([textPart('The user declined to answer this.')], ref) };
}

function textPart(value: string): Part {
  return { content: { $case: 'text', value }, metadata: undefined, filename: '', mediaType: '' };
}

/** A message to an agent. @param to the task, or the conversation, that it is for; '' for none */
export function userMessage(
  parts: Part[],
  to: { readonly id?: string; readonly contextId?: string },
  metadata?: Record<string, unknown>,
): Message {
  return {
    messageId: randomUUID(),
    contextId: to.contextId ?? '',
    taskId: to.id ?? '',
    role: Role.ROLE_USER,
    parts,
    metadata,
    extensions: [],
    referenceTaskIds: [],
  };
}
