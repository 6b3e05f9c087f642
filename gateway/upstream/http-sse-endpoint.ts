import { UpstreamError } from './errors.ts';

/** The longest URI that is taken, in characters. */
const MAX_URI = 4096;

/** Where a server's stream of events was opened. */
export interface StreamPlace {
  /** The address that was dialled: `host:port`. */
  readonly target: string;
  /** What was sent as Host. */
  readonly host: string;
  readonly path: string;
}

/**
 * Where messages are POSTed: the URI of the event `endpoint` (2024-11-05, HTTP with SSE). Only its path and query are
 * used: whom the gateway dials is said by the registry alone, so that no server can point it at another.
 * @param uri as the server sent it, relative to the stream's own
 * @returns path and query
 * @throws UpstreamError if it is none, or names another host than the one that was asked
 */
export function messagePath(uri: string, { target, host, path }: StreamPlace): string {
  if (uri.length > MAX_URI) {
    throw malformed(`The event "endpoint" has ${uri.length} characters; at most ${MAX_URI} are taken.`);
  }
  const own = `http://${host}`;
  const shown = JSON.stringify(uri.slice(0, 128));
  const base = URL.canParse(path, own) ? new URL(path, own) : undefined;
  if (base === undefined || !URL.canParse(uri, base.href)) {
    throw malformed(`The event "endpoint" carries ${shown}, which is no URI.`);
  }
  const url = new URL(uri, base);
  if (url.origin !== base.origin && url.origin !== new URL(`http://${target}`).origin) {
    throw malformed(
      `The event "endpoint" names ${shown}, another host than the server's own (${host}). Messages are sent to the server itself only: it should name a path.`,
    );
  }
  return url.pathname + url.search;
}

function malformed(message: string): UpstreamError {
  return new UpstreamError('ERR_UPSTREAM_MALFORMED', message);
}
