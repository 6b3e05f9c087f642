import type { ServiceEntry } from '../contract/registry-document.ts';
import { otherSpellings } from './uri-spellings.ts';
import { ALL_THINGS, type Hit, type ItemKind, type Targets, type Things } from './targets.ts';

/** What one caller may use. Callers that the same rules mean have one grant. */
export interface Grant {
  /** Equal exactly for equal grants of one set of rules. */
  readonly key: string;
  /** Whether the caller may use all things of all servers, whatever comes. */
  readonly isEverything: boolean;
  /** Whether the caller may use anything that a server could have, or could with other scopes. */
  sees(entry: ServiceEntry): boolean;
  /** Whether the caller may use all that a server could have. */
  permitsAll(entry: ServiceEntry): boolean;
  /** Whether the caller may use a thing of a server. @param name the server's own, or the URI; of `agents` it does not count */
  permits(kind: ItemKind, entry: ServiceEntry, name: string): boolean;
  /**
   * Of what the caller may not use: all scopes that its token would need.
   * @returns undefined: no scopes would do
   */
  lackedScopes(kind: ItemKind, entry: ServiceEntry, name: string): readonly string[] | undefined;
}

/** The grant where there are no rules. */
export const EVERYTHING: Grant = {
  key: '',
  isEverything: true,
  sees: () => true,
  permitsAll: () => true,
  permits: () => true,
  lackedScopes: () => undefined,
};

/** The grant of whom nobody lets in any more. */
export const NOTHING: Grant = {
  key: 'nothing',
  isEverything: false,
  sees: () => false,
  permitsAll: () => false,
  permits: () => false,
  lackedScopes: () => undefined,
};

/** A rule that would allow things to a caller if its token had some scopes. */
export interface LackingRule {
  readonly rule: number;
  /** All that it would need, those that it has among them. */
  readonly scopes: readonly string[];
  /** How many of them it has not. */
  readonly missing: number;
  /** The rules that would deny things to the caller if it had them. */
  readonly denying: ReadonlySet<number>;
}

/** What the rules are to one caller. */
export interface Meaning {
  readonly key: string;
  readonly denying: ReadonlySet<number>;
  readonly allowing: ReadonlySet<number>;
  readonly lacking: readonly LackingRule[];
  /** Whatever there is or will be is permitted. */
  readonly isEverything: boolean;
}

/** What there is to know of a server, for one caller. */
interface Decision {
  readonly denied: Things;
  readonly allowed: Things;
  readonly isAll: boolean;
  readonly isSeen: boolean;
}

/** Longer names fit no pattern: to try all of them would cost more than it is worth. What a rule would have to look at is denied. */
const MAX_NAME = 8192;
/** So many servers' decisions are remembered, a grant; servers of which the rules name the same have one. */
const MOST_DECISIONS = 2048;

/** What the rules of one registry permit to the callers that they mean. */
export class RuleGrant implements Grant {
  readonly key: string;
  readonly isEverything: boolean;
  readonly #meaning: Meaning;
  readonly #targets: Targets;
  readonly #isClosed: boolean;
  readonly #decisions = new Map<readonly Hit[], Decision>();

  /** @param isClosed whether what no rule allows is denied */
  constructor(meaning: Meaning, targets: Targets, isClosed: boolean) {
    this.key = meaning.key;
    this.#meaning = meaning;
    this.#targets = targets;
    this.#isClosed = isClosed;
    this.isEverything = meaning.isEverything;
  }

  sees(entry: ServiceEntry): boolean {
    return this.#decision(entry).isSeen;
  }

  permitsAll(entry: ServiceEntry): boolean {
    return this.#decision(entry).isAll;
  }

  permits(kind: ItemKind, entry: ServiceEntry, name: string): boolean {
    const { isAll, denied, allowed } = this.#decision(entry);
    if (isAll) return true;
    if (name.length > MAX_NAME || denied.include(kind, name) || !allowed.include(kind, name)) return false;
    if (kind !== 'resources') return true;
    // A server may read the URI in another way.
    const others = otherSpellings(name);
    return others?.every((other) => !denied.include(kind, other) && allowed.include(kind, other)) === true;
  }

  lackedScopes(kind: ItemKind, entry: ServiceEntry, name: string): readonly string[] | undefined {
    if (this.#meaning.lacking.length === 0 || name.length > MAX_NAME) return undefined;
    const hits = this.#targets.hitsOf(entry);
    const others = kind === 'resources' ? otherSpellings(name) : [];
    if (others === undefined) return undefined;
    const spellings = [name, ...others];
    const isDenied = (rules: ReadonlySet<number>): boolean => {
      const things = this.#targets.things(hits.filter(({ rule }) => rules.has(rule)));
      return spellings.some((each) => things.include(kind, each));
    };
    if (isDenied(this.#meaning.denying)) return undefined;
    let least: LackingRule | undefined;
    for (const lacking of this.#meaning.lacking) {
      if (least !== undefined && least.missing <= lacking.missing) continue;
      const things = this.#targets.things(hits.filter(({ rule }) => rule === lacking.rule));
      const isAllowed = spellings.every((each) => things.include(kind, each));
      if (isAllowed && !isDenied(lacking.denying)) least = lacking;
    }
    return least?.scopes;
  }

  #decision(entry: ServiceEntry): Decision {
    const hits = this.#targets.hitsOf(entry);
    let decision = this.#decisions.get(hits);
    if (decision === undefined) {
      if (this.#decisions.size >= MOST_DECISIONS) this.#decisions.clear();
      this.#decisions.set(hits, (decision = this.#decided(hits)));
    }
    return decision;
  }

  #decided(hits: readonly Hit[]): Decision {
    const { denying, allowing, lacking } = this.#meaning;
    const denied = this.#targets.things(hits.filter(({ rule }) => denying.has(rule)));
    const allowed = this.#isClosed ? this.#targets.things(hits.filter(({ rule }) => allowing.has(rule))) : ALL_THINGS;
    const couldMore = (): boolean => lacking.some(({ rule: lacked }) => hits.some(({ rule }) => rule === lacked));
    return {
      denied,
      allowed,
      isAll: denied.isNothing && allowed.isWhole,
      isSeen: !denied.isWhole && (!allowed.isNothing || couldMore()),
    };
  }
}
