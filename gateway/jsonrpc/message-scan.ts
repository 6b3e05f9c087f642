/**
 * One pass over the bytes of a JSON-RPC message: it is checked to be well-formed JSON (RFC 8259) and the places of the
 * members that a gateway routes by are noted, without building a value. The call path decides by these places and
 * passes the rest on as it came.
 *
 * A member that stands twice at a level that is looked at is refused: the gateway and the server behind it could read
 * different ones (RFC 8259 section 4 leaves open which counts).
 */

/** The deepest nesting that is read; deeper messages are refused, as recursive readers behind the gateway would break. */
export const MAX_JSON_DEPTH = 256;

export type JsonScanErrorCode =
  | 'ERR_JSON_SYNTAX'
  | 'ERR_JSON_DEPTH'
  | 'ERR_JSON_DUPLICATE_MEMBER'
  | 'ERR_JSON_NOT_AN_OBJECT';

/** The bytes are not a JSON message that can be routed. */
export class JsonScanError extends Error {
  override readonly name = 'JsonScanError';
  readonly code: JsonScanErrorCode;
  constructor(code: JsonScanErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** One member of an object: its name, and where it stands, as offsets into the message's bytes. */
export interface Member {
  readonly name: string;
  /** The opening quote of the name. */
  readonly nameStart: number;
  /** The first byte of the value. */
  readonly start: number;
  /** The byte after the value. */
  readonly end: number;
  /** The value's own members, where it is an object at a level that is looked at. */
  readonly members: readonly Member[] | undefined;
}

/** Finds a member by its (decoded) name. */
export function member(members: readonly Member[] | undefined, name: string): Member | undefined {
  if (members === undefined) return undefined;
  for (const candidate of members) if (candidate.name === name) return candidate;
  return undefined;
}

/**
 * Scans a whole message that must be one JSON object, and notes its members and those of `params`, `result` and
 * `error`, and of `params._meta`.
 * @throws JsonScanError
 */
export function scanMessage(bytes: Buffer): readonly Member[] {
  buffer = bytes;
  length = bytes.length;
  depth = 0;
  const start = space(0);
  if (bytes[start] !== OPEN_BRACE) {
    // A syntax error is told before a wrong type.
    const end = space(value(start, LEVEL_OPAQUE));
    if (end !== length) throw syntax(end);
    const what =
      bytes[start] === OPEN_BRACKET ? 'an array: batches are not taken, each message comes alone' : 'not a JSON object';
    throw new JsonScanError('ERR_JSON_NOT_AN_OBJECT', `The message is ${what}.`);
  }
  const end = object(start, LEVEL_MESSAGE);
  const members = lastMembers;
  if (space(end) !== length) throw syntax(space(end));
  return members;
}

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** Objects below are only checked. */
const LEVEL_OPAQUE = 0;
/** The message itself. */
const LEVEL_MESSAGE = 1;
/** `params`, `result` or `error`. */
const LEVEL_BODY = 2;
/** `_meta` of one of these. */
const LEVEL_META = 3;

// The scanner's state: it runs to its end in one go, so that one set serves all calls and nothing is allocated for it.
let buffer: Buffer = Buffer.alloc(0);
let length = 0;
let depth = 0;
/** The members of the object that ended last; read at once by whoever asked for that object. */
let lastMembers: Member[] = [];

function levelOf(name: string, parent: number): number {
  if (parent === LEVEL_MESSAGE) {
    return name === 'params' || name === 'result' || name === 'error' ? LEVEL_BODY : LEVEL_OPAQUE;
  }
  return parent === LEVEL_BODY && name === '_meta' ? LEVEL_META : LEVEL_OPAQUE;
}

function syntax(at: number): JsonScanError {
  const what = at >= length ? 'ends too early' : `has an unexpected byte 0x${(buffer[at] ?? 0).toString(16)}`;
  return new JsonScanError(
    'ERR_JSON_SYNTAX',
    `The message is not valid JSON: it ${what} at offset ${Math.min(at, length)}.`,
  );
}

function space(at: number): number {
  for (;;) {
    const byte = buffer[at];
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) at++;
    else return at;
  }
}

/** Checks the value that begins at `at`, whatever it is; returns the offset after it. */
function value(at: number, level: number): number {
  switch (buffer[at]) {
    case QUOTE:
      return string(at);
    case OPEN_BRACE:
      return object(at, level);
    case OPEN_BRACKET:
      return array(at);
    case 0x74:
      return literal(at, TRUE);
    case 0x66:
      return literal(at, FALSE);
    case 0x6e:
      return literal(at, NULL);
    default:
      return number(at);
  }
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

function literal(at: number, word: Buffer): number {
  for (let i = 1; i < word.length; i++) if (buffer[at + i] !== word[i]) throw syntax(at + i);
  return at + word.length;
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
  if (buffer[at] === CLOSE_BRACKET) at++;
  else {
    for (;;) {
      at = space(value(at, LEVEL_OPAQUE));
      const byte = buffer[at++];
      if (byte === CLOSE_BRACKET) break;
      if (byte !== COMMA) throw syntax(at - 1);
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
  if (buffer[at] === CLOSE_BRACE) at++;
  else {
    for (;;) {
      if (buffer[at] !== QUOTE) throw syntax(at);
      const nameStart = at;
      const nameEnd = string(at);
      at = space(nameEnd);
      if (buffer[at] !== COLON) throw syntax(at);
      const start = space(at + 1);
      if (members === undefined) at = value(start, LEVEL_OPAQUE);
      else {
        const name = nameAt(nameStart, nameEnd);
        const inner = levelOf(name, level);
        at = value(start, inner);
        const ofValue = inner !== LEVEL_OPAQUE && buffer[start] === OPEN_BRACE ? lastMembers : undefined;
        add(members, { name, nameStart, start, end: at, members: ofValue });
      }
      at = space(at);
      const byte = buffer[at++];
      if (byte === CLOSE_BRACE) break;
      if (byte !== COMMA) throw syntax(at - 1);
      at = space(at);
    }
  }
  depth--;
  if (members !== undefined) lastMembers = members;
  return at;
}

/** Beyond this many members a set finds the duplicates: a search through all for each would be quadratic. */
const FEW_MEMBERS = 24;
const namesOf = new WeakMap<Member[], Set<string>>();

function add(members: Member[], next: Member): void {
  let isDuplicate: boolean;
  if (members.length < FEW_MEMBERS) isDuplicate = member(members, next.name) !== undefined;
  else {
    let names = namesOf.get(members);
    if (names === undefined) namesOf.set(members, (names = new Set(members.map(({ name }) => name))));
    isDuplicate = names.has(next.name);
    names.add(next.name);
  }
  if (isDuplicate) {
    throw new JsonScanError(
      'ERR_JSON_DUPLICATE_MEMBER',
      `The message has the member ${JSON.stringify(next.name.slice(0, 64))} twice in one object (offset ${next.nameStart}).`,
    );
  }
  members.push(next);
}

function nameAt(start: number, end: number): string {
  for (let i = start + 1; i < end - 1; i++) {
    const byte = buffer[i] ?? 0;
    // An escaped name means the same member as the plain one; a name beyond ASCII is none of ours, but compared rightly.
    if (byte === BACKSLASH || byte >= 0x80) return JSON.parse(buffer.toString('utf8', start, end)) as string;
  }
  return buffer.toString('latin1', start + 1, end - 1);
}

/** 1 for the bytes that a string may hold as they are: all but controls, the quote and the backslash. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 0 : 1,
);

function string(at: number): number {
  // Most bytes of a message are inside strings: this loop reads locals only.
  const bytes = buffer;
  const plain = PLAIN;
  at++;
  for (;;) {
    while (plain[bytes[at] as number] === 1) at++;
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) throw syntax(at);
    at = escape(at + 1);
  }
}

function escape(at: number): number {
  switch (buffer[at]) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1;
    case 0x75: // u
      for (let i = 1; i <= 4; i++) if (!isHexDigit(buffer[at + i])) throw syntax(at + i);
      return at + 5;
    default:
      throw syntax(at);
  }
}

function isHexDigit(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= ZERO && byte <= NINE) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66));
}

function number(at: number): number {
  if (buffer[at] === MINUS) at++;
  if (buffer[at] === ZERO) at++;
  else at = digits(at);
  if (buffer[at] === DOT) at = digits(at + 1);
  if (((buffer[at] ?? 0) | 0x20) === 0x65) {
    at++;
    if (buffer[at] === PLUS || buffer[at] === MINUS) at++;
    at = digits(at);
  }
  return at;
}

/** At least one digit. */
function digits(at: number): number {
  const start = at;
  for (;;) {
    const byte = buffer[at];
    if (byte === undefined || byte < ZERO || byte > NINE) break;
    at++;
  }
  if (at === start) throw syntax(at);
  return at;
}
