import fc from 'fast-check';
import { changedAt, nodeAt, sizeOf, textOfTree, treeOf, type Change, type JsonTree } from './json-tree.ts';

/** Texts of values that a reader may not expect. */
const oddTexts: readonly string[] = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '-1',
  '1.5',
  '1e3',
  '1e400',
  '-1E-400',
  '9007199254740993',
  '-99999999999999999999',
  '123456789012345678901234567890',
  '""',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"__proto__"',
  '"../../x"',
  '"é😀"',
  `"${'x'.repeat(5000)}"`,
  '[]',
  '[[]]',
  '[null,1,"a"]',
  '{}',
  '{"":{}}',
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{}}}',
  '{"toString":1,"length":-1}',
];
const odd = oddTexts.map((text): JsonTree => ({ kind: 'scalar', text }));
const oddNames: readonly string[] = ['__proto__', 'constructor', '', 'ID', 'id', 'method', 'result', 'error', '\ud800'];
/** Up to what the gateway reads, and far beyond. */
const depths: readonly number[] = [3, 40, 100, 240, 250, 256, 5000];

type StructuralKind =
  | 'replace'
  | 'drop'
  | 'twice'
  | 'twice otherwise'
  | 'rename'
  | 'nest'
  | 'put elsewhere'
  | 'swap type';
const structuralKinds: readonly StructuralKind[] = [
  'twice',
  'twice otherwise',
  'nest',
  // Most of those above are refused when they are read: the others come more often, to get further.
  ...Array.from({ length: 4 }, () => ['replace', 'put elsewhere', 'swap type'] as const).flat(),
  ...Array.from({ length: 2 }, () => ['drop', 'rename'] as const).flat(),
];

/** One change to the structure of a message: which value, and how. */
interface StructuralMutation {
  readonly kind: StructuralKind;
  readonly at: number;
  readonly choice: number;
}

const structural: fc.Arbitrary<StructuralMutation> = fc.record({
  kind: fc.constantFrom(...structuralKinds),
  at: fc.nat(200),
  choice: fc.nat(1000),
});

function restructured(tree: JsonTree, { kind, at, choice }: StructuralMutation): JsonTree {
  const size = sizeOf(tree);
  const other = pick(odd, choice);
  const changes: Record<StructuralKind, Change> = {
    replace: (name = '') => [[name, other]],
    drop: () => [],
    twice: (name = '', value) => [
      [name, value],
      [name, value],
    ],
    'twice otherwise': (name = '', value) => [
      [name, value],
      [name, other],
    ],
    rename: (_name, value) => [[pick(oddNames, choice), value]],
    nest: (name = '', value) => [[name, nested(value, pick(depths, choice), choice % 2 === 0)]],
    'put elsewhere': (name = '') => [[name, nodeAt(tree, choice % size)]],
    'swap type': (name = '', value) => [[name, ofAnotherType(value)]],
  };
  return changedAt(tree, at % size, changes[kind]);
}

function nested(value: JsonTree, depth: number, inArrays: boolean): JsonTree {
  const [open, close] = inArrays ? ['[', ']'] : ['{"a":', '}'];
  return { kind: 'scalar', text: `${open.repeat(depth)}${textOfTree(value)}${close.repeat(depth)}` };
}

/** `1` becomes `"1"` and back; an object an array of its values, an array an object. */
function ofAnotherType(value: JsonTree): JsonTree {
  if (value.kind === 'object') return { kind: 'array', items: value.members.map(([, member]) => member) };
  if (value.kind === 'array') {
    return { kind: 'object', members: value.items.map((item, index) => [String(index), item] as const) };
  }
  const { text } = value;
  return { kind: 'scalar', text: text.startsWith('"') ? text.slice(1, -1) || 'null' : `"${text}"` };
}

type ByteKind = 'flip' | 'set' | 'truncate' | 'cut' | 'duplicate' | 'splice' | 'insert';
const byteKinds: readonly ByteKind[] = ['flip', 'set', 'truncate', 'cut', 'duplicate', 'splice', 'insert'];
const fragments: readonly string[] = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '\\u',
  ',',
  ':',
  '0',
  '-',
  'e',
  '\n',
  '\n\n',
  '\r',
  '\r\n\r\n',
  'data: ',
  'id: 7\n',
  'event: x\n',
  'retry: 0\n',
  ': \n',
  'null',
  '"id":1,',
  '"result":{},',
  'é',
  '\u0000',
  '\ufeff',
  'NaN',
  "'x'",
  '01',
  '.5',
  '"\\x"',
];

/** One change to the bytes. */
interface ByteMutation {
  readonly kind: ByteKind;
  /** Where, from 0 to below 1 of the whole. */
  readonly at: number;
  readonly from: number;
  readonly count: number;
  readonly value: number;
}

const place = fc.nat(9999).map((part) => part / 10_000);
const byteMutation: fc.Arbitrary<ByteMutation> = fc.record({
  kind: fc.constantFrom(...byteKinds),
  at: place,
  from: place,
  count: fc.nat(40),
  value: fc.nat(255),
});

function rewritten(bytes: Buffer, other: Buffer, { kind, at, from, count, value }: ByteMutation): Buffer {
  const index = Math.floor(at * bytes.length);
  const head = bytes.subarray(0, index);
  const tail = bytes.subarray(index);
  const slice = (source: Buffer): Buffer => {
    const start = Math.floor(from * source.length);
    return source.subarray(start, start + count);
  };
  switch (kind) {
    case 'flip':
      return Buffer.concat([head, Buffer.of((tail[0] ?? 0) ^ (1 << (value % 8))), tail.subarray(1)]);
    case 'set':
      return Buffer.concat([head, Buffer.of(value), tail.subarray(1)]);
    case 'truncate':
      return head;
    case 'cut':
      return Buffer.concat([head, tail.subarray(count)]);
    case 'duplicate':
      return Buffer.concat([head, slice(bytes), tail]);
    case 'splice':
      return Buffer.concat([head, slice(other), tail.subarray(count)]);
    case 'insert':
      return Buffer.concat([head, Buffer.from(pick(fragments, value)), tail]);
  }
}

function pick<T>(all: readonly T[], number: number): T {
  return all[number % all.length] as T;
}

/** A message that was changed. */
export interface Mutated<T> {
  /** What it was made of. */
  readonly original: T;
  readonly bytes: Buffer;
}

export interface MutationOptions<T> {
  /** The message of an original, as a value. */
  readonly message: (original: T) => unknown;
  /** Around the message's text, before bytes are changed: the frame of an event. */
  readonly framed?: (text: string, original: T) => string;
}

/**
 * Messages with up to three changes of their structure and up to three of their bytes. What is spliced in comes of another
 * of the originals.
 */
export function mutated<T>(originals: fc.Arbitrary<T>, options: MutationOptions<T>): fc.Arbitrary<Mutated<T>> {
  const { message, framed = (text) => text } = options;
  const some = <U>(one: fc.Arbitrary<U>, maxLength: number) => fc.array(one, { minLength: 1, maxLength });
  const changes = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(some(structural, 1), fc.constant([])) },
    { weight: 3, arbitrary: fc.tuple(some(structural, 3), fc.constant([])) },
    { weight: 2, arbitrary: fc.tuple(fc.constant([]), some(byteMutation, 1)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant([]), some(byteMutation, 3)) },
    { weight: 1, arbitrary: fc.tuple(some(structural, 2), some(byteMutation, 2)) },
  );
  const textOf = (original: T, mutations: readonly StructuralMutation[]): Buffer => {
    const tree = mutations.reduce(restructured, treeOf(message(original)));
    return Buffer.from(framed(textOfTree(tree), original));
  };
  return fc.tuple(originals, originals, changes).map(([original, other, [structure, bytes]]) => {
    const spliced = bytes.some(({ kind }) => kind === 'splice') ? textOf(other, []) : Buffer.alloc(0);
    const start = textOf(original, structure);
    return { original, bytes: bytes.reduce((before, mutation) => rewritten(before, spliced, mutation), start) };
  });
}

/** Bytes for a person: as text if they are one, and cut, else also in base64 as a whole. */
export function shown(bytes: Buffer): string {
  const text = bytes.toString();
  const isText = Buffer.from(text).equals(bytes);
  const cut =
    text.length > 1500 ? `${JSON.stringify(text.slice(0, 1500))}… (${text.length} characters)` : JSON.stringify(text);
  return isText ? cut : `${cut} (not UTF-8; base64 ${bytes.toString('base64').slice(0, 4000)})`;
}
