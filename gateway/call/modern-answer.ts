import type { Edit } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param, stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import { isJsonObject, type JsonObject } from '../upstream/json.ts';
import { metaKeys } from '../upstream/protocol-versions.ts';
import { isOwnProgress } from './answer-check.ts';
import { errorCode, insertedMembers } from './answer-edits.ts';
import { isLogWanted } from './park-declaration.ts';
import { serverError } from './faults.ts';
import type { CallRequest } from './leg.ts';
import { askableRequests, readRound } from './rounds.ts';
import { declaresTasks } from './task-extension.ts';

/** What a modern client is told, and what not, whatever the era of the server. */

const RESOURCE_NOT_FOUND = -32002;
const URL_ELICITATION_REQUIRED = -32042;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
const MISSING_CLIENT_CAPABILITY = -32021;

/** The code that a modern client gets for a server's: codes of earlier revisions, and reserved ones, are not sent to it. */
export function modernCode(code: number): number {
  if (code === RESOURCE_NOT_FOUND) return INVALID_PARAMS;
  if (code === URL_ELICITATION_REQUIRED) return INTERNAL_ERROR;
  const isReserved = code <= -32020 && code >= -32099;
  return isReserved && code !== MISSING_CLIENT_CAPABILITY ? INTERNAL_ERROR : code;
}

/** The edits that give an error the code of the modern era. */
export function errorCodeEdits(answer: Message): Edit[] {
  const place = member(answer.error?.members, 'code');
  const code = errorCode(answer);
  if (place === undefined || code === undefined) return [];
  const modern = modernCode(code);
  return modern === code ? [] : [{ start: place.start, end: place.end, text: String(modern) }];
}

/** The HTTP status of an error of this code (2026-07-28, Transports, Sending Messages); undefined: the server's own. */
export function errorStatus(code: number): number | undefined {
  if (code === -32601) return 404;
  return code === MISSING_CLIENT_CAPABILITY ? 400 : undefined;
}

/** What a complete result says of itself, and what the client is told where the server says nothing, or what cannot be. */
const OF_A_RESULT: readonly SaidOfResult[] = [
  { name: 'resultType', isKept: (value) => value === 'complete', text: '"complete"' },
];
const TTL: SaidOfResult = {
  name: 'ttlMs',
  isKept: (value) => Number.isInteger(value) && Number(value) >= 0,
  text: '0',
};
/** The same of what was read of a resource, with how long it may be kept (2026-07-28, Caching, Cacheable Results). */
const OF_CONTENTS: readonly SaidOfResult[] = [
  ...OF_A_RESULT,
  TTL,
  { name: 'cacheScope', isKept: (value) => value === 'public' || value === 'private', text: '"private"' },
];
/** What a caller reads who said who it is is for others only if the gateway lets them read it, too. */
const OF_OWN_CONTENTS: readonly SaidOfResult[] = [
  ...OF_A_RESULT,
  TTL,
  { name: 'cacheScope', isKept: (value) => value === 'private', text: '"private"' },
];

interface SaidOfResult {
  readonly name: string;
  readonly isKept: (value: unknown) => boolean;
  /** JSON text. */
  readonly text: string;
}

/**
 * The edits that have a complete result say all that a result of this request has to say of itself.
 * @param added members that it lacks beside, as JSON text
 */
export function completeEdits(
  { message, principal }: CallRequest,
  { bytes, result }: Message,
  added: readonly string[] = [],
): Edit[] {
  if (result === undefined) return [];
  const edits: Edit[] = [];
  const absent = [...added];
  const ofContents = principal.method === 'anonymous' ? OF_CONTENTS : OF_OWN_CONTENTS;
  for (const { name, isKept, text } of message.method === 'resources/read' ? ofContents : OF_A_RESULT) {
    const place = member(result.members, name);
    if (place === undefined) absent.push(`"${name}":${text}`);
    else if (!isKept(valueOf(bytes, place))) edits.push({ start: place.start, end: place.end, text });
  }
  return absent.length === 0 ? edits : [insertedMembers(result, absent.join(',')), ...edits];
}

/**
 * The edits that have a result say what it is; a server that does not say has answered (2026-07-28, Base Protocol, Results).
 * @throws McpError for a result that the client does not know, or did not say that it could fulfil
 */
export function resultTypeEdits(call: CallRequest, answer: Message): Edit[] {
  const { message, server } = call;
  const { bytes, result } = answer;
  if (result === undefined) return [];
  const place = member(result.members, 'resultType');
  const type = place === undefined ? 'complete' : stringOf(bytes, place);
  if (place === undefined || type === 'complete') return completeEdits(call, answer);
  if (type === 'input_required' && askableRequests.has(message.method)) {
    readRound(server, answer, declaredBy(message));
    return [];
  }
  if (type === 'task' && message.method === 'tools/call' && declaresTasks(message)) return [];
  const found = bytes.toString('utf8', place.start, Math.min(place.end, place.start + 64));
  throw serverError('upstream_fault', server, `answered ${message.method} with a result of the type ${found}.`);
}

/** What the client of a modern request can be asked for. */
export function declaredBy(message: Message): JsonObject {
  const place = member(param(message, '_meta')?.members, metaKeys.clientCapabilities);
  const declared = place === undefined ? undefined : valueOf(message.bytes, place);
  return isJsonObject(declared) ? declared : {};
}

/**
 * Whether a notification belongs on the stream of a modern request: only what is about it, and log messages from the level
 * that it asked for (2026-07-28, Transports, Receiving Messages, and Logging).
 */
export function isForModernRequest(request: Message, notification: Message): boolean {
  const { method } = notification;
  if (method === 'notifications/progress') return isOwnProgress(request, notification);
  if (method === 'notifications/message') return isLogWanted(request, notification);
  return !method.startsWith('notifications/');
}
