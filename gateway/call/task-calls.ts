import type { Edit } from '../jsonrpc/edit.ts';
import { param, type Message } from '../jsonrpc/message.ts';
import { McpError } from '../mcp/errors.ts';
import type { RequestTarget } from '../mcp/targets.ts';
import type { Catalogue, Era } from '../upstream/catalogue.ts';
import { isJsonObject, objectMember, type JsonObject } from '../upstream/json.ts';
import { removedMembers } from './answer-edits.ts';
import type { Leg } from './leg.ts';
import { legacyTaskCall, legacyTasks } from './task-legacy.ts';
import { modernTasks } from './task-modern.ts';
import { requiredTask } from './task-required.ts';

/** A request as far as tasks go. */
export interface TaskRequest {
  readonly message: Message;
  readonly target: RequestTarget;
  readonly catalogue: Catalogue;
  /** The client's. */
  readonly era: Era;
  /** The one that the server is spoken to in. */
  readonly serverEra: Era;
  /** How long a call may take at most, in milliseconds: no task of the gateway's own is needed for longer. */
  readonly longestMs: number;
}

/** How a request goes on its way. */
export interface TaskWay {
  /** Another than the usual one of the eras. */
  readonly leg?: Leg;
  /** What has to change in the message beside what routing changes. */
  readonly edits?: readonly Edit[];
}

const USUAL: TaskWay = {};

/**
 * What tasks have to do with a request, and what follows from it.
 * @throws McpError for a request about a task that was made in another era than the server speaks now
 */
export function taskWay(request: TaskRequest): TaskWay {
  const { message, catalogue, era, serverEra } = request;
  const { method } = message;
  if (method.startsWith('tasks/')) {
    if (era === serverEra) return { leg: era === 'legacy' ? legacyTasks : modernTasks };
    throw new McpError(
      'invalid_params',
      'Task not found: its server does not speak the protocol any more that it was made in.',
    );
  }
  if (method !== 'tools/call' || (era === 'modern' && serverEra === 'modern')) return USUAL;
  const runsTasks = (): boolean => serverEra === 'legacy' && declaresTaskCalls(catalogue);
  const asked = param(message, 'task');
  if (era === 'legacy') {
    if (asked === undefined) return USUAL;
    // Where tasks are not declared, what asks for one is ignored (2025-11-25, Tasks, Task Support and Handling).
    return runsTasks() ? { leg: legacyTaskCall } : { edits: withoutTask(message) };
  }
  const edits = asked === undefined ? {} : { edits: withoutTask(message) };
  return isRequired(request) && runsTasks() ? { ...edits, leg: requiredTask(request.longestMs) } : edits;
}

/** Whether a server says that it runs calls of tools as tasks (2025-11-25, Tasks, Server Capabilities). */
function declaresTaskCalls({ era, capabilities, legacy }: Catalogue): boolean {
  const spoken: JsonObject = era === 'legacy' ? capabilities : (legacy?.capabilities ?? {});
  const { tasks } = spoken;
  if (!isJsonObject(tasks)) return false;
  return isJsonObject(objectMember(objectMember(tasks, 'requests'), 'tools')['call']);
}

function isRequired({ target }: TaskRequest): boolean {
  return target.name !== undefined && target.server.upstream.traitsOf(target.name)?.requiresTask === true;
}

const TASK = new Set(['task']);

function withoutTask({ params }: Message): Edit[] {
  return params === undefined ? [] : removedMembers(params, TASK);
}
