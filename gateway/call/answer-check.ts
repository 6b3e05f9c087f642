import { member } from '../jsonrpc/message-scan.ts';
import { param, valueOf, type Message } from '../jsonrpc/message.ts';
import type { RoutedServer } from '../routing/route.ts';
import { isSameId } from './answer-edits.ts';
import { serverError } from './faults.ts';

/**
 * Checks that an answer is one that every client can read: a result is an object, an error has an integer as code and a
 * text as message (specification, Base Protocol, Responses).
 * @throws McpError that names the server
 */
export function checkAnswer(server: RoutedServer, answer: Message): void {
  const { result } = answer;
  if (result !== undefined) {
    if (result.members === undefined) throw serverError('upstream_fault', server, 'sent a result that is no object.');
  } else if (!isReadableError(answer)) {
    throw serverError('upstream_fault', server, 'sent an error without an integer code and a message.');
  }
}

/** Whether a response's error has an integer as code and a text as message. */
export function isReadableError({ bytes, error }: Message): boolean {
  const code = member(error?.members, 'code');
  const message = member(error?.members, 'message');
  if (code === undefined || message === undefined) return false;
  return Number.isInteger(valueOf(bytes, code)) && typeof valueOf(bytes, message) === 'string';
}

/** The token under which a request asks for progress. */
export function progressTokenOf(request: Message): ReturnType<typeof member> {
  return member(param(request, '_meta')?.members, 'progressToken');
}

/** Whether a notification of progress is about this request, which was sent with its own token. */
export function isOwnProgress(request: Message, notification: Message): boolean {
  const asked = askedToken(request);
  return asked !== undefined && isSameId(asked, toldToken(notification));
}

/** The token that a request asks for progress under, as JSON text. */
export function askedToken(request: Message): string | undefined {
  return textOf(request, progressTokenOf(request));
}

/** The token that a notification of progress is about, as JSON text. */
export function toldToken(notification: Message): string | undefined {
  return textOf(notification, param(notification, 'progressToken'));
}

function textOf({ bytes }: Message, place: ReturnType<typeof member>): string | undefined {
  return place === undefined ? undefined : bytes.toString('utf8', place.start, place.end);
}
