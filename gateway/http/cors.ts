import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ListedOrigins } from './listed-origins.ts';

const METHODS = 'GET, POST, DELETE';
/** What a page may read of an answer, beside what it always may. */
const EXPOSED = 'Mcp-Session-Id, WWW-Authenticate, Mcp-Protocol-Version, Retry-After';
/** Headers that clients of MCP and A2A send, and those of W3C Trace Context. */
const KNOWN = /^(?:accept|authorization|content-type|last-event-id|traceparent|tracestate|baggage|(?:mcp|a2a)-[\w-]+)$/;
/** How long a browser may keep the answer to a preflight, in seconds. */
const MAX_AGE = '600';

export interface CorsOptions {
  readonly origins: ListedOrigins;
  /** Headers that keys come in, in lower case. */
  readonly keyHeaders: ReadonlySet<string>;
}

/**
 * What browsers are told, so that pages of listed origins may call (Fetch, CORS protocol). Each is told its own origin, and
 * cookies are never allowed: here a credential is what the page itself sends.
 */
export class Cors {
  readonly #options: CorsOptions;

  constructor(options: CorsOptions) {
    this.#options = options;
  }

  /**
   * Puts on an answer what the browser asks for, and answers a preflight at once: it brings no credential.
   * @returns true: the request has its answer
   */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const { origin } = request.headers;
    if (origin === undefined) {
      // A cache must not give a page what was not answered to it.
      if (request.method !== 'POST') response.setHeader('vary', 'Origin');
      return false;
    }
    response.setHeader('vary', 'Origin');
    if (!this.#options.origins.has(origin)) return false;
    response.setHeader('access-control-allow-origin', origin);
    const asked = request.headers['access-control-request-method'];
    if (request.method === 'OPTIONS' && asked !== undefined) {
      this.#preflight(request, response);
      return true;
    }
    response.setHeader('access-control-expose-headers', EXPOSED);
    return false;
  }

  #preflight(request: IncomingMessage, response: ServerResponse): void {
    const allowed = this.#known(request.headers['access-control-request-headers']);
    response.writeHead(204, {
      vary: 'Origin, Access-Control-Request-Headers',
      'access-control-allow-methods': METHODS,
      ...(allowed !== '' && { 'access-control-allow-headers': allowed }),
      'access-control-max-age': MAX_AGE,
    });
    response.end();
  }

  /** The names that are of a known form: `*` would leave out Authorization, and that of a parameter is the tool's own. */
  #known(asked: string | string[] | undefined): string {
    const names = String(asked ?? '')
      .split(',')
      .map((name) => name.trim().toLowerCase());
    return names.filter((name) => KNOWN.test(name) || this.#options.keyHeaders.has(name)).join(', ');
  }
}
