import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { Provider } from 'oidc-provider';

/** The scopes that clients may have at any resource. */
const SCOPES = ['tools:read', 'tools:write'];

export interface OidcOptions {
  /** How long access tokens are good. */
  readonly tokenSeconds?: number;
  /** Whether there are refresh tokens. */
  readonly refreshes?: boolean;
}

/** oidc-provider as an issuer that registers any client, lets in any person, and gives out tokens for any resource. */
export function oidcProvider(url: string, { tokenSeconds = 600, refreshes = true }: OidcOptions = {}): Provider {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), kty: 'RSA', kid: randomUUID(), alg: 'RS256', use: 'sig' };
  return new Provider(url, {
    jwks: { keys: [key] },
    cookies: { keys: ['a key of a test'] },
    scopes: ['openid', 'offline_access', ...SCOPES],
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    issueRefreshToken: () => refreshes,
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: true, initialAccessToken: false },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => ({
          scope: SCOPES.join(' '),
          audience: resource,
          accessTokenTTL: tokenSeconds,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
}
