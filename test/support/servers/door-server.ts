import { createServer, request, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

export interface DoorOptions {
  /** HTTPS with this certificate, as PEM; absent: HTTP. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** Whether a request may pass; the others get 401. Absent: all may. */
  readonly admit?: (headers: IncomingHttpHeaders) => boolean;
  /** Answers requests in the server's place; false: it does not. */
  readonly answer?: (...of: Parameters<RequestListener>) => boolean;
}

/**
 * What stands before a server: it may speak TLS for it, and ask who comes. Not listening yet.
 * @param target `host:port` of the server behind it
 */
export function doorServer(target: string, { certificate, admit, answer }: DoorOptions): Server {
  const pass: RequestListener = (incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    if (answer?.(incoming, outgoing) === true) return;
    if (admit?.(headers) === false) {
      outgoing.writeHead(401, { 'www-authenticate': 'Bearer', 'content-type': 'text/plain' }).end('Who are you?');
      return;
    }
    const [host, port] = target.split(':');
    // Servers know themselves by their own name.
    const onward = request({ host, port, method, path, headers: { ...headers, host: target } }, (response) => {
      outgoing.writeHead(response.statusCode ?? 500, response.headers);
      outgoing.flushHeaders();
      response.pipe(outgoing);
      response.on('error', () => outgoing.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  };
  return certificate === undefined ? createServer(pass) : createTlsServer({ ...certificate }, pass);
}
