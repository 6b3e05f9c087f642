import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventRecorder } from '../call/reply.ts';
import type { ServiceType } from '../contract/registry-document.ts';
import type { Principal } from '../access/principal.ts';
import type { FoundRoute, RoutingView } from '../routing/routing-table.ts';
import type { ErrorType } from './errors.ts';

/** One HTTP request at an MCP endpoint, with the table that it began with, as its caller sees it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly table: RoutingView;
  readonly found: FoundRoute;
  /** Whose the request is. */
  readonly principal: Principal;
  /**
   * Takes so much of the memory for large bodies, in all; given back when the exchange has ended.
   * @returns false if there is not so much left
   */
  holdBody(bytes: number): boolean;
  /** Where the events of its answer are kept; absent: where those of its session are. */
  readonly recorder?: EventRecorder;
  /**
   * One message of several that came in this exchange, which is answered by itself. It counts as a request.
   * @param response takes its answer
   * @returns undefined if there are as many requests in work as may be
   */
  part(response: ServerResponse, recorder: EventRecorder): Exchange | undefined;
  /** What the caller is told if its token lacks scopes, as `WWW-Authenticate`. @param scopes all that the operation needs */
  challenge(scopes: readonly string[]): string;
  /** The request is for one server behind the route, which is of this type: for metrics. */
  aimedAt(type: ServiceType): void;
  /** To be called once the client has its answer; streams that stay open call it when they have begun. */
  ended(method: string, error: ErrorType | undefined): void;
}
