import type { AccessSource } from '../contract/access-policy.ts';
import { PatternSet } from './pattern.ts';
import type { Principal } from './principal.ts';

/** The callers that one entry of a rule's `from` means. */
export interface Source {
  /** What a token must have beside, for the caller to be meant. */
  readonly scopes: readonly string[];
  /** Whether a caller is meant if its scopes are. */
  meansWithScopes(principal: Principal): boolean;
}

type Test = (principal: Principal) => boolean;

/** Reads an entry of `from`: each of its members must hold. */
export function sourceOf(source: AccessSource): Source {
  const tests = testsOf(source);
  return { scopes: source.scopes ?? [], meansWithScopes: (principal) => tests.every((test) => test(principal)) };
}

/** Whether a caller has all of these scopes. */
export function hasScopes(principal: Principal, scopes: readonly string[]): boolean {
  return scopes.every((scope) => principal.scopes.includes(scope));
}

function testsOf({ users, issuers, groups, claims, ...source }: AccessSource): Test[] {
  const tests: Test[] = [];
  if (users !== undefined) tests.push(named('jwt', users));
  if (source.serviceAccounts !== undefined) tests.push(named('serviceAccount', source.serviceAccounts));
  if (source.apiKeys !== undefined) tests.push(named('apiKey', source.apiKeys));
  if (source.certificates !== undefined) tests.push(named('clientCertificate', source.certificates));
  if (issuers !== undefined) tests.push(({ issuer }) => issuer !== undefined && issuers.includes(issuer));
  if (groups !== undefined) {
    const set = new PatternSet(groups);
    tests.push((principal) => principal.groups.some((group) => set.matches(group)));
  }
  for (const { name, values } of claims ?? []) tests.push(claim(name, new PatternSet(values)));
  if (source.anonymous !== undefined) {
    tests.push(({ method }) => (method === 'anonymous') === source.anonymous);
  }
  return tests;
}

/** A name says nothing without the method that vouches for it: an issuer's user is no API key of the same name. */
function named(method: Principal['method'], patterns: readonly string[]): Test {
  const set = new PatternSet(patterns);
  return (principal) => principal.method === method && set.matches(principal.name);
}

/** A claim counts as the text that it is, a number or a truth value as JSON has it, a list by each of its values. */
function claim(name: string, values: PatternSet): Test {
  return ({ claims }) => {
    const found: unknown = Object.hasOwn(claims, name) ? claims[name] : undefined;
    return (Array.isArray(found) ? found : [found]).some(
      (each: unknown) =>
        (typeof each === 'string' || typeof each === 'number' || typeof each === 'boolean') &&
        values.matches(String(each)),
    );
  };
}
