/**
 * Where in a message of A2A something stands that the gateway changes. The message's bytes are walked once, without building
 * a value, so that all else passes as it came: numbers of any size, members that no specification knows.
 */
import { byteAt } from '../jsonrpc/byte-at.ts';
import { endOfString, forgetWords } from '../jsonrpc/json-string.ts';
import { memberName } from '../jsonrpc/members.ts';

/** What stands at a place: the id of a task or context, or what else is looked at. */
export type PlaceKind = 'task' | 'context' | 'page' | 'tenant' | 'push';

/** Which members of an object are looked at, by their folded names, or what the elements of an array are. */
export type Shape = PlaceKind | { readonly members: Readonly<Record<string, Shape>> } | { readonly items: Shape };

/** A value that stands in the bytes from `start` to before `end`. */
export interface Place {
  readonly kind: PlaceKind;
  readonly start: number;
  readonly end: number;
}

/**
 * A name as it is compared. JSON of protocol buffers has two spellings of a name, `taskId` and `task_id`, and some readers
 * (Go's) take any case: what one of them could read as an id must not pass for something else.
 */
export function folded(name: string): string {
  // Upper case first: it is there that `ſ` becomes the S that such readers take it for.
  return name.replaceAll('_', '').toUpperCase().toLowerCase();
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * The places in a value, in the order of the bytes. A value that is not of the form that the shape has there is passed over.
 * @param bytes a message that has been checked: well-formed JSON, of bounded depth
 * @param start the first byte of the value
 */
export function placesIn(bytes: Buffer, start: number, shape: Shape): readonly Place[] {
  const places: Place[] = [];
  try {
    new Walk(bytes, places).value(start, shape);
  } finally {
    // What was walked last would be held until the next.
    forgetWords();
  }
  return places;
}

class Walk {
  readonly #bytes: Buffer;
  readonly #places: Place[];

  constructor(bytes: Buffer, places: Place[]) {
    this.#bytes = bytes;
    this.#places = places;
  }

  /** Walks over the value that begins at `at`. @returns the offset after it */
  value(at: number, shape: Shape | undefined): number {
    const end = this.#composite(at, typeof shape === 'object' ? shape : undefined);
    if (typeof shape === 'string') this.#places.push({ kind: shape, start: at, end });
    return end;
  }

  #composite(at: number, shape: Exclude<Shape, PlaceKind> | undefined): number {
    switch (byteAt(this.#bytes, at)) {
      case QUOTE:
        return endOfString(this.#bytes, at);
      case OPEN_BRACE:
        return this.#object(at, shape !== undefined && 'members' in shape ? shape.members : undefined);
      case OPEN_BRACKET:
        return this.#array(at, shape !== undefined && 'items' in shape ? shape.items : undefined);
      default:
        while (!isEnd(byteAt(this.#bytes, at))) at++;
        return at;
    }
  }

  #object(at: number, members: Readonly<Record<string, Shape>> | undefined): number {
    for (at = this.#space(at + 1); byteAt(this.#bytes, at) !== CLOSE_BRACE; at = this.#next(at)) {
      const nameStart = at;
      const nameEnd = endOfString(this.#bytes, at);
      at = this.#space(nameEnd);
      if (byteAt(this.#bytes, at) === COLON) at = this.#space(at + 1);
      const name = members === undefined ? '' : folded(memberName(this.#bytes, nameStart, nameEnd));
      at = this.value(at, members !== undefined && Object.hasOwn(members, name) ? members[name] : undefined);
    }
    return at + 1;
  }

  #array(at: number, items: Shape | undefined): number {
    for (at = this.#space(at + 1); byteAt(this.#bytes, at) !== CLOSE_BRACKET; at = this.#next(at)) {
      at = this.value(at, items);
    }
    return at + 1;
  }

  /** From behind a member or element to the next, or to what ends them. */
  #next(at: number): number {
    at = this.#space(at);
    return byteAt(this.#bytes, at) === COMMA ? this.#space(at + 1) : at;
  }

  #space(at: number): number {
    while (isSpace(byteAt(this.#bytes, at))) at++;
    return at;
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Whether a number or literal is over; beyond the bytes there is nothing. */
function isEnd(byte: number): boolean {
  return byte < 0 || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isSpace(byte);
}
