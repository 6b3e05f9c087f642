import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { Provider } from 'oidc-provider';

/** The scopes that clients may have at any resource. */
const SCOPES = ['tools:read', 'tools:write'];

/** What a client says in its registration about how long its access tokens are to be good, in seconds. */
export const TOKEN_SECONDS = 'access_token_seconds';

/** Claims that access tokens have beside the usual ones, by their user. */
export type ClaimsOfUsers = Readonly<Record<string, Record<string, unknown>>>;

export interface OidcOptions {
  /** Whether there are refresh tokens. */
  readonly refreshes?: boolean;
  readonly claims?: ClaimsOfUsers;
}

/** oidc-provider as an issuer that registers any client, lets in any person, and gives out tokens for any resource. */
export function oidcProvider(url: string, { refreshes = true, claims = {} }: OidcOptions = {}): Provider {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), kty: 'RSA', kid: randomUUID(), alg: 'RS256', use: 'sig' };
  return new Provider(url, {
    jwks: { keys: [key] },
    cookies: { keys: ['a key of a test'] },
    scopes: ['openid', 'offline_access', ...SCOPES],
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    extraTokenClaims: (_context, token) => ('accountId' in token ? claims[token.accountId] : undefined),
    extraClientMetadata: { properties: [TOKEN_SECONDS] },
    issueRefreshToken: () => refreshes,
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: true, initialAccessToken: false },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource, client) => ({
          scope: SCOPES.join(' '),
          audience: resource,
          accessTokenTTL: Number(client.metadata()[TOKEN_SECONDS] ?? 600),
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
}
