import { edited, type Edit } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param, type Message } from '../jsonrpc/message.ts';
import { errorCode, idEdits, insertedMembers, isSameId, removedMembers } from './answer-edits.ts';
import { legacyHeaders } from './legacy-request.ts';
import type { CallRequest, Leg } from './leg.ts';

/**
 * Modern client, legacy server. All modern clients share one session a target, in which ids and progress tokens must
 * differ: the gateway sends its own and gives the client's back.
 */
export const modernToLegacy: Leg = {
  serverEra: 'legacy',
  isRaw: false,
  fulfils: false,
  closeCancels: true,
  request({ message, edits }, session) {
    const id = String(nextId());
    const changes: Edit[] = [...edits, ...idEdits(message, id), ...metaEdits(message, id)];
    changes.sort((a, b) => a.start - b.start);
    return { headers: legacyHeaders(session), body: edited(message.bytes, changes), id };
  },
  answer({ message }, answer) {
    const changes = idEdits(answer, message.id);
    const { result, error } = answer;
    if (result?.members !== undefined) {
      // 2026-07-28: every result says what it is; resources/read also how long it may be kept.
      const present = new Set(result.members.map(({ name }) => name));
      const missing = ['"resultType":"complete"'];
      if (message.method === 'resources/read') missing.push('"ttlMs":0', '"cacheScope":"private"');
      const added = missing.filter((text) => !present.has(text.slice(1, text.indexOf('"', 1))));
      if (added.length > 0) changes.push(insertedMembers(result, added.join(',')));
    }
    const code = member(error?.members, 'code');
    if (code !== undefined && errorCode(answer) === -32002)
      changes.push({ start: code.start, end: code.end, text: '-32602' });
    changes.sort((a, b) => a.start - b.start);
    return edited(answer.bytes, changes);
  },
  notification(call, notification, sentId) {
    if (notification.method === 'notifications/progress') return progress(call, notification, sentId);
    // On the stream of a request stands what is about it: no news of the server (2026-07-28, Transports, Receiving
    // Messages), and no log lines, since the gateway declares no logging.
    return notification.method.startsWith('notifications/') ? undefined : notification.bytes;
  },
  status: (_status, code) => (code === -32601 ? 404 : 200),
};

const RESERVED = 'io.modelcontextprotocol/';

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
