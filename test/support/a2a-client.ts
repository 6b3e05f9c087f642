import { randomUUID } from 'node:crypto';
import { A2A_VERSION_HEADER, Message, SendMessageRequest, StreamResponse, Task } from '@a2a-js/sdk';
import {
  ClientFactory,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
  type Client,
  type RequestOptions,
} from '@a2a-js/sdk/client';
import { until } from './until.ts';

/** A part as 1.0 has it in JSON. */
export interface JsonPart {
  readonly text?: string;
  /** Base64. */
  readonly raw?: string;
  readonly url?: string;
  readonly data?: unknown;
  readonly filename?: string;
  readonly mediaType?: string;
}

export interface JsonMessage {
  readonly messageId: string;
  readonly contextId?: string;
  readonly taskId?: string;
  readonly role: string;
  readonly parts: readonly JsonPart[];
}

export interface JsonStatus {
  readonly state: string;
  readonly message?: JsonMessage;
}

export interface JsonArtifact {
  readonly artifactId: string;
  readonly name?: string;
  readonly parts: readonly JsonPart[];
}

export interface JsonTask {
  readonly id: string;
  readonly contextId: string;
  readonly status: JsonStatus;
  readonly artifacts?: readonly JsonArtifact[];
}

/** What an agent answers, or tells in a stream: one of these, in the JSON of 1.0 whatever version it speaks. */
export interface JsonEvent {
  readonly task?: JsonTask;
  readonly message?: JsonMessage;
  readonly statusUpdate?: { readonly taskId: string; readonly contextId: string; readonly status: JsonStatus };
  readonly artifactUpdate?: {
    readonly taskId: string;
    readonly artifact: JsonArtifact;
    readonly append?: boolean;
    readonly lastChunk?: boolean;
  };
}

/** What a message is beside its text. */
export interface SendOptions {
  readonly parts?: readonly JsonPart[];
  readonly taskId?: string;
  readonly contextId?: string;
  readonly returnImmediately?: boolean;
}

/**
 * A client of the SDK over JSON-RPC, for agents of 1.0 and of 0.3.
 * @param url that below which the card is
 * @param headers what it sends with all that it asks, such as a credential
 * @param way     what it asks by, in place of the platform's `fetch`
 */
export async function agentClient(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  way: typeof fetch = fetch,
): Promise<Client> {
  const legacyCompat = { enabled: true };
  const fetchImpl: typeof fetch = (input, init) => {
    const all = new Headers(init?.headers);
    for (const [name, value] of Object.entries(headers)) all.set(name, value);
    return way(input, { ...init, headers: all });
  };
  const factory = new ClientFactory({
    transports: [new JsonRpcTransportFactory({ legacyCompat, fetchImpl })],
    cardResolver: new DefaultAgentCardResolver({ legacyCompat, fetchImpl }),
  });
  return factory.createFromUrl(url);
}

/** Sends a message and waits for the answer. */
export async function send(client: Client, text: string, options: SendOptions = {}): Promise<JsonEvent> {
  const answer = await client.sendMessage(requestOf(text, options));
  return ('messageId' in answer ? { message: Message.toJSON(answer) } : { task: Task.toJSON(answer) }) as JsonEvent;
}

/** Sends a message; what comes is told one by one. An agent that cannot stream is asked nevertheless, and refuses. */
export function stream(client: Client, text: string, options: SendOptions = {}): AsyncGenerator<JsonEvent> {
  return asJson(client.transport.sendMessageStream(requestOf(text, options), versionOf(client)));
}

/** Listens to a task that has begun. */
export function subscribe(client: Client, id: string): AsyncGenerator<JsonEvent> {
  return asJson(client.transport.resubscribeTask({ id, tenant: '' }, versionOf(client)));
}

export async function getTask(client: Client, id: string): Promise<JsonTask> {
  return Task.toJSON(await client.getTask({ id, tenant: '', historyLength: undefined })) as JsonTask;
}

export async function cancelTask(client: Client, id: string): Promise<JsonTask> {
  return Task.toJSON(await client.cancelTask({ id, tenant: '', metadata: undefined })) as JsonTask;
}

/** All that a stream tells until it ends. */
export async function all(events: AsyncIterable<JsonEvent>): Promise<JsonEvent[]> {
  const told: JsonEvent[] = [];
  for await (const event of events) told.push(event);
  return told;
}

/** The first event of a stream; the stream goes on. @throws if it ends without one */
export async function first(events: AsyncGenerator<JsonEvent>): Promise<JsonEvent> {
  const { value, done } = await events.next();
  if (done) throw new Error('The stream ended without an event');
  return value;
}

/** The JSON-RPC error code of what fails; undefined if it does not, or for another reason. */
export async function codeOf(promise: Promise<unknown>): Promise<number | undefined> {
  return promise.then(
    () => undefined,
    (error: { readonly envelopeCode?: number }) => error.envelopeCode,
  );
}

/** The state that an event tells of. */
export function stateOf({ task, statusUpdate }: JsonEvent): string | undefined {
  return (task?.status ?? statusUpdate?.status)?.state.replace('TASK_STATE_', '');
}

/** The text of some parts. */
export function textOf(parts: readonly JsonPart[] = []): string {
  return parts.map(({ text }) => text ?? '').join('');
}

function requestOf(text: string, { parts = [], returnImmediately = false, ...ids }: SendOptions): SendMessageRequest {
  return SendMessageRequest.fromJSON({
    message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }, ...parts], ...ids },
    configuration: { returnImmediately },
  });
}

/** The header that the client adds, and its transport does not. */
function versionOf({ protocolVersion }: Client): RequestOptions {
  return { serviceParameters: { [A2A_VERSION_HEADER]: protocolVersion } };
}

async function* asJson(events: AsyncIterable<StreamResponse>): AsyncGenerator<JsonEvent> {
  for await (const event of events) yield StreamResponse.toJSON(event) as JsonEvent;
}

/** The parts of a task's artifacts. */
export function partsOf({ artifacts = [] }: JsonTask): readonly JsonPart[] {
  return artifacts.flatMap(({ parts }) => parts);
}

/** Sends a message of which a task comes. */
export async function sendTask(client: Client, text: string, options: SendOptions = {}): Promise<JsonTask> {
  const { task } = await send(client, text, options);
  if (task === undefined) throw new Error(`No task came of "${text}"`);
  return task;
}

/** Waits until a task is in a state. */
export function untilState(client: Client, id: string, state: string): Promise<JsonTask> {
  return until(`the task to be ${state}`, async () => {
    const task = await getTask(client, id);
    return stateOf({ task }) === state ? task : undefined;
  });
}
