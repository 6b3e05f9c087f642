import { member } from '../jsonrpc/message-scan.ts';
import { param, valueOf, type Message } from '../jsonrpc/message.ts';
import { McpError } from '../mcp/errors.ts';
import { isJsonObject, objectMember } from '../upstream/json.ts';
import { metaKeys } from '../upstream/protocol-versions.ts';

/** The tasks of the modern era are an extension; those of 2025-11-25 are something else. */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** Whether a modern request declares the extension; what others before it declared does not count (Capability Negotiation). */
export function declaresTasks(message: Message): boolean {
  const place = member(param(message, '_meta')?.members, metaKeys.clientCapabilities);
  const declared = place === undefined ? undefined : valueOf(message.bytes, place);
  return isJsonObject(declared) && isJsonObject(objectMember(declared, 'extensions')[TASKS_EXTENSION]);
}

/** @throws McpError missing_capability if a modern request about tasks does not declare the extension */
export function checkTasksDeclared(message: Message): void {
  if (declaresTasks(message)) return;
  throw new McpError(
    'missing_capability',
    `Missing required client capability: ${message.method} about tasks needs the extension ${TASKS_EXTENSION}.`,
    { data: { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } } },
  );
}
