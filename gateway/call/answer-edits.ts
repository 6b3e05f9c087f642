import type { Edit } from '../jsonrpc/edit.ts';
import { member, type Member } from '../jsonrpc/message-scan.ts';
import { stringOf, valueOf, type Message } from '../jsonrpc/message.ts';

const BRACE = 0x7b;

/** The code of an error answer; undefined for a result. */
export function errorCode(answer: Message): number | undefined {
  const code = member(answer.error?.members, 'code');
  const value = code === undefined ? undefined : valueOf(answer.bytes, code);
  return typeof value === 'number' ? value : undefined;
}

/** What an error answer says. */
export function errorText({ bytes, error }: Message): string {
  const place = member(error?.members, 'message');
  return (place === undefined ? undefined : stringOf(bytes, place)) ?? 'it gave no reason.';
}

/** The edit that gives an answer the client's id; none where it has it. */
export function idEdits(answer: Message, id: string | undefined): Edit[] {
  const { idMember } = answer;
  if (id === undefined || (answer.id === id && idMember !== undefined)) return [];
  if (idMember === undefined) {
    // An error about what the server could not read may lack it. A message is no empty object.
    const at = answer.bytes.indexOf(BRACE) + 1;
    return [{ start: at, end: at, text: `"id":${id},` }];
  }
  return [{ start: idMember.start, end: idMember.end, text: id }];
}

/** Inserts members, given as JSON text without braces, as the first of an object. */
export function insertedMembers(object: Member, text: string): Edit {
  const at = object.start + 1;
  return { start: at, end: at, text: object.members?.length === 0 ? text : `${text},` };
}

/** Removes these members of an object, each run of them with one comma beside it. */
export function removedMembers(object: Member, names: ReadonlySet<string>): Edit[] {
  const members = object.members ?? [];
  const edits: Edit[] = [];
  for (let first = 0; first < members.length; first++) {
    let next = first;
    while (next < members.length && names.has((members[next] as Member).name)) next++;
    if (next === first) continue;
    const before = members[first - 1];
    const after = members[next];
    const start = after === undefined && before !== undefined ? before.end : (members[first] as Member).nameStart;
    edits.push({ start, end: after?.nameStart ?? (members[next - 1] as Member).end, text: '' });
    first = next;
  }
  return edits;
}

/** Whether two ids, as JSON text, are one value: a server may spell `"é"` as `"\u00e9"`, but not `1` as `"1"`. */
export function isSameId(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && JSON.parse(a) === JSON.parse(b);
}

/** Whether a response is the one to the request that was sent with `id`. */
export function isAnswerTo(response: Message, id: string): boolean {
  // An error without an id is the answer to a request that the server could not read: there is only ours.
  return isSameId(response.id, id) || (response.error !== undefined && response.id === undefined);
}
