import type { Dispatcher } from 'undici';
import type { Agent } from '../agents/agent.ts';
import { sendJson } from '../http/respond.ts';
import { FrameSplitter, readFrame } from '../jsonrpc/sse-frames.ts';
import { errorResponse, type ErrorType } from '../mcp/errors.ts';
import type { Exchange } from '../mcp/exchange.ts';
import { Deadline } from '../upstream/deadline.ts';
import { isConnectFailure, reasonOf } from '../upstream/errors.ts';
import type { Subject } from '../upstream/subject.ts';
import { mediaType, oversize, plainHeaders } from '../upstream/rpc-body.ts';
import { BadAnswerError, sealedAnswer, type AnswerPlan } from './agent-answer.ts';
import { ClientStream } from './client-stream.ts';
import { agentFault, faultOf } from './faults.ts';

/** A request that is ready to go to an agent. */
export interface Passage {
  readonly agent: Agent;
  /** Path and query of the agent's interface. */
  readonly path: string;
  readonly body: Buffer;
  /** What goes along of the client's headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** On whose behalf it is. */
  readonly subject: Subject;
  /** The address that knows what it is about; undefined: any. */
  readonly home: string | undefined;
  /** Whether an answer may be a stream of events. */
  readonly isStreaming: boolean;
  /** Whether it is for news of a task, for as long as there are any. */
  readonly isSubscription: boolean;
  /** How long the agent may take for its answer, or for the first event of a stream; milliseconds. */
  readonly deadlineMs: number;
  readonly plan: Omit<AnswerPlan, 'home'>;
}

/** The requests in work, by what ends them: aborted with a reason, that is told to the client. */
export type Running = Map<AbortController, { readonly exchange: Exchange; readonly isSubscription: boolean }>;

/** The most bytes of one answer, or of one event of a stream, that are read: artifacts by value are in them. */
const MAX_BYTES = 16 * 1024 * 1024;
/** What is not counted among what large bodies take together. */
const SMALL_BYTES = 64 * 1024;
/** How many addresses are tried that refuse a connection. */
const MAX_TRIES = 4;
/** The agent's headers that are for the client (A2A 1.0, Extensions; the latter in 0.3). */
const PASSED = ['a2a-extensions', 'x-a2a-extensions'] as const;
const COLON = 0x3a;

/**
 * Asks the agent and gives the client its answer. A client that leaves ends the exchange with the agent; its task goes on.
 * Never rejects.
 * @returns what went wrong on the gateway's side of it, for the metrics
 */
export async function pass(exchange: Exchange, passage: Passage, running: Running): Promise<ErrorType | undefined> {
  const { response } = exchange;
  const gone = new AbortController();
  const stopped = new AbortController();
  running.set(stopped, { exchange, isSubscription: passage.isSubscription });
  const onClose = (): void => {
    gone.abort();
    stopped.abort();
  };
  response.once('close', onClose);
  // It may have left while the request was read.
  if (response.destroyed) onClose();
  const deadline = new Deadline(passage.deadlineMs, stopped.signal);
  let stream: ClientStream | undefined;
  let body: Dispatcher.ResponseData['body'] | undefined;
  try {
    const { answer, home } = await ask(passage, deadline.signal);
    body = answer.body;
    const plan = { ...passage.plan, home };
    const headers = plainHeaders(answer.headers);
    const passed = Object.fromEntries(PASSED.flatMap((name) => (headers[name] ? [[name, headers[name]]] : [])));
    if (isStream(passage, answer, headers)) {
      stream = new ClientStream(response, passed, gone.signal);
      await passStream(exchange, passage, body, stream, plan, deadline);
      stream.end();
    } else {
      sendJson(response, 200, await readAnswer(exchange, passage, answer, headers, plan), passed);
    }
    return undefined;
  } catch (error) {
    if (gone.signal.aborted) return 'cancelled';
    const reason: unknown = stopped.signal.aborted ? stopped.signal.reason : error;
    return fail(exchange, passage, reason, deadline, stream);
  } finally {
    stream?.release();
    // What has not been read is not wanted any more: the connection ends with it.
    body?.on('error', () => undefined).destroy();
    deadline.end();
    running.delete(stopped);
    response.off('close', onClose);
    exchange.holdBody(0);
  }
}

/** Sends the request to an address of the agent; to another where there is no connection and none has to be this one. */
async function ask(
  { agent, path, body, headers, subject, home }: Passage,
  signal: AbortSignal,
): Promise<{ readonly answer: Dispatcher.ResponseData; readonly home: string }> {
  for (let tried = 1; ; tried++) {
    const { dispatcher, host, target } = agent.place(home, subject);
    try {
      const answer = await dispatcher.request({ method: 'POST', path, headers: { ...headers, host }, body, signal });
      // What is told of a context or a task has the home that these have, wherever they are by now.
      return { answer, home: home ?? target };
    } catch (error) {
      if (!isConnectFailure(error)) throw error;
      agent.refused(target);
      const isLast = tried >= Math.min(agent.entry.targets.length, MAX_TRIES);
      if (isLast || home === target) throw error;
    }
  }
}

function isStream({ isStreaming }: Passage, { statusCode }: Dispatcher.ResponseData, headers: Headers): boolean {
  const type = mediaType(headers['content-type']);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new BadAnswerError(`it has the content encoding ${encoding.slice(0, 64)}`);
  if (type === 'text/event-stream' && isStreaming && statusCode === 200) return true;
  if (type === 'application/json' || type.endsWith('+json')) return false;
  throw unexpected(statusCode, headers);
}

type Headers = Readonly<Record<string, string>>;

async function readAnswer(
  exchange: Exchange,
  passage: Passage,
  { statusCode, body }: Dispatcher.ResponseData,
  headers: Headers,
  plan: AnswerPlan,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop ends the connection.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw oversize(MAX_BYTES);
    holdAnswer(exchange, passage, size);
    chunks.push(chunk);
  }
  try {
    return sealedAnswer(Buffer.concat(chunks, size), plan).bytes;
  } catch (error) {
    if (statusCode === 200) throw error;
    throw unexpected(statusCode, headers);
  }
}

/** @throws what broke the stream, or made an event of it no answer */
async function passStream(
  exchange: Exchange,
  passage: Passage,
  body: AsyncIterable<Buffer>,
  stream: ClientStream,
  plan: AnswerPlan,
  deadline: Deadline,
): Promise<void> {
  const frames = new FrameSplitter(MAX_BYTES);
  let hasBegun = false;
  for await (const chunk of body) {
    for (const frame of frames.push(chunk)) {
      const { data } = readFrame(frame);
      if (data === undefined || data.length === 0) {
        // An agent's comment keeps alive what is between it and the client; a stream begins with an event.
        if (frame[0] === COLON && hasBegun) stream.keepAlive();
        continue;
      }
      const { bytes } = sealedAnswer(data, plan);
      hasBegun = true;
      deadline.lift();
      await stream.send(bytes);
    }
    holdAnswer(exchange, passage, frames.pendingSize);
  }
  if (!hasBegun) throw new BadAnswerError('its stream has no event');
}

/** Takes what an answer holds of the memory for large bodies. @throws McpError if there is not so much left */
function holdAnswer(exchange: Exchange, { agent }: Passage, bytes: number): void {
  const refusal = exchange.holdBody(bytes > SMALL_BYTES ? bytes : 0);
  if (refusal === undefined) return;
  // No refusal by itself: the request was begun.
  throw agentFault('overloaded', agent.key, `sent a large answer that there is no room for. ${refusal.message}`);
}

function unexpected(status: number, headers: Headers): BadAnswerError {
  const type = headers['content-type'];
  const what = type === undefined ? '' : ` with content type ${type.slice(0, 64)}`;
  return new BadAnswerError(`it answered HTTP ${status}${what}`);
}

/** Tells the client what broke: as the answer, or as the last event of a stream that has begun. */
function fail(
  { response }: Exchange,
  { agent, deadlineMs, plan }: Passage,
  thrown: unknown,
  deadline: Deadline,
  stream: ClientStream | undefined,
): ErrorType {
  let error = faultOf(thrown, agent.key);
  if (deadline.isOver) error = agentFault('upstream_timeout', agent.key, `gave no answer within ${deadlineMs} ms.`);
  else if (response.headersSent && error.type === 'upstream_fault') {
    const says = `broke off its stream: ${reasonOf(thrown).replace(/\.$/, '')}. A task goes on: subscribe to it, or ask for it.`;
    error = agentFault('upstream_fault', agent.key, says, thrown);
  }
  const body = errorResponse(plan.id, error);
  if (response.headersSent) stream?.end(body);
  else sendJson(response, error.status, body, error.headers);
  return error.type;
}
