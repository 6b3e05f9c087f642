import { JsonScanError } from '../jsonrpc/message-scan.ts';
import { InvalidMessageError } from '../jsonrpc/message.ts';
import { FrameTooLargeError } from '../jsonrpc/sse-frames.ts';
import { McpError, type ErrorType } from '../mcp/errors.ts';
import type { RoutedServer } from '../routing/route.ts';
import { OutboundError } from '../upstream/outbound-error.ts';
import type { JsonObject } from '../upstream/json.ts';
import { isConnectFailure, UpstreamError } from '../upstream/errors.ts';

/** An error about one server: its message names the server, and its data does, for a client that reads no prose. */
export function serverError(
  type: ErrorType,
  { entry }: RoutedServer,
  says: string,
  options: { readonly cause?: unknown; readonly status?: number } = {},
): McpError {
  const server = `${entry.namespace}/${entry.name}`;
  return new McpError(type, `Server ${server} ${says}`, { ...options, data: { server } });
}

/**
 * A server failed without what the client can be asked for, had it declared that.
 * @param said the server's own words
 */
export function missingCapability({ entry }: RoutedServer, requiredCapabilities: JsonObject, said: string): McpError {
  const server = `${entry.namespace}/${entry.name}`;
  const says = `Server ${server} needs what the request did not declare, and failed without it: ${said}`;
  return new McpError('missing_capability', says, { data: { requiredCapabilities, server } });
}

/** What a client is told when a call broke. */
export function faultOf(error: unknown, server: RoutedServer): McpError {
  if (error instanceof McpError) return error;
  const options = { cause: error };
  if (error instanceof OutboundError && !error.isOfAddress) {
    return serverError('upstream_fault', server, `was not called: ${error.message}.`, options);
  }
  if (isConnectFailure(error)) {
    const code = codeOf(error) ?? 'no connection';
    return serverError('upstream_unreachable', server, `cannot be reached (${code}).`, options);
  }
  if (error instanceof UpstreamError) {
    const isUnreachable = error.code === 'ERR_UPSTREAM_UNREACHABLE';
    const type = isUnreachable ? 'upstream_unreachable' : 'upstream_fault';
    return serverError(type, server, `opened no session: ${error.message}`, options);
  }
  if (error instanceof JsonScanError || error instanceof InvalidMessageError || error instanceof FrameTooLargeError) {
    return serverError('upstream_fault', server, `sent what is no JSON-RPC answer: ${error.message}`, options);
  }
  const what = codeOf(error) ?? (error instanceof Error ? error.message : 'unknown fault');
  return serverError('upstream_fault', server, `broke off before its answer (${what}).`, options);
}

/** What a client is told when a server refused what was asked for it: the server's own error, named. */
export function refusal(error: unknown, server: RoutedServer): McpError {
  if (!(error instanceof UpstreamError)) return faultOf(error, server);
  const isUnreachable = error.code === 'ERR_UPSTREAM_UNREACHABLE';
  const { namespace, name } = server.entry;
  return new McpError(
    isUnreachable ? 'upstream_unreachable' : 'upstream_fault',
    `Server ${namespace}/${name}: ${error.message}`,
    {
      data: { server: `${namespace}/${name}` },
      cause: error,
      ...(error.rpcCode !== undefined && { code: error.rpcCode }),
    },
  );
}

/** An answer that is none: a page, a bare status, another API's error. */
export function unexpectedAnswer(server: RoutedServer, status: number, contentType: string | undefined): McpError {
  if (status === 401 || status === 403) {
    return serverError(
      'upstream_fault',
      server,
      `answered HTTP ${status}: it refused the gateway, whose owner can say why.`,
    );
  }
  if (status >= 300 && status < 400) {
    return serverError('upstream_fault', server, `answered HTTP ${status}, a redirect, which is not followed.`);
  }
  const what = contentType === undefined ? '' : ` with content type ${contentType.slice(0, 64)}`;
  return serverError('upstream_fault', server, `answered HTTP ${status}${what} and no JSON-RPC answer.`);
}

/** An answer that cannot be read: the gateway offers no compression, so that bytes can pass as they are. */
export function encodedAnswer(server: RoutedServer, encoding: string): McpError {
  const says = `answered with content encoding ${encoding.slice(0, 64)}, which it was not offered.`;
  return serverError('upstream_fault', server, says);
}

/** An answer that some would read otherwise than others, if they read it at all (RFC 8259, section 8.1). */
export function notUtf8(server: RoutedServer): McpError {
  return serverError('upstream_fault', server, 'sent what is no JSON-RPC answer: it is not UTF-8.');
}

/** A server that has no address to dial. */
export function nothingToDial(server: RoutedServer): McpError {
  const why = server.upstream.entry.pending ?? 'No endpoint of it can be reached.';
  return serverError('upstream_unreachable', server, `cannot be called: ${why}`);
}

/** A message that is not the answer to what was sent. */
export function foreignAnswer(server: RoutedServer): McpError {
  return serverError('upstream_fault', server, 'sent an answer to another request.');
}

/** A large answer that must be whole before it can be translated, at a time when too many are. */
export function noRoom(server: RoutedServer): McpError {
  const says = 'sent a large answer, and the gateway holds as many of those as it can; try again.';
  return serverError('overloaded', server, says, { status: 200 });
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
