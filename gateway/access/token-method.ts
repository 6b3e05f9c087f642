import type { IncomingMessage } from 'node:http';
import { errors, jwtVerify, type CryptoKey, type JWTPayload, type JWTVerifyOptions, type JWTVerifyResult } from 'jose';
import { bearerOf, isJwt, type AuthenticationMethod } from './authentication.ts';
import type { AuthenticationCounts } from './authentication-counts.ts';
import { CredentialError } from './credential-error.ts';
import type { IssuerKeys, KeySet } from './issuer-keys.ts';
import type { Principal } from './principal.ts';
import { resourcePath, type ResourceUrls } from './resource-urls.ts';
import { unverifiedClaims } from './token-claims.ts';
import { MAX_VERIFIED_MS, type VerifiedTokens } from './verified-tokens.ts';

export interface TokenMethodOptions {
  /** Whether a token is this method's, by what it says of itself. */
  readonly isOurs: (claims: JWTPayload) => boolean;
  /** Undefined: the URL of the endpoint that is called. */
  readonly audiences: readonly string[] | undefined;
  readonly algorithms: readonly string[];
  readonly clockSkewSeconds: number;
  readonly principalOf: (claims: JWTPayload) => Omit<Principal, 'token'>;
  /** Calls back when keys are others than before. */
  readonly keysOf: (onChange: () => void) => IssuerKeys;
}

/** What all methods with tokens have together. */
export interface TokenContext {
  readonly tokens: VerifiedTokens;
  readonly resources: () => ResourceUrls;
  readonly counts: AuthenticationCounts;
}

/** The types of tokens that access tokens have (RFC 9068, section 2.1; RFC 7519, section 5.1). */
const TYPES = new Set(['at+jwt', 'application/at+jwt', 'jwt']);
/** Where a token does not say which key it is signed with, so many are tried. */
const MAX_TRIED_KEYS = 8;

/** Tokens that are JWTs as a way to say who one is. */
export class TokenMethod implements AuthenticationMethod {
  readonly #options: TokenMethodOptions;
  readonly #context: TokenContext;
  readonly #keys: IssuerKeys;
  /** By which the paths of known tokens were found. */
  #resources: ResourceUrls | undefined;

  constructor(options: TokenMethodOptions, context: TokenContext) {
    this.#options = options;
    this.#context = context;
    this.#keys = options.keysOf(() => context.tokens.forget(this));
  }

  get error(): string | undefined {
    return this.#keys.error;
  }

  authenticate(request: IncomingMessage, path: string): Principal | Promise<Principal> | undefined {
    const { authorization } = request.headers;
    if (authorization === undefined) return undefined;
    const { tokens, counts } = this.#context;
    this.#forgetIfMoved();
    const known = tokens.find(authorization, Date.now(), request.socket);
    if (known === undefined) return this.#firstSeen(authorization, bearerOf(request), path);
    if (known.owner !== this) return undefined;
    if (known.paths !== undefined && !known.paths.has(resourcePath(path))) {
      throw wrongAudience(path, known.principal.claims['aud']);
    }
    counts.known();
    return known.principal;
  }

  stillCounts({ claims }: Principal): boolean {
    const { audiences, isOurs } = this.#options;
    const { aud = [] } = claims as JWTPayload;
    return isOurs(claims) && (audiences === undefined || [aud].flat().some((each) => audiences.includes(each)));
  }

  close(): void {
    this.#keys.close();
    this.#context.tokens.forget(this);
  }

  #forgetIfMoved(): void {
    const resources = this.#context.resources();
    if (resources === this.#resources) return;
    this.#resources = resources;
    this.#context.tokens.forget(this);
  }

  #firstSeen(header: string, token: string | undefined, path: string): Promise<Principal> | undefined {
    if (token === undefined || !isJwt(token)) return undefined;
    const claims = unverifiedClaims(token);
    return claims !== undefined && this.#options.isOurs(claims) ? this.#verify(header, token, path) : undefined;
  }

  async #verify(header: string, token: string, path: string): Promise<Principal> {
    const resources = this.#context.resources();
    const keys = await this.#keys.known();
    const { payload, protectedHeader } = await this.#verifiedBy(keys, token);
    const { typ } = protectedHeader;
    if (typ !== undefined && !TYPES.has(typ.toLowerCase())) {
      const says = `The token is of the type ${JSON.stringify(typ).slice(0, 64)}; expected an access token: at+jwt or JWT.`;
      throw new CredentialError('invalid_token', says, { reason: 'claims' });
    }
    if (typeof payload.sub !== 'string' || payload.sub === '') {
      throw new CredentialError('invalid_token', 'The token has no subject (sub).', { reason: 'claims' });
    }
    const paths = this.#pathsOf(payload, resources);
    const { clockSkewSeconds, principalOf } = this.#options;
    const expiresAt = ((payload.exp ?? 0) + clockSkewSeconds) * 1000;
    const principal: Principal = { ...principalOf(payload), expiresAt, token };
    this.#context.counts.verified();
    // While it was verified, keys may have been taken back, or the gateway have got other names.
    if (this.#keys.current === keys && this.#context.resources() === resources) {
      const until = Math.min(expiresAt, Date.now() + MAX_VERIFIED_MS);
      this.#context.tokens.add(header, { owner: this, principal, until, paths });
    }
    if (paths !== undefined && !paths.has(resourcePath(path))) throw wrongAudience(path, payload.aud);
    return principal;
  }

  #pathsOf({ aud = [] }: JWTPayload, resources: ResourceUrls): ReadonlySet<string> | undefined {
    if (this.#options.audiences !== undefined) return undefined;
    const audiences = typeof aud === 'string' ? [aud] : aud;
    return new Set(audiences.map((audience) => resources.pathOf(audience)).filter((path) => path !== undefined));
  }

  async #verifiedBy(keys: KeySet, token: string): Promise<JWTVerifyResult> {
    const { audiences, algorithms, clockSkewSeconds } = this.#options;
    const options: JWTVerifyOptions = {
      issuer: keys.issuer,
      algorithms: [...algorithms],
      clockTolerance: clockSkewSeconds,
      requiredClaims: ['exp', 'sub', 'aud'],
      ...(audiences !== undefined && { audience: [...audiences] }),
    };
    try {
      return await verifyByAny(token, keys, options);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw toCredentialError(error, audiences);
    }
    const newer = await this.#keys.newerThan(keys);
    if (newer !== undefined && newer.issuer === keys.issuer) {
      try {
        return await verifyByAny(token, newer, options);
      } catch (error) {
        throw toCredentialError(error, audiences);
      }
    }
    throw toCredentialError(new errors.JWKSNoMatchingKey(), audiences);
  }
}

/** Verifies by the key that the token names; where it names none, by those of the issuer that could be it. */
async function verifyByAny(token: string, { find }: KeySet, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, find, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    let tried = 0;
    for await (const key of error as AsyncIterable<CryptoKey>) {
      if (++tried > MAX_TRIED_KEYS) break;
      try {
        return await jwtVerify(token, key, options);
      } catch (inner) {
        if (!(inner instanceof errors.JWSSignatureVerificationFailed)) throw inner;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function wrongAudience(path: string, found: unknown): CredentialError {
  const says = `The token is meant for ${quoted(found)}; expected the URL of ${resourcePath(path).slice(0, 128)} at a name that this gateway knows as its own.`;
  return new CredentialError('invalid_token', says, { reason: 'audience' });
}

function toCredentialError(error: unknown, audiences: readonly string[] | undefined): Error {
  const refused = (reason: CredentialError['reason'], says: string): CredentialError =>
    new CredentialError('invalid_token', says, { reason, cause: error });
  if (error instanceof errors.JWTExpired) return refused('expired', 'The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, payload } = error;
    if (claim === 'nbf') return refused('not_yet_valid', 'The token is not valid yet.');
    if (claim === 'aud') {
      const expected = audiences === undefined ? 'an audience' : audiences.map(quoted).join(' or ');
      return refused('audience', `The token is meant for ${quoted(payload.aud)}; expected ${expected}.`);
    }
    return refused('claims', `The token's claim ${claim} is missing or not as expected.`);
  }
  if (error instanceof errors.JWKSNoMatchingKey)
    return refused('key', 'The token is signed with no key of its issuer.');
  if (error instanceof errors.JOSEAlgNotAllowed)
    return refused('algorithm', 'The algorithm of the token is none that is taken here.');
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refused('signature', "The token's signature is not right.");
  if (error instanceof errors.JOSEError) return refused('malformed', 'The token is not well-formed.');
  return error as Error;
}

function quoted(value: unknown): string {
  return (JSON.stringify(value) ?? 'nobody').slice(0, 256);
}
