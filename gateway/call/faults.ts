import { JsonScanError } from '../jsonrpc/message-scan.ts';
import { InvalidMessageError } from '../jsonrpc/message.ts';
import { FrameTooLargeError } from '../jsonrpc/sse-frames.ts';
import { McpError } from '../mcp/errors.ts';

/** Errors of connecting: nothing of the request has been sent. */
const UNSENT = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether a request failed before any of it was sent, so that it may be sent elsewhere. */
export function isUnsent(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined && UNSENT.has(code)) return true;
  // Both families of a name were tried: each has its own error.
  return error instanceof AggregateError && error.errors.length > 0 && error.errors.every(isUnsent);
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** What a client is told when a call broke. @param server how messages name the server */
export function faultOf(
  error: unknown,
  server: string,
  about: { readonly data: { readonly server: string } },
): McpError {
  if (error instanceof McpError) return error;
  const options = { ...about, cause: error };
  if (isUnsent(error)) {
    return new McpError(
      'upstream_unreachable',
      `${server} cannot be reached (${codeOf(error) ?? 'no connection'}).`,
      options,
    );
  }
  if (error instanceof JsonScanError || error instanceof InvalidMessageError || error instanceof FrameTooLargeError) {
    return new McpError('upstream_fault', `${server} sent what is no JSON-RPC answer: ${error.message}`, options);
  }
  const what = codeOf(error) ?? (error instanceof Error ? error.message : 'unknown fault');
  return new McpError('upstream_fault', `${server} broke off before its answer (${what}).`, options);
}
