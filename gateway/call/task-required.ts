import { edited } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { readMessage, valueOf, type Message } from '../jsonrpc/message.ts';
import { isJsonObject } from '../upstream/json.ts';
import { insertedMembers, removedMembers } from './answer-edits.ts';
import { legacyHeaders } from './legacy-request.ts';
import type { Leg } from './leg.ts';
import { modernToLegacy } from './modern-legacy.ts';
import { RELATED_TASK } from './task-metadata.ts';

/**
 * Modern client, legacy server, and a tool that must be run as a task (2025-11-25, Tasks, Tool-Level Negotiation): the
 * gateway makes the task, and waits for its result with `tasks/result`, on whose stream the server asks what it needs
 * (Input Required Status). The client sees an ordinary call.
 * @param ttlMs how long the server is asked to keep the task, in milliseconds
 */
export function requiredTask(ttlMs: number): Leg {
  /** The id of the call, which is its progress token as well: good until the task has ended (Task Progress Notifications). */
  let token = '';
  return {
    ...modernToLegacy,
    request(call, session) {
      const { params } = call.message;
      const task = params === undefined ? [] : [insertedMembers(params, `"task":{"ttl":${ttlMs}}`)];
      const request = modernToLegacy.request({ ...call, edits: [...task, ...call.edits] }, session);
      token = request.id;
      return request;
    },
    next(answer) {
      const taskId = createdTask(answer);
      return taskId === undefined ? undefined : awaitedTask(taskId, token);
    },
    // A notification must not cancel a call as a task, and what it would be cancelled by is not known yet: it ends by its ttl.
    cancellation: () => undefined,
  };
}

function awaitedTask(taskId: string, token: string): Leg {
  return {
    ...modernToLegacy,
    request(_call, session) {
      const id = nextId();
      const body = Buffer.from(taskRequest(id, 'tasks/result', taskId));
      return { headers: legacyHeaders(session), body, id };
    },
    answer: (call, answer, states) => withoutRelated(modernToLegacy.answer(call, answer, states)),
    notification: (call, notification) => {
      const passed = modernToLegacy.notification(call, notification, token);
      return passed === undefined ? undefined : withoutRelated(passed);
    },
    cancellation: () => Buffer.from(taskRequest(nextId(), 'tasks/cancel', taskId)),
  };
}

/** The server's id of the task that an answer tells of; undefined if it is another answer. */
function createdTask({ bytes, result }: Message): string | undefined {
  const place = member(result?.members, 'task');
  const task = place === undefined ? undefined : valueOf(bytes, place);
  return isJsonObject(task) && typeof task['taskId'] === 'string' ? task['taskId'] : undefined;
}

const RELATED = new Set([RELATED_TASK]);

/** A modern client knows of no task. */
function withoutRelated(bytes: Buffer): Buffer {
  if (!bytes.includes(RELATED_TASK)) return bytes;
  const { result, params } = readMessage(bytes);
  const meta = member((result ?? params)?.members, '_meta');
  return meta === undefined ? bytes : edited(bytes, removedMembers(meta, RELATED));
}

function taskRequest(id: string, method: string, taskId: string): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":{"taskId":${JSON.stringify(taskId)}}}`;
}

let lastId = 0;

/** JSON text; the requests of clients go under numbers. */
function nextId(): string {
  lastId++;
  return `"task-${lastId}"`;
}
