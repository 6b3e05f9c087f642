import type { IncomingMessage } from 'node:http';
import { canonicalJson } from '../contract/canonical-json.ts';
import type { AuthMethod, AuthPolicy } from '../contract/access-policy.ts';
import { McpError } from '../mcp/errors.ts';
import type { AuthenticationMethod } from './authentication.ts';
import { challengeHeader } from './challenge.ts';
import { CredentialError } from './credential-error.ts';
import { ANONYMOUS, type Principal } from './principal.ts';

export interface AdmissionOptions {
  /** Makes a method. Those of an unchanged policy are made once, and keep what they have learned. */
  readonly methodOf: (method: Exclude<AuthMethod, { anonymous: object }>) => AuthenticationMethod;
  /** Where a request's client learns where tokens are to be had; undefined: nowhere. */
  readonly metadataUrl: (request: IncomingMessage) => string | undefined;
}

/** Who is let in: finds out who a request is of, by what the registry says of that. */
export class Admission {
  readonly #options: AdmissionOptions;
  #policy: string | undefined;
  #methods: readonly AuthenticationMethod[] = [];
  /** Whoever brings no credential is let in. */
  #isOpen = true;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Takes another registry's policy. @param policy undefined: nobody is asked who they are */
  take(policy: AuthPolicy | undefined): void {
    const text = policy === undefined ? undefined : canonicalJson(policy);
    if (text === this.#policy) return;
    this.#policy = text;
    this.close();
    const methods = policy?.methods ?? [];
    this.#isOpen = policy === undefined || methods.some((method) => 'anonymous' in method);
    this.#methods = methods.flatMap((method) => ('anonymous' in method ? [] : [this.#options.methodOf(method)]));
  }

  /** Who a request is of. @throws McpError unauthorized, also by the promise */
  admit(request: IncomingMessage): Principal | Promise<Principal> {
    if (this.#methods.length === 0 && this.#isOpen) return ANONYMOUS;
    try {
      for (const method of this.#methods) {
        const principal = method.authenticate(request);
        if (principal === undefined) continue;
        return principal instanceof Promise
          ? principal.catch((error: unknown) => Promise.reject(this.#refusal(request, error)))
          : principal;
      }
    } catch (error) {
      throw this.#refusal(request, error);
    }
    // One that is of no method here is not to be taken for none.
    if (request.headers.authorization !== undefined) {
      const says = 'The credential in Authorization is none that this gateway takes.';
      throw this.#refusal(request, new CredentialError('invalid_token', says));
    }
    if (this.#isOpen) return ANONYMOUS;
    throw this.#refusal(request, undefined);
  }

  /** What a caller is told whose token lacks scopes, as `WWW-Authenticate`. */
  challenge(request: IncomingMessage, scopes: readonly string[]): string {
    const resourceMetadata = this.#options.metadataUrl(request);
    return challengeHeader({ error: 'insufficient_scope', scopes, resourceMetadata });
  }

  close(): void {
    for (const method of this.#methods) method.close?.();
  }

  #refusal(request: IncomingMessage, thrown: unknown): McpError {
    if (thrown !== undefined && !(thrown instanceof CredentialError)) throw thrown;
    const resourceMetadata = this.#options.metadataUrl(request);
    if (thrown?.fault === 'unavailable') {
      return new McpError('overloaded', thrown.message, { cause: thrown, headers: { 'retry-after': '5' } });
    }
    const why = thrown === undefined ? {} : { error: thrown.fault, description: thrown.message };
    return new McpError(
      'unauthorized',
      thrown?.message ?? 'This gateway asks who you are: send a credential that it takes.',
      { headers: { 'www-authenticate': challengeHeader({ ...why, resourceMetadata }) } },
    );
  }
}
