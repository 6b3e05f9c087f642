/** What legacy servers ask legacy clients in the midst of a call: sampling, elicitation, roots. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { legacyClient } from '../support/clients.ts';
import { LegacySession } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';

const asking = await startServer('conformance-legacy');
const everything = await startServer('everything');
const gateway = await startGateway([
  entryFor(asking.url, { name: 'asking' }),
  entryFor(everything.url, { name: 'everything' }),
]);
t.teardown(() => Promise.all([gateway.stop(), asking.stop(), everything.stop()]));

const capabilities = { sampling: {}, elicitation: {}, roots: { listChanged: true } };

/** A client that answers whatever it is asked. */
function answering(client: Client): void {
  client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
    const [first] = params.messages;
    const asked = first === undefined || Array.isArray(first.content) ? undefined : first.content;
    const text = `the model says: ${asked?.type === 'text' ? asked.text : ''}`;
    return { model: 'test', role: 'assistant', content: { type: 'text', text } };
  });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
    action: 'accept',
    content: { username: params.message, email: 'a@example.com' },
  }));
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///home/shop', name: 'shop' }] }));
}

const textOf = (result: unknown): string => JSON.stringify((result as { content: unknown }).content);

for (const path of ['', '/default/asking']) {
  const prefix = path === '' ? 'asking_' : '';
  t.test(`a server asks on the stream of its answer, on /mcp${path}`, async (t) => {
    const client = await legacyClient(gateway.url + path, capabilities, answering);
    t.teardown(() => client.close());
    const sampled = await client.callTool({ name: `${prefix}test_sampling`, arguments: { prompt: 'how much?' } });
    t.match(textOf(sampled), 'the model says: how much?');
    const elicited = await client.callTool({ name: `${prefix}test_elicitation`, arguments: { message: 'who?' } });
    t.match(textOf(elicited), 'action=accept');
    t.match(textOf(elicited), 'who?');
  });
}

t.test('a server asks on the stream of the session', async (t) => {
  const client = await legacyClient(gateway.url, capabilities, answering);
  t.teardown(() => client.close());
  const call = { name: 'everything_trigger-sampling-request', arguments: { prompt: 'hello', maxTokens: 10 } };
  t.match(textOf(await client.callTool(call)), 'the model says: ');
  t.match(textOf(await client.callTool({ name: 'everything_get-roots-list' })), 'file:///home/shop');
});

t.test('many clients are asked at once, each what is its own', async (t) => {
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => legacyClient(gateway.url, capabilities, answering)),
  );
  t.teardown(() => Promise.all(clients.map((client) => client.close())));
  await Promise.all(
    clients.flatMap((client, index) =>
      [1, 2, 3].map(async (turn) => {
        const prompt = `client ${index}, turn ${turn}`;
        const answer = await client.callTool({ name: 'asking_test_sampling', arguments: { prompt } });
        t.match(textOf(answer), prompt);
      }),
    ),
  );
});

t.test('nothing is declared to a server for a client that declares nothing', async (t) => {
  const client = await legacyClient(gateway.url);
  t.teardown(() => client.close());
  const answer = await client.callTool({ name: 'asking_test_sampling', arguments: { prompt: 'x' } });
  t.ok((answer as { isError?: boolean }).isError);
});

t.test('a client that refuses is heard by the server', async (t) => {
  const client = await legacyClient(gateway.url, capabilities, (each) => {
    answering(each);
    each.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }));
    each.setRequestHandler(CreateMessageRequestSchema, () => {
      throw new Error('no model today');
    });
  });
  t.teardown(() => client.close());
  const elicited = await client.callTool({ name: 'asking_test_elicitation', arguments: { message: 'who?' } });
  t.match(textOf(elicited), 'action=decline');
  const sampled = await client.callTool({ name: 'asking_test_sampling', arguments: { prompt: 'x' } });
  t.match(textOf(sampled), 'no model today');
});

t.test('a call that is cancelled while the client is asked takes its question back', async (t) => {
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities });
  const heard = await session.listen();
  const params = { name: 'asking_test_sampling', arguments: { prompt: 'x' } };
  const call = new MessageStream(await session.open('tools/call', params, { id: 'mine' }));
  t.teardown(() => [heard, call].forEach((stream) => stream.close()));
  const question = await call.message('sampling/createMessage');
  await session.notify('notifications/cancelled', { requestId: 'mine' });
  t.equal(await call.ended(), 'ended');
  t.match(call.messages.at(-1), { id: 'mine', error: { message: /cancelled/ } });
  t.match(await heard.message('notifications/cancelled'), { params: { requestId: question['id'] } });
});

t.test('the time that a client takes to answer is not the server’s', async (t) => {
  await using hurried = await startGateway([entryFor(asking.url, { name: 'asking', timeoutMs: 1000 })]);
  const session = await LegacySession.begin(hurried.url, '2025-11-25', { capabilities });
  const params = { name: 'asking_test_sampling', arguments: { prompt: 'x' } };
  const call = new MessageStream(await session.open('tools/call', params));
  t.teardown(() => call.close());
  const { id } = await call.message('sampling/createMessage');
  await delay(1500);
  const content = { type: 'text', text: 'late' };
  await session.post({ jsonrpc: '2.0', id, result: { model: 'test', role: 'assistant', content } });
  t.equal(await call.ended(), 'ended');
  t.match(JSON.stringify(call.messages.at(-1)), 'LLM response: late');
});
