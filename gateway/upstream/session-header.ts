import type { Dispatcher } from 'undici';

export const SESSION_HEADER = 'mcp-session-id';
/** How ids of sessions with HTTP+SSE servers begin: they are the gateway's own, and known by it. */
export const HTTP_SSE_ID = 'http+sse/';

type Headers = Dispatcher.DispatchOptions['headers'];

/** The headers of a request, names in lower case. */
export function rawHeaders(headers: Headers): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  for (const [name, value] of pairs(headers)) if (value !== undefined) read.set(name.toLowerCase(), String(value));
  return read;
}

/** Whether a request stands in a session with an HTTP+SSE server. */
export function hasHttpSseId(headers: Headers): boolean {
  for (const [name, value] of pairs(headers)) {
    if (name === SESSION_HEADER) return typeof value === 'string' && value.startsWith(HTTP_SSE_ID);
  }
  return false;
}

function* pairs(headers: Headers): Iterable<[string, string | string[] | undefined]> {
  if (headers === null || headers === undefined) return;
  if (Array.isArray(headers)) {
    for (let i = 0; i + 1 < headers.length; i += 2) yield [headers[i] as string, headers[i + 1]];
  } else if (Symbol.iterator in headers) yield* headers;
  else yield* Object.entries(headers) as [string, string | string[] | undefined][];
}
