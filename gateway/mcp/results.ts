import type { ServerResponse } from 'node:http';
import { sendJson, sendJsonParts } from '../http/respond.ts';
import { param, stringOf, type Message } from '../jsonrpc/message.ts';
import { McpError } from './errors.ts';

const CLOSE = Buffer.from('}');
/** A result beyond this is not copied for each client: one that reads slowly holds no memory of its own then. */
const SHARED_BYTES = 16 * 1024;

/**
 * Sends a result: the id in its own spelling, the result's bytes as they are.
 * @param result whole, or in parts
 */
export function sendResult(
  response: ServerResponse,
  message: Message,
  result: Buffer | readonly Buffer[],
  headers?: Readonly<Record<string, string>>,
): void {
  const open = Buffer.from(`{"jsonrpc":"2.0","id":${message.id ?? 'null'},"result":`);
  const parts = [open, ...(Buffer.isBuffer(result) ? [result] : result), CLOSE];
  if (parts.every(({ length }) => length <= SHARED_BYTES)) sendJson(response, 200, Buffer.concat(parts), headers);
  else sendJsonParts(response, 200, parts, headers);
}

/** The cursor of a list request; '' where there is none, which is the first page as well. @throws McpError */
export function cursorOf(message: Message): string {
  const place = param(message, 'cursor');
  if (place === undefined) return '';
  const cursor = stringOf(message.bytes, place);
  if (cursor === undefined) throw new McpError('invalid_params', 'params.cursor is not a string.');
  return cursor;
}
