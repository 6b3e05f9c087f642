/** What modern servers need before they answer (2026-07-28, Multi Round-Trip Requests), asked of clients of both eras. */
import type { Client as ModernClient } from '@modelcontextprotocol/client';
import type { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import t from 'tap';
import { legacyClient, modernClient, type TestClient } from '../support/clients.ts';
import { answerOf, LegacySession, modern } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';

const server = await startServer('conformance-modern');
const other = await startServer('conformance-modern');
const gateway = await startGateway([entryFor(server.url, { name: 'asking' }), entryFor(other.url, { name: 'other' })]);
t.teardown(() => Promise.all([gateway.stop(), server.stop(), other.stop()]));

const capabilities = { sampling: {}, elicitation: {}, roots: {} };
const sampled = { model: 'test', role: 'assistant' as const, content: { type: 'text' as const, text: 'Paris' } };
const roots = { roots: [{ uri: 'file:///home/shop', name: 'shop' }] };
const filled = { action: 'accept' as const, content: { name: 'Ada', color: 'green', confirmed: true, ok: true } };

const clients: Readonly<Record<string, (url: string) => Promise<TestClient>>> = {
  legacy: (url) =>
    legacyClient(url, capabilities, (client: LegacyClient) => {
      client.setRequestHandler(CreateMessageRequestSchema, () => sampled);
      client.setRequestHandler(ElicitRequestSchema, () => filled);
      client.setRequestHandler(ListRootsRequestSchema, () => roots);
    }),
  modern: (url) =>
    modernClient(url, capabilities, (client: ModernClient) => {
      client.setRequestHandler('sampling/createMessage', () => sampled);
      client.setRequestHandler('elicitation/create', () => filled);
      client.setRequestHandler('roots/list', () => roots);
    }),
};

const expected: Readonly<Record<string, RegExp>> = {
  test_input_required_result_elicitation: /Hello, Ada!/,
  test_input_required_result_sampling: /Paris/,
  test_input_required_result_list_roots: /1 roots.*home.shop/,
  test_input_required_result_request_state: /state-ok/,
  test_input_required_result_multiple_inputs: /Ada.*Paris.*home.shop/,
  test_input_required_result_multi_round: /Both steps are answered/,
  test_input_required_result_capabilities: /Answered/,
};

for (const [era, connect] of Object.entries(clients)) {
  for (const [path, prefix] of [
    ['', 'asking_'],
    ['/default/asking', ''],
  ] as const) {
    t.test(`a ${era} client answers what a modern server needs, on /mcp${path}`, async (t) => {
      const client = await connect(gateway.url + path);
      t.teardown(() => client.close());
      for (const [tool, pattern] of Object.entries(expected)) {
        t.match(JSON.stringify(await client.callTool({ name: prefix + tool })), pattern, tool);
      }
    });
  }
}

t.test('a modern server is told exactly what a legacy client can be asked for', async (t) => {
  const client = await legacyClient(gateway.url, { roots: {} }, (each) => {
    each.setRequestHandler(ListRootsRequestSchema, () => roots);
  });
  t.teardown(() => client.close());
  t.match(
    JSON.stringify(await client.callTool({ name: 'asking_test_input_required_result_capabilities' })),
    'Answered',
  );
  const none = await legacyClient(gateway.url);
  t.teardown(() => none.close());
  const answer = await none.callTool({ name: 'asking_test_input_required_result_capabilities' });
  t.match(JSON.stringify(answer), 'declared nothing');
});

t.test('a legacy client’s error ends the call with it', async (t) => {
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities });
  const params = { name: 'asking_test_input_required_result_sampling' };
  const call = new MessageStream(await session.open('tools/call', params, { id: 'mine' }));
  t.teardown(() => call.close());
  const { id } = await call.message('sampling/createMessage');
  await session.post({ jsonrpc: '2.0', id, error: { code: -1, message: 'User rejected sampling request' } });
  t.equal(await call.ended(), 'ended');
  t.match(call.messages.at(-1), { id: 'mine', error: { code: -1, message: 'User rejected sampling request' } });
});

t.test('a call that is cancelled takes its questions back', async (t) => {
  const session = await LegacySession.begin(gateway.url, '2025-11-25', { capabilities });
  const heard = await session.listen();
  const params = { name: 'asking_test_input_required_result_sampling' };
  const call = new MessageStream(await session.open('tools/call', params, { id: 'mine' }));
  t.teardown(() => [heard, call].forEach((stream) => stream.close()));
  const { id } = await call.message('sampling/createMessage');
  await session.notify('notifications/cancelled', { requestId: 'mine' });
  t.equal(await call.ended(), 'ended');
  t.match(await heard.message('notifications/cancelled'), { params: { requestId: id } });
});

/** Calls the tool that asks twice, for the first time, and gives the state that it left. */
async function begun(): Promise<string> {
  const meta = { 'io.modelcontextprotocol/clientCapabilities': capabilities };
  const answer = await modern(
    gateway.url,
    'tools/call',
    { name: 'asking_test_input_required_result_multi_round' },
    { meta },
  );
  return String(answerOf(answer).result?.['requestState']);
}

async function retried(params: Record<string, unknown>): Promise<unknown> {
  const meta = { 'io.modelcontextprotocol/clientCapabilities': capabilities };
  return answerOf(await modern(gateway.url, 'tools/call', params, { id: 2, meta }));
}

const name = 'asking_test_input_required_result_multi_round';
const inputResponses = { step1: { action: 'accept', content: { name: 'Ada' } } };

t.test('a state is good for the request that it was given for, again and again', async (t) => {
  const requestState = await begun();
  const round = await retried({ name, inputResponses, requestState });
  t.match(round, { result: { resultType: 'input_required', inputRequests: { step2: {} } } });
  t.match(await retried({ requestState, inputResponses, name }), { result: { resultType: 'input_required' } });
});

t.test('a state is refused for another tool, server or arguments, and if it was changed or made up', async (t) => {
  const requestState = await begun();
  const refused = { error: { code: -32602, message: /requestState/ } };
  const changed = `${requestState.slice(0, -4)}${requestState.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
  t.match(
    await retried({ name: `${name}_elicitation`.replace('multi_round_', ''), inputResponses, requestState }),
    refused,
  );
  t.match(await retried({ name: name.replace('asking', 'other'), inputResponses, requestState }), refused);
  t.match(await retried({ name, arguments: { x: 1 }, inputResponses, requestState }), refused);
  t.match(await retried({ name, inputResponses, requestState: changed }), refused);
  t.match(await retried({ name, inputResponses, requestState: 'made up' }), refused);
  t.match(await retried({ name, inputResponses, requestState: 7 }), refused);
});
