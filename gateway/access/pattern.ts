import { fitsParts } from '../contract/wildcard.ts';

/** A name, or many: `*` stands for any characters, also none. */
interface Pattern {
  /** What stands between the stars; one part: there is no star. */
  readonly parts: readonly string[];
  /** The characters that a text must have, as `charactersIn` tells them. */
  readonly characters: number;
}

/** Reads a pattern as rules have them. */
function pattern(source: string): Pattern {
  const parts = source.split('*');
  return { parts, characters: charactersIn(parts.join('')) };
}

/** A bit for each character of a text; several characters have one bit. */
function charactersIn(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at++) bits |= 1 << (text.charCodeAt(at) & 31);
  return bits;
}

/**
 * Several patterns as one test, which costs little however many there are: names that stand by themselves, and those that
 * only have a beginning or an end, are looked up; of the others those are tried that have some characters in common with
 * the text.
 */
export class PatternSet {
  readonly #exact = new Set<string>();
  readonly #heads: AffixIndex;
  readonly #tails: AffixIndex;
  readonly #others: GramIndex;
  readonly #isAll: boolean;

  constructor(sources: Iterable<string>) {
    const heads = new Set<string>();
    const tails = new Set<string>();
    const others: Pattern[] = [];
    let isAll = false;
    for (const source of new Set(sources)) {
      const read = pattern(source);
      const [head = '', ...rest] = read.parts;
      const literals = rest.filter((part) => part !== '');
      const isTail = head === '' && literals.length === 1 && read.parts.at(-1) !== '';
      if (rest.length === 0) this.#exact.add(source);
      else if (head === '' && literals.length === 0) isAll = true;
      else if (literals.length === 0) heads.add(head);
      else if (isTail) tails.add(literals[0] as string);
      else others.push(read);
    }
    this.#isAll = isAll;
    this.#heads = new AffixIndex(heads, false);
    this.#tails = new AffixIndex(tails, true);
    this.#others = new GramIndex(others);
  }

  matches(text: string): boolean {
    return (
      this.#isAll ||
      this.#exact.has(text) ||
      this.#heads.matches(text) ||
      this.#tails.matches(text) ||
      this.#others.matches(text)
    );
  }
}

/** Beginnings, or ends: a lookup for each length that there is. */
class AffixIndex {
  readonly #affixes: ReadonlySet<string>;
  readonly #isTail: boolean;
  readonly #lengths: readonly number[];

  constructor(affixes: ReadonlySet<string>, isTail: boolean) {
    this.#affixes = affixes;
    this.#isTail = isTail;
    this.#lengths = [...new Set([...affixes].map(({ length }) => length))].sort((a, b) => a - b);
  }

  matches(text: string): boolean {
    for (const length of this.#lengths) {
      if (length > text.length) return false;
      if (this.#affixes.has(this.#isTail ? text.slice(text.length - length) : text.slice(0, length))) return true;
    }
    return false;
  }
}

/** So many characters in a row tell patterns apart. */
const GRAM = 3;
/** So many places of a pattern are looked at for the characters that it is found by. */
const MOST_GRAMS = 32;

/** Patterns by some characters that all have which they match: by those that the fewest others are found by. */
class GramIndex {
  readonly #byGram = new Map<string, Pattern[]>();
  readonly #lengths: readonly number[];

  constructor(patterns: readonly Pattern[]) {
    for (const each of patterns) {
      let best = '';
      let fewest = Infinity;
      for (const gram of gramsOf(each)) {
        const count = this.#byGram.get(gram)?.length ?? 0;
        // Among equals the longer says more.
        if (count > fewest || (count === fewest && gram.length <= best.length)) continue;
        best = gram;
        fewest = count;
      }
      const alike = this.#byGram.get(best);
      if (alike === undefined) this.#byGram.set(best, [each]);
      else alike.push(each);
    }
    this.#lengths = [...new Set([...this.#byGram.keys()].map(({ length }) => length))];
  }

  /** Costs at most the lengths of text and pattern multiplied, for each pattern that has a gram of the text's. */
  matches(text: string): boolean {
    if (this.#lengths.length === 0) return false;
    const lacking = ~charactersIn(text);
    for (const length of this.#lengths) {
      for (let at = 0; at + length <= text.length; at++) {
        const alike = this.#byGram.get(text.slice(at, at + length));
        if (alike === undefined) continue;
        for (const { parts, characters } of alike) {
          if ((characters & lacking) === 0 && fitsParts(parts, text)) return true;
        }
      }
    }
    return false;
  }
}

function* gramsOf({ parts }: Pattern): Iterable<string> {
  let count = 0;
  for (const part of parts) {
    const length = Math.min(GRAM, part.length);
    if (length === 0) continue;
    for (let at = 0; at + length <= part.length && count < MOST_GRAMS; at++, count++) {
      yield part.slice(at, at + length);
    }
  }
}
