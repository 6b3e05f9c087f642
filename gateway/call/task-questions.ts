import type { Edit } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param, stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import type { RoutedServer } from '../routing/route.ts';
import { isJsonObject, objectMember, type JsonObject } from '../upstream/json.ts';
import { removedMembers } from './answer-edits.ts';

/** How many tasks that a client runs are remembered. */
const MAX_TASKS = 256;
const ABOUT_ONE: readonly string[] = ['tasks/get', 'tasks/result', 'tasks/cancel'];

/**
 * The tasks that a legacy client runs, for servers that ask it something as a task (2025-11-25, Tasks: either side may).
 * The client knows one peer, behind which are many servers: each may ask for its own tasks alone.
 */
export class ClientTasks {
  readonly #capabilities: JsonObject;
  /** The client's id of a task → whose it is, the oldest first; few sessions have any. */
  #made: Map<string, RoutedServer['upstream']> | undefined;

  /** @param capabilities what the client declared */
  constructor(capabilities: JsonObject) {
    this.#capabilities = capabilities;
  }

  /** Whether a server may ask it of the client; of other requests than those about tasks this says nothing. */
  mayAsk({ upstream }: RoutedServer, request: Message): boolean {
    if (!request.method.startsWith('tasks/')) return true;
    if (!isJsonObject(this.#capabilities['tasks'])) return false;
    return !ABOUT_ONE.includes(request.method) || this.#made?.get(taskIdOf(request) ?? '') === upstream;
  }

  /** What changes in a server's request: a client that runs no such tasks gets it as an ordinary one. */
  requestEdits({ method, params }: Message): Edit[] {
    if (params === undefined || member(params.members, 'task') === undefined) return [];
    let declared = objectMember(objectMember(this.#capabilities, 'tasks'), 'requests');
    for (const part of method.split('/')) {
      if (!isJsonObject(declared[part])) return removedMembers(params, TASK);
      declared = declared[part];
    }
    return [];
  }

  /** What changes in the client's response; the tasks in it are remembered. */
  responseEdits({ upstream }: RoutedServer, request: Message, { bytes, result }: Message): Edit[] {
    if (request.method === 'tasks/list') {
      const place = member(result?.members, 'tasks');
      const tasks = place === undefined ? undefined : valueOf(bytes, place);
      if (place === undefined || !Array.isArray(tasks)) return [];
      const own = tasks.filter(
        (task: unknown) => isJsonObject(task) && this.#made?.get(String(task['taskId'])) === upstream,
      );
      return [{ start: place.start, end: place.end, text: JSON.stringify(own) }];
    }
    const place = param(request, 'task') === undefined ? undefined : member(result?.members, 'task');
    const task = place === undefined ? undefined : valueOf(bytes, place);
    if (isJsonObject(task) && typeof task['taskId'] === 'string') this.#remember(task['taskId'], upstream);
    return [];
  }

  /** Whose task a notification of the client is about; undefined: nobody's. */
  serverOf(notification: Message): RoutedServer['upstream'] | undefined {
    return this.#made?.get(taskIdOf(notification) ?? '');
  }

  #remember(id: string, upstream: RoutedServer['upstream']): void {
    this.#made ??= new Map();
    this.#made.set(id, upstream);
    const [oldest] = this.#made.keys();
    if (this.#made.size > MAX_TASKS && oldest !== undefined) this.#made.delete(oldest);
  }
}

const TASK = new Set(['task']);

function taskIdOf(message: Message): string | undefined {
  const place = param(message, 'taskId');
  return place === undefined ? undefined : stringOf(message.bytes, place);
}
