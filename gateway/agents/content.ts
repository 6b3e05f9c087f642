import { Role, type Artifact, type Message, type Part } from '@a2a-js/sdk';
import { isJsonObject, type JsonObject } from '../upstream/json.ts';
import { AgentError } from './agent-error.ts';

/**
 * Between the parts of A2A (1.0, Part) and the content of MCP (Tools, Tool Result): text is text; a file by value is an image,
 * audio, or an embedded resource; a file by reference is a link; structured data is structured content, and text as well.
 */

/** What an MCP client gives to an agent. */
export interface Delegation {
  readonly message: string | undefined;
  /** Structured data: any JSON value. */
  readonly data: unknown;
  readonly files: readonly DelegatedFile[];
}

/** A file that goes to an agent: by value or by reference. */
export interface DelegatedFile {
  readonly name: string | undefined;
  readonly mimeType: string | undefined;
  readonly content: { readonly base64: string } | { readonly uri: string };
}

/** What becomes of an agent's parts in a tool's result. */
export interface ToolContent {
  readonly content: readonly JsonObject[];
  readonly structuredContent: JsonObject | undefined;
}

/** The parts of a message to an agent. */
export function partsOf({ message, data, files }: Delegation): Part[] {
  return [
    ...(message === undefined ? [] : [part({ $case: 'text', value: message })]),
    ...(data === undefined ? [] : [part({ $case: 'data', value: data }, 'application/json')]),
    ...files.map(({ name, mimeType, content }) =>
      part(
        'uri' in content
          ? { $case: 'url', value: content.uri }
          : { $case: 'raw', value: Buffer.from(content.base64, 'base64') },
        mimeType,
        name,
      ),
    ),
  ];
}

function part(content: NonNullable<Part['content']>, mediaType = '', filename = ''): Part {
  return { content, metadata: undefined, filename, mediaType };
}

/**
 * What a tool gives of an agent's artifacts and last message.
 * @param place names the task in the URIs of embedded files: `<namespace>/<service>/<task>`
 */
export function contentOf(artifacts: readonly Artifact[], message: Message | undefined, place: string): ToolContent {
  const content: JsonObject[] = [];
  const data: unknown[] = [];
  const add = (parts: readonly Part[], under: string): void => {
    parts.forEach((each, index) => {
      const block = blockOf(each, `a2a://${place}/${under}/${index}`);
      if (block !== undefined) content.push(block);
      if (each.content?.$case === 'data') data.push(each.content.value);
    });
  };
  for (const { artifactId, parts } of artifacts) add(parts, encodeURIComponent(artifactId));
  // Some agents say at the end again what is in their artifacts.
  const said = message?.role === Role.ROLE_USER ? [] : (message?.parts ?? []);
  const texts = new Set(content.map((block) => block['text']));
  add(
    said.filter(({ content: each }) => each?.$case !== 'text' || !texts.has(each.value)),
    'message',
  );
  return { content, structuredContent: structured(data) };
}

/** MCP has one object for what may be several values here. */
function structured(data: readonly unknown[]): JsonObject | undefined {
  if (data.length === 0) return undefined;
  if (data.length > 1) return { results: data };
  return isJsonObject(data[0]) ? data[0] : { result: data[0] };
}

function blockOf({ content, filename, mediaType }: Part, uri: string): JsonObject | undefined {
  switch (content?.$case) {
    case 'text':
      return content.value === '' ? undefined : { type: 'text', text: content.value };
    case 'data':
      return { type: 'text', text: JSON.stringify(content.value) };
    case 'url':
      return linkTo(content.value, filename, mediaType);
    case 'raw': {
      const data = content.value.toString('base64');
      if (mediaType.startsWith('image/')) return { type: 'image', data, mimeType: mediaType };
      if (mediaType.startsWith('audio/')) return { type: 'audio', data, mimeType: mediaType };
      const name = filename === '' ? '' : `/${encodeURIComponent(filename)}`;
      const resource = { uri: `${uri}${name}`, ...(mediaType !== '' && { mimeType: mediaType }), blob: data };
      return { type: 'resource', resource };
    }
    case undefined:
      return undefined;
  }
}

function linkTo(uri: string, filename: string, mediaType: string): JsonObject {
  const path = URL.canParse(uri) ? new URL(uri).pathname : uri;
  const name = filename || path.split('/').findLast((segment) => segment !== '') || uri;
  return { type: 'resource_link', uri, name, ...(mediaType !== '' && { mimeType: mediaType }) };
}

/** The text of a message, for people: its text parts, a line each; '' if it has none. */
export function textOf(message: Message | undefined): string {
  return (message?.parts ?? [])
    .flatMap(({ content }) => (content?.$case === 'text' ? [content.value] : []))
    .join('\n')
    .trim();
}

/** The http(s) URL in a message: of a part that is one, else the first in its text (A2A 1.0, In-Task Authorization). */
export function urlIn(message: Message | undefined): string | undefined {
  for (const { content } of message?.parts ?? []) {
    const candidate = content?.$case === 'url' ? content.value : undefined;
    if (candidate !== undefined && isWebUrl(candidate)) return candidate;
  }
  const found = /https?:\/\/[^\s<>"'`]+/.exec(textOf(message))?.[0].replace(/[.,;:!?)\]}]+$/, '');
  return found !== undefined && isWebUrl(found) ? found : undefined;
}

function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

const MAX_FILES = 32;

/**
 * What stands in a tool's arguments for an agent.
 * @throws AgentError ERR_AGENT_ARGUMENTS that names the argument
 */
export function readDelegation(args: JsonObject): Delegation {
  const { message, data, files = [] } = args;
  if (message !== undefined && typeof message !== 'string') throw wrong('message', 'a text');
  if (!Array.isArray(files) || files.length > MAX_FILES) throw wrong('files', `a list of at most ${MAX_FILES} files`);
  return { message, data, files: files.map(readFile) };
}

function readFile(file: unknown, index: number): DelegatedFile {
  const name = `files[${index}]`;
  if (!isJsonObject(file)) throw wrong(name, 'an object');
  const { name: filename, mimeType, data, uri } = file;
  if (filename !== undefined && typeof filename !== 'string') throw wrong(`${name}.name`, 'a text');
  if (mimeType !== undefined && typeof mimeType !== 'string') throw wrong(`${name}.mimeType`, 'a media type');
  if ((data === undefined) === (uri === undefined)) throw wrong(name, 'either data (base64) or a uri');
  if (uri !== undefined) {
    if (typeof uri !== 'string' || !URL.canParse(uri)) throw wrong(`${name}.uri`, 'a URI');
    return { name: filename, mimeType, content: { uri } };
  }
  if (typeof data !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(data) || data.length % 4 !== 0) {
    throw wrong(`${name}.data`, 'base64');
  }
  return { name: filename, mimeType, content: { base64: data } };
}

function wrong(name: string, expected: string): AgentError {
  return new AgentError('ERR_AGENT_ARGUMENTS', `The argument ${name} has to be ${expected}.`);
}
