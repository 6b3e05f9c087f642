import { edited, type Edit } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param } from '../jsonrpc/message.ts';
import { errorCode, idEdits, insertedMembers, removedMembers } from './answer-edits.ts';
import { legacyHeaders } from './legacy-request.ts';
import type { Leg } from './leg.ts';

/**
 * Modern client, legacy server. All modern clients share one session a target, in which ids must differ: the gateway
 * sends its own and gives the client's back.
 */
export const modernToLegacy: Leg = {
  isRaw: false,
  closeCancels: true,
  request({ message, edits }, session) {
    const id = String(nextId());
    const changes: Edit[] = [...edits, ...idEdits(message, id)];
    const meta = param(message, '_meta');
    if (meta !== undefined) {
      // The envelope of the modern era means nothing to a legacy server; keys of others stay.
      const reserved = new Set(meta.members?.map(({ name }) => name).filter((name) => name.startsWith(RESERVED)));
      changes.push(...removedMembers(meta, reserved));
    }
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
  notification: (_call, notification) => notification.bytes,
  status: (_status, answer) => (errorCode(answer) === -32601 ? 404 : 200),
};

const RESERVED = 'io.modelcontextprotocol/';

let lastId = 0;

function nextId(): number {
  // Beyond this, numbers lose their last digit in JavaScript servers.
  lastId = lastId >= Number.MAX_SAFE_INTEGER ? 1 : lastId + 1;
  return lastId;
}
