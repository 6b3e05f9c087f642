import { decodeJwt, type JWTPayload } from 'jose';
import type { JwtMethod } from '../contract/access-policy.ts';
import { CredentialError } from './credential-error.ts';
import { principalId, type Principal } from './principal.ts';

/** Longer tokens are not looked into. */
const MAX_TOKEN = 16 * 1024;

/** What a token says that nobody has verified: only for finding out who could. Undefined: it cannot be read. */
export function unverifiedClaims(token: string): JWTPayload | undefined {
  if (token.length > MAX_TOKEN) return undefined;
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

/** Claims of which the way that they are read is the issuer's to choose. */
export type ClaimNames = Pick<JwtMethod, 'userClaim' | 'groupsClaim' | 'scopesClaim'>;

/** The caller whom a verified token of an issuer is of. @throws CredentialError if a claim lacks */
export function userOf(
  claims: JWTPayload,
  { userClaim, groupsClaim, scopesClaim }: ClaimNames,
): Omit<Principal, 'token'> {
  const { iss = '', sub = '' } = claims;
  const name = own(claims, userClaim);
  if (typeof name !== 'string' || name === '') {
    throw new CredentialError(
      'invalid_token',
      `The token has no claim ${userClaim} with a text: expected the user's name.`,
      {
        reason: 'claims',
      },
    );
  }
  const scopes = own(claims, scopesClaim) ?? (scopesClaim === 'scope' ? own(claims, 'scp') : undefined);
  return {
    id: principalId('jwt', iss, sub),
    method: 'jwt',
    name,
    issuer: iss,
    groups: texts(own(claims, groupsClaim)),
    scopes: typeof scopes === 'string' ? scopes.split(' ').filter((scope) => scope !== '') : texts(scopes),
    claims,
  };
}

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The ServiceAccount that a verified token of the cluster is of. @throws CredentialError if it is of none */
export function serviceAccountOf(claims: JWTPayload): Omit<Principal, 'token'> {
  const { iss = '', sub = '' } = claims;
  const [, namespace, account] = SERVICE_ACCOUNT.exec(sub) ?? [];
  if (namespace === undefined || account === undefined) {
    throw new CredentialError('invalid_token', 'The token is of no ServiceAccount.', { reason: 'claims' });
  }
  return {
    // One that is made anew under the same name is another.
    id: principalId('serviceAccount', namespace, account, uidOf(claims)),
    method: 'serviceAccount',
    name: `${namespace}/${account}`,
    issuer: iss,
    // As the API server has it.
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    scopes: [],
    claims,
  };
}

/** Whether a token says that it is of some cluster's ServiceAccount. */
export function saysServiceAccount(claims: JWTPayload): boolean {
  return own(claims, 'kubernetes.io') !== undefined;
}

function uidOf(claims: JWTPayload): string {
  const bound = own(claims, 'kubernetes.io') as { serviceaccount?: { uid?: unknown } } | null | undefined;
  const uid = bound?.serviceaccount?.uid;
  return typeof uid === 'string' ? uid : '';
}

function own(claims: JWTPayload, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** The texts of a list, or the one that stands alone. */
function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string');
}
