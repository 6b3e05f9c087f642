import { OutboundError } from './outbound-error.ts';

export type UpstreamErrorCode =
  /** No connection came about: nothing was sent, another endpoint may be tried. */
  | 'ERR_UPSTREAM_UNREACHABLE'
  /** The connection broke before the answer was complete. */
  | 'ERR_UPSTREAM_BROKEN'
  /** No complete answer within the deadline. */
  | 'ERR_UPSTREAM_TIMEOUT'
  /** An HTTP status that says no, without a JSON-RPC error. */
  | 'ERR_UPSTREAM_STATUS'
  /** The session that was used is unknown to the server: a new one must be begun. */
  | 'ERR_UPSTREAM_SESSION'
  /** The answer is not what the protocol allows. */
  | 'ERR_UPSTREAM_MALFORMED'
  /** The answer is larger than allowed. */
  | 'ERR_UPSTREAM_OVERSIZE'
  /** No protocol version in common. */
  | 'ERR_UPSTREAM_VERSION'
  /** A JSON-RPC error. */
  | 'ERR_UPSTREAM_RPC'
  /** What is to be shown to the server cannot be used, or had: nothing was sent. */
  | 'ERR_UPSTREAM_CREDENTIAL'
  /** The gateway gave up the request itself. */
  | 'ERR_UPSTREAM_ABORTED';

/** What went wrong between the gateway and one upstream server. The message is a sentence without the server's name. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly code: UpstreamErrorCode;
  /** The JSON-RPC error's code, where there is one. */
  readonly rpcCode: number | undefined;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;

  constructor(
    code: UpstreamErrorCode,
    message: string,
    options: ErrorOptions & { readonly rpcCode?: number; readonly status?: number } = {},
  ) {
    super(message, options);
    this.code = code;
    this.rpcCode = options.rpcCode;
    this.status = options.status;
  }
}

/** What a dialled socket and undici report when no connection came about, so that nothing can have been sent. */
const connectCodes = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Whether an error of a dispatch means that no connection came about: nothing was sent, so that any request may be tried
 * again at another endpoint.
 */
export function isConnectFailure(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if (error instanceof OutboundError) return error.isOfAddress;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (typeof code === 'string' && connectCodes.has(code)) return true;
  // Both families of a name are tried in turn, and all their failures come as one.
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isConnectFailure);
  return code === 'ETIMEDOUT' && syscall === 'connect';
}

/** The message of any thrown value, for a sentence. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((each) => reasonOf(each)).join('; ');
  }
  return error instanceof Error ? error.message || error.name : String(error);
}
