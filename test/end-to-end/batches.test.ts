/** JSON-RPC batches of revision 2025-03-26, from clients and from servers. */
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import {
  answerOf,
  LegacySession,
  messagesOf,
  modernCall,
  open,
  textOf,
  type HttpAnswer,
  type RpcAnswer,
} from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { legacyClient } from '../support/clients.ts';
import {
  event,
  events,
  json,
  progressToken,
  scriptedUpstream,
  sent,
  textResult,
  type Arrival,
  type Script,
} from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const VERSION = '2025-03-26';

const progress = ({ message }: Arrival, done: number): object => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: progressToken(message), progress: done },
});
const question = { jsonrpc: '2.0', id: 'q', method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } };
const pending = new Map<string, Arrival>();
const LARGE = 'x'.repeat(3 * 1024 * 1024);

const tools: Readonly<Record<string, Script>> = {
  echo: ({ response, message }) => json(response, textResult(message, JSON.stringify(message.params?.arguments))),
  never: (arrival) => void pending.set('never', arrival),
  breaks: ({ request }) => void request.socket.destroy(),
  large: ({ response, message }) => json(response, textResult(message, LARGE)),
  huge: ({ response, message }) => json(response, textResult(message, LARGE.repeat(6))),
  large_event: ({ response, message }) => void events(response).end(event(textResult(message, LARGE))),
  steps: async (arrival) => {
    const { response, message } = arrival;
    await sent(events(response), event(progress(arrival, 1)));
    await sent(response, event(progress(arrival, 2)));
    response.end(event(textResult(message, 'stepped')));
  },
};
/** What servers of 2025-03-26 do. */
const batching: Readonly<Record<string, Script>> = {
  ...tools,
  array: (arrival) => {
    const { response, message } = arrival;
    json(response, `[${JSON.stringify(progress(arrival, 1))}, ${textResult(message, 'of an array')}]`);
  },
  array_last: (arrival) => {
    const { response, message } = arrival;
    json(response, `[${textResult(message, 'of an array')},${JSON.stringify(progress(arrival, 1))}]`);
  },
  array_events: async (arrival) => {
    const { response, message } = arrival;
    await sent(events(response), event([progress(arrival, 1), progress(arrival, 2)]));
    response.end(event(`[${JSON.stringify(progress(arrival, 3))},${textResult(message, 'of an event')}]`));
  },
  array_large: ({ response, message }) => json(response, `[${textResult(message, LARGE)}]`),
  array_asks: async (arrival) => {
    pending.set('asks', arrival);
    await sent(events(arrival.response), event([question, progress(arrival, 1)]));
  },
  array_foreign: ({ response, message }) => json(response, `[${textResult({ ...message, id: 'other' }, 'x')}]`),
  array_empty: ({ response }) => json(response, '[]'),
  array_broken: ({ response, message }) => json(response, `[${textResult(message, 'x')},]`),
};
const legacy = await scriptedUpstream(t, { era: 'legacy', tools: batching });
const modern = await scriptedUpstream(t, { era: 'modern', tools });
const gateway = await gatewayOf(t, { legacy, modern });
const { url } = gateway;

const call = (id: string | number, name: string, args: unknown = {}, meta?: unknown): object => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args, ...(meta !== undefined && { _meta: meta }) },
});
const ping = (id: string | number): object => ({ jsonrpc: '2.0', id, method: 'ping' });
const cancelled = (requestId: string | number): object => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});

const responses = (answer: HttpAnswer): RpcAnswer[] => messagesOf(answer).filter((message) => !('method' in message));
/** The ids of all responses, sorted: each is to be there once. */
const ids = (answers: readonly RpcAnswer[]): string[] => answers.map(({ id }) => JSON.stringify(id)).sort();
const byId = (answers: readonly RpcAnswer[], id: unknown): RpcAnswer => {
  const found = answers.find((answer) => answer.id === id);
  if (found === undefined) throw new Error(`No answer ${String(id)} in ${JSON.stringify(answers)}`);
  return found;
};

/** Asserts that a batch is refused as a whole. */
function refused(t: Test, answer: HttpAnswer, code: number, says: RegExp): void {
  t.equal(answer.status, 400, answer.text);
  t.match(answerOf(answer), { id: null, error: { code, message: says } });
}

/** Sends a batch and gives what comes as it comes. */
async function stream(session: LegacySession, messages: readonly object[]): Promise<MessageStream> {
  return new MessageStream(await open(url, { headers: session.headers, body: JSON.stringify(messages) }));
}

t.test('requests to servers of both eras and to the gateway: one response each, on one stream', async (t) => {
  const session = await LegacySession.begin(url, VERSION);
  const answer = await session.post([
    call(1, 'legacy_echo', { a: 1 }),
    call('1', 'modern_echo', { a: 2 }),
    ping(2),
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 3, method: 'tools/list' },
    call(4, 'legacy_steps'),
    call(5, 'modern_steps'),
    call(6, 'no_such_tool'),
    { jsonrpc: '2.0', id: 7, method: 'no/such/method' },
    call(8, 'legacy_breaks'),
    { jsonrpc: '2.0', id: 9, result: {} },
  ]);
  t.equal(answer.status, 200);
  t.equal(answer.headers['content-type'], 'text/event-stream');
  const all = responses(answer);
  t.strictSame(ids(all), ['"1"', '1', '2', '3', '4', '5', '6', '7', '8']);
  t.equal(textOf(byId(all, 1)), '{"a":1}');
  t.equal(textOf(byId(all, '1')), '{"a":2}');
  t.strictSame(byId(all, 2).result, {});
  t.ok(Number((byId(all, 3).result?.['tools'] as unknown[] | undefined)?.length) > 5);
  t.equal(textOf(byId(all, 4)), 'stepped');
  t.equal(textOf(byId(all, 5)), 'stepped');
  t.equal(byId(all, 6).error?.code, -32602);
  t.equal(byId(all, 7).error?.code, -32601);
  t.match(byId(all, 8).error, { code: -32603, message: /default\/legacy/ });
});

t.test('what is no message is answered by itself, the others are served', async (t) => {
  const session = await LegacySession.begin(url, VERSION);
  const answer = await session.post([
    1,
    ping(1),
    {},
    [ping(2)],
    { jsonrpc: '2.0', id: 3, method: 4 },
    null,
    call(5, 'legacy_echo'),
  ]);
  t.equal(answer.status, 200);
  const all = responses(answer);
  t.strictSame(ids(all), ['1', '3', '5', 'null', 'null', 'null', 'null']);
  for (const { id, error } of all) if (id === null || id === 3) t.equal(error?.code, -32600);
  const onlyWrong = responses(await session.post([{}]));
  t.match(onlyWrong, [{ id: null, error: { code: -32600 } }]);
});

t.test('notifications and responses alone are taken with 202', async (t) => {
  const session = await LegacySession.begin(url, VERSION);
  for (const batch of [
    [{ jsonrpc: '2.0', method: 'notifications/initialized' }],
    [{ jsonrpc: '2.0', id: 1, result: {} }],
    [cancelled('x'), { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } }, cancelled('y')],
  ]) {
    const answer = await session.post(batch);
    t.equal(answer.status, 202, answer.text);
    t.equal(answer.text, '');
  }
});

t.test('a batch is refused as a whole: empty, too large, with initialize, broken, at other versions', async (t) => {
  const session = await LegacySession.begin(url, VERSION);
  refused(t, await session.post([]), -32600, /batch is empty/);
  const many = Array.from({ length: 101 }, (_, id) => ping(id));
  refused(t, await session.post(many), -32600, /more than 100 messages/);
  t.equal(responses(await session.post(many.slice(1))).length, 100);
  refused(
    t,
    await session.post([ping(1), { jsonrpc: '2.0', id: 2, method: 'initialize', params: {} }]),
    -32600,
    /initialize/,
  );
  const broken = await open(url, { headers: session.headers, body: '[{"jsonrpc":"2.0","id":1,"method":"ping"}' });
  t.equal(broken.statusCode, 400);
  broken.resume();
  for (const version of ['2024-11-05', '2025-06-18', '2025-11-25']) {
    const other = await LegacySession.begin(url, version);
    refused(t, await other.post([ping(1)]), -32600, new RegExp(`2025-03-26 alone, and this session's is ${version}`));
  }
  const headers = { 'mcp-session-id': 'nobody' };
  t.equal((await session.post([ping(1)], headers)).status, 404);
  const modernHeaders = { 'mcp-protocol-version': '2026-07-28' };
  refused(t, await session.post([ping(1)], modernHeaders), -32600, /MCP-Protocol-Version/);
});

t.test('progress of each request comes with its own token, before its response', async (t) => {
  const session = await LegacySession.begin(url, VERSION);
  const answer = await session.post([
    call(1, 'legacy_steps', {}, { progressToken: 'one' }),
    call(2, 'modern_steps', {}, { progressToken: 2 }),
  ]);
  const all = messagesOf(answer) as (RpcAnswer & { readonly params?: { progressToken: unknown; progress: number } })[];
  t.strictSame(ids(responses(answer)), ['1', '2']);
  for (const [token, id] of [
    ['one', 1],
    [2, 2],
  ]) {
    const told = all.flatMap(({ params }, at) =>
      params?.progressToken === token ? [{ at, done: params?.progress }] : [],
    );
    t.strictSame(
      told.map(({ done }) => done),
      [1, 2],
    );
    t.ok((told.at(-1)?.at ?? 0) < all.findIndex((message) => message.id === id));
  }
});

t.test('one request is cancelled, by another message and within the batch; the others are answered', async (t) => {
  const session = await LegacySession.begin(url, VERSION);
  const answers = await stream(session, [call('a', 'legacy_never'), ping('b')]);
  await until('the first answer', () => answers.messages.some(({ id }) => id === 'b'), { state: () => answers.text });
  await until('the call to arrive', () => pending.get('never'));
  t.equal(answers.end, undefined, 'the stream waits for the other');
  await session.notify('notifications/cancelled', { requestId: 'a' });
  t.equal(await answers.ended(), 'ended');
  t.strictSame(
    answers.messages.map(({ id }) => id),
    ['b', 'a'],
  );
  const within = responses(await session.post([call(1, 'modern_never'), ping(2), cancelled(1)]));
  t.strictSame(ids(within), ['1', '2']);
  t.match(byId(within, 1).error?.message, /cancelled by the client/);
});

t.test('large answers come whole, beside each other', async (t) => {
  const session = await LegacySession.begin(url, VERSION);
  const answer = await session.post([
    call(1, 'legacy_large'),
    call(2, 'legacy_large_event'),
    call(3, 'legacy_echo'),
    call(4, 'modern_large'),
    call(5, 'legacy_array_large'),
  ]);
  const all = responses(answer);
  t.strictSame(ids(all), ['1', '2', '3', '4', '5']);
  for (const id of [1, 2, 4, 5]) t.equal(textOf(byId(all, id)).length, LARGE.length);
});

t.test('an answer that is too large for a batch is an error of its request alone', async (t) => {
  const session = await LegacySession.begin(url, VERSION);
  const all = responses(await session.post([call(1, 'legacy_huge'), call(2, 'legacy_echo'), call(3, 'modern_huge')]));
  t.strictSame(ids(all), ['1', '2', '3']);
  t.match(byId(all, 1).error, { code: -32603, message: /too large for a batch/ });
  t.equal(byId(all, 3).error?.code, -32603);
  t.equal(textOf(byId(all, 2)), '{}');
  t.equal(textOf(await session.call('legacy_huge')).length, 6 * LARGE.length, 'alone it passes');
});

t.test('the end of the session ends a batch, with an answer to each request', async (t) => {
  const session = await LegacySession.begin(url, VERSION);
  pending.delete('never');
  const answers = await stream(session, [call(1, 'legacy_never'), ping(2), call(3, 'modern_never')]);
  await until('a call to arrive', () => pending.get('never'));
  await until('the first answer', () => answers.messages.length === 1, { state: () => answers.text });
  await session.end();
  t.equal(await answers.ended(), 'ended');
  t.strictSame(
    answers.messages.map(({ id }) => Number(id)).sort((a, b) => a - b),
    [1, 2, 3],
  );
});

t.test('a client that reads late gets all of its batch, and holds up no other', async (t) => {
  const session = await LegacySession.begin(url, VERSION);
  const batch = Array.from({ length: 12 }, (_, id) => call(id, 'legacy_large'));
  const response = await open(url, { headers: session.headers, body: JSON.stringify(batch) });
  response.pause();
  t.equal((await session.request('ping')).status, 200, 'others are served meanwhile');
  response.resume();
  const all = responses({ status: 200, headers: response.headers, text: await text(response) });
  t.equal(new Set(ids(all)).size, 12);
  for (const answer of all) t.equal(textOf(answer).length, LARGE.length);
});

t.test('a client that lost its connection takes the stream of a batch up again', async (t) => {
  const session = await LegacySession.begin(url, VERSION);
  pending.delete('never');
  const answers = await stream(session, [ping(1), call(2, 'legacy_never'), call(3, 'legacy_echo')]);
  await until('two answers', () => answers.messages.length === 2, { state: () => answers.text });
  const [first, second] = [...answers.text.matchAll(/^id: (.*)$/gm)].map(([, id]) => String(id));
  t.equal(first?.split('-')[0], second?.split('-')[0], 'events of one stream');
  answers.close();
  const { response, message } = await until('the call to arrive', () => pending.get('never'));
  const resumed = await session.listen(first);
  await until('what was missed', () => resumed.messages.length === 1, { state: () => resumed.text });
  json(response, textResult(message, 'at last'));
  t.equal(await resumed.ended(), 'ended');
  t.equal(textOf(resumed.messages.at(-1) as unknown as RpcAnswer), 'at last');
});

t.test('each message of a batch counts among the requests in work', async (t) => {
  const small = await gatewayOf(t, { legacy }, { env: { FETCHFY_MAX_REQUESTS: '4' } });
  const session = await LegacySession.begin(small.url, VERSION);
  const batch = Array.from({ length: 6 }, (_, id) => call(id, 'legacy_never'));
  const answers = new MessageStream(await open(small.url, { headers: session.headers, body: JSON.stringify(batch) }));
  // The batch itself is one.
  await until('those that are too many', () => answers.messages.length === 3, { state: () => answers.text });
  t.strictSame(
    answers.messages.map(({ id }) => id),
    [3, 4, 5],
  );
  t.match(answers.messages[0], { error: { code: -32603, message: /has its 4 requests in work/ } });
  t.equal((await session.request('ping')).status, 503);
  answers.close();
  await session.end().catch(() => undefined);
});

t.test('SDK clients, which send no batches, are served as before at any version', async (t) => {
  const client = await legacyClient(url);
  t.teardown(() => client.close());
  t.match(await client.callTool({ name: 'legacy_echo', arguments: { a: 1 } }), { content: [{ text: '{"a":1}' }] });
});

t.test('a server of 2025-03-26 may answer in arrays, as JSON and as events', async (t) => {
  const session = await LegacySession.begin(url, VERSION);
  for (const [name, dones, text] of [
    ['array', [1], 'of an array'],
    ['array_last', [1], 'of an array'],
    ['array_events', [1, 2, 3], 'of an event'],
  ] as const) {
    const meta = { progressToken: 'mine' };
    const answer = await session.request('tools/call', { name: `legacy_${name}`, arguments: {}, _meta: meta });
    t.equal(textOf(answerOf(answer)), text, name);
    const told = messagesOf(answer).filter((message) => 'method' in message) as { params?: { progress: number } }[];
    t.strictSame(
      told.map(({ params }) => params?.progress),
      dones,
      name,
    );
    t.notOk('method' in (messagesOf(answer).at(-1) ?? {}), 'the answer is the last');
  }
  t.equal(textOf(await session.call('legacy_array_large')).length, LARGE.length);
  for (const [name, says] of [
    ['array_foreign', /answer to another request/],
    ['array_empty', /answer to another request/],
    ['array_broken', /no JSON-RPC answer/],
  ] as const) {
    t.match((await session.call(`legacy_${name}`)).error, { code: -32603, message: says }, name);
  }
});

t.test('a server asks in an array, and hears the answer', async (t) => {
  const session = await LegacySession.begin(url, VERSION, { capabilities: { sampling: {} } });
  const answers = await stream(session, [call(1, 'legacy_array_asks', {}, { progressToken: 1 }), ping(2)]);
  const { id } = await answers.message('sampling/createMessage');
  await answers.message('notifications/progress');
  t.equal((await session.post([{ jsonrpc: '2.0', id, result: { role: 'assistant' } }])).status, 202);
  const told = await until('the server to hear the answer', () =>
    legacy.arrivals.find(({ message }) => message.id === 'q' && message['result'] !== undefined),
  );
  t.match(told.message['result'], { role: 'assistant' });
  const { response, message } = pending.get('asks') as Arrival;
  response.end(event(textResult(message, 'thanks')));
  t.equal(await answers.ended(), 'ended');
  t.strictSame(
    answers.messages.filter((one) => !('method' in one)).map((one) => one['id']),
    [2, 1],
  );
});

t.test('a modern client is given the answer out of an array', async (t) => {
  const old: Readonly<Record<string, Script>> = {
    initialize: ({ response, message }) => {
      const result = {
        protocolVersion: VERSION,
        capabilities: { tools: {} },
        serverInfo: { name: 'old', version: '1' },
      };
      // The control side reads arrays too.
      json(response, `[${JSON.stringify({ jsonrpc: '2.0', id: message.id, result })}]`);
    },
    'tools/list': ({ response, message }) => {
      const result = { tools: [{ name: 'array', inputSchema: { type: 'object' } }] };
      events(response).end(
        event([
          { jsonrpc: '2.0', method: 'notifications/message', params: {} },
          { jsonrpc: '2.0', id: message.id, result },
        ]),
      );
    },
  };
  const upstream = await scriptedUpstream(t, { era: 'stateless', tools: batching, methods: old });
  const other = await gatewayOf(t, { old: upstream });
  t.equal(textOf(await modernCall(other.url, 'old_array')), 'of an array');
  const { services } = await other.report();
  t.match(services, [{ state: 'Available' }]);
});
