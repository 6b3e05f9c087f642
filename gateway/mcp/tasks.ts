import type { OpenedTask } from '../call/task-ids.ts';
import type { Message } from '../jsonrpc/message.ts';
import type { Route } from '../routing/route.ts';
import type { Era } from '../upstream/catalogue.ts';
import { McpError, UnknownError } from './errors.ts';
import { requiredString, type RequestTarget } from './targets.ts';

/** The requests about one task, by the era of the client; `tasks/list` is about all. */
const taskMethods: Readonly<Record<Era, readonly string[]>> = {
  legacy: ['tasks/get', 'tasks/result', 'tasks/cancel'],
  modern: ['tasks/get', 'tasks/update', 'tasks/cancel'],
};

/** Whether a method is a request about one task. */
export function isTaskMethod(method: string, era: Era): boolean {
  return taskMethods[era].includes(method);
}

/**
 * Finds the server of a task by the id that the client was given.
 * @param open what is behind an id; undefined if it is none of this client's
 * @throws McpError invalid_params for such an id, or if its server has left
 */
export function taskTarget(
  route: Route,
  message: Message,
  open: (sealed: string) => OpenedTask | undefined,
): RequestTarget {
  const { text, place } = requiredString(message, 'taskId');
  const task = open(text);
  const server = task === undefined ? undefined : route.servers.find(({ upstream }) => upstream.key === task.server);
  if (task === undefined) {
    const says = `Task not found: no such task is known: ${text.slice(0, 128)}`;
    throw new McpError('invalid_params', says, { denied: 'task' });
  }
  if (server === undefined) {
    const says = `Task not found: its server ${task.server} is not here any more: ${text.slice(0, 128)}`;
    throw new UnknownError('invalid_params', says, { server: task.server });
  }
  return { server, edits: [{ start: place.start, end: place.end, text: JSON.stringify(task.id) }], name: task.id };
}
