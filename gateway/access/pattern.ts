/** A name, or many: `*` stands for any characters, also none. */
export interface Pattern {
  /** The text that it matches alone; undefined: more than one. */
  readonly exact: string | undefined;
  /** What all that it matches begins and ends with. */
  readonly head: string;
  readonly tail: string;
  matches(text: string): boolean;
}

/** Reads a pattern as rules have them. Matching costs at most the lengths of pattern and text multiplied. */
export function pattern(source: string): Pattern {
  const parts = source.split('*');
  const head = parts[0] as string;
  const tail = parts.at(-1) as string;
  if (parts.length === 1) return { exact: source, head, tail, matches: (text) => text === source };
  if (parts.length > 2) return { exact: undefined, head, tail, matches: (text) => matchesParts(parts, text) };
  const least = head.length + tail.length;
  return {
    exact: undefined,
    head,
    tail,
    matches: (text) => text.length >= least && text.startsWith(head) && text.endsWith(tail),
  };
}

/** Each part between the first and the last is found as early as may be: what comes later then has the most room. */
function matchesParts(parts: readonly string[], text: string): boolean {
  const head = parts[0] as string;
  const tail = parts.at(-1) as string;
  const end = text.length - tail.length;
  if (!text.startsWith(head) || !text.endsWith(tail) || end < head.length) return false;
  let from = head.length;
  for (let i = 1; i < parts.length - 1; i++) {
    const part = parts[i] as string;
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

/**
 * Several patterns as one test. Names that stand by themselves cost one lookup, however many there are; of the others only
 * those are tried whose beginning, or else whose end, is the text's.
 */
export class PatternSet {
  readonly #exact: ReadonlySet<string>;
  readonly #heads: AffixIndex;
  readonly #tails: AffixIndex;
  /** Those that begin and end with `*`. */
  readonly #inner: readonly Pattern[];
  readonly #isAll: boolean;

  constructor(sources: Iterable<string>) {
    const patterns = [...new Set(sources)].map(pattern);
    const wide = patterns.filter(({ exact }) => exact === undefined);
    this.#exact = new Set(patterns.map(({ exact }) => exact).filter((exact) => exact !== undefined));
    this.#heads = new AffixIndex(wide.filter(({ head }) => head !== ''));
    this.#tails = new AffixIndex(
      wide.filter(({ head, tail }) => head === '' && tail !== ''),
      true,
    );
    this.#inner = wide.filter(({ head, tail }) => head === '' && tail === '');
    this.#isAll = this.#inner.some((each) => each.matches(''));
  }

  matches(text: string): boolean {
    if (this.#isAll || this.#exact.has(text) || this.#heads.matches(text) || this.#tails.matches(text)) return true;
    for (const each of this.#inner) if (each.matches(text)) return true;
    return false;
  }
}

/** Patterns by what they begin or end with: a lookup for each length that there is. */
class AffixIndex {
  readonly #isTail: boolean;
  readonly #lengths: readonly number[];
  readonly #byAffix = new Map<string, Pattern[]>();

  constructor(patterns: readonly Pattern[], isTail = false) {
    this.#isTail = isTail;
    for (const each of patterns) {
      const affix = isTail ? each.tail : each.head;
      const alike = this.#byAffix.get(affix);
      if (alike === undefined) this.#byAffix.set(affix, [each]);
      else alike.push(each);
    }
    this.#lengths = [...new Set([...this.#byAffix.keys()].map(({ length }) => length))].sort((a, b) => a - b);
  }

  matches(text: string): boolean {
    for (const length of this.#lengths) {
      if (length > text.length) return false;
      const affix = this.#isTail ? text.slice(text.length - length) : text.slice(0, length);
      for (const each of this.#byAffix.get(affix) ?? NONE) if (each.matches(text)) return true;
    }
    return false;
  }
}

const NONE: readonly Pattern[] = [];
