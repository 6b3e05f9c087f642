import type { Edit } from '../jsonrpc/edit.ts';
import { member } from '../jsonrpc/message-scan.ts';
import type { Message } from '../jsonrpc/message.ts';
import type { CallRequest } from './leg.ts';

const OBJECT = 0x7b;

/**
 * The edits that make a modern tool's output one that legacy clients take: an object, as the tool was shown to them
 * (upstream/output-schema.ts). Anything else they refuse with the whole result, so that it is wrapped whatever was shown.
 */
export function legacyOutputEdits({ message, server, name }: CallRequest, { bytes, result }: Message): Edit[] {
  const output = message.method === 'tools/call' ? member(result?.members, 'structuredContent') : undefined;
  if (output === undefined) return [];
  const isWrapped = name !== undefined && server.upstream.traitsOf(name)?.wrapsOutput === true;
  if (!isWrapped && bytes[output.start] === OBJECT) return [];
  return [
    { start: output.start, end: output.start, text: '{"result":' },
    { start: output.end, end: output.end, text: '}' },
  ];
}
