import { TaskState, type Artifact, type Message, type Part, type StreamResponse, type Task } from '@a2a-js/sdk';
import { AgentError } from './agent-error.ts';

/** What an agent has told of one task, put together: a task as it is, whatever the order of its events. */
export interface TaskView {
  readonly id: string;
  readonly contextId: string;
  readonly state: TaskState;
  /** What the agent says beside its state. */
  readonly message: Message | undefined;
  /** When the state was taken, RFC 3339; undefined: the agent does not say. */
  readonly timestamp: string | undefined;
  readonly artifacts: readonly Artifact[];
}

/** The most artifacts of a task and parts of them all, and what they may have together, in bytes: a client gets them in one answer. */
const MAX_ARTIFACTS = 1000;
const MAX_PARTS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

const terminal: ReadonlySet<TaskState> = new Set([
  TaskState.TASK_STATE_COMPLETED,
  TaskState.TASK_STATE_FAILED,
  TaskState.TASK_STATE_CANCELED,
  TaskState.TASK_STATE_REJECTED,
]);

/** Whether nothing more will become of a task in this state. */
export function isTerminal(state: TaskState): boolean {
  return terminal.has(state);
}

/** Whether a task in this state waits for the client (A2A 1.0, TaskState). */
export function isInterrupted(state: TaskState): boolean {
  return state === TaskState.TASK_STATE_INPUT_REQUIRED || state === TaskState.TASK_STATE_AUTH_REQUIRED;
}

/** A task as an agent gave it whole. @throws AgentError if it has no id */
export function viewOf({ id, contextId, status, artifacts }: Task): TaskView {
  if (id === '') throw new AgentError('ERR_AGENT_BROKEN', 'It gave a task without an id.');
  return {
    id,
    contextId,
    state: status?.state ?? TaskState.TASK_STATE_UNSPECIFIED,
    message: status?.message,
    timestamp: status?.timestamp,
    artifacts,
  };
}

/**
 * The task after another event of its stream (A2A 1.0, Streaming Events).
 * @param view undefined: nothing is known of it yet
 * @throws AgentError for events that no agent may send
 */
export function viewAfter(view: TaskView | undefined, { payload }: StreamResponse): TaskView {
  switch (payload?.$case) {
    case 'task': {
      if (view !== undefined && payload.value.id !== view.id) throw otherTask(view, payload.value.id);
      return viewOf(payload.value);
    }
    case 'statusUpdate': {
      const { taskId, contextId, status } = payload.value;
      // Agents of 0.3 may begin with an event, and no task before it.
      const before = view ?? begun(taskId, contextId);
      if (taskId !== '' && taskId !== before.id) throw otherTask(before, taskId);
      return {
        ...before,
        state: status?.state ?? before.state,
        message: status?.message,
        timestamp: status?.timestamp ?? before.timestamp,
      };
    }
    case 'artifactUpdate': {
      const { taskId, contextId, artifact, append } = payload.value;
      const before = view ?? begun(taskId, contextId);
      if (taskId !== '' && taskId !== before.id) throw otherTask(before, taskId);
      return artifact === undefined
        ? before
        : { ...before, artifacts: withArtifact(before.artifacts, artifact, append) };
    }
    case 'message':
    case undefined:
      throw new AgentError('ERR_AGENT_BROKEN', 'It sent an event amid a task that tells nothing of it.');
  }
}

function begun(id: string, contextId: string): TaskView {
  if (id === '') throw new AgentError('ERR_AGENT_BROKEN', 'It sent an event of a task without an id.');
  const state = TaskState.TASK_STATE_WORKING;
  return { id, contextId, state, message: undefined, timestamp: undefined, artifacts: [] };
}

function otherTask(view: TaskView, id: string): AgentError {
  return new AgentError(
    'ERR_AGENT_BROKEN',
    `It told of the task ${id.slice(0, 64)} amid the task ${view.id.slice(0, 64)}.`,
  );
}

/** An artifact may come in pieces: each is added to what came before under its id, or replaces it. */
function withArtifact(artifacts: readonly Artifact[], piece: Artifact, append: boolean): readonly Artifact[] {
  const index = artifacts.findIndex(({ artifactId }) => artifactId === piece.artifactId);
  const before = artifacts[index];
  const next =
    before === undefined ? [...artifacts, piece] : artifacts.with(index, append ? grown(before, piece) : piece);
  if (next.length > MAX_ARTIFACTS) {
    throw new AgentError('ERR_AGENT_OVERSIZE', `It made more than ${MAX_ARTIFACTS} artifacts in one task.`);
  }
  if (next.reduce((count, { parts }) => count + parts.length, 0) > MAX_PARTS) {
    throw new AgentError('ERR_AGENT_OVERSIZE', `It made artifacts of more than ${MAX_PARTS} parts in one task.`);
  }
  if (next.reduce((size, artifact) => size + sizeOf(artifact), 0) > MAX_BYTES) {
    throw new AgentError('ERR_AGENT_OVERSIZE', `It made artifacts of more than ${MAX_BYTES} bytes in one task.`);
  }
  return next;
}

function grown(before: Artifact, piece: Artifact): Artifact {
  return {
    ...before,
    name: piece.name || before.name,
    description: piece.description || before.description,
    parts: joined(before.parts, piece.parts),
  };
}

/** All that is kept of an artifact counts: a part of nothing but metadata is one, too. */
function sizeOf({ name, description, metadata, parts }: Artifact): number {
  return parts.reduce((sum, part) => sum + partSize(part), name.length + description.length + jsonSize(metadata));
}

function partSize({ content, filename, mediaType, metadata }: Part): number {
  const size = content?.$case === 'data' ? jsonSize(content.value) : (content?.value.length ?? 0);
  return size + filename.length + mediaType.length + jsonSize(metadata);
}

/** What comes in thousands of pieces is not to be written as JSON each time. */
const jsonSizes = new WeakMap<object, number>();

function jsonSize(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value).length;
  let size = jsonSizes.get(value);
  if (size === undefined) {
    size = JSON.stringify(value).length;
    jsonSizes.set(value, size);
  }
  return size;
}

/** Text that comes in pieces is one text: a piece may end within a word. */
function joined(before: readonly Part[], next: readonly Part[]): Part[] {
  const parts = [...before];
  for (const part of next) {
    const last = parts.at(-1);
    if (last !== undefined && isText(last) && isText(part) && isSameKind(last, part)) {
      parts[parts.length - 1] = {
        ...last,
        content: { $case: 'text', value: last.content.value + part.content.value },
      };
    } else parts.push(part);
  }
  return parts;
}

type TextPart = Part & { content: { $case: 'text'; value: string } };

function isText(part: Part): part is TextPart {
  return part.content?.$case === 'text';
}

function isSameKind(a: Part, b: Part): boolean {
  return a.filename === b.filename && a.mediaType === b.mediaType;
}
