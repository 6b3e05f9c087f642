/** The ways between A2A clients and agents: replicas, deadlines, slow clients, what agents say that is no answer. */
import { createServer, request as httpRequest, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { ServiceEntry } from '../../gateway/contract/registry-document.ts';
import { agentClient, all, cancelTask, codeOf, first, getTask, send, stateOf, stream } from '../support/a2a-client.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startAgent } from '../support/start-agent.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const [agent, second] = [await startAgent('a2a'), await startAgent('a2a')];
const cardText = await (await fetch(new URL('.well-known/agent-card.json', agent.url))).text();

/** What the agent answers to a POST that is no agent's. */
let answer: (response: ServerResponse) => void = (response) => void response.destroy();
const odd = createServer((incoming, response) => {
  incoming.resume();
  if (incoming.method !== 'GET') return answer(response);
  response.writeHead(200, { 'content-type': 'application/json' }).end(cardText);
});
odd.listen(0, '127.0.0.1');
await once(odd, 'listening');
const oddUrl = `http://127.0.0.1:${(odd.address() as AddressInfo).port}/`;

const a2a = { type: 'agent', protocol: 'a2a', path: '/' } as const;
const services: readonly ServiceEntry[] = [
  entryFor(agent.url, { name: 'hasty', ...a2a, timeoutMs: 500 }),
  entryFor(agent.url, { name: 'found', ...a2a, protocol: 'auto', path: '/mcp' }),
  entryFor(agent.url, { name: 'replicated', ...a2a, targets: [agent.target, second.target] }),
  entryFor(oddUrl, { name: 'odd', ...a2a }),
];
const gateway = await startGateway(services);
t.teardown(async () => {
  await gateway.stop();
  odd.close();
  odd.closeAllConnections();
  await Promise.all([agent.stop(), second.stop()]);
});

const urlOf = (name: string): string => `${gateway.origin}/agents/default/${name}/`;
const cardOf = (name: string): Promise<Response> => fetch(new URL('.well-known/agent-card.json', urlOf(name)));
const init = {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendStreamingMessage', params: { message: {} } }),
};

t.test('an agent that was found to speak A2A is there as well', async (t) => {
  await until('the card', async () => (await cardOf('found')).status === 200);
  const client = await agentClient(urlOf('found'));
  t.equal(stateOf(await send(client, 'echo hello')), 'COMPLETED');
});

t.test('the public URL of the Gateway is that of its agents', async (t) => {
  for (const publicUrl of ['https://agents.example/base/', 'https://agents.example/base/mcp']) {
    await gateway.publish(services, { policy: { hosts: [], publicUrl } });
    t.match(await (await cardOf('hasty')).json(), {
      supportedInterfaces: [{ url: 'https://agents.example/base/agents/default/hasty/' }],
    });
  }
  await gateway.publish(services);
});

t.test('a call’s deadline is for its answer, and of a stream for its first event', async (t) => {
  const client = await agentClient(urlOf('hasty'));
  const late = send(client, 'wait');
  await t.rejects(late, { message: /Agent default\/hasty gave no answer within 500 ms/ });
  t.equal(await codeOf(late), -32603);
  t.equal(stateOf((await all(stream(client, 'steps 20 50'))).at(-1) ?? {}), 'COMPLETED');
});

t.test('what is asked about a task goes to the replica that has it', async (t) => {
  const client = await agentClient(urlOf('replicated'));
  const before = [await agent.counts(), await second.counts()];
  const ids: string[] = [];
  for (let i = 0; i < 6; i++) {
    const { task } = await send(client, 'wait', { returnImmediately: true });
    ids.push(task?.id ?? '');
  }
  const after = [await agent.counts(), await second.counts()];
  t.ok(
    after.every(({ running }, number) => running > (before[number]?.running ?? 0)),
    'both have some',
  );
  for (const id of ids) t.equal((await getTask(client, id)).id, id);
  for (const id of ids) t.equal(stateOf({ task: await cancelTask(client, id) }), 'CANCELED');
});

t.test('an agent that answers what is none is named in one error', async (t) => {
  const ask = async (): Promise<unknown> => {
    const response = await fetch(urlOf('odd'), init);
    t.equal(response.headers.get('content-type'), 'application/json');
    return response.json();
  };
  for (const [what, status, type, body] of [
    ['a page', 502, 'text/html', '<h1>Bad gateway</h1>'],
    ['half of an answer', 200, 'application/json', '{"jsonrpc":"2.0","id":1,"result":{'],
    ['an answer to another', 200, 'application/json', '{"jsonrpc":"2.0","id":99,"result":{}}'],
    ['a stream without an event', 200, 'text/event-stream', ':\n\n'],
    ['a stream of nonsense', 200, 'text/event-stream', 'data: nonsense\n\n'],
    ['an error of another API', 401, 'application/json', '{"detail":"who are you?"}'],
    ['a redirect', 302, 'application/json', '{}'],
  ] as const) {
    answer = (response) => void response.writeHead(status, { 'content-type': type }).end(body);
    t.match(
      await ask(),
      { id: 1, error: { code: -32603, message: /^Agent default\/odd sent what is no answer/ } },
      what,
    );
  }
  answer = (response) => void response.destroy();
  t.match(
    await ask(),
    { error: { code: -32603, message: /^Agent default\/odd broke off before/ } },
    'a broken connection',
  );
});

t.test('a status beside a JSON-RPC error is the agent’s way of saying it', async (t) => {
  answer = (response) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'too hot' } });
    response.writeHead(500, { 'content-type': 'application/json', 'a2a-extensions': 'urn:a' }).end(body);
  };
  const response = await fetch(urlOf('odd'), init);
  t.equal(response.status, 200);
  t.equal(response.headers.get('a2a-extensions'), 'urn:a');
  t.match(await response.json(), { error: { code: -32603, message: 'too hot' } });
});

t.test('a client that does not read holds its agent back, and ends its stream when it leaves', async (t) => {
  let sent = 0;
  let isOpen = false;
  const event = `data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result: { text: 'x'.repeat(100_000) } })}\n\n`;
  answer = (response) => {
    isOpen = true;
    response.once('close', () => (isOpen = false));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const fill = (): void => {
      do sent += event.length;
      while (response.write(event));
    };
    response.on('drain', fill);
    fill();
  };
  const slow = httpRequest(urlOf('odd'), init);
  slow.on('error', () => undefined).end(init.body);
  const [response] = (await once(slow, 'response')) as [{ pause(): void }];
  response.pause();
  let seen = -1;
  let quiet = 0;
  await until('the agent to be held back', () => {
    quiet = seen === sent ? quiet + 1 : 0;
    seen = sent;
    return quiet > 20;
  });
  t.ok(sent < 32 * 1024 * 1024, `${sent} bytes were sent`);
  t.ok(isOpen);
  slow.destroy();
  await until('the agent’s stream to be closed', () => !isOpen);
});

t.test('a client that leaves ends its call, and not the task', async (t) => {
  const client = await agentClient(urlOf('replicated'));
  const { task } = await first(stream(client, 'wait'));
  const before = (await agent.counts()).running + (await second.counts()).running;
  const gone = new AbortController();
  const params = { message: { messageId: '1', role: 'ROLE_USER', parts: [{ text: 'wait' }] } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params });
  const call = fetch(urlOf('replicated'), { ...init, body, signal: gone.signal });
  const running = async (): Promise<number> => (await agent.counts()).running + (await second.counts()).running;
  await until('the task to run', async () => (await running()) > before);
  gone.abort();
  await t.rejects(call);
  t.equal(await running(), before + 1);
  await cancelTask(client, task?.id ?? '');
});

t.test('a gateway that ends tells its streams, after they had time to end by themselves', async (t) => {
  const own = await startGateway([entryFor(agent.url, { name: 'helper', ...a2a })], {
    env: { FETCHFY_DRAIN_TIMEOUT: '3s' },
  });
  const client = await agentClient(`${own.origin}/agents/default/helper/`);
  const [short, long] = [stream(client, 'steps 10 100'), stream(client, 'wait')];
  const { task } = await first(short);
  t.ok(task);
  await first(long);
  const stopped = own.stop();
  t.equal(stateOf((await all(short)).at(-1) ?? {}), 'COMPLETED');
  await t.rejects(all(long), { message: /The gateway ends\. A task goes on/ });
  t.equal(await stopped, 0);
});
