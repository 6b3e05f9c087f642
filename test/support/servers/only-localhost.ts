import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  validateHostHeader,
  validateOriginHeader,
} from '@modelcontextprotocol/server';

/**
 * Refuses with 403 what a web page sends that had its name rebound to the loopback address (`Host` and `Origin` name
 * something else then), as a server without TLS and authorization owes when it listens there.
 * @param host the address that the server listens on; for any but a loopback address nothing is refused
 * @returns true if the request is answered
 */
export function refusedAsForeign(request: IncomingMessage, response: ServerResponse, host: string): boolean {
  if (host !== '127.0.0.1' && host !== '::1' && host !== 'localhost') return false;
  const { headers } = request;
  const verdicts = [
    validateHostHeader(headers.host, localhostAllowedHostnames()),
    validateOriginHeader(headers.origin, localhostAllowedOrigins()),
  ];
  const refused = verdicts.find(({ ok }) => !ok);
  if (refused === undefined) return false;
  response.writeHead(403, { 'content-type': 'application/json' });
  response.end('{"jsonrpc":"2.0","error":{"code":-32000,"message":"Only for localhost"},"id":null}');
  return true;
}
