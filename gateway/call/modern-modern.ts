import { byPosition, edited } from '../jsonrpc/edit.ts';
import { errorCode, idEdits } from './answer-edits.ts';
import { hopError } from './hop-error.ts';
import { errorCodeEdits, errorStatus, isForModernRequest, resultTypeEdits } from './modern-answer.ts';
import { isInputRequired } from './rounds.ts';
import type { Leg } from './leg.ts';
import { modernParameterHeaders } from './parameter-headers.ts';
import { modernHeaders } from './modern-request.ts';
import { createdTaskEdits } from './task-created.ts';

/** Modern client, modern server: the name changes, in the body and in `Mcp-Name`; the rest passes as it is. */
export const modernToModern: Leg = {
  serverEra: 'modern',
  isRaw: true,
  closeCancels: true,
  request(call) {
    const headers = [...modernHeaders(call), ...modernParameterHeaders(call)];
    return { headers, body: edited(call.message.bytes, call.edits), id: call.message.id ?? '' };
  },
  answer(call, answer, states) {
    const code = errorCode(answer);
    // The client's own headers were checked before: these say that the gateway's were wrong.
    if (code !== undefined && isOfTheHop(code)) return hopError(call, answer);
    const edits = [...idEdits(answer, call.message.id), ...errorCodeEdits(answer), ...resultTypeEdits(call, answer)];
    if (isInputRequired(answer)) edits.push(...states.sealingEdits(call, answer));
    else edits.push(...createdTaskEdits(call, answer, states.tasks));
    return edited(answer.bytes, edits.sort(byPosition));
  },
  notification: ({ message }, notification) =>
    isForModernRequest(message, notification) ? notification.bytes : undefined,
  status(status, code) {
    if (code === undefined || isOfTheHop(code)) return 200;
    // What a client may take for the gateway's own words (401: begin an authorization) is not passed on as a status.
    return errorStatus(code) ?? (status === 400 || status === 404 ? status : 200);
  },
};

/** Header mismatch, and unsupported version. */
export function isOfTheHop(code: number): boolean {
  return code === -32020 || code === -32022;
}
