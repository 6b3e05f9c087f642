import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** An address that leads to another: a test can cut the way, and open it again. */
export interface SeverableWay {
  /** `host:port` */
  readonly target: string;
  /** Breaks all connections and refuses others. */
  sever(): Promise<void>;
  mend(): Promise<void>;
}

/** Opens a way to a server; ends with the test. @param to `host:port` */
export async function severableWay(t: { teardown(end: () => unknown): void }, to: string): Promise<SeverableWay> {
  const { hostname, port } = new URL(`http://${to}`);
  const sockets = new Set<Socket>();
  const listen = async (at: number): Promise<Server> => {
    const server = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.pipe(other);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
      }
    });
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let server = await listen(0);
  const { port: own } = server.address() as AddressInfo;
  const sever = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  t.teardown(sever);
  return { target: `127.0.0.1:${own}`, sever, mend: async () => void (server = await listen(own)) };
}
