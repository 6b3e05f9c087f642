import { UpstreamError } from './errors.ts';

/** The longest URI that is taken, in characters. */
const MAX_URI = 4096;

/** Where a server's stream of events was opened. */
export interface StreamPlace {
  /** What was sent as Host. */
  readonly host: string;
  readonly path: string;
}

/**
 * Where messages are POSTed: the URI of the event `endpoint` (2024-11-05, HTTP with SSE). Only its path and query are
 * used: whom the gateway dials is said by the registry alone, so that no server can point it at another. Many servers name
 * a host of their own, as they know themselves or as a proxy does; it is passed over.
 * @param uri as the server sent it, relative to the stream's own
 * @returns path and query
 * @throws UpstreamError if it is no URI of HTTP
 */
export function messagePath(uri: string, { host, path }: StreamPlace): string {
  if (uri.length > MAX_URI) {
    throw malformed(`The event "endpoint" has ${uri.length} characters; at most ${MAX_URI} are taken.`);
  }
  const own = `http://${host}`;
  const base = URL.canParse(path, own) ? new URL(path, own) : undefined;
  const url = base === undefined || !URL.canParse(uri, base.href) ? undefined : new URL(uri, base);
  if (url === undefined || !isHttp(url)) {
    const shown = JSON.stringify(uri.slice(0, 128));
    throw malformed(`The event "endpoint" carries ${shown}, which is no URI of HTTP; expected a path.`);
  }
  return url.pathname + url.search;
}

function isHttp({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:';
}

function malformed(message: string): UpstreamError {
  return new UpstreamError('ERR_UPSTREAM_MALFORMED', message);
}
