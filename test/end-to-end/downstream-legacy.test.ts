import t, { type Test } from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, initialize, LegacySession, modernCall, send, type HttpAnswer } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  answering,
  event,
  events,
  failing,
  json,
  result,
  scriptedUpstream,
  textResult,
  type Script,
} from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

/** What a modern server asks for. */
const who = {
  method: 'elicitation/create',
  params: { message: 'Who?', requestedSchema: { type: 'object', properties: {} } },
};
const tools: Readonly<Record<string, Script>> = {
  echo: ({ response, message }) => json(response, textResult(message, JSON.stringify(message.params))),
  never: () => undefined,
  asks: async ({ response, message }) => {
    events(response);
    response.write(event({ jsonrpc: '2.0', id: 'p', method: 'ping' }));
    response.write(event({ jsonrpc: '2.0', id: 7, method: 'sampling/createMessage', params: {} }));
    response.end(event(textResult(message, 'asked')));
  },
  envelope: ({ response, message }) =>
    json(
      response,
      result(message, { resultType: 'complete', ttlMs: 5, cacheScope: 'private', content: [], kept: { a: 1 } }),
    ),
  wants_input: answering({ resultType: 'input_required', inputRequests: { who }, requestState: 'x' }),
};
const methods: Readonly<Record<string, Script>> = {
  'resources/read': failing({ code: -32602, message: 'Resource not found' }),
};
const legacy = await scriptedUpstream(t, { era: 'legacy', tools });
const modern = await scriptedUpstream(t, { era: 'modern', tools, methods, capabilities: { tools: {}, resources: {} } });
const gateway = await gatewayOf(t, { legacy, modern });
const { url } = gateway;
const upstreams = { legacy, modern };

/** Asserts an HTTP status and a JSON-RPC error. */
function refused(t: Test, answer: HttpAnswer, status: number, code: number, message?: RegExp): void {
  t.equal(answer.status, status, answer.text);
  const { error } = answerOf(answer);
  t.equal(error?.code, code, answer.text);
  if (message !== undefined) t.match(error?.message, message);
}

t.test('initialize answers with each version that is known, and with the newest for any other', async (t) => {
  for (const version of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']) {
    const { result } = answerOf(await initialize(url, version));
    t.equal(result?.['protocolVersion'], version);
  }
  for (const version of ['2023-01-01', '2026-07-28', 'x']) {
    const { result } = answerOf(await initialize(url, version));
    t.equal(result?.['protocolVersion'], '2025-11-25', version);
  }
});

t.test('initialize says who it is and what it has, and gives an id in visible ASCII', async (t) => {
  const answer = await initialize(url);
  t.match(answerOf(answer).result, {
    capabilities: { tools: { listChanged: true }, prompts: { listChanged: true }, resources: { listChanged: true } },
    serverInfo: { name: 'fetchfy', version: String },
  });
  t.match(answer.headers['mcp-session-id'], /^[\x21-\x7e]{22,}$/);
  t.not((await initialize(url)).headers['mcp-session-id'], answer.headers['mcp-session-id']);
});

t.test('initialize without a version is refused', async (t) => {
  const headers = { 'content-type': 'application/json' };
  for (const params of [undefined, {}, { protocolVersion: 1 }]) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    refused(t, await send(url, { headers, body }), 200, -32602);
  }
});

t.test('a server is offered the version and the name that the client came with', async (t) => {
  const session = await LegacySession.begin(url, '2025-03-26');
  await session.call('legacy_echo');
  const { params } = legacy.of('initialize').at(-1)?.message ?? {};
  t.match(params, { protocolVersion: '2025-03-26', clientInfo: { name: 'fetchfy-test' }, capabilities: {} });
  t.equal(legacy.of('tools/call').at(-1)?.request.headers['mcp-protocol-version'], '2025-03-26');
});

t.test('a version in the header that is not known is refused, none and any known one is taken', async (t) => {
  const session = await LegacySession.begin(url);
  for (const version of ['2024-01-01', 'x', '', '2025-11-25, 2025-06-18']) {
    refused(t, await session.request('ping', {}, { headers: { 'mcp-protocol-version': version } }), 400, -32600);
  }
  for (const version of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']) {
    t.equal((await session.request('ping', {}, { headers: { 'mcp-protocol-version': version } })).status, 200);
  }
  t.equal((await session.request('ping')).status, 200);
});

t.test('initialize, GET and DELETE are refused under a version in the header that is not known', async (t) => {
  for (const version of ['2024-01-01', 'x', '', '2025-11-25, 2025-06-18']) {
    const answer = await initialize(url, '2025-11-25', { headers: { 'mcp-protocol-version': version } });
    refused(t, answer, 400, -32600, /MCP-Protocol-Version says/);
    t.notOk(answer.headers['mcp-session-id']);
    for (const method of ['GET', 'DELETE']) {
      const { id } = await LegacySession.begin(url);
      const headers = { 'mcp-session-id': id, 'mcp-protocol-version': version };
      refused(t, await send(url, { method, headers }), 400, -32600, /MCP-Protocol-Version says/);
    }
  }
  for (const version of ['2024-11-05', '2025-11-25']) {
    const answer = await initialize(url, '2025-11-25', { headers: { 'mcp-protocol-version': version } });
    t.equal(answer.status, 200, answer.text);
  }
});

t.test('ping is answered by the gateway, with the id as it came', async (t) => {
  const session = await LegacySession.begin(url);
  for (const id of [0, -1, 'x', '', 'é"\\', 9007199254740991]) {
    t.strictSame(answerOf(await session.request('ping', {}, { id })), { jsonrpc: '2.0', id, result: {} });
  }
});

t.test('notifications and responses are taken with 202 and no body', async (t) => {
  const session = await LegacySession.begin(url);
  for (const message of [
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'nobody has it' } },
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: {} },
    { jsonrpc: '2.0', method: 'no/such/thing' },
    { jsonrpc: '2.0', id: 5, result: {} },
    { jsonrpc: '2.0', id: 5, error: { code: 1, message: 'x' } },
  ]) {
    const answer = await session.post(message);
    t.equal(answer.status, 202, JSON.stringify(message));
    t.equal(answer.text, '');
  }
});

t.test('an unknown method is -32601', async (t) => {
  const session = await LegacySession.begin(url);
  for (const method of ['no/such', 'server/discover', 'subscriptions/listen', '__proto__']) {
    refused(t, await session.request(method), 200, -32601);
  }
});

t.test('an unknown tool, prompt and resource are refused in this era’s words', async (t) => {
  const session = await LegacySession.begin(url);
  refused(t, await session.request('tools/call', { name: 'nobody_has' }), 200, -32602, /Unknown tool: nobody_has/);
  refused(t, await session.request('prompts/get', { name: 'nobody_has' }), 200, -32602, /Unknown prompt/);
  refused(t, await session.request('tools/call', {}), 200, -32602, /params.name is missing/);
  refused(t, await session.request('resources/read', { uri: 1 }), 200, -32602, /params.uri is not a string/);
  refused(t, await session.request('completion/complete', { ref: {} }), 200, -32602, /params.ref/);
  // Only the modern server has resources: it is asked, and its own -32602 is this era's -32002.
  refused(t, await session.request('resources/read', { uri: 'a://b' }), 200, -32002);
});

t.test('a legacy server gets the request as it came, under its own name', async (t) => {
  const session = await LegacySession.begin(url);
  const params = { name: 'legacy_echo', arguments: { a: [1, 'é'] }, _meta: { progressToken: 'p', 'example.com/x': 1 } };
  const { id } = answerOf(await session.request('tools/call', params, { id: 'mine' }));
  t.equal(id, 'mine');
  const { message } = legacy.of('tools/call').at(-1) ?? {};
  t.strictSame(message, { jsonrpc: '2.0', id: 'mine', method: 'tools/call', params: { ...params, name: 'echo' } });
});

t.test('a modern server gets an envelope, whatever the client’s params are', async (t) => {
  const session = await LegacySession.begin(url);
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'fetchfy-test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  for (const [sent, expected] of [
    [undefined, envelope],
    [{}, envelope],
    [null, envelope],
    [{ progressToken: 3 }, { ...envelope, progressToken: 3 }],
    [{ 'io.modelcontextprotocol/clientCapabilities': { sampling: {} } }, envelope],
    [
      { 'io.modelcontextprotocol/logLevel': 'debug', kept: 1 },
      { ...envelope, kept: 1 },
    ],
    [
      { kept: 1, 'io.modelcontextprotocol/clientInfo': {} },
      { ...envelope, kept: 1 },
    ],
  ]) {
    const params = { name: 'modern_echo', arguments: {}, ...(sent !== undefined && { _meta: sent }) };
    await session.request('tools/call', params);
    const { message, request } = modern.of('tools/call').at(-1) ?? {};
    t.strictSame(message?.params, { name: 'echo', arguments: {}, _meta: expected });
    t.match(request?.headers, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'echo' });
    t.equal(request?.headers['mcp-session-id'], undefined);
  }
});

t.test('what the modern era puts on results is taken off, and nothing else', async (t) => {
  const session = await LegacySession.begin(url);
  t.strictSame((await session.call('modern_envelope')).result, { content: [], kept: { a: 1 } });
});

t.test('a modern server that wants something of the client is told of, since nothing was offered to it', async (t) => {
  const session = await LegacySession.begin(url);
  const { error } = await session.call('modern_wants_input');
  t.match(error, {
    code: -32603,
    message: /default\/modern asked for input by elicitation\/create \(form\), .* did not offer/,
  });
});

t.test('a legacy server’s questions amid a call are answered by the gateway', async (t) => {
  const session = await LegacySession.begin(url);
  const began = legacy.arrivals.length;
  t.match((await session.call('legacy_asks')).result, { content: [{ text: 'asked' }] });
  const responses = await until('both responses', () => {
    const got = legacy.arrivals.slice(began).filter(({ message }) => message.method === undefined);
    return got.length === 2 ? got.map(({ message }) => message) : undefined;
  });
  const byId = responses.toSorted((a, b) => String(a.id).localeCompare(String(b.id)));
  t.match(byId, [
    { id: 7, error: { code: -32601 } },
    { id: 'p', result: {} },
  ]);
});

for (const server of ['legacy', 'modern'] as const) {
  t.test(`a cancellation reaches a ${server} server, and the request is answered`, async (t) => {
    const session = await LegacySession.begin(url);
    const before = upstreams[server].of('tools/call').length;
    const call = session.request('tools/call', { name: `${server}_never`, arguments: {} }, { id: 'give up' });
    const arrival = await until('the call', () => upstreams[server].of('tools/call')[before]);
    const params = { requestId: 'give up', reason: 'changed my mind' };
    t.equal((await session.notify('notifications/cancelled', params)).status, 202);
    const { id, error } = answerOf(await call);
    t.equal(id, 'give up');
    t.match(error?.message, /cancelled by the client/);
    await until('the end of the connection', () => arrival.isAborted());
    if (server === 'modern') return t.equal(modern.of('notifications/cancelled').length, 0);
    const told = await until('the cancellation', () => legacy.of('notifications/cancelled').at(-1));
    t.strictSame(told.message.params, params);
    return t.equal(told.request.headers['mcp-session-id'], arrival.request.headers['mcp-session-id']);
  });
}

t.test('one client cannot cancel another’s request', async (t) => {
  const [victim, other] = [await LegacySession.begin(url), await LegacySession.begin(url)];
  const before = modern.of('tools/call').length;
  const call = victim.request('tools/call', { name: 'modern_never', arguments: {} }, { id: 1 });
  const arrival = await until('the call', () => modern.of('tools/call')[before]);
  await other.notify('notifications/cancelled', { requestId: 1 });
  await other.call('modern_echo');
  t.notOk(arrival.isAborted());
  await victim.notify('notifications/cancelled', { requestId: 1 });
  answerOf(await call);
});

t.test('a client that goes away does not cancel', async (t) => {
  const session = await LegacySession.begin(url);
  const abort = new AbortController();
  const before = legacy.of('tools/call').length;
  const call = session
    .request('tools/call', { name: 'legacy_never', arguments: {} }, { signal: abort.signal })
    .catch(() => undefined);
  const arrival = await until('the call', () => legacy.of('tools/call')[before]);
  const cancellations = legacy.of('notifications/cancelled').length;
  abort.abort();
  await call;
  await session.call('legacy_echo');
  t.notOk(arrival.isAborted());
  t.equal(legacy.of('notifications/cancelled').length, cancellations);
  json(arrival.response, textResult(arrival.message, 'too late'));
});

t.test('the session’s stream is one of events, and is refused to who does not take those', async (t) => {
  const session = await LegacySession.begin(url);
  const stream = await session.listen();
  t.equal(stream.status, 200);
  t.equal(stream.headers['content-type'], 'text/event-stream');
  t.equal(stream.headers['x-accel-buffering'], 'no');
  stream.close();
  refused(
    t,
    await send(url, { method: 'GET', headers: { ...session.headers, accept: 'application/json' } }),
    406,
    -32600,
  );
});

t.test(
  'a client hears of a change on one of its streams only, and of one that it missed when it listens',
  async (t) => {
    const session = await LegacySession.begin(url);
    const deaf = await LegacySession.begin(url);
    const streams = [await session.listen(), await session.listen()];
    const further = await scriptedUpstream(t, { tools: { more: () => undefined } });
    const entries = [entryFor(legacy.url, { name: 'legacy' }), entryFor(modern.url, { name: 'modern' })];
    await gateway.publish([...entries, entryFor(further.url, { name: 'further' })]);
    const heard = () => streams.flatMap(({ messages }) => messages);
    await until('the notification', () => heard().length > 0);
    t.match(heard(), [{ method: 'notifications/tools/list_changed' }]);
    t.equal(heard().length, 1);

    const late = await deaf.listen();
    t.match(await late.message('notifications/tools/list_changed'), { jsonrpc: '2.0' });
    t.equal(late.messages.length, 1);
    await gateway.publish(entries);
    await until('the removal', () => heard().length > 1);
    for (const stream of [...streams, late]) stream.close();
  },
);

t.test('calls of both eras do not hinder each other', async (t) => {
  const sessions = await Promise.all(Array.from({ length: 10 }, () => LegacySession.begin(url)));
  const calls = sessions.flatMap((session, number) => [
    session.call('legacy_echo', { number }, { id: 1 }),
    session.call('modern_echo', { number }, { id: 1 }),
    modernCall(url, 'legacy_echo', { number }, { id: 1 }),
    modernCall(url, 'modern_echo', { number }, { id: 1 }),
  ]);
  const answers = await Promise.all(calls);
  answers.forEach(({ id, result }, index) => {
    t.equal(id, 1);
    t.match(JSON.stringify(result), `\\"number\\":${Math.floor(index / 4)}}`);
  });
});
