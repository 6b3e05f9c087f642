import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { certificateAuthority } from './certificates.ts';
import { OidcBrowser } from './oidc-browser.ts';
import { SecretFolder } from './secret-folder.ts';
import { oidcProvider, type OidcOptions } from './servers/oidc-configuration.ts';

/** oidc-provider over TLS, by a CA of its own. */
export interface OidcIssuer {
  readonly url: string;
  /** A folder with its CA. */
  readonly caFolder: SecretFolder;
  readonly browser: OidcBrowser;
  /** What was asked of it, `GET /path`. */
  readonly asked: readonly string[];
}

export async function startOidcIssuer(t: Test, options?: OidcOptions): Promise<OidcIssuer> {
  const authority = certificateAuthority('OIDC CA');
  const server = createServer(authority.issue('127.0.0.1'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const caFolder = new SecretFolder();
  caFolder.write({ 'ca.crt': authority.cert });
  const answer = oidcProvider(url, options).callback();
  const asked: string[] = [];
  server.on('request', (request, response) => {
    asked.push(`${request.method} ${(request.url ?? '').replace(/\?.*/, '')}`);
    void answer(request, response);
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
    caFolder.remove();
  });
  return { url, caFolder, browser: new OidcBrowser(url, authority.cert), asked };
}
