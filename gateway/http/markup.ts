/** HTML that may stand in a page as it is. Made by `markup` only. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may be put into a template: text, which is escaped; HTML; a list of either; nothing. */
export type MarkupValue = string | number | Markup | readonly MarkupValue[] | undefined;

/**
 * A template of HTML. Every value that is not itself made by `markup` is text, and is escaped for elements and for
 * attributes in double quotes: what a server says of itself is untrusted.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return new Markup(parts.map((part, at) => `${part}${at < values.length ? rendered(values[at]) : ''}`).join(''));
}

function rendered(value: MarkupValue): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number') return String(value);
  return value instanceof Markup ? value.text : value.map(rendered).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(UNSEEN, '\ufffd').replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** Control characters, and those that turn the direction of all that follows: one text must not disguise another. */
const UNSEEN = /(?![\t\n\r])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu;
