import { byPosition, edited, type Edit } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param, stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import { errorResponse } from '../mcp/errors.ts';
import { isJsonObject } from '../upstream/json.ts';
import { isOwnProgress } from './answer-check.ts';
import { errorCode, idEdits, insertedMembers, removedMembers } from './answer-edits.ts';
import { serverError } from './faults.ts';
import { hopError } from './hop-error.ts';
import type { CallRequest, Leg } from './leg.ts';
import { legacyOutputEdits } from './legacy-output.ts';
import { olderContentEdits } from './older-content.ts';
import { ownParameterHeaders } from './parameter-headers.ts';
import { modernHeaders } from './modern-request.ts';
import { retryEdits } from './rounds.ts';

/** Legacy client, modern server: the envelope of the modern era is put on the request and taken off the answer. */
export const legacyToModern: Leg = {
  serverEra: 'modern',
  isRaw: false,
  closeCancels: false,
  request(call) {
    const { message, edits, name, sentId } = call;
    const changes: Edit[] = [
      ...edits,
      ...envelopeEdits(call),
      // What means nothing in the client's own era. A request with a name has another member beside it.
      ...(name === undefined ? [] : retryEdits(message)),
      ...(sentId === undefined ? [] : idEdits(message, sentId)),
    ];
    changes.sort(byPosition);
    const headers = [...modernHeaders(call), ...ownParameterHeaders(call)];
    return { headers, body: edited(message.bytes, changes), id: sentId ?? message.id ?? '' };
  },
  answer(call, answer) {
    const { message, caller } = call;
    const { result, error } = answer;
    const code = errorCode(answer);
    if (code !== undefined && code <= -32020 && code >= -32029) return hopError(call, answer);
    const changes = idEdits(answer, message.id);
    if (result?.members !== undefined) {
      const type = member(result.members, 'resultType');
      if (type !== undefined && stringOf(answer.bytes, type) !== 'complete') return unfinished(call, answer);
      changes.push(...legacyOutputEdits(call, answer), ...removedMembers(result, ENVELOPE));
      if (caller !== undefined) changes.push(...olderContentEdits(caller.protocolVersion, message.method, answer));
    }
    const codeMember = member(error?.members, 'code');
    if (codeMember !== undefined && code === -32602 && isNotFound(answer, message)) {
      changes.push({ start: codeMember.start, end: codeMember.end, text: '-32002' });
    }
    changes.sort((a, b) => a.start - b.start);
    return edited(answer.bytes, changes);
  },
  notification({ message }, notification) {
    const { method } = notification;
    if (method === 'notifications/progress' && !isOwnProgress(message, notification)) return undefined;
    // Log messages come as the session's level, which was sent with the request, has them.
    const isOther = method.startsWith('notifications/') && method !== 'notifications/message';
    return isOther && method !== 'notifications/progress' ? undefined : notification.bytes;
  },
  status: () => 200,
};

const ENVELOPE = new Set(['resultType', 'ttlMs', 'cacheScope']);

const RESERVED = 'io.modelcontextprotocol/';

function envelopeEdits({ message, caller }: CallRequest): Edit[] {
  const envelope = caller?.envelope ?? '';
  const meta = param(message, '_meta');
  if (meta?.members !== undefined) {
    // What a legacy client wrote under the names of the other era's envelope would stand there twice.
    const reserved = meta.members.map(({ name }) => name).filter((name) => name.startsWith(RESERVED));
    if (reserved.length === 0) return [insertedMembers(meta, envelope)];
    const isAll = reserved.length === meta.members.length;
    const opening = { start: meta.start + 1, end: meta.start + 1, text: isAll ? envelope : `${envelope},` };
    return [opening, ...removedMembers(meta, new Set(reserved))];
  }
  if (meta !== undefined) return [{ start: meta.start, end: meta.end, text: `{${envelope}}` }];
  const params = message.params;
  const text = `"_meta":{${envelope}}`;
  if (params !== undefined) return [insertedMembers(params, text)];
  // No params at all: they go behind the message's opening brace.
  const at = message.bytes.indexOf('{') + 1;
  return [{ start: at, end: at, text: `"params":{${text}},` }];
}

/**
 * Whether an error about the params means that there is no such resource: its data names the resource (2026-07-28,
 * Resources, Error Handling), or, as that is only an example there, its message says so.
 */
function isNotFound({ bytes, error }: Message, { method }: Message): boolean {
  const value = error === undefined ? undefined : valueOf(bytes, error);
  if (method !== 'resources/read' || !isJsonObject(value)) return false;
  const { data, message } = value;
  return (isJsonObject(data) && data['uri'] !== undefined) || /not found/i.test(String(message));
}

/** The server wants something of the client, though nothing was declared for it. */
function unfinished({ message, server }: CallRequest, answer: Message): Buffer {
  const type = member(answer.result?.members, 'resultType');
  const said = type === undefined ? undefined : stringOf(answer.bytes, type);
  const says = `answered ${message.method} with ${String(said)}, which was not offered to it.`;
  return errorResponse(message.id, serverError('upstream_fault', server, says));
}
