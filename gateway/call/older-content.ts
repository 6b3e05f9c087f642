import type { Edit } from '../jsonrpc/edit.ts';
import { member, type Member } from '../jsonrpc/message-scan.ts';
import { valueOf, type Message } from '../jsonrpc/message.ts';
import { isJsonObject, type JsonObject } from '../upstream/json.ts';

/**
 * Content that a legacy client's revision lacks, as text: its SDK would refuse the whole answer for one block of a type that
 * it does not know. Only content that crosses eras needs this; in a session of its own a server keeps to the client's revision.
 */

/** Type of a content block → the first revision that has it; the others are in all. */
const firstRevisions: Readonly<Record<string, string>> = { audio: '2025-03-26', resource_link: '2025-06-18' };
const FIRST_WITH_STRUCTURE = '2025-06-18';
/** The first revision in which a message of sampling may have several blocks. */
const FIRST_WITH_BLOCKS = '2025-11-25';

/**
 * The edits that give an answer to tools/call or prompts/get content that a client of `revision` knows; a result whose
 * content is all structured gets it as text too.
 */
export function olderContentEdits(revision: string, method: string, { bytes, result }: Message): Edit[] {
  if (revision >= FIRST_WITH_STRUCTURE) return [];
  if (method === 'tools/call') return toolEdits(revision, bytes, result);
  const messages = method === 'prompts/get' ? member(result?.members, 'messages') : undefined;
  if (messages === undefined) return [];
  return replaced(bytes, messages, (each) =>
    isJsonObject(each) && isJsonObject(each['content'])
      ? { ...each, content: olderBlock(revision, each['content']) }
      : each,
  );
}

/** The params of sampling/createMessage as a client of `revision` takes them: each of its messages has one block then. */
export function olderSampling(revision: string, params: JsonObject): JsonObject {
  const { messages } = params;
  if (revision >= FIRST_WITH_BLOCKS || !Array.isArray(messages)) return params;
  const older = (messages as unknown[]).flatMap((message) => {
    if (!isJsonObject(message)) return [message];
    const { content } = message;
    const blocks: unknown[] = Array.isArray(content) ? content : [content];
    return blocks.map((block) => ({ ...message, content: isJsonObject(block) ? olderBlock(revision, block) : block }));
  });
  return { ...params, messages: older };
}

function toolEdits(revision: string, bytes: Buffer, result: Member | undefined): Edit[] {
  const content = member(result?.members, 'content');
  const structured = member(result?.members, 'structuredContent');
  if (content === undefined) return [];
  return replaced(
    bytes,
    content,
    (each) => (isJsonObject(each) ? olderBlock(revision, each) : each),
    (blocks) => {
      const hasText = blocks.some((block) => isJsonObject(block) && block['type'] === 'text');
      return structured === undefined || hasText
        ? blocks
        : [...blocks, { type: 'text', text: bytes.toString('utf8', structured.start, structured.end) }];
    },
  );
}

/** The edit that maps an array, if that changes anything. */
function replaced(
  bytes: Buffer,
  place: Member,
  map: (element: unknown) => unknown,
  complete: (elements: readonly unknown[]) => readonly unknown[] = (elements) => elements,
): Edit[] {
  const elements = valueOf(bytes, place);
  if (!Array.isArray(elements)) return [];
  const before = JSON.stringify(elements);
  const text = JSON.stringify(complete(elements.map(map)));
  return text === before ? [] : [{ start: place.start, end: place.end, text }];
}

function olderBlock(revision: string, block: JsonObject): JsonObject {
  const type = String(block['type']);
  const since = Object.hasOwn(firstRevisions, type) ? firstRevisions[type] : undefined;
  if (since === undefined || revision >= since) return block;
  const { annotations } = block;
  return { type: 'text', text: inWords(type, block), ...(annotations !== undefined && { annotations }) };
}

function inWords(type: string, { mimeType, uri, name, title, description }: JsonObject): string {
  if (type === 'audio') {
    return `[Audio (${String(mimeType)}), which the protocol version of this client does not have.]`;
  }
  const about = [title ?? name, description].filter((each) => typeof each === 'string').join(': ');
  return `[Resource ${String(uri)}]${about === '' ? '' : ` ${about}`}`;
}
