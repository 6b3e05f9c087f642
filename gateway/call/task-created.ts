import type { Edit } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { stringOf, type Message } from '../jsonrpc/message.ts';
import { serverError } from './faults.ts';
import type { CallRequest } from './leg.ts';
import type { TaskIds } from './task-ids.ts';

/**
 * The edit that gives the task of a modern CreateTaskResult its id for the client; none for another result.
 * @throws McpError for a task without an id
 */
export function createdTaskEdits({ server, principal }: CallRequest, { bytes, result }: Message, ids: TaskIds): Edit[] {
  const type = member(result?.members, 'resultType');
  if (type === undefined || stringOf(bytes, type) !== 'task') return [];
  const place = member(result?.members, 'taskId');
  const id = place === undefined ? undefined : stringOf(bytes, place);
  if (place === undefined || id === undefined) {
    throw serverError('upstream_fault', server, 'answered with a task that has no taskId.');
  }
  return [{ start: place.start, end: place.end, text: JSON.stringify(ids.seal(principal.id, server, id)) }];
}
