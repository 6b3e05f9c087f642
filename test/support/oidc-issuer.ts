import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK } from 'jose';
import { Provider } from 'oidc-provider';
import type { Test } from 'tap';
import { Agent, fetch as undiciFetch } from 'undici';
import { certificateAuthority } from './certificates.ts';
import { SecretFolder } from './secret-folder.ts';
import { issuerKey } from './test-issuer.ts';

/** The scopes that clients may have at any resource. */
const SCOPES = ['tools:read', 'tools:write'];
/** Where clients are called back. */
export const CALLBACK = 'https://client.example.com/callback';

export interface OidcIssuerOptions {
  /** How long access tokens are good. */
  readonly tokenSeconds?: number;
  /** Whether there are refresh tokens. */
  readonly refreshes?: boolean;
}

/** oidc-provider over TLS, by a CA of its own: it registers any client, and gives out tokens for any resource. */
export class OidcIssuer {
  readonly url: string;
  readonly caFolder: SecretFolder;
  /** `fetch` that trusts its CA; it follows no redirects unless it is told to. */
  readonly fetch: typeof fetch;
  /** What was asked of it, `GET /path`. */
  readonly asked: string[] = [];

  private constructor(server: Server, caFolder: SecretFolder, ca: string) {
    this.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.caFolder = caFolder;
    const dispatcher = new Agent({ connect: { ca }, keepAliveTimeout: 1000 });
    this.fetch = (async (url: string, init?: object) => {
      const { body, status, headers } = await undiciFetch(url, { ...init, dispatcher });
      // The platform's own, for those who look whether it is one.
      return new Response(body as ReadableStream | null, { status, headers: [...headers] });
    }) as typeof fetch;
  }

  static async start(t: Test, options: OidcIssuerOptions = {}): Promise<OidcIssuer> {
    const authority = certificateAuthority('OIDC CA');
    const server = createServer(authority.issue('127.0.0.1'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const caFolder = new SecretFolder();
    caFolder.write({ 'ca.crt': authority.cert });
    const issuer = new OidcIssuer(server, caFolder, authority.cert);
    const answer = (await provider(issuer.url, options)).callback();
    server.on('request', (request, response) => {
      issuer.asked.push(`${request.method} ${(request.url ?? '').replace(/\?.*/, '')}`);
      void answer(request, response);
    });
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
      caFolder.remove();
    });
    return issuer;
  }

  /**
   * What a person does in a browser: logs in, and consents.
   * @returns the parameters that the client is called back with
   */
  async visit(authorizationUrl: URL, user: string): Promise<URLSearchParams> {
    const cookies = new Map<string, string>();
    let url = authorizationUrl;
    let form: URLSearchParams | undefined;
    for (let i = 0; i < 20; i++) {
      const response = await this.fetch(url.href, {
        method: form === undefined ? 'GET' : 'POST',
        redirect: 'manual',
        headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
        ...(form !== undefined && { body: form }),
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        cookies.set(name, value);
      }
      const location = response.headers.get('location');
      const page = await response.text();
      if (location !== null) {
        url = new URL(location, url);
        form = undefined;
        if (url.origin !== this.url) return url.searchParams;
      } else {
        const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
        if (prompt === undefined)
          throw new Error(`No form at ${url.pathname}: ${response.status} ${page.slice(0, 2000)}`);
        form = new URLSearchParams({ prompt, login: user, password: 'any' });
        url = new URL(/action="([^"]+)"/.exec(page)?.[1] ?? url, url);
      }
    }
    throw new Error(`The visit does not come to an end: ${url.href}`);
  }
}

async function provider(url: string, { tokenSeconds = 600, refreshes = true }: OidcIssuerOptions): Promise<Provider> {
  const { privateKey, kid } = issuerKey('RS256');
  const key = { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };
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
