import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { modernCall } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { rawServer } from '../support/servers/raw.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

/** A modern server whose answer to the first question is as told. */
async function slowToDiscover(t: Test, fault: string): Promise<string> {
  const { server } = rawServer({ era: 'modern', faults: { 'server/discover': fault } });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

async function readyz({ adminUrl }: RunningGateway): Promise<{ status: number; text: string }> {
  const response = await fetch(new URL('/readyz', adminUrl));
  return { status: response.status, text: await response.text() };
}

async function untilReady(gateway: RunningGateway): Promise<void> {
  let seen: unknown;
  const isReady = async () => ((seen = await readyz(gateway)) as { status: number }).status === 200;
  await until('the gateway to be ready', isReady, { deadlineMs: 15_000, everyMs: 20, state: () => seen });
}

t.test('a gateway is ready when it has asked its servers once, so that the first call finds them known', async (t) => {
  await using gateway = await startGateway([entryFor(await slowToDiscover(t, 'slow-1000'), { name: 'dice' })]);
  t.match(await readyz(gateway), { status: 503, text: 'The servers are asked for the first time.' });
  await untilReady(gateway);
  t.match(await gateway.report(), { services: [{ name: 'dice', state: 'Available' }] });
});

t.test('a server that never answers does not keep a gateway from being ready', async (t) => {
  await using gateway = await startGateway([entryFor(await slowToDiscover(t, 'hang'), { name: 'dice' })]);
  await untilReady(gateway);
  t.match(await gateway.report(), { services: [{ name: 'dice', state: 'Pending' }] });
});

t.test('a call to a server that is still asked for the first time waits for its answer', async (t) => {
  await using gateway = await startGateway([entryFor(await slowToDiscover(t, 'slow-3000'), { name: 'dice' })]);
  t.match(await modernCall(gateway.url, 'dice_item_0_0'), { result: { content: [{ type: 'text' }] } });
});
