/**
 * One pass over the bytes of a JSON-RPC message: it is checked to be well-formed JSON (RFC 8259) and the places of the
 * members that a gateway routes by are noted, without building a value. The call path decides by these places and
 * passes the rest on as it came.
 *
 * A member that stands twice at a level that is looked at is refused: the gateway and the server behind it could read
 * different ones (RFC 8259 section 4 leaves open which counts).
 */
import { byteAt } from './byte-at.ts';
import { endOfLiteral, endOfNumber } from './json-scalars.ts';
import { JsonScanError, syntaxError } from './json-scan-error.ts';
import { endOfString, forgetWords } from './json-string.ts';
import { addMember, memberName, type Member } from './members.ts';

export { JsonScanError, type JsonScanErrorCode } from './json-scan-error.ts';
export { member, type Member } from './members.ts';

/** The deepest nesting that is read; deeper messages are refused, as recursive readers behind the gateway would break. */
export const MAX_JSON_DEPTH = 256;

/**
 * Scans a whole message that must be one JSON object, and notes its members and those of `params`, `result` and
 * `error`, and of `params._meta`.
 * @throws JsonScanError
 */
export function scanMessage(bytes: Buffer): readonly Member[] {
  buffer = bytes;
  depth = 0;
  try {
    return messageMembers();
  } finally {
    // What was scanned last would be held until the next.
    buffer = NOTHING;
    lastMembers = NO_MEMBERS;
    forgetWords();
  }
}

/** Where one element of an array stands: its first byte, and the byte after it. */
export interface Element {
  readonly start: number;
  readonly end: number;
}

/**
 * Checks that the bytes are one JSON array, and notes its elements. The array itself does not count as a level: an element
 * may nest as deep as a message that comes alone.
 * @param limit the most elements
 * @throws JsonScanError
 */
export function scanElements(bytes: Buffer, limit: number): readonly Element[] {
  buffer = bytes;
  depth = 0;
  try {
    return elements(limit);
  } finally {
    buffer = NOTHING;
    forgetWords();
  }
}

function elements(limit: number): readonly Element[] {
  const found: Element[] = [];
  let at = space(0);
  if (byteAt(buffer, at) !== OPEN_BRACKET) {
    throw new JsonScanError('ERR_JSON_NOT_AN_ARRAY', 'The message is not a JSON array.');
  }
  at = space(at + 1);
  if (byteAt(buffer, at) === CLOSE_BRACKET) at++;
  else {
    for (;;) {
      if (found.length === limit) {
        throw new JsonScanError('ERR_JSON_TOO_MANY', `The array has more than ${limit} messages.`);
      }
      const end = value(at, LEVEL_OPAQUE);
      found.push({ start: at, end });
      at = space(end);
      const byte = byteAt(buffer, at++);
      if (byte === CLOSE_BRACKET) break;
      if (byte !== COMMA) throw syntaxError(buffer, at - 1);
      at = space(at);
    }
  }
  at = space(at);
  if (at !== buffer.length) throw syntaxError(buffer, at);
  return found;
}

function messageMembers(): readonly Member[] {
  const start = space(0);
  if (byteAt(buffer, start) !== OPEN_BRACE) {
    // A syntax error is told before a wrong type.
    const end = space(value(start, LEVEL_OPAQUE));
    if (end !== buffer.length) throw syntaxError(buffer, end);
    const what =
      byteAt(buffer, start) === OPEN_BRACKET ? 'an array: here each message comes alone' : 'not a JSON object';
    throw new JsonScanError('ERR_JSON_NOT_AN_OBJECT', `The message is ${what}.`);
  }
  const afterObject = object(start, LEVEL_MESSAGE);
  const members = lastMembers;
  const end = space(afterObject);
  if (end !== buffer.length) throw syntaxError(buffer, end);
  return members;
}

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');
const NOTHING = Buffer.alloc(0);
const NO_MEMBERS: Member[] = [];

/** Objects below are only checked. */
const LEVEL_OPAQUE = 0;
/** The message itself. */
const LEVEL_MESSAGE = 1;
/** `params`, `result` or `error`. */
const LEVEL_BODY = 2;
/** `_meta` of one of these. */
const LEVEL_META = 3;

// The scanner's state: it runs to its end in one go, so that one set serves all calls and nothing is allocated for it.
let buffer: Buffer = NOTHING;
let depth = 0;
/** The members of the object that ended last; read at once by whoever asked for that object. */
let lastMembers = NO_MEMBERS;

function levelOf(name: string, parent: number): number {
  if (parent === LEVEL_MESSAGE) {
    return name === 'params' || name === 'result' || name === 'error' ? LEVEL_BODY : LEVEL_OPAQUE;
  }
  return parent === LEVEL_BODY && name === '_meta' ? LEVEL_META : LEVEL_OPAQUE;
}

function space(at: number): number {
  for (;;) {
    const byte = byteAt(buffer, at);
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) at++;
    else return at;
  }
}

/** Checks the value that begins at `at`, whatever it is; returns the offset after it. */
function value(at: number, level: number): number {
  switch (byteAt(buffer, at)) {
    case QUOTE:
      return endOfString(buffer, at);
    case OPEN_BRACE:
      return object(at, level);
    case OPEN_BRACKET:
      return array(at);
    case 0x74:
      return endOfLiteral(buffer, at, TRUE);
    case 0x66:
      return endOfLiteral(buffer, at, FALSE);
    case 0x6e:
      return endOfLiteral(buffer, at, NULL);
    default:
      return endOfNumber(buffer, at);
  }
}

function enter(at: number): void {
  if (++depth > MAX_JSON_DEPTH) {
    throw new JsonScanError(
      'ERR_JSON_DEPTH',
      `The message nests deeper than ${MAX_JSON_DEPTH} levels at offset ${at}.`,
    );
  }
}

function array(at: number): number {
  enter(at);
  at = space(at + 1);
  if (byteAt(buffer, at) === CLOSE_BRACKET) at++;
  else {
    for (;;) {
      at = space(value(at, LEVEL_OPAQUE));
      const byte = byteAt(buffer, at++);
      if (byte === CLOSE_BRACKET) break;
      if (byte !== COMMA) throw syntaxError(buffer, at - 1);
      at = space(at);
    }
  }
  depth--;
  return at;
}

function object(at: number, level: number): number {
  enter(at);
  const members: Member[] | undefined = level === LEVEL_OPAQUE ? undefined : [];
  at = space(at + 1);
  if (byteAt(buffer, at) === CLOSE_BRACE) at++;
  else {
    for (;;) {
      if (byteAt(buffer, at) !== QUOTE) throw syntaxError(buffer, at);
      const nameStart = at;
      const nameEnd = endOfString(buffer, at);
      at = space(nameEnd);
      if (byteAt(buffer, at) !== COLON) throw syntaxError(buffer, at);
      const start = space(at + 1);
      if (members === undefined) at = value(start, LEVEL_OPAQUE);
      else {
        const name = memberName(buffer, nameStart, nameEnd);
        const inner = levelOf(name, level);
        at = value(start, inner);
        const ofValue = inner !== LEVEL_OPAQUE && byteAt(buffer, start) === OPEN_BRACE ? lastMembers : undefined;
        addMember(members, { name, nameStart, start, end: at, members: ofValue });
      }
      at = space(at);
      const byte = byteAt(buffer, at++);
      if (byte === CLOSE_BRACE) break;
      if (byte !== COMMA) throw syntaxError(buffer, at - 1);
      at = space(at);
    }
  }
  depth--;
  if (members !== undefined) lastMembers = members;
  return at;
}
