/** A name, or many: `*` stands for any characters, also none. */
export interface Pattern {
  /** The text that it matches alone; undefined: more than one. */
  readonly exact: string | undefined;
  matches(text: string): boolean;
}

/** Reads a pattern as rules have them. Matching costs at most the lengths of pattern and text multiplied. */
export function pattern(source: string): Pattern {
  const first = source.indexOf('*');
  if (first < 0) return { exact: source, matches: (text) => text === source };
  const parts = source.split('*');
  const head = parts[0] as string;
  if (parts.length === 2) {
    const tail = parts[1] as string;
    const least = head.length + tail.length;
    return {
      exact: undefined,
      matches: (text) => text.length >= least && text.startsWith(head) && text.endsWith(tail),
    };
  }
  return { exact: undefined, matches: (text) => matchesParts(parts, text) };
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

/** Several patterns as one test: names that stand by themselves cost one lookup, however many there are. */
export class PatternSet {
  readonly #exact: ReadonlySet<string>;
  readonly #wide: readonly Pattern[];

  constructor(sources: Iterable<string>) {
    const patterns = [...new Set(sources)].map(pattern);
    this.#exact = new Set(patterns.map(({ exact }) => exact).filter((exact) => exact !== undefined));
    this.#wide = patterns.filter(({ exact }) => exact === undefined);
  }

  matches(text: string): boolean {
    if (this.#exact.has(text)) return true;
    for (const each of this.#wide) if (each.matches(text)) return true;
    return false;
  }
}
