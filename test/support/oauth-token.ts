import {
  discoverAuthorizationServerMetadata,
  exchangeAuthorization,
  registerClient,
  startAuthorization,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { TestOAuthProvider } from './oauth-provider.ts';
import type { OidcBrowser } from './oidc-browser.ts';

/**
 * Has a person get an access token of an issuer for a resource that need not name that issuer, nor be there: the steps of the
 * SDK's own OAuth client, but for the discovery by the resource.
 */
export async function tokenFor(browser: OidcBrowser, user: string, resource: URL, scope: string): Promise<string> {
  const { clientMetadata, redirectUrl } = new TestOAuthProvider(browser, user);
  const { url: issuer, fetch: fetchFn } = browser;
  const metadata = await discoverAuthorizationServerMetadata(issuer, { fetchFn });
  if (metadata === undefined) throw new Error(`${issuer} has no metadata`);
  const clientInformation = await registerClient(issuer, { metadata, clientMetadata, fetchFn });
  const common = { metadata, clientInformation, resource };
  const { authorizationUrl, codeVerifier } = await startAuthorization(issuer, { ...common, redirectUrl, scope });
  const authorizationCode = (await browser.visit(authorizationUrl, user)).get('code') ?? '';
  const exchange = { ...common, authorizationCode, codeVerifier, redirectUri: redirectUrl, fetchFn };
  return (await exchangeAuthorization(issuer, exchange)).access_token;
}
