import { byPosition, edited } from '../jsonrpc/edit.ts';
import { isOwnProgress } from './answer-check.ts';
import { idEdits } from './answer-edits.ts';
import { legacyHeaders } from './legacy-request.ts';
import type { Leg } from './leg.ts';
import { isAtLevel } from './log-level.ts';
import { olderContentEdits } from './older-content.ts';
import { taskNotice } from './task-metadata.ts';

/** Legacy client, legacy server: the name and the session id change; the rest passes as it is. */
export const legacyToLegacy: Leg = {
  serverEra: 'legacy',
  isRaw: true,
  closeCancels: false,
  request: ({ message, edits }, session) => ({
    headers: legacyHeaders(session),
    body: edited(message.bytes, edits),
    id: message.id ?? '',
  }),
  answer({ message, caller }, answer) {
    // The server was offered the client's revision, but may speak another.
    const content = caller === undefined ? [] : olderContentEdits(caller.protocolVersion, message.method, answer);
    return edited(answer.bytes, [...idEdits(answer, message.id), ...content].sort(byPosition));
  },
  notification({ message, server, caller }, notification) {
    if (notification.method === 'notifications/progress' && !isOwnProgress(message, notification)) return undefined;
    return isAtLevel(caller?.logLevel, notification) ? taskNotice(caller?.tasks, server, notification) : undefined;
  },
  // A legacy client takes any status but 2xx for a broken transport, and would not see the error inside.
  status: () => 200,
};
