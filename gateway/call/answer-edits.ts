import type { Edit } from '../jsonrpc/edit.ts';
import { member, type Member } from '../jsonrpc/message-scan.ts';
import { valueOf, type Message } from '../jsonrpc/message.ts';

/** The code of an error answer; undefined for a result. */
export function errorCode(answer: Message): number | undefined {
  const code = member(answer.error?.members, 'code');
  const value = code === undefined ? undefined : valueOf(answer.bytes, code);
  return typeof value === 'number' ? value : undefined;
}

/** The edit that gives an answer the client's id; none where it has it. */
export function idEdits(answer: Message, id: string | undefined): Edit[] {
  const { idMember } = answer;
  if (id === undefined || idMember === undefined || answer.id === id) return [];
  return [{ start: idMember.start, end: idMember.end, text: id }];
}

/** Inserts members, given as JSON text without braces, as the first of an object. */
export function insertedMembers(object: Member, text: string): Edit {
  const at = object.start + 1;
  return { start: at, end: at, text: object.members?.length === 0 ? text : `${text},` };
}

/** Removes these members of an object, each with one comma beside it. */
export function removedMembers(object: Member, names: ReadonlySet<string>): Edit[] {
  const members = object.members ?? [];
  const edits: Edit[] = [];
  for (let i = 0; i < members.length; i++) {
    const current = members[i] as Member;
    if (!names.has(current.name)) continue;
    const next = members[i + 1];
    if (next !== undefined) {
      edits.push({ start: current.nameStart, end: next.nameStart, text: '' });
      continue;
    }
    // The last one: back to the end of the last that stays, and not into what is removed already.
    const kept = members.findLast((other, j) => j < i && !names.has(other.name));
    const open = edits.at(-1);
    const start = kept?.end ?? object.start + 1;
    while (open !== undefined && edits.length > 0 && (edits.at(-1) as Edit).start >= start) edits.pop();
    edits.push({ start, end: current.end, text: '' });
  }
  return edits;
}

/** Whether two ids, as JSON text, are one value: a server may spell `"é"` as `"\u00e9"`, but not `1` as `"1"`. */
export function isSameId(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && JSON.parse(a) === JSON.parse(b);
}
