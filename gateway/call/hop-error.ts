import { valueOf, type Message } from '../jsonrpc/message.ts';
import { errorResponse } from '../mcp/errors.ts';
import { serverError } from './faults.ts';
import type { CallRequest } from './leg.ts';

/** A server's error that speaks of the gateway's own request to it: the client learns which server, and what it said. */
export function hopError({ message, server }: CallRequest, answer: Message): Buffer {
  const error = answer.error === undefined ? undefined : valueOf(answer.bytes, answer.error);
  const { code, message: said } = error as { code?: unknown; message?: unknown };
  const says = `refused the gateway's request: ${String(said)} (${String(code)}).`;
  return errorResponse(message.id, serverError('upstream_fault', server, says));
}
