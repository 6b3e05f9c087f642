import type { AccessRule } from '../contract/access-policy.ts';

/** More would make the header too large for some clients. */
const MAX_SCOPES = 64;
/** Of the issuers' own: for no resource to ask for (2026-07-28, Refresh Tokens). */
const NOT_OURS: ReadonlySet<string> = new Set(['offline_access', 'openid']);

/** The scopes with which a token may be allowed more than without, sorted: those that any rule asks for. */
export function offeredScopes(rules: readonly AccessRule[]): string[] {
  const scopes = rules
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ from = [] }) => from.flatMap((source) => source.scopes ?? []));
  return [...new Set(scopes)]
    .filter((scope) => !NOT_OURS.has(scope))
    .sort()
    .slice(0, MAX_SCOPES);
}
