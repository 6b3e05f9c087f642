import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { rawServer, type RawOptions, type RawServer } from './servers/raw.ts';

/** A raw server that listens in this process. */
export interface ListeningRawServer extends RawServer {
  readonly url: string;
  /** `127.0.0.1:PORT` */
  readonly target: string;
  /** Breaks off all connections and stops listening. */
  close(): Promise<void>;
}

/**
 * Starts a raw server in this process, for tests of one module; closed when the test ends.
 * @param t the test, or anything that runs a function at its end
 */
export async function listenRaw(
  t: { teardown(end: () => Promise<void>): void },
  options: RawOptions & { readonly port?: number } = {},
): Promise<ListeningRawServer> {
  const raw = rawServer(options);
  raw.server.listen(options.port ?? 0, '127.0.0.1');
  await once(raw.server, 'listening');
  const { port } = raw.server.address() as AddressInfo;
  const close = async () => {
    if (!raw.server.listening) return;
    const closed = once(raw.server, 'close');
    raw.server.close();
    raw.server.closeAllConnections();
    await closed;
  };
  t.teardown(close);
  return { ...raw, target: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}/mcp`, close };
}
