import { byPosition, edited, type Edit } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param, type Message } from '../jsonrpc/message.ts';
import { serverInfoMember } from '../mcp/server-info.ts';
import { metaKeys } from '../upstream/protocol-versions.ts';
import { idEdits, insertedMembers, isSameId, removedMembers } from './answer-edits.ts';
import { legacyHeaders } from './legacy-request.ts';
import { completeEdits, errorCodeEdits, errorStatus } from './modern-answer.ts';
import type { CallRequest, Leg } from './leg.ts';
import { passedParameterHeaders } from './parameter-headers.ts';
import { isLogWanted } from './park-declaration.ts';
import { retryEdits } from './rounds.ts';

/**
 * Modern client, legacy server. Modern clients share sessions, in which ids and progress tokens must differ: the gateway
 * sends its own and gives the client's back.
 */
export const modernToLegacy: Leg = {
  serverEra: 'legacy',
  isRaw: false,
  closeCancels: true,
  request(call, session) {
    const { message, edits } = call;
    const id = String(nextId());
    // What a retry brings is the gateway's, which has asked in the name of the server.
    const changes: Edit[] = [...edits, ...idEdits(message, id), ...metaEdits(message, id), ...retryEdits(message)];
    changes.sort(byPosition);
    const headers = [...legacyHeaders(session), ...passedParameterHeaders(call)];
    return { headers, body: edited(message.bytes, changes), id };
  },
  answer(call, answer) {
    const { message } = call;
    // To a legacy server the word resultType means nothing, or something else: whatever it sends is complete.
    const { edits, absent } = signature(answer);
    edits.push(...idEdits(answer, message.id), ...errorCodeEdits(answer), ...completeEdits(call, answer, absent));
    return edited(answer.bytes, edits.sort(byPosition));
  },
  notification(call, notification, sentId) {
    if (notification.method === 'notifications/progress') return progress(call, notification, sentId);
    // On the stream of a request stands what is about it: no news of the server (2026-07-28, Transports, Receiving
    // Messages), and log messages only as it asked for them (Logging).
    if (notification.method === 'notifications/message') {
      return isLogWanted(call.message, notification) ? notification.bytes : undefined;
    }
    return notification.method.startsWith('notifications/') ? undefined : notification.bytes;
  },
  status: (_status, code) => (code === undefined ? 200 : (errorStatus(code) ?? 200)),
};

const RESERVED = 'io.modelcontextprotocol/';
const SIGNED = `"_meta":{${serverInfoMember}}`;

/** What says whose a result is: the gateway's, since a legacy server cannot say it of itself (2026-07-28, Base Protocol, _meta). */
function signature({ result }: Message): { readonly edits: Edit[]; readonly absent: readonly string[] } {
  const meta = member(result?.members, '_meta');
  if (meta === undefined) return { edits: [], absent: [SIGNED] };
  const isSigned = meta.members === undefined || member(meta.members, metaKeys.serverInfo) !== undefined;
  return { edits: isSigned ? [] : [insertedMembers(meta, serverInfoMember)], absent: [] };
}

/** The envelope of the modern era means nothing to a legacy server; keys of others stay. */
function metaEdits(message: Message, token: string): Edit[] {
  const meta = param(message, '_meta');
  if (meta === undefined) return [];
  const reserved = new Set(meta.members?.map(({ name }) => name).filter((name) => name.startsWith(RESERVED)));
  const edits = removedMembers(meta, reserved);
  const progressToken = member(meta.members, 'progressToken');
  if (progressToken !== undefined) edits.push({ start: progressToken.start, end: progressToken.end, text: token });
  return edits;
}

/** Progress under the client's own token; none of a token that is another's. */
function progress({ message }: CallRequest, notification: Message, sentId: string): Buffer | undefined {
  const asked = member(param(message, '_meta')?.members, 'progressToken');
  const told = param(notification, 'progressToken');
  if (asked === undefined || told === undefined) return undefined;
  if (!isSameId(notification.bytes.toString('utf8', told.start, told.end), sentId)) return undefined;
  const text = message.bytes.toString('utf8', asked.start, asked.end);
  return edited(notification.bytes, [{ start: told.start, end: told.end, text }]);
}

let lastId = 0;

function nextId(): number {
  // Beyond this, numbers lose their last digit in JavaScript servers.
  lastId = lastId >= Number.MAX_SAFE_INTEGER ? 1 : lastId + 1;
  return lastId;
}
