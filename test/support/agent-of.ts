import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from '../../gateway/agents/agent.ts';
import type { ServiceEntry } from '../../gateway/contract/registry-document.ts';
import { testPools } from './outlets.ts';

/** The gateway's part that speaks with an agent, whose requests come to a listener; ends with the test. */
export async function agentOf(
  t: { teardown(end: () => unknown): void },
  listener: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<{ readonly agent: Agent; readonly entry: ServiceEntry }> {
  const server = createServer((request, response) => void listener(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  const entry = {
    name: 'agent',
    created: '2026-01-01T00:00:00Z',
    namespace: 'ns',
    type: 'agent',
    protocol: 'a2a',
    host,
    path: '/',
    prefix: 'agent',
    targets: [host],
  } as ServiceEntry;
  const pools = testPools();
  // No task is sealed here.
  const agent = new Agent(entry, { pools, sealer: undefined as never, callTimeoutMs: 60_000 });
  t.teardown(async () => {
    agent.close();
    server.close();
    server.closeAllConnections();
    await pools.close();
  });
  return { agent, entry };
}
