import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import type { Certificate } from './certificates.ts';
import { doorServer, type DoorOptions } from './servers/door-server.ts';

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
  options: DoorOptions = {},
): Promise<Door> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  const answer: DoorOptions['answer'] = (incoming, outgoing) => {
    const { method = '', url: path = '', headers } = incoming;
    seen.push({ method, path, headers });
    return options.answer?.(incoming, outgoing) ?? false;
  };
  const server = doorServer(target, { ...options, answer });
  server.on(options.certificate === undefined ? 'connection' : 'secureConnection', () => connections++);
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
