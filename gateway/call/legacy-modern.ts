import { edited, type Edit } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param, stringOf, type Message } from '../jsonrpc/message.ts';
import { errorResponse, McpError } from '../mcp/errors.ts';
import { FIRST_MODERN_VERSION as MODERN_VERSION, metaKeys } from '../upstream/protocol-versions.ts';
import { errorCode, idEdits, insertedMembers, removedMembers } from './answer-edits.ts';
import { hopError } from './hop-error.ts';
import type { CallRequest, Leg } from './leg.ts';
import { modernHeaders } from './modern-request.ts';

/** Legacy client, modern server: the envelope of the modern era is put on the request and taken off the answer. */
export const legacyToModern: Leg = {
  isRaw: false,
  closeCancels: false,
  request(call) {
    const { message, edits } = call;
    const changes: Edit[] = [...edits, ...envelopeEdits(call)].sort((a, b) => a.start - b.start);
    return { headers: modernHeaders(call), body: edited(message.bytes, changes), id: message.id ?? '' };
  },
  answer(call, answer) {
    const { message } = call;
    const { result, error } = answer;
    const code = errorCode(answer);
    if (code !== undefined && code <= -32020 && code >= -32029) return hopError(call, answer);
    const changes = idEdits(answer, message.id);
    if (result?.members !== undefined) {
      const type = member(result.members, 'resultType');
      if (type !== undefined && stringOf(answer.bytes, type) !== 'complete') return unfinished(call, answer);
      changes.push(...removedMembers(result, ENVELOPE));
    }
    const codeMember = member(error?.members, 'code');
    if (codeMember !== undefined && code === -32602 && message.method === 'resources/read') {
      changes.push({ start: codeMember.start, end: codeMember.end, text: '-32002' });
    }
    changes.sort((a, b) => a.start - b.start);
    return edited(answer.bytes, changes);
  },
  notification: (_call, notification) => notification.bytes,
  status: () => 200,
};

const ENVELOPE = new Set(['resultType', 'ttlMs', 'cacheScope']);

/** 2026-07-28, Base Protocol: every request says its version and what the client can do. Nothing is declared for it. */
const ENVELOPE_TEXT = `"${metaKeys.protocolVersion}":"${MODERN_VERSION}","${metaKeys.clientCapabilities}":{}`;

function envelopeEdits({ message }: CallRequest): Edit[] {
  const meta = param(message, '_meta');
  if (meta?.members !== undefined) return [insertedMembers(meta, ENVELOPE_TEXT)];
  const params = message.params;
  const text = `"_meta":{${ENVELOPE_TEXT}}`;
  if (params !== undefined) return [insertedMembers(params, text)];
  // No params at all: they go behind the message's opening brace.
  const at = message.bytes.indexOf('{') + 1;
  return [{ start: at, end: at, text: `"params":{${text}},` }];
}

/** The server wants something of the client, though nothing was declared for it. */
function unfinished({ message, server }: CallRequest, answer: Message): Buffer {
  const name = `${server.entry.namespace}/${server.entry.name}`;
  const type = member(answer.result?.members, 'resultType');
  const said = type === undefined ? undefined : stringOf(answer.bytes, type);
  return errorResponse(
    message.id,
    new McpError(
      'upstream_fault',
      `Server ${name} answered ${message.method} with ${String(said)}, which was not offered to it.`,
      {
        data: { server: name },
      },
    ),
  );
}
