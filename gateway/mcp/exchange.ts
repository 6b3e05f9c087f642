import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventRecorder } from '../call/reply.ts';
import type { Principal } from '../access/principal.ts';
import type { Message } from '../jsonrpc/message.ts';
import type { RoutedServer } from '../routing/route.ts';
import type { FoundRoute, RoutingView } from '../routing/routing-table.ts';
import type { ErrorType, McpError } from './errors.ts';

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
   * @returns why there is not so much for the caller; undefined: it is taken
   */
  holdBody(bytes: number): McpError | undefined;
  /** Where the events of its answer are kept; absent: where those of its session are. */
  readonly recorder?: EventRecorder;
  /**
   * One message of several that came in this exchange, which is answered by itself. It counts as a request.
   * @param response takes its answer
   * @throws McpError if there are as many requests in work as may be, or the caller has asked for too much
   */
  part(response: ServerResponse, recorder: EventRecorder): Exchange;
  /** What the caller is told if its token lacks scopes, as `WWW-Authenticate`. @param scopes all that the operation needs */
  challenge(scopes: readonly string[]): string;
  /**
   * The request goes to one server behind the route: it counts among those of the server until the exchange has ended.
   * @param name the server's own name, or the URI, of what is asked for
   * @throws LimitError if there are too many
   */
  aimedAt(server: RoutedServer, message: Message, name: string | undefined): void;
  /** To be called once the client has its answer; streams that stay open call it when they have begun. */
  ended(method: string, error: ErrorType | undefined, more?: ExchangeEnd): void;
}

/** What else is known of how an exchange ended. */
export interface ExchangeEnd {
  /** The error that the client was told, if it is the gateway's own. */
  readonly failure?: McpError;
  /** The request, if it was not aimed at a server. */
  readonly message?: Message | undefined;
  readonly passedOver?: PassedOver | undefined;
  /** The code of a server's own error. */
  readonly code?: number | undefined;
}

/** What a request named and was not given, though the rest was: the client is told of it as of what is not there. */
export interface PassedOver {
  /** Resources that the caller may not use, or nobody has. */
  readonly uris: readonly string[];
  /** Of each task the server, `<namespace>/<name>`, which the caller does not see; undefined: the task is not its own. */
  readonly tasks: readonly (string | undefined)[];
}
