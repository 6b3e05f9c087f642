import { member } from '../jsonrpc/message-scan.ts';
import { stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import { isJsonObject, type JsonObject } from '../upstream/json.ts';
import type { RoutedServer } from '../routing/route.ts';
import { needFor, refusalOf } from './askable.ts';
import { serverError } from './faults.ts';

/** A modern server's answer that it needs more: an InputRequiredResult. */
export interface Round {
  /** What it asks the client for, by its own keys. */
  readonly requests: readonly {
    readonly key: string;
    readonly method: string;
    readonly params: JsonObject | undefined;
  }[];
  /** What it wants back with the next request; JSON text. */
  readonly state: string | undefined;
}

/** Whether an answer is an InputRequiredResult. */
export function isInputRequired({ bytes, result }: Message): boolean {
  const type = member(result?.members, 'resultType');
  return type !== undefined && stringOf(bytes, type) === 'input_required';
}

/**
 * Reads an InputRequiredResult.
 * @param declared what the client can be asked for: a server must not ask for anything else
 * @throws McpError if it is none
 */
export function readRound(server: RoutedServer, { bytes, result }: Message, declared: JsonObject): Round {
  const requestsMember = member(result?.members, 'inputRequests');
  const stateMember = member(result?.members, 'requestState');
  const fault = (says: string): Error => serverError('upstream_fault', server, `asked for input ${says}.`);
  const asked = requestsMember === undefined ? {} : valueOf(bytes, requestsMember);
  if (!isJsonObject(asked)) throw fault('in a form that is no object');
  const requests = Object.entries(asked).map(([key, request]) => {
    if (!isJsonObject(request) || typeof request['method'] !== 'string') throw fault('by what is no request');
    const { method, params } = request;
    const known = isJsonObject(params) ? params : undefined;
    const need = needFor(method, known ?? {});
    if (need === undefined) throw fault(`by ${method.slice(0, 64)}, which is nothing that can be asked for`);
    if (refusalOf(need, declared) !== undefined) {
      const what = need.mode === undefined ? method : `${method} (${need.mode.slice(0, 64)})`;
      throw fault(`by ${what}, which the client cannot answer and did not offer`);
    }
    return { key, method, params: known };
  });
  if (requests.length === 0 && stateMember === undefined) throw fault('and said neither what nor with which state');
  const state = stateMember === undefined ? undefined : bytes.toString('utf8', stateMember.start, stateMember.end);
  return { requests, state };
}
