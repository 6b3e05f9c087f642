import type { IncomingMessage } from 'node:http';
import { McpError } from '../mcp/errors.ts';

const EMPTY = Buffer.alloc(0);

/** Whose body it is. */
export interface BodyHolder {
  /** Asked before a body of more than one piece grows to a size. @returns why there is no memory for it */
  holdBody(bytes: number): McpError | undefined;
}

/**
 * Reads a request's body. A body that comes in one piece, as nearly all do, is not copied.
 * @param limit the most bytes; a longer body is not read further
 * @param done called once
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  holder: BodyHolder,
  done: (error: McpError | undefined, body: Buffer) => void,
): void {
  if (Number(request.headers['content-length']) > limit) {
    done(tooLarge(limit), EMPTY);
    return;
  }
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let size = 0;
  const refuse = (error: McpError): void => {
    request.off('data', onData);
    request.off('end', onEnd);
    request.off('close', onClose);
    done(error, EMPTY);
  };
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > limit) return refuse(tooLarge(limit));
    if (first === undefined) return void (first = chunk);
    const refusal = holder.holdBody(size);
    if (refusal !== undefined) return refuse(refusal);
    (rest ??= [first]).push(chunk);
  };
  const onEnd = (): void => {
    request.off('close', onClose);
    done(undefined, rest === undefined ? (first ?? EMPTY) : Buffer.concat(rest, size));
  };
  const onClose = (): void =>
    done(new McpError('cancelled', 'The client went away before its request was complete.'), EMPTY);
  request.on('data', onData);
  request.on('end', onEnd);
  request.on('close', onClose);
}

/**
 * The connection stays open: closing it while the client still sends would reset it, and the answer with it. Node reads the
 * rest and drops it, for as long as a request may take to arrive.
 */
function tooLarge(limit: number): McpError {
  return new McpError('body_too_large', `The body is larger than ${limit} bytes.`);
}
