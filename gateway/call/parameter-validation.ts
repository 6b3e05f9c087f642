import type { Message } from '../jsonrpc/message.ts';
import { McpError } from '../mcp/errors.ts';
import { decodeHeaderValue } from '../mcp/header-value.ts';
import type { RequestTarget } from '../mcp/targets.ts';
import type { ParameterHeader } from '../upstream/parameter-headers.ts';
import { within } from '../upstream/shared-wait.ts';
import { argumentsOf, isMirrored, mirroredArgument, type Mirrored } from './parameter-headers.ts';

/** How long a request waits for its tool to be read again, in milliseconds. */
const REFRESH_MS = 5000;

export interface MirroringRequest {
  readonly message: Message;
  readonly target: RequestTarget;
  readonly rawHeaders: readonly string[];
}

/**
 * Holds the headers of a modern client's call to its arguments, as its tool's schema wants it. Whoever shows a tool has to
 * (2026-07-28, Streamable HTTP, Server Behavior for Custom Headers), also where the server behind it speaks another era.
 * Before a request is refused, the tool is read again: a client that is told to list the tools must not get what it has.
 * @returns undefined: they fit, or the tool has none; else a promise that resolves if they fit the tool as it is by now, and
 * rejects with McpError header_mismatch if not
 */
export function checkParameterHeaders(request: MirroringRequest): Promise<void> | undefined {
  return faultOf(request) === undefined ? undefined : checkAgain(request);
}

async function checkAgain(request: MirroringRequest): Promise<void> {
  await within(request.target.server.upstream.refresh(), REFRESH_MS);
  const fault = faultOf(request);
  if (fault !== undefined) throw new McpError('header_mismatch', `Header mismatch: ${fault}`);
}

function faultOf({ message, target, rawHeaders }: MirroringRequest): string | undefined {
  if (message.method !== 'tools/call' || target.name === undefined) return undefined;
  const traits = target.server.upstream.traitsOf(target.name);
  return traits === undefined ? undefined : parameterFault(message, rawHeaders, traits.headers);
}

/** How headers differ from the arguments that they mirror, a sentence; undefined: they do not. */
export function parameterFault(
  message: Message,
  rawHeaders: readonly string[],
  headers: readonly ParameterHeader[],
): string | undefined {
  if (headers.length === 0) return undefined;
  const args = argumentsOf(message);
  for (const each of headers) {
    const fault = headerFault(each, valuesOf(rawHeaders, each.header), mirroredArgument(args, each));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function headerFault(
  { header, path }: ParameterHeader,
  values: readonly string[],
  argument: unknown,
): string | undefined {
  const [value] = values;
  const where = `the argument ${path.join('.')}`;
  if (value === undefined) {
    // An object or a list cannot be mirrored: that it is no such value is the server's to say.
    return isMirrored(argument) ? `the header ${header} is missing; ${where} has a value.` : undefined;
  }
  if (values.length > 1) return `the header ${header} stands there ${values.length} times.`;
  const shown = JSON.stringify(value.slice(0, 128));
  if (!FIELD_VALUE.test(value)) return `the value ${shown} of the header ${header} has invalid characters.`;
  const decoded = decodeHeaderValue(value);
  if (decoded === undefined) return `the value ${shown} of the header ${header} is no valid Base64.`;
  if (argument === undefined) return `the header ${header} has the value ${shown}; ${where} has none.`;
  return isMirrored(argument) && isSame(decoded, argument)
    ? undefined
    : `the value ${shown} of the header ${header} does not match ${where}.`;
}

/** Visible ASCII, space and tab (2026-07-28, Streamable HTTP, Value Encoding). */
const FIELD_VALUE = /^[\t\x20-\x7e]*$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Numbers are compared as such: `42.0` is `42`. Those that are too large for that are compared digit by digit. */
function isSame(text: string, argument: Mirrored): boolean {
  if (typeof argument !== 'number') return text === String(argument);
  return DECIMAL.test(text) && Number(text) === argument;
}

function valuesOf(rawHeaders: readonly string[], header: string): string[] {
  const name = header.toLowerCase();
  const values: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] as string).toLowerCase() === name) values.push(rawHeaders[i + 1] as string);
  }
  return values;
}
