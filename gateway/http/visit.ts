import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../access/principal.ts';
import type { EventRecorder } from '../call/reply.ts';
import type { ServiceType } from '../contract/registry-document.ts';
import type { Message } from '../jsonrpc/message.ts';
import type { ErrorType, McpError } from '../mcp/errors.ts';
import type { Exchange, ExchangeEnd } from '../mcp/exchange.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { FoundRoute, RoutingView } from '../routing/routing-table.ts';
import type { Limits } from '../limits/limits.ts';
import type { RoomShare } from '../limits/room.ts';

/** What a request is, and where it came. */
export type VisitPlace = Pick<Exchange, 'request' | 'response' | 'table' | 'found' | 'principal'> & {
  readonly recorder?: EventRecorder;
};

/** Whose visits these are. */
export interface VisitOwner {
  readonly limits: Limits;
  /** Whether what becomes of each request is written. */
  readonly isAudited: boolean;
  /** Lets a request in, if there is room for one more. @throws McpError */
  enter(place: VisitPlace): Visit;
  /** A share of the memory for large bodies. */
  share(principal: Principal): RoomShare;
  /** What a request is told that lacks scopes. */
  challenge(request: IncomingMessage, scopes: readonly string[]): string;
  /** A request has its answer. */
  left(visit: Visit, method: string, error: ErrorType | undefined, more: ExchangeEnd | undefined): void;
  /** One of several messages of a request was not let in. */
  refused(visit: Visit, error: McpError): void;
}

/** One request inside: an object with its state as fields, since there is one for every call. */
export class Visit implements Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly table: RoutingView;
  readonly found: FoundRoute;
  readonly principal: Principal;
  readonly recorder?: EventRecorder;
  /** When it began, by performance.now(). */
  readonly began = performance.now();
  /** What its connection had been sent before; undefined where nobody asks. */
  readonly sentBefore: number | undefined;
  readonly #front: VisitOwner;
  #server: RoutedServer | undefined;
  #message: Message | undefined;
  #name: string | undefined;
  #isCounted = false;
  #hasEnded = false;
  #hasParts = false;
  #share: RoomShare | undefined;

  constructor(front: VisitOwner, { request, response, table, found, principal, recorder }: VisitPlace) {
    this.#front = front;
    this.request = request;
    this.response = response;
    this.table = table;
    this.found = found;
    this.principal = principal;
    this.sentBefore = front.isAudited ? request.socket.bytesWritten : undefined;
    if (recorder !== undefined) this.recorder = recorder;
  }

  /** The server that it is for. */
  get server(): RoutedServer | undefined {
    return this.#server;
  }

  /** The request that is for it. */
  get message(): Message | undefined {
    return this.#message;
  }

  /** What was asked for there, as the server calls it. */
  get name(): string | undefined {
    return this.#name;
  }

  /** What the server is that it was for; `all`: it was not for one server. */
  get type(): ServiceType | 'all' {
    return (this.#server ?? this.found.route.single)?.entry.type ?? 'all';
  }

  part(response: ServerResponse, recorder: EventRecorder): Exchange {
    const { request, table, found, principal } = this;
    try {
      // The request itself has been counted: it stands for the first.
      if (this.#hasParts) this.#front.limits.ask(principal);
      this.#hasParts = true;
      return this.#front.enter({ request, response, table, found, principal, recorder });
    } catch (error) {
      this.#front.refused(this, error as McpError);
      throw error;
    }
  }

  challenge(scopes: readonly string[]): string {
    return this.#front.challenge(this.request, scopes);
  }

  holdBody(bytes: number): McpError | undefined {
    return (this.#share ??= this.#front.share(this.principal)).hold(bytes);
  }

  aimedAt(server: RoutedServer, message: Message, name: string | undefined): void {
    this.#message = message;
    this.#name = name;
    this.#server = server;
    this.#front.limits.enterServer(server, message.method === 'tools/call' ? name : undefined);
    this.#isCounted = true;
  }

  ended(method: string, error: ErrorType | undefined, more?: ExchangeEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#share?.hold(0);
    if (this.#isCounted && this.#server !== undefined) this.#front.limits.leaveServer(this.#server);
    this.#front.left(this, method, error, more);
  }
}
