import { param, stringOf, type Message } from '../jsonrpc/message.ts';
import { McpError } from './errors.ts';

const CLOSE = Buffer.from('}');

/** A result response: the id in its own spelling, the result's bytes as they are. */
export function resultResponse(message: Message, result: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"jsonrpc":"2.0","id":${message.id ?? 'null'},"result":`), result, CLOSE]);
}

/** The cursor of a list request; '' where there is none, which is the first page as well. @throws McpError */
export function cursorOf(message: Message): string {
  const place = param(message, 'cursor');
  if (place === undefined) return '';
  const cursor = stringOf(message.bytes, place);
  if (cursor === undefined) throw new McpError('invalid_params', 'params.cursor is not a string.');
  return cursor;
}
