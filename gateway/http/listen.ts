import { once } from 'node:events';
import type { Server } from 'node:net';

/**
 * Listens and resolves when connections are taken. The wildcard `::` means every address of the machine: where IPv6 is
 * switched off, Node takes the IPv4 ones instead if no host is named.
 * @throws if the port is taken
 */
export async function listenOn(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  server.listen({ port, ...(host !== '::' && { host }) });
  await once(server, 'listening');
}
