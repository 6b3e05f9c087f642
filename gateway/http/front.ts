import type { IncomingMessage, ServerResponse } from 'node:http';
import { withoutCard } from '../a2a/paths.ts';
import type { EventRecorder } from '../call/reply.ts';
import type { ServiceType } from '../contract/registry-document.ts';
import { errorResponse, McpError, type ErrorType } from '../mcp/errors.ts';
import type { Exchange } from '../mcp/exchange.ts';
import type { Principal } from '../access/principal.ts';
import { BudgetShare, MemoryBudget } from '../memory-budget.ts';
import type { RoutePattern } from '../routing/route.ts';
import type { FoundRoute, RoutingTable, RoutingView } from '../routing/routing-table.ts';
import { sendJson } from './respond.ts';

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
  readonly admit: (request: IncomingMessage) => Principal | Promise<Principal>;
  /** What a caller is told whose token lacks scopes, as `WWW-Authenticate`. */
  readonly challenge: (request: IncomingMessage, scopes: readonly string[]) => string;
  readonly mcp: { handle(exchange: Exchange): void };
  /** What serves the agents' own paths. */
  readonly agents: { handle(exchange: Exchange): void };
  /** The most bytes that large bodies of requests in work may take together. */
  readonly maxBodies: number;
  /** The most requests that wait for an answer at one time. */
  readonly maxRequests: number;
  readonly observe: (outcome: RequestOutcome) => void;
  /** What everyone may read, whoever they are. @returns undefined: that is no path of such */
  readonly open: (path: string, request: IncomingMessage) => PlainAnswer | undefined;
  /** What stands beside MCP, by path. @param view what the caller may see @param host as the client sent it */
  readonly plain: Readonly<Record<string, (view: RoutingView, host: string | undefined) => PlainAnswer>>;
}

/** The door: who a request is of, which path it is for, and whether there is room for it. */
export class Front {
  readonly #options: FrontOptions;
  readonly #bodies: MemoryBudget;
  #active = 0;
  /** Requests of whom it is being found out who they are of. */
  #admitting = 0;

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
    try {
      if (this.#options.screen(request, response)) return;
    } catch (error) {
      return this.#refuse(response, 'other', error as McpError);
    }
    const path = pathOf(request.url ?? '/');
    const open = this.#options.open(path, request);
    if (open !== undefined) return this.#plain(path, open, request, response);
    let principal: Principal | Promise<Principal>;
    try {
      principal = this.#options.admit(request);
    } catch (error) {
      return this.#refuse(response, 'other', error as McpError);
    }
    if (!(principal instanceof Promise)) return this.#admitted(principal, path, request, response);
    if (this.#admitting >= this.#options.maxRequests) return this.#refuse(response, 'other', this.#busy());
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
      this.#refuse(response, 'other', error as McpError);
    } finally {
      this.#admitting--;
    }
  }

  #admitted(principal: Principal, path: string, request: IncomingMessage, response: ServerResponse): void {
    const table = this.#options.table().viewOf(principal);
    const found = table.find(path) ?? table.find(withoutCard(path));
    if (found === undefined) return this.#beside(path, table, request, response);
    const visit = this.enter({ request, response, table, found, principal });
    const { mcp, agents } = this.#options;
    if (visit !== undefined) return (found.pattern === AGENT_PATTERN ? agents : mcp).handle(visit);
    this.#refuse(response, found.pattern, this.#busy());
  }

  /** What a request is told that lacks scopes. */
  challenge(request: IncomingMessage, scopes: readonly string[]): string {
    return this.#options.challenge(request, scopes);
  }

  /** Lets a request in, if there is room for one more. */
  enter(place: VisitPlace): Visit | undefined {
    if (this.#active >= this.#options.maxRequests) return undefined;
    this.#active++;
    return new Visit(this, place);
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

  #beside(path: string, view: RoutingView, request: IncomingMessage, response: ServerResponse): void {
    const plain = Object.hasOwn(this.#options.plain, path) ? this.#options.plain[path] : undefined;
    if (plain !== undefined) return this.#plain(path, plain(view, request.headers.host), request, response);
    const error = new McpError(
      'not_found',
      `Nothing is served at ${path.slice(0, 128)}. All servers: /mcp; one: /mcp/<namespace>/<service>; an agent, by A2A: /agents/<namespace>/<service>/; which there are: /api/services.`,
    );
    this.#refuse(response, 'other', error);
  }

  #plain(path: string, { headers, body }: PlainAnswer, { method }: IncomingMessage, response: ServerResponse): void {
    if (method !== 'GET' && method !== 'HEAD') {
      const error = new McpError('method_not_allowed', `${path} takes GET.`, { headers: { allow: 'GET, HEAD' } });
      return this.#refuse(response, 'other', error);
    }
    response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(method === 'HEAD' ? undefined : body);
  }

  #busy(): McpError {
    return new McpError('overloaded', `The gateway has its ${this.#options.maxRequests} requests in work; try again.`, {
      headers: { 'retry-after': '1' },
    });
  }

  /** Answers a request that was not looked into. */
  #refuse(response: ServerResponse, pattern: RequestOutcome['pattern'], error: McpError): void {
    sendJson(response, error.status, errorResponse(undefined, error), error.headers);
    this.#options.observe({ pattern, method: 'unread', type: 'all', seconds: 0, error: error.type });
  }
}

const AGENT_PATTERN = '/agents/:namespace/:service' satisfies RoutePattern;

/** No method of MCP or A2A is longer. */
const MAX_METHOD = 64;

type VisitPlace = Pick<Exchange, 'request' | 'response' | 'table' | 'found' | 'principal'> & {
  readonly recorder?: EventRecorder;
};

/** One request inside: an object with its state as fields, since there is one for every call. */
class Visit implements Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly table: RoutingView;
  readonly found: FoundRoute;
  readonly principal: Principal;
  readonly recorder?: EventRecorder;
  readonly #front: Front;
  readonly #began = performance.now();
  #type: RequestOutcome['type'];
  #hasEnded = false;
  #share: BudgetShare | undefined;

  constructor(front: Front, { request, response, table, found, principal, recorder }: VisitPlace) {
    this.#front = front;
    this.request = request;
    this.response = response;
    this.table = table;
    this.found = found;
    this.principal = principal;
    this.#type = found.route.single?.entry.type ?? 'all';
    if (recorder !== undefined) this.recorder = recorder;
  }

  part(response: ServerResponse, recorder: EventRecorder): Exchange | undefined {
    const { request, table, found, principal } = this;
    return this.#front.enter({ request, response, table, found, principal, recorder });
  }

  challenge(scopes: readonly string[]): string {
    return this.#front.challenge(this.request, scopes);
  }

  holdBody(bytes: number): boolean {
    return (this.#share ??= this.#front.share()).hold(bytes);
  }

  aimedAt(type: ServiceType): void {
    this.#type = type;
  }

  ended(method: string, error: ErrorType | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#share?.hold(0);
    const seconds = (performance.now() - this.#began) / 1000;
    const { pattern } = this.found;
    this.#front.left({ pattern, method: method.slice(0, MAX_METHOD), type: this.#type, seconds, error });
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
