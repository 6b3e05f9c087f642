import type { Edit } from '../jsonrpc/edit.ts';
import { member, type Member } from '../jsonrpc/message-scan.ts';
import { param, stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import { edited } from '../jsonrpc/edit.ts';
import type { RoutedServer } from '../routing/route.ts';
import { isJsonObject } from '../upstream/json.ts';
import type { SessionTasks } from './task-session.ts';

/** The key in `_meta` that names the task that a message is about (2025-11-25, Tasks, Related Task Metadata). */
export const RELATED_TASK = 'io.modelcontextprotocol/related-task';
const STATUS = 'notifications/tasks/status';

/**
 * The edit that has a message name its task by another id; none where it names none.
 * @param holder the message's `params` or `result`
 * @param renamed the other id; undefined: it stays
 */
export function relatedTaskEdits(
  bytes: Buffer,
  holder: Member | undefined,
  renamed: (id: string) => string | undefined,
): Edit[] {
  const place = member(member(holder?.members, '_meta')?.members, RELATED_TASK);
  const related = place === undefined ? undefined : valueOf(bytes, place);
  if (place === undefined || !isJsonObject(related) || typeof related['taskId'] !== 'string') return [];
  const taskId = renamed(related['taskId']);
  if (taskId === undefined) return [];
  return [{ start: place.start, end: place.end, text: JSON.stringify({ ...related, taskId }) }];
}

/**
 * A legacy server's notification as its legacy client is to get it: tasks under the client's ids.
 * @returns undefined: it is about a task of somebody else; the message's own bytes where nothing in it is about a task
 */
export function taskNotice(
  tasks: SessionTasks | undefined,
  server: RoutedServer,
  notification: Message,
): Buffer | undefined {
  const { bytes, params, method } = notification;
  if (tasks === undefined) return bytes;
  const edits = relatedTaskEdits(bytes, params, (id) => tasks.seal(server, id));
  if (method === STATUS) {
    const place = param(notification, 'taskId');
    const id = place === undefined ? undefined : stringOf(bytes, place);
    if (place === undefined || id === undefined || !tasks.isOwn(server, id)) return undefined;
    const status = param(notification, 'status');
    tasks.told(server, id, status === undefined ? undefined : stringOf(bytes, status));
    edits.push({ start: place.start, end: place.end, text: JSON.stringify(tasks.seal(server, id)) });
  }
  return edited(
    bytes,
    edits.sort((a, b) => a.start - b.start),
  );
}
