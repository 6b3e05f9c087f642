import { randomUUID } from 'node:crypto';
import { objectMember, type JsonObject } from '../upstream/json.ts';
import { POLL_MS } from './face-tasks.ts';

/** How long what was answered without a task is kept, in milliseconds, of how many calls at most, and how much of it: in characters of JSON. */
const TTL_MS = 10 * 60_000;
const MOST = 1000;
const MOST_SIZE = 16 * 1024 * 1024;

interface Finished {
  readonly task: JsonObject;
  readonly result: JsonObject;
  readonly endsAt: number;
  readonly size: number;
}

/**
 * Answers of agents that made no task of a call which its client wanted as one: a client of 2025-11-25 that asks for a task
 * gets one. Kept in this process alone.
 */
export class FinishedTasks {
  readonly #tasks = new Map<string, Finished>();
  #size = 0;

  /** @returns the task that holds a result */
  add(result: JsonObject): JsonObject {
    const now = Date.now();
    const { length: size } = JSON.stringify(result);
    for (const [id, oldest] of this.#tasks) {
      if (oldest.endsAt > now && this.#tasks.size < MOST && this.#size + size <= MOST_SIZE) break;
      this.#tasks.delete(id);
      this.#size -= oldest.size;
    }
    const taskId = `answer-${randomUUID()}`;
    const time = new Date(now).toISOString();
    const status = result['isError'] === true ? 'failed' : 'completed';
    const task = { taskId, status, createdAt: time, lastUpdatedAt: time, ttl: TTL_MS, pollInterval: POLL_MS };
    this.#tasks.set(taskId, { task, result, endsAt: now + TTL_MS, size });
    this.#size += size;
    return task;
  }

  /** The task that a request is about; undefined if it is none of these, or has expired. */
  get(params: JsonObject): JsonObject | undefined {
    return this.#find(params)?.task;
  }

  /** Its result. */
  result(params: JsonObject): JsonObject | undefined {
    const { taskId } = params;
    const finished = this.#find(params);
    const meta = { 'io.modelcontextprotocol/related-task': { taskId } };
    return finished && { ...finished.result, _meta: { ...objectMember(finished.result, '_meta'), ...meta } };
  }

  #find({ taskId }: JsonObject): Finished | undefined {
    const finished = this.#tasks.get(String(taskId));
    return finished !== undefined && finished.endsAt > Date.now() ? finished : undefined;
  }
}
