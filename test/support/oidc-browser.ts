import { fetchBy } from './fetch-by.ts';

/** Where clients are called back. */
export const CALLBACK = 'https://client.example.com/callback';

/** A person's way to an issuer that is oidc-provider, with its pages for developers. */
export class OidcBrowser {
  /** The issuer's. */
  readonly url: string;
  /** `fetch` that trusts these CAs. */
  readonly fetch: typeof fetch;

  /** @param cas certificates in PEM, of the CAs to trust */
  constructor(url: string, ...cas: string[]) {
    this.url = url;
    this.fetch = fetchBy({ ca: cas });
  }

  /**
   * What a person does: logs in, and consents.
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
