/**
 * Every error that the gateway itself answers with: one place that maps what went wrong to a JSON-RPC code and an HTTP
 * status. An upstream's own errors pass through (gateway/call).
 */

/** An error on its way to a client. */
export class McpError extends Error {
  override readonly name = 'McpError';
  /** JSON-RPC error code. */
  readonly code: number;
  /** HTTP status of the answer. */
  readonly status: number;
  readonly data: ErrorData | undefined;
  /** A stable word for metrics. */
  readonly type: ErrorType;
  /** Headers that the answer carries beside the usual ones. */
  readonly headers: Readonly<Record<string, string>>;
  /** Set: the caller asked for what it may not have, though it may not be told so; what it is of is said here. */
  readonly denied: Denied | undefined;

  constructor(type: ErrorType, message: string, options: McpErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.type = type;
    this.code = options.code ?? kinds[type].code;
    this.status = options.status ?? kinds[type].status;
    this.data = options.data;
    this.headers = options.headers ?? {};
    this.denied = options.denied;
  }
}

/** What an error has beside its sentence; in A2A a list. */
export type ErrorData = Readonly<Record<string, unknown>> | readonly unknown[];

/** A token would do if it had these scopes. */
export class ScopeError extends McpError {
  /** All that the operation needs. */
  readonly scopes: readonly string[];

  constructor(scopes: readonly string[]) {
    super('insufficient_scope', `The token lacks scopes; expected one with: ${scopes.join(' ')}.`);
    this.scopes = scopes;
  }
}

/** There is no such thing, or not for the caller: the one is not to be told from the other. */
export class UnknownError extends McpError {
  /** The server that it is of, `<namespace>/<name>`, where that is known, though the caller sees no such server. */
  readonly server: string | undefined;

  constructor(
    type: 'invalid_params' | 'resource_not_found',
    message: string,
    { server, ...options }: McpErrorOptions & { readonly server?: string } = {},
  ) {
    super(type, message, options);
    this.server = server;
  }
}

/** What is told of a path that is not there, or not for the caller: the one is not to be told from the other. */
export function nothingAt(path: string): McpError {
  return new McpError(
    'not_found',
    `Nothing is served at ${path.slice(0, 128)}. All servers: /mcp; one: /mcp/<namespace>/<service>; an agent, by A2A: /agents/<namespace>/<service>/; which there are: /api/services.`,
  );
}

/** The error for whatever was thrown: what is none is a fault of the gateway. */
export function asMcpError(thrown: unknown): McpError {
  if (thrown instanceof McpError) return thrown;
  return new McpError('internal', 'The gateway failed to serve the request; its log says why.', { cause: thrown });
}

export interface McpErrorOptions {
  readonly code?: number;
  readonly status?: number;
  readonly data?: ErrorData;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  readonly denied?: Denied | undefined;
}

/** What is denied, beside what the type of the error says: a session, task or state of another; a credential in a query. */
export type Denied = 'session' | 'task' | 'state' | 'query';

/** JSON-RPC 2.0 section 5.1; MCP 2026-07-28, Base Protocol, Error Codes, which leaves -32000 to -32019 to implementations; for HTTP its transport section. */
const kinds = {
  /** Not JSON. */
  parse: { code: -32700, status: 400 },
  /** JSON, but not a message, or one that does not fit here. */
  invalid_request: { code: -32600, status: 400 },
  method_not_found: { code: -32601, status: 200 },
  invalid_params: { code: -32602, status: 200 },
  /** Of the legacy era only. */
  resource_not_found: { code: -32002, status: 200 },
  /** The session id names none: the client must initialize anew (2025-11-25, Transports, Session Management). */
  session_not_found: { code: -32001, status: 404 },
  /** Of A2A only, as the next (A2A 1.0, Error Code Mappings): none that this caller was told of. */
  task_not_found: { code: -32001, status: 200 },
  unsupported_operation: { code: -32004, status: 200 },
  header_mismatch: { code: -32020, status: 400 },
  /** A server asked for what the request did not declare. */
  missing_capability: { code: -32021, status: 400 },
  unsupported_version: { code: -32022, status: 400 },
  /** Without a credential that is good here. */
  unauthorized: { code: -32600, status: 401 },
  /** With a token whose scopes do not suffice (RFC 6750, section 3.1). */
  insufficient_scope: { code: -32600, status: 403 },
  /** Under a foreign name, or of a foreign page. */
  forbidden: { code: -32600, status: 403 },
  /** No such path. */
  not_found: { code: -32600, status: 404 },
  method_not_allowed: { code: -32600, status: 405 },
  not_acceptable: { code: -32600, status: 406 },
  unsupported_media_type: { code: -32600, status: 415 },
  /** The gateway's own request, come back (RFC 5842, section 7.2). */
  loop_detected: { code: -32600, status: 508 },
  body_too_large: { code: -32600, status: 413 },
  /** More of one caller, server or tool than the Gateway's limits allow: so many a time, or so many at once. */
  rate_limited: { code: -32010, status: 429 },
  concurrency_limited: { code: -32010, status: 429 },
  /** More at once than the gateway takes. */
  overloaded: { code: -32603, status: 503 },
  draining: { code: -32603, status: 503 },
  /** The server behind the gateway cannot be reached; nothing was sent. */
  upstream_unreachable: { code: -32603, status: 200 },
  /** The server broke off, or said something that is no answer. */
  upstream_fault: { code: -32603, status: 200 },
  upstream_timeout: { code: -32603, status: 200 },
  /** By the client. */
  cancelled: { code: -32603, status: 200 },
  internal: { code: -32603, status: 500 },
} as const satisfies Record<string, { code: number; status: number }>;

export type ErrorType = keyof typeof kinds;

/** All types, for the metrics' label. */
export const errorTypes = Object.keys(kinds) as readonly ErrorType[];

/**
 * The JSON-RPC error response, as bytes.
 * @param id the request's id as JSON text; undefined where it could not be read (then `null`, JSON-RPC 2.0 section 5)
 */
export function errorResponse(id: string | undefined, error: McpError): Buffer {
  const body = { code: error.code, message: error.message, ...(error.data === undefined ? {} : { data: error.data }) };
  return Buffer.from(`{"jsonrpc":"2.0","id":${id ?? 'null'},"error":${JSON.stringify(body)}}`);
}
