import { byPosition, edited, type Edit } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param, stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import { isJsonObject } from '../upstream/json.ts';
import { isOwnProgress } from './answer-check.ts';
import { errorCode, idEdits, removedMembers } from './answer-edits.ts';
import { legacyToLegacy } from './legacy-legacy.ts';
import type { CallRequest, Leg } from './leg.ts';
import { isAtLevel } from './log-level.ts';
import { askedTaskEdits, errorTextEdits } from './task-answer-edits.ts';
import { RELATED_TASK, relatedTaskEdits, taskNotice } from './task-metadata.ts';

const INVALID_PARAMS = -32602;
const LOST = ' (The server began a new session since the task was made, and may have lost it.)';

/**
 * Legacy client, legacy server: a call as a task, and requests about tasks (2025-11-25, Tasks). The ids are the client's on
 * one side and the server's on the other; the rest passes as it is.
 */
export const legacyTasks: Leg = {
  ...legacyToLegacy,
  // Ids stand anywhere in an answer.
  isRaw: false,
  afterDeadline: ' A task goes on all the same: ask again for its result, or for its status with tasks/get.',
  request(call, session) {
    const { message, edits } = call;
    // What a task is asked for by is its taskId; some servers look at what else may name one (Associating Messages).
    const meta = message.method === 'tools/call' ? undefined : param(message, '_meta');
    const added = meta === undefined ? [] : removedMembers(meta, RELATED);
    return legacyToLegacy.request({ ...call, edits: [...edits, ...added].sort(byPosition) }, session);
  },
  answer(call, answer) {
    const { message, server, caller } = call;
    const { bytes, result } = answer;
    const edits = [...idEdits(answer, message.id), ...errorTextEdits(call, answer, isLost(call, answer) ? LOST : '')];
    const tasks = caller?.tasks;
    tellStatus(call, answer);
    if (tasks !== undefined) edits.push(...relatedTaskEdits(bytes, result, (id) => tasks.seal(server, id)));
    edits.push(...(message.method === 'tools/call' ? createdEdits(call, answer) : askedTaskEdits(message, answer)));
    return edited(bytes, edits.sort(byPosition));
  },
  // Progress of the call that became a task comes on any of the streams about it, under the token of that call.
  notification: ({ message, server, caller }, notification) => {
    const isProgress = notification.method === 'notifications/progress';
    const isOther = isProgress && !isOwnProgress(message, notification);
    if (isOther && caller?.tasks.awaits(server, notification) !== true) return undefined;
    return isAtLevel(caller?.logLevel, notification) ? taskNotice(caller?.tasks, server, notification) : undefined;
  },
};

/** A call as a task: a notification must not cancel it (2025-11-25, Cancellation), and there is no task to cancel yet. */
export const legacyTaskCall: Leg = { ...legacyTasks, cancellation: () => undefined };

const RELATED = new Set([RELATED_TASK]);

/** CreateTaskResult: the task gets its id for the client. */
function createdEdits({ message, server, caller, slot }: CallRequest, { bytes, result }: Message): Edit[] {
  const place = member(result?.members, 'task');
  const task = place === undefined ? undefined : valueOf(bytes, place);
  if (place === undefined || !isJsonObject(task) || typeof task['taskId'] !== 'string') return [];
  const taskId = caller?.tasks.made(server, task['taskId'], slot?.current?.id, message);
  if (taskId === undefined) return [];
  caller?.tasks.told(server, task['taskId'], task['status']);
  return [{ start: place.start, end: place.end, text: JSON.stringify({ ...task, taskId }) }];
}

/** What an answer to a request about a task says of how it stands: one that has a result is over. */
function tellStatus({ message, name, server, caller }: CallRequest, { bytes, result }: Message): void {
  if (result === undefined || name === undefined || message.method === 'tools/call') return;
  const place = member(result.members, 'status');
  const status = place === undefined ? undefined : stringOf(bytes, place);
  caller?.tasks.told(server, name, message.method === 'tasks/result' ? 'completed' : status);
}

/** Whether a task is not known to the server, which has lost the session that it was made in. */
function isLost({ name, server, caller, slot }: CallRequest, answer: Message): boolean {
  if (errorCode(answer) !== INVALID_PARAMS || name === undefined) return false;
  return caller?.tasks.outlivedSession(server, name, slot?.current?.id) === true;
}
