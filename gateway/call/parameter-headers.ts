import { param, type Message } from '../jsonrpc/message.ts';
import { encodeHeaderValue } from '../mcp/header-value.ts';
import { isJsonObject, type JsonObject } from '../upstream/json.ts';
import type { ParameterHeader } from '../upstream/parameter-headers.ts';
import { errorCode } from './answer-edits.ts';
import type { CallRequest } from './leg.ts';

/** Tool parameters in headers (2026-07-28, Streamable HTTP, Custom Headers from Tool Parameters). */

const PREFIX = 'mcp-param-';
/** The JSON-RPC error of headers that do not fit the body (2026-07-28, Base Protocol, Error Codes). */
const HEADER_MISMATCH = -32020;

/** The arguments of a call; an empty object where there are none. Integers that a number would not hold are bigints. */
export function argumentsOf(message: Message): JsonObject {
  const place = param(message, 'arguments');
  if (place === undefined) return {};
  const value: unknown = JSON.parse(message.bytes.toString('utf8', place.start, place.end), exact);
  return isJsonObject(value) ? value : {};
}

function exact(_name: string, value: unknown, { source = '' }: { readonly source?: string } = {}): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** What an argument can be that a header mirrors. */
export type Mirrored = string | number | bigint | boolean;

export function isMirrored(value: unknown): value is Mirrored {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

/** The argument that a header mirrors; undefined: there is none, or it is null, and no header is to say it. */
export function mirroredArgument(args: JsonObject, { path }: ParameterHeader): unknown {
  let value: unknown = args;
  for (const name of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value ?? undefined;
}

/** The headers, name and value in turn, by which a call mirrors its arguments as the server's schema wants it. */
export function ownParameterHeaders({ message, server, name }: CallRequest): string[] {
  const traits = name === undefined ? undefined : server.upstream.traitsOf(name);
  if (message.method !== 'tools/call' || traits === undefined || traits.headers.length === 0) return [];
  const args = argumentsOf(message);
  return traits.headers.flatMap((each) => {
    const value = mirroredArgument(args, each);
    // What is no such value is the server's to refuse: there is no way to say it.
    return isMirrored(value) ? [each.header, encodeHeaderValue(String(value))] : [];
  });
}

/** The client's own headers of the kind: they concern whoever knows them, and are passed on by all others. */
export function passedParameterHeaders({ rawHeaders }: Pick<CallRequest, 'rawHeaders'>): string[] {
  const passed: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const header = rawHeaders[i] as string;
    if (isParameterHeader(header)) passed.push(header, rawHeaders[i + 1] as string);
  }
  return passed;
}

/**
 * The headers of a modern client's call to a modern server: its own, which were compared with the arguments. Where the
 * server refused them, those that its schema, read again, wants; what the schema does not name stays the client's.
 */
export function modernParameterHeaders(call: CallRequest): string[] {
  const passed = passedParameterHeaders(call);
  if (call.mirrorsAnew !== true) return passed;
  const own = ownParameterHeaders(call);
  const traits = call.name === undefined ? undefined : call.server.upstream.traitsOf(call.name);
  const known = new Set(traits?.headers.map(({ header }) => header.toLowerCase()));
  for (let i = 0; i < passed.length; i += 2) {
    const [header = '', value = ''] = passed.slice(i, i + 2);
    if (!known.has(header.toLowerCase())) own.push(header, value);
  }
  return own;
}

function isParameterHeader(header: string): boolean {
  return header.length > PREFIX.length && header.slice(0, PREFIX.length).toLowerCase() === PREFIX;
}

/** Whether a server refuses the headers that mirror a call's arguments, for the first time. */
export function wantsOtherHeaders({ message, mirrorsAnew }: CallRequest, answer: Message): boolean {
  return message.method === 'tools/call' && mirrorsAnew !== true && errorCode(answer) === HEADER_MISMATCH;
}
