/** What people and metrics are told of agents that speak A2A. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import type { PageService, PageView } from '../../gateway/http/page-view.ts';
import { modernCall } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startAgent } from '../support/start-agent.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const SETTLED = { path: '/', type: 'agent' } as const;

/** A service as /api/services tells of it once it is in a state. */
function shown({ origin }: RunningGateway, name: string, state: PageService['state']): Promise<PageService> {
  return until(`${name} to be ${state}`, async () => {
    const { services } = (await (await fetch(`${origin}/api/services`)).json()) as PageView;
    return services.find((service) => service.name === name && service.state === state);
  });
}

/** A host that answers everything with one JSON text. */
async function hostOf(t: Test, json: unknown): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

for (const version of ['1.0', '0.3'] as const) {
  t.test(`the card of an agent that speaks ${version} is in /api/services and on the page`, async (t) => {
    const agent = await startAgent('a2a', { args: ['--version', version] });
    const gateway = await startGateway([entryFor(agent.url, { ...SETTLED, name: 'agent', protocol: 'auto' })]);
    t.teardown(() => Promise.all([gateway.stop(), agent.stop()]));
    const service = await shown(gateway, 'agent', 'Available');
    t.match(service, {
      type: 'agent',
      agent: {
        name: 'a2a',
        description: 'The test agent a2a.',
        version: '1.2.3',
        speaks: `A2A ${version}`,
        isStreaming: true,
        inputModes: ['text/plain', 'application/json'],
        outputModes: ['text/plain', 'application/json'],
      },
    });
    t.equal(service.era, undefined, 'it speaks no era of MCP');
    const echo = { id: 'echo', name: 'Echo', description: 'Answers the text that it is given' };
    t.match(service.agent?.skills, [echo]);
    const page = await (await fetch(gateway.origin)).text();
    for (const part of ['The test agent a2a.', `A2A ${version}`, echo.name, echo.description]) t.match(page, part);
  });
}

for (const [what, card, reason] of [
  ['no interface that the gateway speaks', { name: 'odd', supportedInterfaces: [] }, /needs an interface with JSONRPC/],
  ['no name', { name: '' }, /its name has to have/],
] as const) {
  t.test(`a card with ${what} is told with the reason, and harms no other agent`, async (t) => {
    const agent = await startAgent('a2a');
    const gateway = await startGateway([
      entryFor(await hostOf(t, card), { ...SETTLED, name: 'odd', protocol: 'a2a' }),
      entryFor(agent.url, { ...SETTLED, name: 'agent', protocol: 'a2a' }),
    ]);
    t.teardown(() => Promise.all([gateway.stop(), agent.stop()]));
    const odd = await shown(gateway, 'odd', 'Unavailable');
    t.match(odd.message, reason);
    t.match(odd.message, /agent card/);
    t.equal(odd.agent, undefined);
    await shown(gateway, 'agent', 'Available');
    t.match(await (await fetch(gateway.origin)).text(), reason);
  });
}

t.test('calls of an agent are counted as such', async (t) => {
  const agent = await startAgent('a2a');
  const gateway = await startGateway([entryFor(agent.url, { ...SETTLED, name: 'agent', protocol: 'a2a' })]);
  t.teardown(() => Promise.all([gateway.stop(), agent.stop()]));
  await modernCall(gateway.url, 'agent_delegate', { message: 'echo good morning' });
  const metrics = await (await fetch(new URL('/metrics', gateway.adminUrl))).text();
  t.match(metrics, 'fetchfy_mcp_request_count{path="/mcp",method="tools/call",type="agent"} 1');
  t.match(metrics, 'fetchfy_mcp_service_count{type="agent"} 1');
});
