import { JsonScanError } from './json-scan-error.ts';

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

/** Beyond this many members a set finds the duplicates: a search through all for each would be quadratic. */
const FEW_MEMBERS = 24;
const namesOf = new WeakMap<Member[], Set<string>>();

/**
 * Adds a member to those of its object.
 * @throws JsonScanError ERR_JSON_DUPLICATE_MEMBER: the gateway and the server behind it could read different ones (RFC
 * 8259 section 4 leaves open which counts)
 */
export function addMember(members: Member[], next: Member): void {
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

/** The (decoded) name of a member, from its opening quote to the byte after its closing one; it has been checked. */
export function memberName(bytes: Buffer, start: number, end: number): string {
  for (let i = start + 1; i < end - 1; i++) {
    const byte = bytes[i] ?? 0;
    // An escaped name means the same member as the plain one; a name beyond ASCII is none of ours, but compared rightly.
    if (byte === 0x5c || byte >= 0x80) return JSON.parse(bytes.toString('utf8', start, end)) as string;
  }
  return bytes.toString('latin1', start + 1, end - 1);
}
