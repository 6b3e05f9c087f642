import { randomUUID } from 'node:crypto';
import { TaskState } from '@a2a-js/sdk';
import { isJsonObject, objectMember, type JsonObject } from '../upstream/json.ts';
import { LATEST_LEGACY_VERSION, legacyVersions } from '../upstream/protocol-versions.ts';
import type { Agent } from './agent.ts';
import { AgentCall, mayHaveHeard, startOf, type CallOutcome, type Start } from './agent-call.ts';
import { AgentError } from './agent-error.ts';
import type { FaceReply } from './face-reply.ts';
import { callerResult, isUnknownTask, progressTeller, refuse, toolNamed, type FaceRequest } from './face-request.ts';
import { cancelTask, openTask, openQuestion, POLL_MS, taskBasics, taskResult, viewTask } from './face-tasks.ts';
import { FinishedTasks } from './finished-tasks.ts';
import { askableBy, stepAfter, type Askable, type Question } from './questions.ts';
import { REF_TTL_MS, type TaskRef } from './task-ref.ts';
import { isInterrupted, isTerminal, type TaskView } from './task-view.ts';

/** How often one call asks its client: an agent that never has enough is left then. */
const MAX_QUESTIONS = 10;
const RELATED_TASK = 'io.modelcontextprotocol/related-task';

/** One client's session with the agent. */
interface FaceSession {
  readonly askable: Askable;
  /** By the id that the client was asked under. */
  readonly questions: Map<string, (response: JsonObject) => void>;
}

/** An agent as a server of MCP up to 2025-11-25: with sessions, in which the client is asked amid a call. */
export class LegacyFace {
  readonly #agent: Agent;
  readonly #sessions = new Map<string, FaceSession>();
  readonly #finished = new FinishedTasks();

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** Begins a session, as `initialize` asks for. */
  async initialize(request: FaceRequest, reply: FaceReply): Promise<void> {
    try {
      const { card } = await this.#agent.card();
      const { params } = request;
      const { protocolVersion } = params;
      const isSpoken = typeof protocolVersion === 'string' && legacyVersions.includes(protocolVersion);
      const id = randomUUID();
      this.#sessions.set(id, { askable: askableBy(objectMember(params, 'capabilities')), questions: new Map() });
      reply.result(
        {
          protocolVersion: isSpoken ? protocolVersion : LATEST_LEGACY_VERSION,
          capabilities: { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } },
          serverInfo: { name: card.name, version: card.version },
          ...(card.description !== '' && { instructions: card.description }),
        },
        { 'mcp-session-id': id },
      );
    } catch (error) {
      refuse(this.#agent, request, reply, error);
    }
  }

  /** Whether there is such a session. */
  has(session: string): boolean {
    return this.#sessions.has(session);
  }

  end(session: string): void {
    this.#sessions.delete(session);
  }

  /** The client's response to a question. */
  answered(session: string, response: JsonObject): void {
    const { questions } = this.#sessions.get(session) ?? {};
    const id = String(response['id']);
    questions?.get(id)?.(response);
    questions?.delete(id);
  }

  /** Answers one request in a session. Never rejects. */
  async serve(id: string, request: FaceRequest, reply: FaceReply): Promise<void> {
    const session = this.#sessions.get(id) as FaceSession;
    try {
      await this.#serve(session, request, reply);
    } catch (error) {
      const result = request.method === 'tools/call' ? callerResult(this.#agent, error) : undefined;
      if (result !== undefined) reply.result(result);
      else if (isUnknownTask(error)) reply.error(-32602, error.message);
      else refuse(this.#agent, request, reply, error);
    }
  }

  async #serve(session: FaceSession, request: FaceRequest, reply: FaceReply): Promise<void> {
    const { method, params } = request;
    switch (method) {
      case 'ping':
        return reply.result({});
      case 'tools/list':
        return reply.result({ tools: (await this.#agent.tools()).map(({ definition }) => definition) });
      case 'tools/call':
        return isJsonObject(params['task'])
          ? this.#callAsTask(session, request, reply)
          : this.#call(session, request, reply);
      case 'tasks/get':
        return reply.result(
          this.#finished.get(params) ?? (await this.#task(openTask(params), session.askable, request.subject)),
        );
      case 'tasks/result':
        return this.#taskResult(session, request, reply);
      case 'tasks/cancel':
        return this.#cancel(session, request, reply);
      default:
        return reply.error(-32601, `Method not found: ${method}`);
    }
  }

  async #call(session: FaceSession, request: FaceRequest, reply: FaceReply): Promise<void> {
    const { params, owner, subject, signal } = request;
    const tool = await toolNamed(this.#agent, params);
    const start = startOf(this.#agent, tool, objectMember(params, 'arguments'), owner);
    const onProgress = progressTeller(params, reply);
    const call = new AgentCall({ agent: this.#agent, owner, subject, signal, whenGivenUp: 'cancel', onProgress });
    reply.beginUnlessQuick();
    const outcome = await this.#through(session, call, await call.go(start), reply);
    reply.result(call.result(outcome));
  }

  /** Asks the client whatever the task waits for, until it waits for nothing that could be asked. */
  async #through(
    session: FaceSession,
    call: AgentCall,
    first: CallOutcome,
    reply: FaceReply,
    meta?: JsonObject,
  ): Promise<CallOutcome> {
    let outcome = first;
    for (let asked = 0; asked < MAX_QUESTIONS; asked++) {
      if (!('view' in outcome) || call.ref === undefined) return outcome;
      const question = openQuestion(this.#agent, outcome.view, session.askable);
      if (question === undefined) return outcome;
      const response = await ask(session, question, reply, meta);
      const step = stepAfter(question.kind, response, call.ref);
      if (step === 'leave') return outcome;
      const { ref } = call;
      const start: Start = step === 'wait' ? { message: undefined, ref } : { ...step, ref, target: ref.target };
      outcome = await this.#agent.answer(question.key, () => call.go(start), mayHaveHeard);
    }
    return outcome;
  }

  /** The call becomes a task as soon as the agent has named one (2025-11-25, Tasks, Creating Tasks). */
  async #callAsTask(session: FaceSession, request: FaceRequest, reply: FaceReply): Promise<void> {
    const { params, owner, subject, signal } = request;
    const tool = await toolNamed(this.#agent, params);
    const start = startOf(this.#agent, tool, objectMember(params, 'arguments'), owner);
    const call = new AgentCall({
      agent: this.#agent,
      owner,
      subject,
      signal,
      whenGivenUp: 'cancel',
      onProgress: untold,
    });
    const running = call.go(start);
    await Promise.race([call.hasBegun, running]);
    if (call.ref === undefined || call.view === undefined) {
      // An answer without a task: one of the gateway's own holds it.
      return reply.result({ task: this.#finished.add(call.result(await running)) });
    }
    reply.result({ task: this.#taskOf(call.ref, call.view, session.askable) });
    call.leave();
    await running.catch(() => undefined);
  }

  /** Waits for the task's outcome, asking what it asks (2025-11-25, Tasks, Result Retrieval and Input Required Status). */
  async #taskResult(session: FaceSession, request: FaceRequest, reply: FaceReply): Promise<void> {
    const { params, owner, subject, signal } = request;
    const finished = this.#finished.result(params);
    if (finished !== undefined) return reply.result(finished);
    const ref = openTask(params);
    const meta = { [RELATED_TASK]: { taskId: params['taskId'] } };
    // The task does not end with who waits for it.
    const call = new AgentCall({
      agent: this.#agent,
      owner,
      subject,
      signal,
      whenGivenUp: 'leave',
      onProgress: untold,
    });
    reply.begin();
    const first = await call.go({ message: undefined, ref });
    const outcome = await this.#through(session, call, first, reply, meta);
    if ('unfinished' in outcome) {
      throw outcome.fault ?? new AgentError('ERR_AGENT_BROKEN', 'The task is not over; ask for its result again.');
    }
    const result = 'view' in outcome ? taskResult(this.#agent, ref, outcome.view, owner) : call.result(outcome);
    reply.result({ ...result, _meta: { ...objectMember(result, '_meta'), ...meta } });
  }

  /** What is over is not cancelled any more, which is an error (2025-11-25, Tasks, Task Cancellation). */
  async #cancel({ askable }: FaceSession, { params, subject }: FaceRequest, reply: FaceReply): Promise<void> {
    const ref = this.#finished.get(params) === undefined ? openTask(params) : undefined;
    if (ref === undefined || isTerminal((await viewTask(this.#agent, ref, subject)).state)) {
      return reply.error(-32602, 'Cannot cancel task: it is in a terminal status already.');
    }
    await cancelTask(this.#agent, ref, subject);
    reply.result(await this.#task(ref, askable, subject));
  }

  async #task(ref: TaskRef, askable: Askable, subject: FaceRequest['subject']): Promise<JsonObject> {
    return this.#taskOf(ref, await viewTask(this.#agent, ref, subject), askable);
  }

  #taskOf(ref: TaskRef, view: TaskView, askable: Askable): JsonObject {
    const question = openQuestion(this.#agent, view, askable);
    const isAsking = question !== undefined && !this.#agent.wasAnswered(question.key);
    // What waits for something that this client cannot be asked has come to its end for it: the result says what is needed.
    const isStuck = question === undefined && isInterrupted(view.state);
    const status = isAsking ? 'input_required' : isStuck ? 'completed' : statusOf(view.state);
    return { ...taskBasics(ref, view), status, ttl: REF_TTL_MS, pollInterval: POLL_MS };
  }
}

function untold(): void {
  // A task's progress is asked for, not told.
}

function statusOf(state: TaskState): string {
  if (!isTerminal(state)) return 'working';
  if (state === TaskState.TASK_STATE_COMPLETED) return 'completed';
  return state === TaskState.TASK_STATE_CANCELED ? 'cancelled' : 'failed';
}

/** Asks the client, on the stream of its call. @returns its ElicitResult; undefined: it gave none */
async function ask(
  { questions }: FaceSession,
  { params, kind }: Question,
  reply: FaceReply,
  meta: JsonObject | undefined,
): Promise<unknown> {
  const id = `ask-${randomUUID()}`;
  const { promise, resolve } = Promise.withResolvers<JsonObject>();
  questions.set(id, resolve);
  const elicitation = kind === 'authorization' ? { elicitationId: randomUUID() } : {};
  const asked = { ...params, ...elicitation, ...(meta !== undefined && { _meta: meta }) };
  reply.tell({ jsonrpc: '2.0', id, method: 'elicitation/create', params: asked });
  const response = await Promise.race([promise, reply.gone]);
  questions.delete(id);
  return response?.['result'];
}
