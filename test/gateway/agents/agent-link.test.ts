import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { Pool } from 'undici';
import { readAgentCard } from '../../../gateway/agents/agent-card.ts';
import { AgentLink } from '../../../gateway/agents/agent-link.ts';
import { cardOf } from '../../support/scripted-card.ts';

/** A way to an agent that answers like this, by one connection at a time. */
async function linkTo(t: { teardown(end: () => unknown): void }, answer: (response: ServerResponse) => void) {
  const server = createServer((_, response) => answer(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dispatcher = new Pool(`http://127.0.0.1:${port}`, { connections: 1 });
  t.teardown(async () => {
    await dispatcher.destroy();
    server.close();
    server.closeAllConnections();
  });
  return new AgentLink(readAgentCard(cardOf([])), { dispatcher, host: `127.0.0.1:${port}` });
}

/** A way to an agent that answers each request with this status and type, and bytes without end. */
function endless(t: { teardown(end: () => unknown): void }, status: number, contentType: string) {
  return linkTo(t, (response) => {
    response.writeHead(status, { 'content-type': contentType });
    const block = Buffer.alloc(256 * 1024, ' ');
    const more = (): void => {
      while (!response.destroyed && response.write(block));
    };
    response.on('drain', more);
    more();
  });
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

t.test('who has heard enough of a task leaves its connection to the next', async (t) => {
  const responses: ServerResponse[] = [];
  let ids = 0;
  const link = await linkTo(t, (response) => {
    responses.push(response);
    const task = { id: 't', contextId: 'c', status: { state: 'TASK_STATE_COMPLETED' } };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: ++ids, result: { task } })}\n\n`);
  });
  for (let time = 1; time <= 2; time++) {
    for await (const { payload } of link.subscribe('t', new AbortController().signal)) {
      t.equal(payload?.$case, 'task');
      break;
    }
    const response = responses.at(-1) as ServerResponse;
    // Agents end a stream a little after the last that they tell.
    setImmediate(() => response.end());
    await once(response, 'close');
    t.ok(response.writableFinished);
  }
  t.ok(responses[0]?.req.socket === responses[1]?.req.socket);
});
