import { byPosition, edited, type Edit } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { stringOf, type Message } from '../jsonrpc/message.ts';
import { errorCode, idEdits, insertedMembers } from './answer-edits.ts';
import { hopError } from './hop-error.ts';
import type { Leg } from './leg.ts';
import { declaredBy, errorCodeEdits } from './modern-answer.ts';
import { isOfTheHop, modernToModern } from './modern-modern.ts';
import { readRound } from './rounds.ts';
import { askedTaskEdits, errorTextEdits } from './task-answer-edits.ts';

/**
 * Modern client, modern server: requests about tasks (the extension io.modelcontextprotocol/tasks). The id is the client's
 * on one side and the server's on the other; the rest passes as it is.
 */
export const modernTasks: Leg = {
  ...modernToModern,
  // The id stands anywhere in an answer.
  isRaw: false,
  answer(call, answer) {
    const { message, server } = call;
    const code = errorCode(answer);
    if (code !== undefined && isOfTheHop(code)) return hopError(call, answer);
    // A task may need input, and only such as the client can give.
    if (isWaiting(answer)) readRound(server, answer, declaredBy(message));
    const edits = [
      ...idEdits(answer, message.id),
      ...errorCodeEdits(answer),
      ...errorTextEdits(call, answer),
      ...completeEdits(answer),
      ...askedTaskEdits(message, answer),
    ];
    return edited(answer.bytes, edits.sort(byPosition));
  },
};

function isWaiting({ bytes, result }: Message): boolean {
  const status = member(result?.members, 'status');
  return status !== undefined && stringOf(bytes, status) === 'input_required';
}

/** All answers about tasks are the standard ones of their requests (ext-tasks, Polymorphic Results). */
function completeEdits({ bytes, result }: Message): Edit[] {
  if (result === undefined) return [];
  const place = member(result.members, 'resultType');
  if (place === undefined) return [insertedMembers(result, '"resultType":"complete"')];
  return stringOf(bytes, place) === 'complete' ? [] : [{ start: place.start, end: place.end, text: '"complete"' }];
}
