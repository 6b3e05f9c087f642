import { param, stringOf, type Message } from '../jsonrpc/message.ts';
import { McpError } from '../mcp/errors.ts';
import { isForwarded, resourceNotFound, type RequestTarget } from '../mcp/targets.ts';
import type { Era } from '../upstream/catalogue.ts';

/** A request on its way to a server that is known. */
export interface AimedRequest {
  readonly message: Message;
  readonly target: RequestTarget;
  readonly era: Era;
}

/**
 * Refuses what a server's pin keeps from clients (upstream/tool-pin.ts), whichever way a request found the server: a name
 * that no list has leads to the server that its prefix names. It is asked for each request when its server is known, and
 * right before it is sent. What is about a task that runs goes on.
 * @throws McpError as for what does not exist
 */
export function checkOffered({ message, target, era }: AimedRequest): void {
  const { upstream } = target.server;
  const { method } = message;
  if (method === 'tools/call' && target.name !== undefined) {
    if (!upstream.mayCall(target.name)) throw unknown('tool', nameIn(message));
    return;
  }
  if (!upstream.isWithheld || !isForwarded(method)) return;
  if (method === 'prompts/get') throw unknown('prompt', nameIn(message));
  if (method === 'resources/read') throw resourceNotFound(target.name ?? '', era);
  throw new McpError('invalid_params', 'params.ref names nothing that there is.');
}

function unknown(word: string, name: string): McpError {
  return new McpError('invalid_params', `Unknown ${word}: ${name.slice(0, 128)}`);
}

/** The name as the client has it. */
function nameIn(message: Message): string {
  const place = param(message, 'name');
  return place === undefined ? '' : (stringOf(message.bytes, place) ?? '');
}
