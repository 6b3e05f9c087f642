import type { Message, StreamResponse, Task } from '@a2a-js/sdk';
import { JsonRpcTransportFactory, type RequestOptions, type Transport } from '@a2a-js/sdk/client';
import { A2A_ERROR_CODE, isJsonRpcError } from '@a2a-js/sdk/errors';
import type { Dispatcher } from 'undici';
import { Deadline } from '../upstream/deadline.ts';
import { OutboundError } from '../upstream/outbound-error.ts';
import { isConnectFailure, reasonOf } from '../upstream/errors.ts';
import type { AgentCard } from './agent-card.ts';
import { AgentError } from './agent-error.ts';
import { agentFetch } from './agent-fetch.ts';

/** An agent at one of its addresses. */
export interface AgentPlace {
  /** Streams stay open on it, so that it has to have no bound of connections. */
  readonly dispatcher: Dispatcher;
  /** What is sent as Host. */
  readonly host: string;
  /** What is spoken there; absent: http. */
  readonly scheme?: 'https';
}

/** How long an agent may take for an answer that is no stream, in milliseconds. */
const ANSWER_MS = 30_000;
/** Messages of a task's history that are asked for: none, the gateway has no use for them. */
const NO_HISTORY = 0;

/**
 * Speaks A2A with an agent at one address, in the version of its card (A2A 1.0, JSON-RPC Protocol Binding; 0.3 by the SDK's
 * compatibility layer). What comes is in the words of 1.0.
 *
 * All methods throw AgentError: ERR_AGENT_UNREACHABLE if nothing was sent, ERR_AGENT_TASK_UNKNOWN, ERR_AGENT_REFUSED for
 * what the agent answers with an error, ERR_AGENT_OVERSIZE, ERR_AGENT_EVENT_OVERSIZE, ERR_AGENT_BROKEN; or what `signal` is aborted with.
 */
export class AgentLink {
  readonly #card: AgentCard;
  readonly #place: AgentPlace;
  #transport: Promise<Transport> | undefined;

  constructor(card: AgentCard, place: AgentPlace) {
    this.#card = card;
    this.#place = place;
  }

  /** Whether the agent tells of its tasks as they go on. */
  get isStreaming(): boolean {
    return this.#card.isStreaming;
  }

  /** Sends a message; what the agent tells of the task, or its bare answer, as it comes. */
  async *send(message: Message, signal: AbortSignal): AsyncGenerator<StreamResponse, void, undefined> {
    const { isStreaming, outputModes } = this.#card;
    const params = {
      tenant: this.#tenant,
      message,
      metadata: undefined,
      configuration: {
        acceptedOutputModes: [...outputModes],
        taskPushNotificationConfig: undefined,
        historyLength: NO_HISTORY,
        // A blocking request shows no task id before its end: nothing could be said of the task, or cancelled.
        returnImmediately: true,
      },
    };
    if (isStreaming) {
      yield* this.#stream((transport) => transport.sendMessageStream(params, this.#options(signal)), signal);
      return;
    }
    const result = await this.#call((transport, options) => transport.sendMessage(params, options), signal);
    yield { payload: 'messageId' in result ? { $case: 'message', value: result } : { $case: 'task', value: result } };
  }

  /** Hears of a task that is not over: its state now, then what comes. */
  subscribe(taskId: string, signal: AbortSignal): AsyncGenerator<StreamResponse, void, undefined> {
    const params = { tenant: this.#tenant, id: taskId };
    return this.#stream((transport) => transport.resubscribeTask(params, this.#options(signal)), signal);
  }

  /** A task as it is now. */
  get(taskId: string, signal?: AbortSignal): Promise<Task> {
    const params = { tenant: this.#tenant, id: taskId, historyLength: NO_HISTORY };
    return this.#call((transport, options) => transport.getTask(params, options), signal);
  }

  /** Asks for a task to be cancelled. @returns the task as it is by then */
  cancel(taskId: string): Promise<Task> {
    const params = { tenant: this.#tenant, id: taskId, metadata: undefined };
    return this.#call((transport, options) => transport.cancelTask(params, options));
  }

  get #tenant(): string {
    return this.#card.interface.tenant;
  }

  #options(signal: AbortSignal): RequestOptions {
    return { signal, serviceParameters: { 'A2A-Version': this.#card.interface.version } };
  }

  async #call<T>(run: (transport: Transport, options: RequestOptions) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const deadline = new Deadline(ANSWER_MS, signal);
    try {
      return await run(await this.#connected(), this.#options(deadline.signal));
    } catch (cause) {
      signal?.throwIfAborted();
      if (deadline.isOver) throw broken(`gave no answer within ${ANSWER_MS} ms`, cause);
      throw toAgentError(cause);
    } finally {
      deadline.end();
    }
  }

  async *#stream(
    open: (transport: Transport) => AsyncGenerator<StreamResponse, void, undefined>,
    signal: AbortSignal,
  ): AsyncGenerator<StreamResponse, void, undefined> {
    try {
      yield* open(await this.#connected());
    } catch (cause) {
      signal.throwIfAborted();
      throw toAgentError(cause);
    }
  }

  #connected(): Promise<Transport> {
    this.#transport ??= this.#connect();
    return this.#transport;
  }

  #connect(): Promise<Transport> {
    const { sdk, interface: spoken } = this.#card;
    const { dispatcher, host, scheme = 'http' } = this.#place;
    const url = `${scheme}://${host}${spoken.path}`;
    const chosen = { url, protocolBinding: 'JSONRPC', protocolVersion: spoken.version, tenant: spoken.tenant };
    const fetchImpl = agentFetch({ dispatcher, host, path: spoken.path });
    const factory = new JsonRpcTransportFactory({ fetchImpl, legacyCompat: { enabled: true } });
    return factory.create(url, { ...sdk, supportedInterfaces: [chosen] });
  }
}

/** The code of A2A (1.0, Error Code Mappings) that says that the task is not there. */
const { TASK_NOT_FOUND } = A2A_ERROR_CODE;

function toAgentError(cause: unknown): AgentError {
  for (let each = cause; each instanceof Error; each = each.cause) {
    if (each instanceof AgentError) return each;
    if (each instanceof OutboundError && !each.isOfAddress) {
      return new AgentError('ERR_AGENT_REFUSED', `Nothing was sent to it: ${each.message}.`, { cause });
    }
    if (isConnectFailure(each)) {
      return new AgentError('ERR_AGENT_UNREACHABLE', `There is no connection: ${reasonOf(each)}.`, { cause });
    }
  }
  const code = codeOf(cause);
  if (code === undefined) return broken(`broke off: ${reasonOf(cause)}`, cause);
  const said = (cause instanceof Error ? cause.message : '').slice(0, 512);
  if (code === TASK_NOT_FOUND) {
    return new AgentError('ERR_AGENT_TASK_UNKNOWN', `It does not know the task (any more): ${said}`, { cause });
  }
  return new AgentError('ERR_AGENT_REFUSED', `It refused: ${said}`, { cause });
}

/** The code of the JSON-RPC error that stands behind an error of the SDK's; undefined: there is none. */
function codeOf(error: unknown): number | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (isJsonRpcError(each)) return each.envelopeCode;
    const { envelopeCode } = each as { envelopeCode?: unknown };
    if (typeof envelopeCode === 'number') return envelopeCode;
  }
  return undefined;
}

function broken(what: string, cause: unknown): AgentError {
  return new AgentError('ERR_AGENT_BROKEN', `It ${what}.`, { cause });
}
