import type { OAuthClientProvider as ModernProvider } from '@modelcontextprotocol/client';
import type { OAuthClientProvider as LegacyProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { CALLBACK, type OidcBrowser } from './oidc-browser.ts';
import { TOKEN_SECONDS } from './servers/oidc-configuration.ts';

export interface TestOAuthOptions {
  /** What the person grants when it is asked the first time; absent: all. */
  readonly firstScope?: string;
  /** How long the application's access tokens are to be good, as it says when it registers; absent: long. */
  readonly tokenSeconds?: number;
}

/** What an application gives the SDKs' own OAuth clients: where things are kept, and a person with a browser. */
export class TestOAuthProvider implements LegacyProvider, ModernProvider {
  readonly redirectUrl = CALLBACK;
  readonly clientMetadata: OAuthClientMetadata;
  readonly browser: OidcBrowser;
  /** How often the person had to do something. */
  visits = 0;
  readonly #user: string;
  #client: OAuthClientInformationMixed | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = '';
  #visit: Promise<URLSearchParams> | undefined;
  readonly #firstScope: string | undefined;

  constructor(browser: OidcBrowser, user: string, { firstScope, tokenSeconds }: TestOAuthOptions = {}) {
    this.browser = browser;
    this.#user = user;
    this.#firstScope = firstScope;
    const metadata: OAuthClientMetadata = {
      client_name: 'Fetchfy test',
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
    const life = tokenSeconds === undefined ? {} : { [TOKEN_SECONDS]: tokenSeconds };
    this.clientMetadata = { ...metadata, ...life };
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.#client;
  }

  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.#client = client;
  }

  tokens(): OAuthTokens | undefined {
    return this.#tokens;
  }

  saveTokens(tokens: OAuthTokens): void {
    this.#tokens = tokens;
  }

  redirectToAuthorization(url: URL): void {
    if (this.visits++ === 0 && this.#firstScope !== undefined) url.searchParams.set('scope', this.#firstScope);
    this.#visit = this.browser.visit(url, this.#user);
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  /** What the issuer has called the application back with. */
  async callback(): Promise<URLSearchParams> {
    if (this.#visit === undefined) throw new Error('The person was not asked for anything.');
    return this.#visit;
  }

  async code(): Promise<string> {
    const parameters = await this.callback();
    const code = parameters.get('code');
    if (code === null) throw new Error(`No code: ${parameters.toString()}`);
    return code;
  }
}
