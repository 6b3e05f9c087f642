import { JsonScanError, member, scanMessage, type Member } from './message-scan.ts';

/** A JSON-RPC 2.0 message as it came: its bytes, and where the members stand that one decides by. */
export interface Message {
  readonly bytes: Buffer;
  readonly kind: 'request' | 'notification' | 'response';
  /** The id as JSON text (`1`, `"1"`), so that it is given back in its own type; absent on notifications. */
  readonly id: string | undefined;
  /** Where the id stands in the bytes. */
  readonly idMember: Member | undefined;
  /** Empty on responses. */
  readonly method: string;
  readonly params: Member | undefined;
  readonly result: Member | undefined;
  readonly error: Member | undefined;
}

/** The bytes are JSON, but not a JSON-RPC 2.0 message that MCP allows. */
export class InvalidMessageError extends Error {
  override readonly name = 'InvalidMessageError';
  /** The id, if there was a usable one: the error answer carries it. */
  readonly id: string | undefined;
  constructor(message: string, id: string | undefined) {
    super(message);
    this.id = id;
  }
}

/**
 * Reads one message. MCP allows strings and integers as ids, not null (specification, Base Protocol, Messages); an
 * error response may have the id null or none where the request could not be read.
 * @throws JsonScanError if it is not JSON
 * @throws InvalidMessageError if it is not a message
 */
export function readMessage(bytes: Buffer): Message {
  const members = scanMessage(bytes);
  const idMember = member(members, 'id');
  const id = idMember === undefined ? undefined : idText(bytes, idMember);
  const jsonrpc = member(members, 'jsonrpc');
  if (jsonrpc === undefined || stringOf(bytes, jsonrpc) !== '2.0') {
    throw new InvalidMessageError('The message has no "jsonrpc": "2.0".', id);
  }
  const params = member(members, 'params');
  const result = member(members, 'result');
  const error = member(members, 'error');
  const methodMember = member(members, 'method');
  if (methodMember === undefined) {
    if ((result === undefined) === (error === undefined)) {
      throw new InvalidMessageError('The message has neither a method nor exactly one of result and error.', id);
    }
    return { bytes, kind: 'response', id, idMember, method: '', params, result, error };
  }
  const method = stringOf(bytes, methodMember);
  if (method === undefined) throw new InvalidMessageError('The method is not a string.', id);
  if (idMember !== undefined && id === undefined) {
    throw new InvalidMessageError('The id is neither a string nor an integer.', undefined);
  }
  if (params !== undefined && params.members === undefined) {
    throw new InvalidMessageError('The params are not an object.', id);
  }
  return { bytes, kind: id === undefined ? 'notification' : 'request', id, idMember, method, params, result, error };
}

/** The string that a member holds; undefined if it holds something else. */
export function stringOf(bytes: Buffer, { start, end }: Member): string | undefined {
  if (bytes[start] !== 0x22) return undefined;
  const text = bytes.toString('utf8', start + 1, end - 1);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

/** The value that a member holds. */
export function valueOf(bytes: Buffer, { start, end }: Member): unknown {
  return JSON.parse(bytes.toString('utf8', start, end));
}

/** The member of `params` with this name. */
export function param(message: Message, name: string): Member | undefined {
  return member(message.params?.members, name);
}

const INTEGER = /^-?[0-9]{1,20}$/;

function idText(bytes: Buffer, { start, end }: Member): string | undefined {
  const text = bytes.toString('utf8', start, end);
  return text.startsWith('"') || INTEGER.test(text) ? text : undefined;
}

export { JsonScanError };
