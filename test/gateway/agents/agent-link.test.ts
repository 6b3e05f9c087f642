import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { Pool } from 'undici';
import { readAgentCard } from '../../../gateway/agents/agent-card.ts';
import { AgentLink } from '../../../gateway/agents/agent-link.ts';
import { cardOf } from '../../support/scripted-card.ts';

/** A way to an agent that answers each request with this status and type, and bytes without end. */
async function endless(t: { teardown(end: () => unknown): void }, status: number, contentType: string) {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': contentType });
    const block = Buffer.alloc(256 * 1024, ' ');
    const more = (): void => {
      while (!response.destroyed && response.write(block));
    };
    response.on('drain', more);
    more();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dispatcher = new Pool(`http://127.0.0.1:${port}`);
  t.teardown(async () => {
    await dispatcher.destroy();
    server.close();
    server.closeAllConnections();
  });
  return new AgentLink(readAgentCard(cardOf([])), { dispatcher, host: `127.0.0.1:${port}` });
}

for (const contentType of ['application/json', 'text/event-stream']) {
  t.test(`an answer without end is not read on, though it is called ${contentType}`, async (t) => {
    const link = await endless(t, 200, contentType);
    await t.rejects(link.get('t'), { code: 'ERR_AGENT_OVERSIZE' });
  });
}

t.test('a refusal without end is not read on, though it is called a stream', async (t) => {
  const link = await endless(t, 500, 'text/event-stream');
  await t.rejects(link.subscribe('t', new AbortController().signal).next(), { code: 'ERR_AGENT_OVERSIZE' });
});

t.test('an event without end is not read on', async (t) => {
  const link = await endless(t, 200, 'text/event-stream');
  await t.rejects(link.subscribe('t', new AbortController().signal).next(), { code: 'ERR_AGENT_EVENT_OVERSIZE' });
});
