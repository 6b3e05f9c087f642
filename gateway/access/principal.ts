import type { JsonObject } from '../upstream/json.ts';

/** How a caller said who it is. */
export type CallerMethod = 'jwt' | 'serviceAccount' | 'apiKey' | 'clientCertificate' | 'anonymous';

/** Whose a request is. One object stands for as many requests as are known to be the same caller's with the same credential. */
export interface Principal {
  /** A text that no two callers share, whatever method they use. What is handed out to a caller is bound to it. */
  readonly id: string;
  readonly method: CallerMethod;
  /** For people: a user, `<namespace>/<name>` of a ServiceAccount, the name of a key, the identity of a certificate. */
  readonly name: string;
  /** Of the token, where there is one. */
  readonly issuer?: string;
  readonly groups: readonly string[];
  readonly scopes: readonly string[];
  /** Of the token, as it has them. */
  readonly claims: JsonObject;
  /** When the credential ends, in milliseconds since 1970; absent: it does not say. */
  readonly expiresAt?: number;
  /** The token itself, for an exchange on the caller's behalf. It goes nowhere else. */
  readonly token?: string;
}

/**
 * Whoever brings no credential, where that is allowed, and everyone where nobody is asked for one. What is handed out to it
 * is good for whoever holds it.
 */
export const ANONYMOUS: Principal = {
  id: 'anonymous',
  method: 'anonymous',
  name: 'anonymous',
  groups: [],
  scopes: [],
  claims: {},
};

/**
 * The id of a principal. Parts are quoted, so that no name can be taken for another's.
 * @param parts what tells it from the others of its method
 */
export function principalId(method: CallerMethod, ...parts: readonly string[]): string {
  return JSON.stringify([method, ...parts]);
}
