import { canonicalJson } from '../contract/canonical-json.ts';
import type { AccessRule } from '../contract/access-policy.ts';
import { EVERYTHING, RuleGrant, type Grant, type LackingRule } from './grant.ts';
import type { Principal } from './principal.ts';
import { hasScopes, sourceOf, type Source } from './sources.ts';
import { Targets } from './targets.ts';

/** The most grants that are kept; callers differ in far fewer ways. */
const MOST_GRANTS = 512;

/** A rule, and of which scopes a caller lacks some for it to mean the caller. */
interface Lacked {
  readonly rule: number;
  readonly scopes: readonly string[];
}

/**
 * The rules of one registry: who may use what. This is the one decision; lists, calls, subscriptions, completion and
 * notifications all ask a grant.
 *
 * | a thing that | is |
 * |---|---|
 * | a rule with Deny means for the caller | denied |
 * | else a rule with Allow means for the caller | permitted |
 * | else, where there is any rule with Allow | denied |
 * | else | permitted |
 */
export class AccessRules {
  readonly rules: readonly AccessRule[];
  readonly #text: string;
  readonly #isClosed: boolean;
  readonly #sources: readonly (readonly Source[] | undefined)[];
  readonly #targets: Targets;
  readonly #grants = new Map<string, Grant>();
  readonly #ofPrincipals = new WeakMap<Principal, Grant>();

  constructor(rules: readonly AccessRule[]) {
    this.rules = rules;
    this.#text = canonicalJson(rules);
    this.#isClosed = rules.some(({ effect }) => effect === 'Allow');
    this.#sources = rules.map(({ from }) => from?.map(sourceOf));
    this.#targets = new Targets(rules.map(({ to }) => to));
  }

  /** The rules of another registry: these themselves, with all that is known of them, if they are the same. */
  next(rules: readonly AccessRule[]): AccessRules {
    return canonicalJson(rules) === this.#text ? this : new AccessRules(rules);
  }

  /** What a caller may use. The same object for all that the rules are the same to. */
  grantOf(principal: Principal): Grant {
    if (this.rules.length === 0) return EVERYTHING;
    let grant = this.#ofPrincipals.get(principal);
    if (grant === undefined) this.#ofPrincipals.set(principal, (grant = this.#grant(principal)));
    return grant;
  }

  #grant(principal: Principal): Grant {
    const meant: Record<AccessRule['effect'], Set<number>> = { Allow: new Set(), Deny: new Set() };
    const lacked: Record<AccessRule['effect'], Lacked[]> = { Allow: [], Deny: [] };
    this.#sources.forEach((sources, rule) => {
      const effect = this.rules[rule]?.effect ?? 'Deny';
      const lacking = lackedBy(principal, sources);
      if (lacking === undefined) return;
      if (lacking.length === 0) meant[effect].add(rule);
      else for (const scopes of lacking) lacked[effect].push({ rule, scopes });
    });
    const lacking = lacked.Allow.map((each) => lackingRule(principal, each, lacked.Deny));
    const keys = lacking.map(({ rule, scopes, missing, denying }) => [rule, scopes, missing, [...denying]]);
    const key = JSON.stringify([[...meant.Deny], [...meant.Allow], keys]);
    let grant = this.#grants.get(key);
    if (grant === undefined) {
      const allowsAll = !this.#isClosed || [...meant.Allow].some((rule) => this.rules[rule]?.to === undefined);
      const isEverything = allowsAll && meant.Deny.size === 0;
      const meaning = { key, denying: meant.Deny, allowing: meant.Allow, lacking, isEverything };
      grant = new RuleGrant(meaning, this.#targets, this.#isClosed);
    }
    // The one that was asked for last is the last to go.
    this.#grants.delete(key);
    this.#grants.set(key, grant);
    const [eldest] = this.#grants.keys();
    if (this.#grants.size > MOST_GRANTS && eldest !== undefined) this.#grants.delete(eldest);
    return grant;
  }
}

/**
 * Whether a rule means a caller.
 * @param sources undefined: everyone
 * @returns an empty list if it does; else each set of scopes with which its token would be meant; undefined: none would do
 */
function lackedBy(
  principal: Principal,
  sources: readonly Source[] | undefined,
): readonly (readonly string[])[] | undefined {
  if (sources === undefined) return [];
  const lacked: (readonly string[])[] = [];
  for (const source of sources) {
    if (!source.meansWithScopes(principal)) continue;
    if (hasScopes(principal, source.scopes)) return [];
    // Only a token can be had with other scopes.
    if (principal.method === 'jwt') lacked.push(source.scopes);
  }
  return lacked.length === 0 ? undefined : lacked;
}

function lackingRule({ scopes: own }: Principal, { rule, scopes }: Lacked, denies: readonly Lacked[]): LackingRule {
  const then = new Set([...own, ...scopes]);
  return {
    rule,
    scopes,
    missing: scopes.filter((scope) => !own.includes(scope)).length,
    denying: new Set(denies.filter((each) => each.scopes.every((scope) => then.has(scope))).map((each) => each.rule)),
  };
}
