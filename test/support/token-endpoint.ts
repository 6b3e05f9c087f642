import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates.ts';

/** A request for a token as it came. */
export interface TokenRequest {
  readonly headers: IncomingHttpHeaders;
  readonly form: Readonly<Record<string, string>>;
}

export interface TokenAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A token endpoint that exchanges tokens (RFC 8693). */
export interface TokenEndpoint {
  readonly url: string;
  readonly requests: readonly TokenRequest[];
}

/**
 * Starts one in this process, with the name localhost; closed when the test ends.
 * @param answer what it answers; by default a token made of the subject's, for an hour
 */
export async function tokenEndpoint(
  t: { teardown(end: () => void): void },
  certificate: Certificate,
  answer: (request: TokenRequest) => TokenAnswer | Promise<TokenAnswer> = () => ({}),
): Promise<TokenEndpoint> {
  const requests: TokenRequest[] = [];
  const server = createServer({ ...certificate }, (request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(text));
      const seen = { headers: request.headers, form };
      requests.push(seen);
      const usual = { access_token: `for.${form['audience'] ?? 'all'}.${form['subject_token']}`, expires_in: 3600 };
      const respond = ({ status = 200, headers, body }: TokenAnswer): void => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify({ token_type: 'Bearer', ...(body === undefined ? usual : (body as object)) }));
      };
      void Promise.resolve(answer(seen)).then(respond);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `https://localhost:${(server.address() as AddressInfo).port}/token`, requests };
}
