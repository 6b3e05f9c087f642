import type { ListKind, ServerDescription } from './catalogue.ts';
import { hiddenCharacters, mayHide } from './hidden-text.ts';
import { nameOf } from './item-checks.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/**
 * What a person should look at in the texts that a server has for models: characters that nobody sees, and descriptions so
 * long that nobody reads them. Both are told and neither is hidden: whether it does harm no program can tell.
 */

export const textBounds = {
  /** Bytes of one description, and of a server's instructions. */
  description: 4096,
  /** Bytes of all descriptions of a list. */
  descriptionsOfList: 64 * 1024,
  /** Hidden characters that are named, of one item. */
  named: 5,
} as const;

/** Neither is part of what models are given: icons are addresses and images, the other is for programs. */
const NOT_READ = new Set(['_meta', 'icons']);
const ONE_LINE = new Set(['name', 'title']);
/** In JSON text control characters are escaped. */
const CONTROL_ESCAPE = /\\[ubf]/;

/**
 * What is to be told of one item of a list, a sentence each.
 * @param text the item's JSON text
 */
export function itemFlags(kind: ListKind, item: JsonObject, text: string): readonly string[] {
  const isPlain = !mayHide(text) && !CONTROL_ESCAPE.test(text) && !mayBreakLines(item);
  // A UTF-16 unit has three bytes of UTF-8 at most.
  if (isPlain && 3 * text.length <= textBounds.description) return NONE;
  const flags: string[] = [];
  for (const [member, value] of Object.entries(item)) {
    if (NOT_READ.has(member)) continue;
    const found = new Found();
    look(value, member, found);
    const what = `The ${member} of the ${nameOf(kind, item)}`;
    if (found.hidden.size > 0) flags.push(hiddenFlag(what, found.hidden));
    if (found.longest > textBounds.description) flags.push(longFlag(what, found.longest));
  }
  return flags;
}

/** What is to be told of a server's instructions, a sentence each. */
export function instructionFlags({ instructions = '', legacy }: ServerDescription): readonly string[] {
  const texts = [instructions, legacy?.instructions ?? ''];
  const hidden = new Set(texts.flatMap((text) => hiddenCharacters(text)));
  const bytes = Math.max(...texts.map((text) => Buffer.byteLength(text)));
  const what = 'The text of its instructions';
  return [
    ...(hidden.size > 0 ? [hiddenFlag(what, hidden)] : []),
    ...(bytes > textBounds.description ? [longFlag(what, bytes)] : []),
  ];
}

/** What is to be told of a list whose descriptions have so many bytes together; undefined: nothing. */
export function totalFlag(method: string, bytes: number): string | undefined {
  if (bytes <= textBounds.descriptionsOfList) return undefined;
  return `The descriptions of ${method} have ${bytes} bytes together, more than the ${textBounds.descriptionsOfList} that anybody reads.`;
}

const NONE: readonly string[] = [];

class Found {
  readonly hidden = new Set<string>();
  /** Bytes of the longest description. */
  longest = 0;
}

/** A line break is hidden in a name only, which the JSON text does not tell from one in a description. */
function mayBreakLines({ name, title }: JsonObject): boolean {
  return [name, title].some((each) => typeof each === 'string' && /[\t\n\r]/.test(each));
}

/** Looks at every text in a value, names of members included. Items nest 64 levels at most (item-checks.ts). */
function look(value: unknown, member: string, found: Found): void {
  if (typeof value === 'string') {
    for (const character of hiddenCharacters(value, ONE_LINE.has(member))) found.hidden.add(character);
    if (member === 'description') found.longest = Math.max(found.longest, Buffer.byteLength(value));
  } else if (Array.isArray(value)) {
    for (const each of value) look(each, member, found);
  } else if (isJsonObject(value)) {
    for (const [name, each] of Object.entries(value)) {
      for (const character of hiddenCharacters(name, true)) found.hidden.add(character);
      look(each, name, found);
    }
  }
}

function hiddenFlag(what: string, hidden: ReadonlySet<string>): string {
  const named = [...hidden].slice(0, textBounds.named).join(', ');
  const more = hidden.size > textBounds.named ? ` and ${hidden.size - textBounds.named} others` : '';
  return `${what} has characters that people do not see: ${named}${more}.`;
}

function longFlag(what: string, bytes: number): string {
  return `${what} has ${bytes} bytes, more than the ${textBounds.description} that anybody reads.`;
}
