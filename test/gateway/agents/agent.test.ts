import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { Agent } from '../../../gateway/agents/agent.ts';
import type { ServiceEntry } from '../../../gateway/contract/registry-document.ts';
import { Pools } from '../../../gateway/upstream/pools.ts';
import { cardOf } from '../../support/scripted-card.ts';
import { until } from '../../support/until.ts';

/** An agent whose card is asked for at an address that answers when a test says so. */
async function heldAgent(t: { teardown(end: () => unknown): void }) {
  const asked: ServerResponse[] = [];
  const server = createServer((_, response) => void asked.push(response));
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
  const pools = new Pools({});
  // No task is sealed here.
  const agent = new Agent(entry, { pools, sealer: undefined as never, callTimeoutMs: 60_000 });
  t.teardown(async () => {
    agent.close();
    server.close();
    server.closeAllConnections();
    await pools.close();
  });
  /** Answers the next request for the card. */
  const give = async (skill: string): Promise<void> => {
    const response = await until('the card to be asked for', async () => asked.shift());
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
    response.end(JSON.stringify(cardOf([skill])));
  };
  return { agent, entry, give, asked };
}

t.test('a call does not wait for a card that has run out', async (t) => {
  const { agent, give, asked } = await heldAgent(t);
  const first = agent.callable();
  await give('one');
  const names = (await first).map(({ definition }) => definition['name']);
  t.ok(names.includes('one'), names.join());
  t.strictSame(await agent.callable(), await first, 'while the next card is held back');
  await until('the next card to be asked for', async () => asked.length > 0);
});

t.test('a card that was asked for before the agent changed is not kept', async (t) => {
  const { agent, entry, give, asked } = await heldAgent(t);
  const before = agent.card();
  await until('the card to be asked for', async () => asked.length > 0);
  agent.update({ ...entry, path: '/other' });
  await give('old');
  await give('new');
  t.strictSame(
    (await before).card.skills.map(({ id }) => id),
    ['new'],
  );
  t.match(agent.known?.card.skills, [{ id: 'new' }]);
});
