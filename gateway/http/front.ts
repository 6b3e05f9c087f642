import type { IncomingMessage, ServerResponse } from 'node:http';
import { withoutCard } from '../a2a/paths.ts';
import type { ServiceType } from '../contract/registry-document.ts';
import { asMcpError, errorResponse, McpError, nothingAt, type ErrorType } from '../mcp/errors.ts';
import type { RequestAudit } from '../audit/request-audit.ts';
import type { Limits } from '../limits/limits.ts';
import { RoomShare, type Room } from '../limits/room.ts';
import type { Exchange, ExchangeEnd } from '../mcp/exchange.ts';
import type { Principal } from '../access/principal.ts';
import type { RoutedServer, RoutePattern } from '../routing/route.ts';
import type { RoutingTable, RoutingView } from '../routing/routing-table.ts';
import { sendJson } from './respond.ts';
import { pathOf } from './target.ts';
import { Visit, type VisitOwner, type VisitPlace } from './visit.ts';

/** What a request came to. */
export interface RequestOutcome {
  readonly pattern: RoutePattern | 'other';
  /** The method of MCP or A2A, or the HTTP method of a session's stream; as the client sent it, but cut to a sensible length. */
  readonly method: string;
  /** What the server is that the request was for; `all`: it was not for one server. */
  readonly type: ServiceType | 'all';
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
  /**
   * What every request must be like, by what the table's registry says. @returns true: it has its answer
   * @throws McpError that refuses it
   */
  readonly screen: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Who a request is of. @throws McpError unauthorized */
  readonly admit: (request: IncomingMessage, path: string) => Principal | Promise<Principal>;
  /** What a caller is told whose token lacks scopes, as `WWW-Authenticate`. */
  readonly challenge: (request: IncomingMessage, path: string, scopes: readonly string[]) => string;
  readonly mcp: { handle(exchange: Exchange): void };
  /** What serves the agents' own paths. */
  readonly agents: { handle(exchange: Exchange): void };
  /** The most bytes that large bodies of requests in work may take together. */
  readonly maxBodies: number;
  /** The most requests that wait for an answer at one time. */
  readonly maxRequests: number;
  readonly limits: Limits;
  readonly audit: RequestAudit;
  readonly observe: (outcome: RequestOutcome) => void;
  /** Told of what should not have been thrown. */
  readonly onFault: (thrown: unknown) => void;
  /** What a person gets to read at a path whom a request cannot be taken for. @returns undefined: no more than a program */
  readonly locked: (path: string, error: McpError) => PlainAnswer | undefined;
  /** What everyone may read, whoever they are. @returns undefined: that is no path of such @throws McpError not_found */
  readonly open: (path: string, request: IncomingMessage) => PlainAnswer | undefined;
  /** What stands beside MCP, by path. @param view what the caller may see @param host as the client sent it */
  readonly plain: Readonly<Record<string, (view: RoutingView, host: string | undefined) => PlainAnswer>>;
}

/** The door: who a request is of, which path it is for, and whether there is room for it. */
export class Front implements VisitOwner {
  readonly limits: Limits;
  readonly #options: FrontOptions;
  /** The memory for large bodies, in bytes. */
  readonly #bodies: Room;
  #active = 0;
  /** Requests of whom it is being found out who they are of. */
  #admitting = 0;

  constructor(options: FrontOptions) {
    this.#options = options;
    this.limits = options.limits;
    this.#bodies = options.limits.room({
      limit: 'bodiesPerPrincipal',
      total: options.maxBodies,
      says: (held, most) => `Your large requests in work take ${held} bytes, and may take ${most}`,
      full: 'The gateway has as many large requests in work as it can hold; try again.',
      retryMs: 1000,
    });
  }

  /** Requests that wait for an answer now. */
  get active(): number {
    return this.#active;
  }

  /** Serves one request. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    try {
      if (this.#options.screen(request, response)) return;
    } catch (error) {
      return this.#refuse(response, 'other', error);
    }
    const path = pathOf(request.url ?? '/');
    let principal: Principal | Promise<Principal>;
    try {
      const open = this.#options.open(path, request);
      if (open !== undefined) return this.#plain(path, open, request, response);
      principal = this.#options.admit(request, path);
      if (!(principal instanceof Promise)) return this.#admitted(principal, path, request, response);
    } catch (error) {
      return this.#turnAway(path, request, response, error);
    }
    if (this.#admitting >= this.#options.maxRequests) {
      // Nobody is told any more what comes of it; a rejection that nobody takes would end the process.
      principal.catch(() => undefined);
      return this.#refuse(response, 'other', this.#busy());
    }
    void this.#waitFor(principal, path, request, response);
  }

  async #waitFor(
    principal: Promise<Principal>,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    this.#admitting++;
    try {
      this.#admitted(await principal, path, request, response);
    } catch (error) {
      this.#turnAway(path, request, response, error);
    } finally {
      this.#admitting--;
    }
  }

  #admitted(principal: Principal, path: string, request: IncomingMessage, response: ServerResponse): void {
    let pattern: RequestOutcome['pattern'] = 'other';
    let visit: Visit;
    try {
      this.limits.ask(principal);
      const table = this.#options.table().viewOf(principal);
      const found = table.find(path) ?? table.find(withoutCard(path));
      if (found === undefined) return this.#beside(path, table, principal, request, response);
      ({ pattern } = found);
      visit = this.enter({ request, response, table, found, principal });
    } catch (error) {
      return this.#refuse(response, pattern, error, principal);
    }
    const { mcp, agents } = this.#options;
    (pattern === AGENT_PATTERN ? agents : mcp).handle(visit);
  }

  /** Whether what becomes of each request is written. */
  get isAudited(): boolean {
    return this.#options.audit.isOfAll;
  }

  /** What a request is told that lacks scopes. */
  challenge(request: IncomingMessage, scopes: readonly string[]): string {
    return this.#options.challenge(request, pathOf(request.url ?? '/'), scopes);
  }

  /** Lets a request in, if there is room for one more. @throws McpError */
  enter(place: VisitPlace): Visit {
    if (this.#active >= this.#options.maxRequests) throw this.#busy();
    this.limits.enter(place.principal);
    this.#active++;
    return new Visit(this, place);
  }

  /** A share of the memory for large bodies. */
  share(principal: Principal): RoomShare {
    return new RoomShare(this.#bodies, principal);
  }

  /** A request has its answer. */
  left(visit: Visit, method: string, error: ErrorType | undefined, more: ExchangeEnd | undefined): void {
    const { observe, audit } = this.#options;
    this.#active--;
    this.limits.leave(visit.principal);
    const seconds = (performance.now() - visit.began) / 1000;
    observe({ pattern: visit.found.pattern, method: method.slice(0, MAX_METHOD), type: visit.type, seconds, error });
    audit.ended(visit, method, seconds, error, more);
  }

  /** One of several messages of a request was not let in. */
  refused({ found: { pattern }, request, response, principal }: Visit, error: McpError): void {
    const { observe, audit } = this.#options;
    observe({ pattern, method: 'unread', type: 'all', seconds: 0, error: error.type });
    audit.atDoor({ request, response, principal, error });
  }

  #beside(
    path: string,
    view: RoutingView,
    principal: Principal,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const plain = Object.hasOwn(this.#options.plain, path) ? this.#options.plain[path] : undefined;
    if (plain !== undefined) return this.#plain(path, plain(view, request.headers.host), request, response, principal);
    const table = this.#options.table();
    const hides = (table.find(path) ?? table.find(withoutCard(path)))?.route.single;
    this.#refuse(response, 'other', nothingAt(path), principal, hides);
  }

  /** @param principal undefined where it is for everyone, whoever they are */
  #plain(
    path: string,
    { headers, body }: PlainAnswer,
    request: IncomingMessage,
    response: ServerResponse,
    principal?: Principal,
  ): void {
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      const error = new McpError('method_not_allowed', `${path} takes GET.`, { headers: { allow: 'GET, HEAD' } });
      return this.#refuse(response, 'other', error, principal);
    }
    response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(method === 'HEAD' ? undefined : body);
    if (principal !== undefined) this.#options.audit.atDoor({ request, response, principal });
  }

  #busy(): McpError {
    return new McpError('overloaded', `The gateway has its ${this.#options.maxRequests} requests in work; try again.`, {
      headers: { 'retry-after': '1' },
    });
  }

  /** A request is of nobody who may come. */
  #turnAway(path: string, request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
    const { method } = request;
    const isRead = method === 'GET' || method === 'HEAD';
    const page = isRead && thrown instanceof McpError ? this.#options.locked(path, thrown) : undefined;
    if (page === undefined || !(thrown instanceof McpError)) return this.#refuse(response, 'other', thrown);
    const { headers, body } = page;
    response.writeHead(thrown.status, { ...thrown.headers, ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(method === 'HEAD' ? undefined : body);
    this.#refused(response, 'other', thrown);
  }

  /**
   * Answers a request that was not looked into.
   * @param thrown an McpError, or else a fault of the gateway
   * @param hides the server at its path, if the rules hide it
   */
  #refuse(
    response: ServerResponse,
    pattern: RequestOutcome['pattern'],
    thrown: unknown,
    principal?: Principal,
    hides?: RoutedServer,
  ): void {
    const error = asMcpError(thrown);
    if (error.type === 'internal') this.#options.onFault(thrown);
    sendJson(response, error.status, errorResponse(undefined, error), error.headers);
    this.#refused(response, pattern, error, principal, hides);
  }

  #refused(
    response: ServerResponse,
    pattern: RequestOutcome['pattern'],
    error: McpError,
    principal?: Principal,
    hides?: RoutedServer,
  ): void {
    this.#options.observe({ pattern, method: 'unread', type: 'all', seconds: 0, error: error.type });
    this.#options.audit.atDoor({ request: response.req, response, principal, error, hides });
  }
}

/** No method of MCP or A2A is longer. */
const MAX_METHOD = 64;

const AGENT_PATTERN = '/agents/:namespace/:service' satisfies RoutePattern;
