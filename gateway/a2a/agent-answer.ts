import { isUtf8 } from 'node:buffer';
import type { AgentVersion } from '../agents/agent-card.ts';
import { edited, type Edit } from '../jsonrpc/edit.ts';
import { readMessage, valueOf, type Message } from '../jsonrpc/message.ts';
import { isAnswerTo } from '../call/answer-edits.ts';
import { isJsonObject } from '../upstream/json.ts';
import type { OpenedId } from './client-request.ts';
import { placesIn } from './places.ts';
import type { SealedIds } from './sealed-ids.ts';
import { resultShapes } from './shapes.ts';

/** What an answer is sealed by. */
export interface AnswerPlan {
  /** The request's id, as JSON text. */
  readonly id: string;
  readonly version: AgentVersion;
  readonly ids: SealedIds;
  /** What the request had of sealed ids: the answer has the same ones. */
  readonly opened: readonly OpenedId[];
  /** The address that new ids are told from. */
  readonly home: string;
  /** The context that tasks were asked for of, as the agent has it: no other's may be among them. */
  readonly listed: string | undefined;
}

/** An agent's answer, or an event of its stream, as the client is to get it. */
export interface SealedAnswer {
  /** The whole JSON-RPC message. */
  readonly bytes: Buffer;
  readonly isError: boolean;
}

/** What an agent said is no answer to the request; the message is the rest of a sentence about the agent. */
export class BadAnswerError extends Error {
  override readonly name = 'BadAnswerError';
}

/** Fewer characters may stand in a text by chance. */
const MIN_REPLACED = 8;

/**
 * Seals the ids in an answer, in place; all else passes as it came.
 * @throws BadAnswerError, JsonScanError, InvalidMessageError for what is no answer to the request
 */
export function sealedAnswer(bytes: Buffer, plan: AnswerPlan): SealedAnswer {
  // RFC 8259, section 8.1.
  if (!isUtf8(bytes)) throw new BadAnswerError('it is not UTF-8');
  const answer = readMessage(bytes);
  if (answer.kind !== 'response') throw new BadAnswerError('it is a request');
  if (!isAnswerTo(answer, plan.id)) throw new BadAnswerError('it answers another request');
  const { error, result } = answer;
  if (error !== undefined) {
    const value = JSON.stringify(withSealedTexts(valueOf(bytes, error), plan));
    return { bytes: envelope(plan.id, 'error', Buffer.from(value)), isError: true };
  }
  if (result === undefined) throw new BadAnswerError('it has no result');
  const value = bytes.subarray(result.start, result.end);
  if (plan.listed !== undefined) checkListed(answer, plan.listed);
  return { bytes: envelope(plan.id, 'result', sealed(value, plan)), isError: false };
}

function sealed(bytes: Buffer, { version, ids, opened, home }: AnswerPlan): Buffer {
  const edits: Edit[] = [];
  for (const { kind, start, end } of placesIn(bytes, 0, resultShapes[version])) {
    if (kind === 'tenant' || kind === 'push') continue;
    const id: unknown = JSON.parse(bytes.toString('utf8', start, end));
    if (id === null || id === '') continue;
    if (typeof id !== 'string') throw new BadAnswerError(`an id or token of a ${kind} in it is no string`);
    const known = opened.find((each) => each.kind === kind && each.id === id);
    edits.push({ start, end, text: JSON.stringify(known?.sealed ?? ids.seal(kind, { id, home })) });
  }
  return edited(bytes, edits);
}

/** An agent that does not filter by context would show what others have. */
function checkListed({ bytes, result }: Message, contextId: string): void {
  const value = result === undefined ? undefined : valueOf(bytes, result);
  const tasks: unknown = isJsonObject(value) ? (value['tasks'] ?? []) : undefined;
  const isOfContext = (task: unknown): boolean =>
    isJsonObject(task) && (task['contextId'] ?? task['context_id']) === contextId;
  if (Array.isArray(tasks) && tasks.every(isOfContext)) return;
  throw new BadAnswerError('it lists tasks of other contexts than the one that was asked for');
}

/** An error tells of ids in its sentence and its details: those that the client had sent are told as it knows them. */
function withSealedTexts(value: unknown, plan: AnswerPlan): unknown {
  if (typeof value === 'string') {
    return plan.opened.reduce(
      (text, { id, sealed }) => (id.length < MIN_REPLACED ? text : text.replaceAll(id, () => sealed)),
      value,
    );
  }
  if (Array.isArray(value)) return value.map((each) => withSealedTexts(each, plan));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withSealedTexts(each, plan)]));
}

function envelope(id: string, name: 'result' | 'error', value: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"jsonrpc":"2.0","id":${id},"${name}":`), value, Buffer.from('}')]);
}
