import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorResponse, McpError, type ErrorType } from '../mcp/errors.ts';
import type { Exchange } from '../mcp/exchange.ts';
import { ANONYMOUS } from '../mcp/principal.ts';
import { BudgetShare, MemoryBudget } from '../memory-budget.ts';
import type { RoutePattern } from '../routing/route.ts';
import type { FoundRoute, RoutingTable } from '../routing/routing-table.ts';
import { sendJson } from './respond.ts';

/** What a request came to. */
export interface RequestOutcome {
  readonly pattern: RoutePattern | 'other';
  /** The MCP method, or the HTTP method of a session's stream; as the client sent it, but cut to a sensible length. */
  readonly method: string;
  readonly seconds: number;
  readonly error: ErrorType | undefined;
}

/** A finished answer for a person's browser or a script. */
export interface PlainAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface FrontOptions {
  /** The table that a request begins with. */
  readonly table: () => RoutingTable;
  readonly mcp: { handle(exchange: Exchange): void };
  /** The most bytes that large bodies of requests in work may take together. */
  readonly maxBodies: number;
  /** The most requests that wait for an answer at one time. */
  readonly maxRequests: number;
  readonly observe: (outcome: RequestOutcome) => void;
  /** What stands beside MCP, by path. @param host as the client sent it */
  readonly plain: Readonly<Record<string, (host: string | undefined) => PlainAnswer>>;
}

/** The door: which path a request is for, and whether there is room for it. */
export class Front {
  readonly #options: FrontOptions;
  readonly #bodies: MemoryBudget;
  #active = 0;

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#bodies = new MemoryBudget(options.maxBodies);
  }

  /** Requests that wait for an answer now. */
  get active(): number {
    return this.#active;
  }

  /** Serves one request. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request.url ?? '/');
    const table = this.#options.table();
    const found = table.find(path);
    if (found === undefined) return this.#beside(path, request, response);
    if (this.#active >= this.#options.maxRequests) {
      const busy = new McpError(
        'overloaded',
        `The gateway has its ${this.#options.maxRequests} requests in work; try again.`,
      );
      sendJson(response, busy.status, errorResponse(undefined, busy), { 'retry-after': '1' });
      this.#options.observe({ pattern: found.pattern, method: 'unread', seconds: 0, error: busy.type });
      return;
    }
    this.#active++;
    this.#options.mcp.handle(new Visit(this, request, response, table, found));
  }

  /** A share of the memory for large bodies. */
  share(): BudgetShare {
    return new BudgetShare(this.#bodies);
  }

  /** A request has its answer. */
  left(outcome: RequestOutcome): void {
    this.#active--;
    this.#options.observe(outcome);
  }

  #beside(path: string, request: IncomingMessage, response: ServerResponse): void {
    const plain = Object.hasOwn(this.#options.plain, path) ? this.#options.plain[path] : undefined;
    if (plain !== undefined && (request.method === 'GET' || request.method === 'HEAD')) {
      const { headers, body } = plain(request.headers.host);
      response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) });
      response.end(request.method === 'HEAD' ? undefined : body);
      return;
    }
    const error =
      plain === undefined
        ? new McpError(
            'not_found',
            `Nothing is served at ${path.slice(0, 128)}. All servers: /mcp; one: /mcp/<namespace>/<service>; which there are: /api/services.`,
          )
        : new McpError('method_not_allowed', `${path} takes GET.`, { headers: { allow: 'GET, HEAD' } });
    sendJson(response, error.status, errorResponse(undefined, error), error.headers);
    this.#options.observe({ pattern: 'other', method: 'unread', seconds: 0, error: error.type });
  }
}

/** No method of MCP is longer. */
const MAX_METHOD = 64;

/** One request inside: an object with its state as fields, since there is one for every call. */
class Visit implements Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly table: RoutingTable;
  readonly found: FoundRoute;
  readonly principal = ANONYMOUS;
  readonly #front: Front;
  readonly #began = performance.now();
  #hasEnded = false;
  #share: BudgetShare | undefined;

  constructor(
    front: Front,
    request: IncomingMessage,
    response: ServerResponse,
    table: RoutingTable,
    found: FoundRoute,
  ) {
    this.#front = front;
    this.request = request;
    this.response = response;
    this.table = table;
    this.found = found;
  }

  holdBody(bytes: number): boolean {
    return (this.#share ??= this.#front.share()).hold(bytes);
  }

  ended(method: string, error: ErrorType | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#share?.hold(0);
    const seconds = (performance.now() - this.#began) / 1000;
    this.#front.left({ pattern: this.found.pattern, method: method.slice(0, MAX_METHOD), seconds, error });
  }
}

/** The path without query and without a slash at its end. */
function pathOf(target: string): string {
  // A proxy's form, with the whole URL, is to be taken too (RFC 9112, section 3.2.2).
  const url = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '');
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
