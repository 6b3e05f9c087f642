import { isUtf8 } from 'node:buffer';
import type { RawAnswer, WireMessage } from './ask.ts';

/** What a client may expect for what it sent, read by another reader than the gateway's. */
export type Owed =
  /** One response with its id. */
  | { readonly kind: 'answer'; readonly id: unknown; readonly method: string }
  /** Nothing: it is a notification or a response. */
  | { readonly kind: 'nothing'; readonly id: unknown }
  /** One error: it is no message. The id is its own where it has one. */
  | { readonly kind: 'refusal'; readonly id: unknown };

/** What is owed for one message that came alone. */
export function owedFor(body: Buffer): Owed | readonly Owed[] {
  const value = read(body);
  return Array.isArray(value) ? value.map(owedForValue) : owedForValue(value);
}

function read(body: Buffer): unknown {
  try {
    return isUtf8(body) ? (JSON.parse(body.toString()) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

function owedForValue(value: unknown): Owed {
  if (!isObject(value)) return { kind: 'refusal', id: null };
  const id = Object.hasOwn(value, 'id') ? value['id'] : undefined;
  const isUsable = typeof id === 'string' || Number.isInteger(id);
  const has = (name: string): boolean => Object.hasOwn(value, name);
  if (value['jsonrpc'] !== '2.0') return { kind: 'refusal', id };
  if (!has('method')) return has('result') === has('error') ? { kind: 'refusal', id } : { kind: 'nothing', id };
  if (typeof value['method'] !== 'string') return { kind: 'refusal', id };
  if (has('id') && !isUsable) return { kind: 'refusal', id: null };
  if (has('params') && !isObject(value['params'])) return { kind: 'refusal', id };
  return has('id') ? { kind: 'answer', id, method: value['method'] } : { kind: 'nothing', id: undefined };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Statuses that the gateway says no with, and 200 and 202. Never 500, which is a fault of its own, nor 503: a fuzz is no
 * overload.
 */
const statuses = new Set([200, 202, 204, 400, 403, 404, 405, 406, 413, 415]);
/** What is said of a message before it is read; the answer has no id then. */
const unread = new Set([403, 405, 406, 413, 415]);
/** What no reader of JSON or HTTP may refuse, and the gateway does: what two readers could read in two ways. */
const stricter =
  /twice in one object|nests deeper than 256 levels|neither a string nor an integer|stands twice; expected it once/;

/** Checks the answer to a POST. @throws what is wrong with it */
export function checkAnswer(body: Buffer, answer: RawAnswer): void {
  const { status, messages, text } = answer;
  if (!statuses.has(status)) throw new Error(`HTTP ${status} is none that the gateway answers with.`);
  const responses = messages.filter((message) => message.method === undefined);
  for (const response of responses) checkShape(response);
  const owed = owedFor(body);
  if (Array.isArray(owed)) return checkBatch(owed as Owed[], status, responses);
  const one = owed as Owed;
  if (one.kind === 'nothing' && status === 202 && text === '') return;
  if (one.kind === 'answer' && messages.some(isAcknowledgement) && responses.length === 0) return;
  if (responses.length !== 1) throw new Error(`${responses.length} responses; expected one.`);
  const [response] = responses as [WireMessage];
  if (one.kind !== 'answer' && response.error === undefined) throw new Error('No error; expected one.');
  if (isSameId(response.id, one.id)) return;
  if (response.id !== null)
    throw new Error(`The id is ${JSON.stringify(response.id)}; expected ${JSON.stringify(one.id)}.`);
  if (one.kind === 'answer' && !unread.has(status) && !stricter.test(String(response.error?.message))) {
    throw new Error(`The id is null; expected ${JSON.stringify(one.id)}.`);
  }
}

/** That a modern client's subscription was taken is its first answer; its response comes when it ends. */
export function isAcknowledgement({ method }: WireMessage): boolean {
  return method === 'notifications/subscriptions/acknowledged';
}

function checkBatch(owed: readonly Owed[], status: number, responses: readonly WireMessage[]): void {
  const [first] = responses;
  if (first !== undefined && responses.length === 1 && status >= 400 && isNobodys(first)) return;
  const left = [...responses];
  const take = (fits: (response: WireMessage) => boolean): boolean => {
    const at = left.findIndex(fits);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  };
  const isStricter = ({ id, error }: WireMessage): boolean => id === null && stricter.test(String(error?.message));
  const due = owed.filter(({ kind }) => kind !== 'nothing');
  const rest = due.filter(({ id }) => id === null || !take((response) => isSameId(response.id, id)));
  const answers = rest.filter(({ kind }) => kind === 'answer');
  const refusals = rest.filter(({ kind }) => kind === 'refusal');
  const missing = [
    ...answers.filter(() => !take(isStricter)),
    ...refusals.filter(() => !take((response) => isNobodys(response) && !isStricter(response)) && !take(isNobodys)),
  ];
  if (missing.length > 0) throw new Error(`No response in the batch for ${JSON.stringify(missing)}.`);
  // A notification or response that is not read as one is refused, too.
  const tooMany = left.filter((response) => !isStricter(response));
  if (tooMany.length > 0) throw new Error(`Responses in the batch that nothing asked for: ${JSON.stringify(tooMany)}.`);
}

/** Checks that a response is one. @throws */
export function checkShape(response: WireMessage): void {
  const { jsonrpc, result, error } = response;
  const isResult = isObject(result) && error === undefined;
  const isError =
    isObject(error) && result === undefined && Number.isInteger(error.code) && typeof error.message === 'string';
  if (jsonrpc === '2.0' && (isResult || isError)) return;
  throw new Error(`This is no response: ${JSON.stringify(response).slice(0, 2000)}`);
}

function isNobodys({ id, error }: WireMessage): boolean {
  return id === null && error !== undefined;
}

/** As JSON texts are: `1` is not `"1"`. */
function isSameId(a: unknown, b: unknown): boolean {
  return a === b;
}
