/** What legacy servers ask modern clients in the midst of a call: sampling, elicitation, roots, with real SDKs. */
import type { Client } from '@modelcontextprotocol/client';
import t from 'tap';
import { callWithProgress, modernClient } from '../support/clients.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';

/** It asks on the stream of the call. */
const asking = await startServer('conformance-legacy');
/** It asks on the stream of the session. */
const everything = await startServer('everything');
const gateway = await startGateway([
  entryFor(asking.url, { name: 'asking' }),
  entryFor(everything.url, { name: 'everything' }),
]);
t.teardown(() => Promise.all([gateway.stop(), asking.stop(), everything.stop()]));

const capabilities = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };

/** A client that answers whatever it is asked. @param who what its own answers can be told by */
function answering(client: Client, who = 'shop'): void {
  client.setRequestHandler('sampling/createMessage', ({ params }) => {
    const [first] = params.messages;
    const asked = first === undefined || Array.isArray(first.content) ? undefined : first.content;
    const text = `${who} says: ${asked?.type === 'text' ? asked.text : ''}`;
    return { model: 'test', role: 'assistant', content: { type: 'text', text } };
  });
  client.setRequestHandler('elicitation/create', ({ params }) => ({
    action: 'accept',
    content: params.mode === 'url' ? undefined : { username: params.message, email: 'a@example.com', name: who },
  }));
  client.setRequestHandler('roots/list', () => ({ roots: [{ uri: `file:///home/${who}`, name: who }] }));
}

const textOf = (result: unknown): string => JSON.stringify((result as { content: unknown }).content);

for (const [union, single] of [
  [true, false],
  [false, true],
] as const) {
  const at = (server: string): string => (union ? '' : `/default/${server}`);
  const named = (server: string, tool: string): string => (single ? tool : `${server}_${tool}`);
  const where = union ? '/mcp' : '/mcp/<namespace>/<service>';

  t.test(`a server asks on the stream of its answer, on ${where}`, async (t) => {
    const client = await modernClient(gateway.url + at('asking'), capabilities, answering);
    t.teardown(() => client.close());
    const sampled = await client.callTool({
      name: named('asking', 'test_sampling'),
      arguments: { prompt: 'how much?' },
    });
    t.match(textOf(sampled), 'shop says: how much?');
    const elicited = await client.callTool({
      name: named('asking', 'test_elicitation'),
      arguments: { message: 'who?' },
    });
    t.match(textOf(elicited), 'action=accept');
    t.match(textOf(elicited), 'who?');
  });

  t.test(`a server asks on the stream of the session, on ${where}`, async (t) => {
    const client = await modernClient(gateway.url + at('everything'), capabilities, answering);
    t.teardown(() => client.close());
    const prompt = { prompt: 'hello', maxTokens: 10 };
    const sampled = await client.callTool({ name: named('everything', 'trigger-sampling-request'), arguments: prompt });
    t.match(textOf(sampled), 'shop says: ');
    const elicited = await client.callTool({ name: named('everything', 'trigger-elicitation-request') });
    t.match(textOf(elicited), 'Name: shop');
    const url = {
      name: named('everything', 'trigger-url-elicitation'),
      arguments: { url: 'https://example.com/pay', message: 'Pay' },
    };
    t.match(textOf(await client.callTool(url)), 'accept');
    t.match(textOf(await client.callTool({ name: named('everything', 'get-roots-list') })), 'file:///home/shop');
  });
}

t.test('a client that refuses is heard by the server', async (t) => {
  for (const action of ['decline', 'cancel'] as const) {
    const client = await modernClient(gateway.url, capabilities, (each) => {
      answering(each);
      each.setRequestHandler('elicitation/create', () => ({ action }));
    });
    t.teardown(() => client.close());
    const call = { name: 'asking_test_elicitation', arguments: { message: 'who?' } };
    t.match(textOf(await client.callTool(call)), `action=${action}`);
  }
});

t.test('many clients are asked at once, each what is its own', async (t) => {
  const clients = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      modernClient(gateway.url, capabilities, (client) => answering(client, `client-${index}`)),
    ),
  );
  t.teardown(() => Promise.all(clients.map((client) => client.close())));
  await Promise.all(
    clients.flatMap((client, index) =>
      [1, 2].map(async (turn) => {
        const prompt = `turn ${turn} of ${index}`;
        const own = `client-${index} says: ${prompt}`;
        t.match(textOf(await client.callTool({ name: 'asking_test_sampling', arguments: { prompt } })), own);
        const other = { name: 'everything_trigger-sampling-request', arguments: { prompt, maxTokens: 10 } };
        t.match(textOf(await client.callTool(other)), `client-${index} says: `);
        const roots = await client.callTool({ name: 'everything_get-roots-list' });
        t.match(textOf(roots), new RegExp(`file:///home/client-${index}[^0-9]`));
      }),
    ),
  );
});

t.test('a call with progress is not disturbed by having its session to itself', async (t) => {
  const client = await modernClient(gateway.url, { elicitation: {} }, (each) => {
    each.setRequestHandler('elicitation/create', () => ({ action: 'decline' }));
  });
  t.teardown(() => client.close());
  const heard: number[] = [];
  const call = { name: 'everything_trigger-long-running-operation', arguments: { duration: 0.4, steps: 4 } };
  t.match(textOf(await callWithProgress(client, call, (done) => heard.push(done))), 'completed');
  t.strictSame(heard, [1, 2, 3, 4]);
});

t.test('nothing is declared to a server for a client that declares nothing', async (t) => {
  const client = await modernClient(gateway.url);
  t.teardown(() => client.close());
  const answer = await client.callTool({ name: 'asking_test_sampling', arguments: { prompt: 'x' } });
  t.ok((answer as { isError?: boolean }).isError);
});
