import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { challengeHeader } from '../../gateway/access/challenge.ts';
import type { Principal } from '../../gateway/access/principal.ts';
import { A2aEndpoint } from '../../gateway/a2a/endpoint.ts';
import { withoutCard } from '../../gateway/a2a/paths.ts';
import { readConfig } from '../../gateway/config.ts';
import type { AccessRule } from '../../gateway/contract/access-policy.ts';
import type { ServiceEntry } from '../../gateway/contract/registry-document.ts';
import { Limits } from '../../gateway/limits/limits.ts';
import { createLogger } from '../../gateway/log.ts';
import { randomKeyRing } from '../../gateway/sealing/key-ring.ts';
import { Sealer } from '../../gateway/sealing/sealer.ts';
import { Serving } from '../../gateway/serving.ts';
import { testOutlets } from './outlets.ts';
import { principal } from './principal.ts';
import { until } from './until.ts';

interface Ending {
  teardown(end: () => Promise<void>): void;
}

/**
 * The gateway's part that serves MCP, and A2A, in this process, with a door of its own for each principal: the URL of a door
 * is that of all servers for whoever comes through it.
 */
export async function doorsFor<const Name extends string>(
  t: Ending,
  names: readonly Name[],
  services: readonly ServiceEntry[],
): Promise<Readonly<Record<Name, string>>> {
  const principals = Object.fromEntries(names.map((name) => [name, principal(name)])) as Record<Name, Principal>;
  return (await ruledDoors(t, principals, services, [])).doors;
}

export interface RuledDoors<Name extends string> {
  readonly doors: Readonly<Record<Name, string>>;
  /** Has other rules hold from now on. */
  readonly rule: (rules: readonly AccessRule[]) => void;
}

/** The same, for principals of any kind, with rules for them. */
export async function ruledDoors<const Name extends string>(
  t: Ending,
  principals: Readonly<Record<Name, Principal>>,
  services: readonly ServiceEntry[],
  first: readonly AccessRule[],
): Promise<RuledDoors<Name>> {
  const { limits } = readConfig({
    FETCHFY_GATEWAY: 'test',
    FETCHFY_NAMESPACE: 'default',
    FETCHFY_REGISTRY: 'directory:unused',
  });
  const log = createLogger({ level: 'error', format: 'text', write: (line) => console.error(line) });
  const sealer = new Sealer(randomKeyRing());
  const serving = new Serving(limits, new Limits(limits.requests), sealer, testOutlets(), log);
  const agents = new A2aEndpoint({
    ...limits,
    agentOf: (key) => serving.agentOf(key),
    foundOf: (key) => serving.foundOf(key),
    baseUrl: (_, host) => `http://${host}`,
    sealer,
    log,
  });
  const gateway = { namespace: 'default', name: 'test' };
  const rule = (rules: readonly AccessRule[]): void => {
    serving.take({ formatVersion: 1, gateway, revision: '', policy: { hosts: [] }, services, rejected: [], rules });
    agents.retain((principal) => serving.table.viewOf(principal));
  };
  rule(first);
  const doors = await Promise.all(
    Object.entries<Principal>(principals).map(
      async ([name, principal]) => [name, await door(serving, agents, principal)] as const,
    ),
  );
  t.teardown(async () => {
    serving.endStreams();
    for (const [, { close }] of doors) close();
    await serving.close();
  });
  await until('the servers', () => serving.upstreams.report().every(({ state }) => state === 'Available'), {
    state: () => serving.upstreams.report(),
  });
  return { doors: Object.fromEntries(doors.map(([name, { url }]) => [name, url])) as Record<Name, string>, rule };
}

/** Listens for one principal. */
async function door(serving: Serving, agents: A2aEndpoint, principal: Principal) {
  const server = createServer((request, response) => {
    const table = serving.table.viewOf(principal);
    const found = table.find(withoutCard(request.url ?? '').replace(/\/$/, ''));
    if (found === undefined) return void response.writeHead(404).end();
    (found.pattern === '/agents/:namespace/:service' ? agents : serving.endpoint).handle({
      request,
      response,
      table,
      found,
      principal,
      challenge: (scopes) => challengeHeader({ error: 'insufficient_scope', scopes }),
      holdBody: () => undefined,
      part: () => {
        throw new Error('A door takes no batches.');
      },
      aimedAt: () => undefined,
      ended: () => undefined,
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/mcp`, close };
}
