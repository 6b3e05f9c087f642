import type { IncomingMessage } from 'node:http';
import { canonicalJson } from '../contract/canonical-json.ts';
import type { AuthMethod } from '../contract/access-policy.ts';
import type { RegistryDocument } from '../contract/registry-document.ts';
import { McpError } from '../mcp/errors.ts';
import type { AuthenticationCounts } from './authentication-counts.ts';
import type { AuthenticationMethod } from './authentication.ts';
import { challengeHeader } from './challenge.ts';
import { CredentialError } from './credential-error.ts';
import { ANONYMOUS, type Principal } from './principal.ts';
import { endpointOf, metadataHeaders, metadataUrlOf, renderMetadata } from './resource-metadata.ts';
import { offeredScopes } from './offered-scopes.ts';

type MadeMethod = Exclude<AuthMethod, { anonymous: object }>;

export interface AdmissionOptions {
  /** Makes a method. One that a later policy has, too, is made once, and keeps what it has learned. */
  readonly methodOf: (method: MadeMethod) => AuthenticationMethod;
  /** What URLs of the gateway begin with as a request's client reaches it, without a slash at the end. */
  readonly baseOf: (request: IncomingMessage) => string;
  readonly counts: AuthenticationCounts;
}

/** What of a registry says who is let in. */
export type AdmissionPolicy = Pick<RegistryDocument, 'policy' | 'rules'>;

/** Who is let in: finds out who a request is of, by what the registry says of that. */
export class Admission {
  readonly #options: AdmissionOptions;
  /** By what the policy says of each, in its order. */
  #methods: ReadonlyMap<string, AuthenticationMethod> = new Map();
  #inOrder: readonly AuthenticationMethod[] = [];
  /** Whoever brings no credential is let in. */
  #isOpen = true;
  /** Where tokens are to be had. */
  #issuers: readonly string[] = [];
  #scopes: readonly string[] = [];

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Takes another registry's policy; one without `auth` asks nobody who they are. */
  take({ policy: { auth }, rules }: AdmissionPolicy): void {
    const methods = auth?.methods ?? [];
    const made = methods.filter((method): method is MadeMethod => !('anonymous' in method));
    const before = this.#methods;
    const after = new Map<string, AuthenticationMethod>();
    for (const method of made) {
      const key = canonicalJson(method);
      if (!after.has(key)) after.set(key, before.get(key) ?? this.#options.methodOf(method));
    }
    for (const [key, method] of before) if (!after.has(key)) method.close?.();
    this.#methods = after;
    this.#inOrder = [...after.values()];
    this.#isOpen = auth === undefined || methods.length > made.length;
    this.#issuers = [...new Set(made.flatMap((method) => ('jwt' in method ? [method.jwt.issuer] : [])))];
    this.#scopes = offeredScopes(rules);
  }

  /** Why somebody may not be let in who should be, a sentence each. */
  get errors(): readonly string[] {
    return [...new Set(this.#inOrder.map(({ error }) => error).filter((error) => error !== undefined))];
  }

  /**
   * Who a request is of.
   * @param path that it is for, without query and without a slash at its end
   * @throws McpError, also by the promise: unauthorized or, if that cannot be told now, overloaded
   */
  admit(request: IncomingMessage, path: string): Principal | Promise<Principal> {
    const methods = this.#inOrder;
    if (methods.length === 0 && this.#isOpen) return ANONYMOUS;
    try {
      for (const method of methods) {
        const principal = method.authenticate(request, path);
        if (principal === undefined) continue;
        return principal instanceof Promise
          ? principal.catch((error: unknown) => Promise.reject(this.#refusal(request, path, error)))
          : principal;
      }
    } catch (error) {
      throw this.#refusal(request, path, error);
    }
    // One that is of no method here is not to be taken for none.
    if (request.headers.authorization !== undefined) {
      const says = 'The credential in Authorization is none that this gateway takes.';
      throw this.#refusal(request, path, new CredentialError('invalid_token', says, { reason: 'unknown' }));
    }
    if (this.#isOpen) return ANONYMOUS;
    throw this.#refusal(request, path, undefined);
  }

  /** Whether what a caller was let in by counts still: else what it has open is to end. */
  stillCounts(principal: Principal): boolean {
    if (principal.method === 'anonymous') return this.#isOpen;
    return this.#inOrder.some((method) => method.stillCounts(principal));
  }

  /** What a caller is told whose token lacks scopes, as `WWW-Authenticate`. */
  challenge(request: IncomingMessage, path: string, scopes: readonly string[]): string {
    const resourceMetadata = this.#metadataUrl(request, path);
    return challengeHeader({ error: 'insufficient_scope', scopes, resourceMetadata });
  }

  /**
   * The metadata of an endpoint as a protected resource (RFC 9728), for everyone.
   * @returns undefined: the path is none of such
   * @throws McpError not_found
   */
  metadata(
    request: IncomingMessage,
    path: string,
  ): { headers: Readonly<Record<string, string>>; body: string } | undefined {
    // A look at one character keeps this off the path of calls.
    if (path.charCodeAt(1) !== DOT) return undefined;
    const base = this.#options.baseOf(request);
    const endpoint = endpointOf(path, base);
    if (endpoint === undefined) return undefined;
    if (endpoint === null || this.#issuers.length === 0) {
      const why = endpoint === null ? 'that is the path of no endpoint' : 'this Gateway takes no tokens of OAuth';
      throw new McpError('not_found', `There is no metadata at ${path.slice(0, 128)}: ${why}.`);
    }
    const document = { resource: `${base}${endpoint}`, issuers: this.#issuers, scopes: this.#scopes };
    return { headers: metadataHeaders, body: renderMetadata(document) };
  }

  close(): void {
    for (const method of this.#inOrder) method.close?.();
  }

  #metadataUrl(request: IncomingMessage, path: string): string | undefined {
    return this.#issuers.length === 0 ? undefined : metadataUrlOf(this.#options.baseOf(request), path);
  }

  #refusal(request: IncomingMessage, path: string, thrown: unknown): McpError {
    if (thrown !== undefined && !(thrown instanceof CredentialError)) throw thrown;
    this.#options.counts.refused(thrown?.reason ?? 'missing');
    if (thrown?.fault === 'unavailable') {
      return new McpError('overloaded', thrown.message, { cause: thrown, headers: { 'retry-after': '5' } });
    }
    const challenge = challengeHeader({
      // Who brought nothing did nothing wrong (RFC 6750, section 3.1).
      ...(thrown !== undefined && { error: thrown.fault, description: thrown.message }),
      scopes: this.#issuers.length === 0 ? [] : this.#scopes,
      resourceMetadata: this.#metadataUrl(request, path),
    });
    const headers = {
      'www-authenticate': challenge,
      // Another connection may bring another certificate.
      ...(thrown?.reason === 'certificate' && { connection: 'close' }),
    };
    const says = thrown?.message ?? 'This gateway asks who you are: send a credential that it takes.';
    return new McpError('unauthorized', says, { headers, ...(thrown !== undefined && { cause: thrown }) });
  }
}

const DOT = 0x2e;
