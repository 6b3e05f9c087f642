import { setTimeout as delay } from 'node:timers/promises';
import { TASKS_EXTENSION } from '../call/task-extension.ts';
import { isJsonObject, objectMember, type JsonObject } from '../upstream/json.ts';
import { FIRST_MODERN_VERSION, metaKeys } from '../upstream/protocol-versions.ts';
import type { Agent } from './agent.ts';
import { AgentCall, mayHaveHeard, startOf, type CallOutcome, type Start } from './agent-call.ts';
import { AgentError } from './agent-error.ts';
import type { FaceReply } from './face-reply.ts';
import { askableBy, stepAfter, type Question } from './questions.ts';
import {
  answerTask,
  cancelTask,
  listenToTasks,
  modernTask,
  openQuestion,
  openTask,
  viewTask,
  type TaskAsker,
} from './face-tasks.ts';
import { callerResult, isUnknownTask, progressTeller, refuse, toolNamed, type FaceRequest } from './face-request.ts';
import { refOf, refText, type TaskRef } from './task-ref.ts';

/** How long a client that knows tasks waits for an answer that is quick, in milliseconds. */
const QUICK_MS = 500;

/** What stands in the state of a call that waits for its client's answer; the gateway seals it. */
interface WaitingCall {
  readonly ref: TaskRef;
  readonly kind: Question['kind'];
  readonly key: string;
}

/** An agent as a server of MCP 2026-07-28: its skills are tools, its long work is tasks of the extension. */
export class ModernFace {
  readonly #agent: Agent;
  readonly #listeners = new Set<(topic: 'tools') => void>();

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** The agent's tools may have changed. */
  toolsChanged(): void {
    for (const listener of this.#listeners) listener('tools');
  }

  /** Answers one request. Never rejects. */
  async serve(request: FaceRequest, reply: FaceReply): Promise<void> {
    try {
      await this.#serve(request, reply);
    } catch (error) {
      const result = request.method === 'tools/call' ? callerResult(this.#agent, error) : undefined;
      if (result !== undefined) reply.result({ resultType: 'complete', ...result });
      else if (request.method.startsWith('tasks/') && isUnknownTask(error)) reply.error(-32602, error.message);
      else refuse(this.#agent, request, reply, error);
    }
  }

  async #serve(request: FaceRequest, reply: FaceReply): Promise<void> {
    const { method, params } = request;
    switch (method) {
      case 'server/discover':
        return reply.result({ ...(await this.#discovery()), ...(await this.#kept()) });
      case 'tools/list': {
        const tools = (await this.#agent.tools()).map(({ definition }) => definition);
        return reply.result({ resultType: 'complete', tools, ...(await this.#kept()) });
      }
      case 'tools/call':
        return this.#call(request, reply);
      case 'tasks/get': {
        const ref = openTask(params);
        return reply.result({
          resultType: 'complete',
          ...modernTask(this.#agent, ref, await viewTask(this.#agent, ref, request.subject), this.#asked(request)),
        });
      }
      case 'tasks/update':
        await answerTask(this.#agent, openTask(params), objectMember(params, 'inputResponses'), request);
        return reply.result({ resultType: 'complete' });
      case 'tasks/cancel':
        await cancelTask(this.#agent, openTask(params), request.subject);
        return reply.result({ resultType: 'complete' });
      case 'subscriptions/listen':
        return this.#listen(request, reply);
      default:
        return reply.error(-32601, `Method not found: ${method}`, { status: 404 });
    }
  }

  async #discovery(): Promise<JsonObject> {
    const { card } = await this.#agent.card();
    return {
      resultType: 'complete',
      supportedVersions: [FIRST_MODERN_VERSION],
      capabilities: { tools: { listChanged: true }, extensions: { [TASKS_EXTENSION]: {} } },
      ...(card.description !== '' && { instructions: card.description }),
      _meta: { [metaKeys.serverInfo]: { name: card.name, version: card.version } },
    };
  }

  /** How long what is made of the card may be kept: as long as the card. */
  async #kept(): Promise<JsonObject> {
    const { freshUntil } = await this.#agent.card();
    return { ttlMs: Math.max(0, Math.round(freshUntil - performance.now())), cacheScope: 'public' };
  }

  #asked({ params, owner, subject }: FaceRequest): TaskAsker {
    return { owner, subject, askable: askableBy(declaredIn(params)) };
  }

  async #call(request: FaceRequest, reply: FaceReply): Promise<void> {
    const { params, owner, subject, signal } = request;
    const { askable } = this.#asked(request);
    const onProgress = progressTeller(params, reply);
    const call = new AgentCall({ agent: this.#agent, owner, subject, signal, whenGivenUp: 'cancel', onProgress });
    const { run, mayAsk } = await this.#prepared(request);
    reply.beginUnlessQuick();
    const running = run(call);
    if (objectMember(declaredIn(params), 'extensions')[TASKS_EXTENSION] !== undefined) {
      // What is done at once is an answer; the rest is a task, which the agent has named by then.
      const isQuick = await Promise.race([running.then(isDone, isDone), delay(QUICK_MS, false)]);
      if (!isQuick) await Promise.race([call.hasBegun, running.catch(isDone)]);
      if (!isQuick && call.ref !== undefined && call.view !== undefined) {
        const task = modernTask(this.#agent, call.ref, call.view, { owner, askable });
        reply.result({ ...task, resultType: 'task' });
        // What has become a task goes on without anyone that listens.
        call.leave();
        await running.catch(isDone);
        return;
      }
    }
    const outcome = await running;
    if (mayAsk && 'view' in outcome && call.ref !== undefined) {
      const question = openQuestion(this.#agent, outcome.view, askable);
      if (question !== undefined) return reply.result(inputRequired(question, call.ref));
    }
    reply.result({ resultType: 'complete', ...call.result(outcome) });
  }

  /** How the call begins, or goes on where it waited for the client's answer. @throws AgentError ERR_AGENT_ARGUMENTS */
  async #prepared({ params, owner }: FaceRequest): Promise<PreparedCall> {
    const tool = await toolNamed(this.#agent, params);
    const waiting = waitingIn(params['requestState']);
    if (waiting === undefined) {
      const start = startOf(this.#agent, tool, objectMember(params, 'arguments'), owner);
      return { run: (call) => call.go(start), mayAsk: true };
    }
    const { ref, kind, key } = waiting;
    const step = stepAfter(kind, objectMember(params, 'inputResponses')[key], ref);
    // Who does not want to say is not asked again: the answer says where the task stands.
    if (step === 'leave') return { run: (call) => call.go({ message: undefined, ref }, () => true), mayAsk: false };
    // What was answered is not answered again: a client may repeat a request, and the task may wait for something else by then.
    if (this.#agent.wasAnswered(key)) return { run: (call) => call.go({ message: undefined, ref }), mayAsk: true };
    const start: Start = step === 'wait' ? { message: undefined, ref } : { ...step, ref, target: ref.target };
    return { run: (call) => this.#agent.answer(key, () => call.go(start), mayHaveHeard), mayAsk: true };
  }

  /** Tells of the tools, and of tasks, until the client has enough. */
  async #listen(request: FaceRequest, reply: FaceReply): Promise<void> {
    const { params, id, signal } = request;
    const { toolsListChanged, taskIds } = objectMember(params, 'notifications');
    const refs = new Map<string, TaskRef>();
    for (const text of Array.isArray(taskIds) ? taskIds.map(String) : []) {
      const ref = refOf(text);
      if (ref !== undefined) refs.set(text, ref);
    }
    const meta = { [metaKeys.subscriptionId]: id };
    const tell = (method: string, more: JsonObject = {}): void =>
      reply.tell({ jsonrpc: '2.0', method, params: { ...more, _meta: meta } });
    tell('notifications/subscriptions/acknowledged', {
      notifications: {
        ...(toolsListChanged === true && { toolsListChanged: true }),
        ...(refs.size > 0 && { taskIds: [...refs.keys()] }),
      },
    });
    const onChange = (): void => tell('notifications/tools/list_changed');
    if (toolsListChanged === true) this.#listeners.add(onChange);
    try {
      await listenToTasks(this.#agent, refs, this.#asked(request), signal, (task) => tell('notifications/tasks', task));
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    } finally {
      this.#listeners.delete(onChange);
    }
  }
}

/** A call that may be made. */
interface PreparedCall {
  readonly run: (call: AgentCall) => Promise<CallOutcome>;
  /** Whether the client may be asked what the task waits for. */
  readonly mayAsk: boolean;
}

function inputRequired({ kind, key, params }: Question, ref: TaskRef): JsonObject {
  const requestState = JSON.stringify([refText(ref), kind, key]);
  return {
    resultType: 'input_required',
    inputRequests: { [key]: { method: 'elicitation/create', params } },
    requestState,
  };
}

function waitingIn(requestState: unknown): WaitingCall | undefined {
  if (typeof requestState !== 'string') return undefined;
  // The gateway has opened what it sealed.
  const [text, kind, key] = JSON.parse(requestState) as [string, Question['kind'], string];
  const ref = refOf(text);
  if (ref === undefined) throw new AgentError('ERR_AGENT_ARGUMENTS', 'The task that the answer is for has expired.');
  return { ref, kind, key };
}

/** What the client declared with a request. */
function declaredIn(params: JsonObject): JsonObject {
  const declared = objectMember(params, '_meta')[metaKeys.clientCapabilities];
  return isJsonObject(declared) ? declared : {};
}

function isDone(): boolean {
  return true;
}
