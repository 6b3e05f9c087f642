import type { AccessRule } from '../contract/access-policy.ts';
import type { ServiceEntry } from '../contract/registry-document.ts';
import type { Principal } from './principal.ts';
import { hasScopes, sourceOf, type Source } from './sources.ts';
import { Targets, type ItemKind } from './targets.ts';

/** What one caller may use. Callers that the same rules mean have one grant. */
export interface Grant {
  /** Equal exactly for equal grants of one set of rules. */
  readonly key: string;
  /** Whether the caller may use anything that a server could have, or could with other scopes. */
  sees(entry: ServiceEntry): boolean;
  /** Whether the caller may use a thing of a server. @param name the server's own, or the URI; of `agents` it does not count */
  permits(kind: ItemKind, entry: ServiceEntry, name: string): boolean;
  /**
   * Of what the caller may not use: the scopes with which it could.
   * @returns undefined: no scopes would do
   */
  lackedScopes(kind: ItemKind, entry: ServiceEntry, name: string): readonly string[] | undefined;
}

/** The grant where there are no rules. */
export const EVERYTHING: Grant = {
  key: '',
  sees: () => true,
  permits: () => true,
  lackedScopes: () => undefined,
};

/** A rule, read. */
interface ReadRule {
  readonly rule: AccessRule;
  readonly sources: readonly Source[] | undefined;
  readonly targets: Targets;
}

/** The most grants that are kept; callers differ in far fewer ways. */
const MOST_GRANTS = 1024;

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
  readonly isEmpty: boolean;
  readonly #rules: readonly ReadRule[];
  readonly #isClosed: boolean;
  readonly #grants = new Map<string, Grant>();
  readonly #ofPrincipals = new WeakMap<Principal, Grant>();

  constructor(rules: readonly AccessRule[]) {
    this.isEmpty = rules.length === 0;
    this.#isClosed = rules.some(({ effect }) => effect === 'Allow');
    this.#rules = rules.map((rule) => ({
      rule,
      sources: rule.from?.map(sourceOf),
      targets: new Targets(rule.to ?? [{}]),
    }));
  }

  /** What a caller may use. */
  grantOf(principal: Principal): Grant {
    if (this.isEmpty) return EVERYTHING;
    let grant = this.#ofPrincipals.get(principal);
    if (grant === undefined) this.#ofPrincipals.set(principal, (grant = this.#grant(principal)));
    return grant;
  }

  #grant(principal: Principal): Grant {
    const parts: string[] = [];
    const meant: ReadRule[] = [];
    const lacking: LackingRule[] = [];
    this.#rules.forEach((read, index) => {
      const scopes = lackedBy(principal, read);
      if (scopes === undefined) return;
      parts.push(scopes.length === 0 ? String(index) : `${index}:${scopes.join(' ')}`);
      if (scopes.length === 0) meant.push(read);
      else if (read.rule.effect === 'Allow') lacking.push({ targets: read.targets, scopes });
    });
    const key = parts.join();
    let grant = this.#grants.get(key);
    if (grant !== undefined) return grant;
    grant = grantBy(key, meant, lacking, this.#isClosed);
    this.#grants.set(key, grant);
    const [eldest] = this.#grants.keys();
    if (this.#grants.size > MOST_GRANTS && eldest !== undefined) this.#grants.delete(eldest);
    return grant;
  }
}

/** A rule that would allow things to the caller if its token had these scopes. */
interface LackingRule {
  readonly targets: Targets;
  readonly scopes: readonly string[];
}

/**
 * Whether a rule means a caller.
 * @returns no scopes if it does; those that its token would have to have for that; undefined: it does not
 */
function lackedBy(principal: Principal, { sources }: ReadRule): readonly string[] | undefined {
  if (sources === undefined) return [];
  let lacked: readonly string[] | undefined;
  for (const source of sources) {
    if (!source.meansWithScopes(principal)) continue;
    if (hasScopes(principal, source.scopes)) return [];
    // Only a token can be had with other scopes.
    if (principal.method === 'jwt' && (lacked === undefined || source.scopes.length < lacked.length)) {
      lacked = source.scopes;
    }
  }
  return lacked;
}

function grantBy(key: string, meant: readonly ReadRule[], lacking: readonly LackingRule[], isClosed: boolean): Grant {
  const targetsOf = (effect: AccessRule['effect']): Targets =>
    new Targets(meant.filter(({ rule }) => rule.effect === effect).flatMap(({ rule }) => rule.to ?? [{}]));
  const denied = targetsOf('Deny');
  const allowed = targetsOf('Allow');
  return {
    key,
    sees: (entry) =>
      !denied.of(entry).isWhole &&
      (!isClosed || !allowed.of(entry).isNothing || lacking.some(({ targets }) => !targets.of(entry).isNothing)),
    permits: (kind, entry, name) =>
      !denied.of(entry).include(kind, name) && (!isClosed || allowed.of(entry).include(kind, name)),
    lackedScopes(kind, entry, name) {
      if (denied.of(entry).include(kind, name)) return undefined;
      return lacking.find(({ targets }) => targets.of(entry).include(kind, name))?.scopes;
    },
  };
}
