import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The options that every test server takes beside its own. */
export const listenOptions = {
  /** 0: a free one. */
  port: { type: 'string', default: '0' },
  /** `::` in a pod. */
  host: { type: 'string', default: '127.0.0.1' },
} as const;

interface ListenValues {
  readonly port: string;
  readonly host: string;
}

/**
 * Listens, and prints `{"url": "http://HOST:PORT/mcp"}` as one line on stdout once connections are accepted. SIGTERM and
 * SIGINT end the process at once: a test that wants a graceful server says so itself.
 */
export async function serve(server: Server, values: ListenValues): Promise<void> {
  announce(await listen(server, values));
}

/** Listens, and prints nothing yet. */
export async function listen(server: Server, values: ListenValues): Promise<AddressInfo> {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
  server.listen(Number(values.port), values.host);
  await once(server, 'listening');
  return server.address() as AddressInfo;
}

/** Prints the URL line of a server that listens on `address`. */
export function announce(address: AddressInfo, path = '/mcp'): void {
  process.stdout.write(`${JSON.stringify({ url: `${originOf(address)}${path}` })}\n`);
}

/** Where this machine reaches a server that listens on `address`: `http://HOST:PORT`. */
export function originOf(address: AddressInfo): string {
  const wildcard = address.address === '::' || address.address === '0.0.0.0';
  const host = wildcard ? '127.0.0.1' : address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
