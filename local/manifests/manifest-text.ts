import { constructFromEvents, EVENT_ID, getScalarValue, parseEvents, YAMLException } from 'js-yaml';

/** What is wrong with a manifest, and where. */
export interface Fault {
  /** From 1. */
  readonly line: number;
  /** A sentence: what was found, what was expected. */
  readonly message: string;
}

/** One document of a YAML text. */
export interface ManifestDocument {
  readonly value: unknown;
  /** The line, from 1, on which the value at a path of member names stands; of the nearest one around it if it is absent. */
  readonly lineOf: (path: readonly string[]) => number;
}

/** A text that is not YAML. */
export class ManifestSyntaxError extends Error {
  override readonly name = 'ManifestSyntaxError';
  readonly fault: Fault;
  constructor(fault: Fault, options?: ErrorOptions) {
    super(`line ${fault.line}: ${fault.message}`, options);
    this.fault = fault;
  }
}

/**
 * Reads a YAML text (1.2; JSON is YAML) of any number of documents; empty ones are left out.
 * @throws ManifestSyntaxError with the line
 */
export function readManifestText(text: string): ManifestDocument[] {
  try {
    const events = parseEvents(text, {});
    const values = constructFromEvents(events, { source: text });
    const lineAt = lineFinder(text);
    const positions = positionsOf(events, text);
    return values
      .map((value, number) => ({
        value,
        lineOf: (path: readonly string[]) => lineAt(nearest(positions[number], path)),
      }))
      .filter(({ value }) => value !== null && value !== undefined);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = (error.mark?.line ?? 0) + 1;
    throw new ManifestSyntaxError({ line, message: `This is not YAML: ${error.reason}.` }, { cause: error });
  }
}

type Events = ReturnType<typeof parseEvents>;

/** Where each value of a document begins in the text, by its path. */
type Positions = ReadonlyMap<string, number>;

const SEPARATOR = '\u0000';

/** A collection that is being read: what the next value in it is called. */
interface Open {
  readonly path: string;
  readonly kind: 'document' | 'mapping' | 'sequence';
  /** In a mapping: the key whose value comes next. */
  key: string | undefined;
  keyStart: number;
  index: number;
}

/** Walks through the parser's events, which alone know positions. */
function positionsOf(events: Events, text: string): Positions[] {
  const documents: Positions[] = [];
  let positions = new Map<string, number>();
  const stack: Open[] = [];

  const open = (kind: Open['kind'], path: string): void => {
    stack.push({ path, kind, key: undefined, keyStart: 0, index: 0 });
  };
  /** The path of the value that comes now; undefined if it is a key. */
  const place = (start: number): string | undefined => {
    const parent = stack.at(-1);
    if (parent === undefined || parent.kind === 'document') return note('', start);
    if (parent.kind === 'sequence') return note(parent.path + SEPARATOR + String(parent.index++), start);
    if (parent.key === undefined) return undefined;
    const path = parent.path + SEPARATOR + parent.key;
    parent.key = undefined;
    // A member's line is the line of its key: the value may begin on the next one.
    return note(path, parent.keyStart);
  };
  const note = (path: string, start: number): string => {
    positions.set(path, Math.max(start, 0));
    return path;
  };

  for (const event of events) {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        positions = new Map();
        documents.push(positions);
        open('document', '');
        break;
      case EVENT_ID.MAPPING:
        open('mapping', place(event.start) ?? '');
        break;
      case EVENT_ID.SEQUENCE:
        open('sequence', place(event.start) ?? '');
        break;
      case EVENT_ID.SCALAR: {
        if (place(event.valueStart) !== undefined) break;
        const parent = stack.at(-1);
        if (parent === undefined) break;
        parent.key = getScalarValue(text, event);
        parent.keyStart = event.valueStart;
        break;
      }
      case EVENT_ID.ALIAS:
        place(event.anchorStart);
        break;
      case EVENT_ID.POP:
        stack.pop();
        break;
    }
  }
  return documents;
}

function nearest(positions: Positions | undefined, path: readonly string[]): number {
  for (let length = path.length; length >= 0; length--) {
    const key = path.slice(0, length).map((name) => SEPARATOR + name);
    const position = positions?.get(key.join(''));
    if (position !== undefined) return position;
  }
  return 0;
}

/** The line, from 1, of a position in the text. */
function lineFinder(text: string): (position: number) => number {
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return (position) => {
    const after = starts.findIndex((start) => start > position);
    return after < 0 ? starts.length : after;
  };
}
