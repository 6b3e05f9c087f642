import { once } from 'node:events';
import { createServer, request, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import type { Certificate } from './certificates.ts';

export interface DoorOptions {
  /** HTTPS with this certificate; absent: HTTP. */
  readonly certificate?: Certificate;
  /** Whether a request may pass; the others get 401. Absent: all may. */
  readonly admit?: (headers: IncomingHttpHeaders) => boolean;
  /** Answers requests in the server's place; false: it does not. */
  readonly answer?: (...of: Parameters<RequestListener>) => boolean;
}

/** A request as it came. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** What stands before a server: it speaks TLS for it, and sees what it is sent. */
export interface Door {
  /** `127.0.0.1:PORT` */
  readonly target: string;
  readonly port: number;
  readonly seen: readonly SeenRequest[];
  /** How many connections were made. */
  readonly connections: number;
  /** What new connections are shown. */
  rotate(certificate: Certificate): void;
  /** Breaks off all connections. */
  drop(): void;
}

/**
 * Opens a door in this process; closed when the test ends.
 * @param target `host:port` of the server behind it
 */
export async function openDoor(
  t: { teardown(end: () => void): void },
  target: string,
  { certificate, admit = () => true, answer = () => false }: DoorOptions = {},
): Promise<Door> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  const pass: RequestListener = (incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming;
    seen.push({ method, path: url, headers });
    if (answer(incoming, outgoing)) return;
    if (!admit(headers)) {
      outgoing.writeHead(401, { 'www-authenticate': 'Bearer', 'content-type': 'text/plain' }).end('Who are you?');
      return;
    }
    const [host, port] = target.split(':');
    // Servers know themselves by their own name.
    const onward = request({ host, port, method, path: url, headers: { ...headers, host: target } }, (response) => {
      outgoing.writeHead(response.statusCode ?? 500, response.headers);
      outgoing.flushHeaders();
      response.pipe(outgoing);
      response.on('error', () => outgoing.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  };
  const server = certificate === undefined ? createServer(pass) : createTlsServer({ ...certificate }, pass);
  server.on(certificate === undefined ? 'connection' : 'secureConnection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    target: `127.0.0.1:${port}`,
    port,
    seen,
    get connections() {
      return connections;
    },
    rotate: (next) => (server as unknown as TlsServer).setSecureContext({ ...next }),
    drop: () => server.closeAllConnections(),
  };
}
