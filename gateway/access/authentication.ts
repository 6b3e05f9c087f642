import type { IncomingMessage } from 'node:http';
import type { Principal } from './principal.ts';

/** One of a Gateway's ways to say who one is. */
export interface AuthenticationMethod {
  /**
   * Who a request is of.
   * @param path that it is for, without query and without a slash at its end
   * @returns undefined: it brings no credential of this kind
   * @throws CredentialError, also by the promise: the credential that it brings is not good
   */
  authenticate(request: IncomingMessage, path: string): Principal | Promise<Principal> | undefined;
  /** Whether it is a credential of this kind by which a caller was let in, and it counts still, as far as that can be told now. */
  stillCounts(principal: Principal): boolean;
  /** Why it cannot do what it should, a sentence; undefined: all is well. */
  readonly error?: string | undefined;
  close?(): void;
}

/**
 * The token of a request's header `Authorization: Bearer …` (RFC 6750, section 2.1); undefined where there is none.
 * The scheme is not case-sensitive (RFC 9110, section 11.1).
 */
export function bearerOf({ headers: { authorization } }: IncomingMessage): string | undefined {
  if (authorization === undefined || authorization.length < 8) return undefined;
  if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  return authorization.slice(7).trim();
}

/** Whether a text has the form of a JWT (RFC 7519, section 3, signed): three parts in base64url. */
export function isJwt(text: string): boolean {
  return /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/.test(text);
}
