import type { Edit } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { param, stringOf, type Message } from '../jsonrpc/message.ts';
import type { CallRequest } from './leg.ts';

/** A server's id that is shorter may be any part of a word. */
const MIN_RENAMED = 8;

/** The edit that gives a task the very id that the client asked for it with; none where the answer has none. */
export function askedTaskEdits(message: Message, answer: Message): Edit[] {
  const asked = param(message, 'taskId');
  const told = member(answer.result?.members, 'taskId');
  if (asked === undefined || told === undefined) return [];
  return [{ start: told.start, end: told.end, text: message.bytes.toString('utf8', asked.start, asked.end) }];
}

/**
 * The edit that has the words of an error, in which servers put the id, name the task by the client's.
 * @param added is said behind them
 */
export function errorTextEdits({ message, name }: CallRequest, answer: Message, added = ''): Edit[] {
  const place = member(answer.error?.members, 'message');
  const asked = param(message, 'taskId');
  const said = place === undefined ? undefined : stringOf(answer.bytes, place);
  if (place === undefined || said === undefined || asked === undefined || name === undefined) return [];
  const own = stringOf(message.bytes, asked) ?? '';
  const text = (name.length < MIN_RENAMED ? said : said.replaceAll(name, own)) + added;
  return text === said ? [] : [{ start: place.start, end: place.end, text: JSON.stringify(text) }];
}
