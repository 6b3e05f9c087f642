import t, { type Test } from 'tap';
import { serverInfo } from '../../gateway/mcp/server-info.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import {
  answerOf,
  messagesOf,
  modern,
  modernCall,
  modernListen,
  modernRequest,
  open,
  send,
} from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  answering,
  event,
  events,
  failing,
  json,
  progressToken,
  scriptedUpstream,
  textResult,
  type Script,
} from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const META = 'io.modelcontextprotocol/';
const VERSION = `${META}protocolVersion`;

const tools: Readonly<Record<string, Script>> = {
  echo: ({ response, message }) => json(response, textResult(message, JSON.stringify(message.params))),
  héllo: ({ response, message }) => json(response, textResult(message, 'hello')),
  never: () => undefined,
  stream_for_ever: ({ response }) => void events(response).write(': here\n\n'),
  refuse_version: failing({ code: -32022, message: 'no' }, 400),
  refuse_headers: failing({ code: -32020, message: 'no' }, 400),
  lack_capability: failing({ code: -32021, message: 'no', data: { requiredCapabilities: { sampling: {} } } }, 400),
  unauthorized: failing({ code: -32001, message: 'who?' }, 401),
  chatty: ({ response, message }) => {
    events(response);
    for (const method of ['notifications/message', 'notifications/tools/list_changed', 'notifications/progress']) {
      const params = { progressToken: progressToken(message), progress: 1 };
      response.write(event({ jsonrpc: '2.0', method, params }));
    }
    response.write(
      event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 'x', progress: 2 } }),
    );
    response.end(event(textResult(message, 'said all')));
  },
};
const resources: Readonly<Record<string, Script>> = {
  'resources/read': answering({ contents: [] }),
  'resources/list': answering({ resources: [{ uri: 'a://b', name: 'b' }] }),
  'resources/templates/list': answering({ resourceTemplates: [] }),
};
const capabilities = { tools: {}, resources: {} };
const legacy = await scriptedUpstream(t, { era: 'legacy', tools, methods: resources, capabilities });
const modernServer = await scriptedUpstream(t, { era: 'modern', tools });
const gateway = await gatewayOf(t, { legacy, modern: modernServer });
const { url } = gateway;
const echo = { name: 'modern_echo', arguments: {} };

/** Asserts an HTTP status and a JSON-RPC error. */
async function refused(t: Test, sent: ReturnType<typeof send>, status: number, code: number): Promise<unknown> {
  const answer = await sent;
  t.equal(answer.status, status, answer.text);
  const { error } = answerOf(answer);
  t.equal(error?.code, code, answer.text);
  return error?.data;
}

t.test('server/discover says versions, capabilities, who it is, and how long that holds', async (t) => {
  const answer = await modern(url, 'server/discover');
  t.equal(answer.status, 200);
  t.match(answerOf(answer).result, {
    resultType: 'complete',
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: { listChanged: true }, prompts: {}, resources: {}, completions: {} },
    ttlMs: Number,
    cacheScope: 'public',
    _meta: { [`${META}serverInfo`]: { name: 'fetchfy' } },
  });
});

t.test('one server’s own path declares what that server has', async (t) => {
  const { result } = answerOf(await modern(`${url}/default/legacy`, 'server/discover'));
  t.strictSame(Object.keys(result?.['capabilities'] as object).sort(), ['resources', 'tools']);
});

t.test('a request without one of the headers, or with another value, is refused', async (t) => {
  for (const header of ['mcp-protocol-version', 'mcp-method', 'mcp-name']) {
    for (const value of ['', 'another']) {
      await refused(t, modern(url, 'tools/call', echo, { headers: { [header]: value } }), 400, -32020);
    }
  }
});

t.test('header values are told apart by case, names are not', async (t) => {
  await refused(t, modern(url, 'tools/call', echo, { headers: { 'mcp-method': 'Tools/call' } }), 400, -32020);
  const headers = { 'mcp-method': '', 'MCP-METHOD': 'tools/call' };
  t.equal((await modern(url, 'tools/call', echo, { headers })).status, 200);
});

t.test('a header in the Base64 sentinel is decoded before it is compared', async (t) => {
  const name = 'modern_héllo';
  const encoded = `=?base64?${Buffer.from(name).toString('base64')}?=`;
  const params = { name, arguments: {} };
  t.match(answerOf(await modern(url, 'tools/call', params, { headers: { 'mcp-name': encoded } })).result, {
    content: [{ text: 'hello' }],
  });
  t.equal(modernServer.of('tools/call').at(-1)?.request.headers['mcp-name'], '=?base64?aMOpbGxv?=', 'and encoded anew');
  const broken = { headers: { 'mcp-name': '=?base64?bW9kZXJu!?=' } };
  await refused(t, modern(url, 'tools/call', params, broken), 400, -32020);
});

t.test('a name that looks like a sentinel is its own only when it is encoded', async (t) => {
  const name = '=?base64?eA==?=';
  await refused(t, modern(url, 'tools/call', { name }), 400, -32020);
  const encoded = `=?base64?${Buffer.from(name).toString('base64')}?=`;
  await refused(t, modern(url, 'tools/call', { name }, { headers: { 'mcp-name': encoded } }), 200, -32602);
});

t.test('an unknown version is refused with those that are known', async (t) => {
  const future = { headers: { 'mcp-protocol-version': '2030-01-01' }, meta: { [VERSION]: '2030-01-01' } };
  const data = await refused(t, modern(url, 'tools/list', {}, future), 400, -32022);
  t.strictSame(data, { supported: ['2026-07-28'], requested: '2030-01-01' });
  const legacyOne = { headers: { 'mcp-protocol-version': '2025-11-25' }, meta: { [VERSION]: '2025-11-25' } };
  await refused(t, modern(url, 'tools/list', {}, legacyOne), 400, -32022);
});

t.test('a version that is no string is refused', async (t) => {
  await refused(t, modern(url, 'tools/list', {}, { meta: { [VERSION]: 20260728 } }), 400, -32020);
});

t.test('the version in the header without an envelope is refused', async (t) => {
  const { headers } = modernRequest('tools/list');
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
  await refused(t, send(url, { headers: headers ?? {}, body }), 400, -32602);
});

t.test('an envelope without capabilities is refused', async (t) => {
  for (const value of [undefined, null, [], 'x']) {
    const meta = { [`${META}clientCapabilities`]: value };
    await refused(t, modern(url, 'tools/list', {}, { meta }), 400, -32602);
  }
});

t.test('the methods of the legacy era, and unknown ones, are not found', async (t) => {
  for (const method of [
    'initialize',
    'ping',
    'logging/setLevel',
    'resources/subscribe',
    'tasks/result',
    'tasks/list',
    'no/such',
  ]) {
    await refused(t, modern(url, method), 404, -32601);
  }
});

t.test('a notification is taken with 202, with and without headers or an envelope', async (t) => {
  const body = (params: unknown): string =>
    JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
  const type = { 'content-type': 'application/json' };
  const enveloped = { _meta: { [VERSION]: '2026-07-28' } };
  for (const sent of [
    { headers: type, body: body(enveloped) },
    { headers: { ...type, 'mcp-protocol-version': '2026-07-28' }, body: body({}) },
  ]) {
    const answer = await send(url, sent);
    t.equal(answer.status, 202);
    t.equal(answer.text, '');
  }
});

t.test('an Mcp-Session-Id means nothing, and none is given', async (t) => {
  const answer = await modern(url, 'tools/list', {}, { headers: { 'mcp-session-id': 'x' } });
  t.equal(answer.status, 200);
  t.equal(answer.headers['mcp-session-id'], undefined);
});

t.test('every list says that it is complete, how long it may be kept and by whom', async (t) => {
  for (const method of ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list']) {
    for (const path of [url, `${url}/default/legacy`, `${url}/default/modern`]) {
      const { result } = answerOf(await modern(path, method));
      t.match(result, { resultType: 'complete', ttlMs: Number, cacheScope: 'public' }, `${method} ${path}`);
    }
  }
});

t.test(
  'a result of a legacy server says that it is complete, what was read of it that it may not be kept',
  async (t) => {
    t.equal((await modernCall(url, 'legacy_echo')).result?.['resultType'], 'complete');
    const { result } = answerOf(await modern(url, 'resources/read', { uri: 'a://b' }));
    t.match(result, { resultType: 'complete', ttlMs: 0, cacheScope: 'private' });
  },
);

t.test('a modern server gets the request as it came, under its own name, its parameters mirrored', async (t) => {
  const headers = { 'mcp-param-region': 'us-west1', 'Mcp-Param-Other': '=?base64?w6k=?=' };
  const meta = {
    traceparent: '00-1',
    'example.com/kept': { a: 1 },
    [`${META}clientInfo`]: { name: 'me', version: '1' },
  };
  const answer = await modernCall(url, 'modern_echo', { region: 'us-west1' }, { headers, meta, id: 'mine' } as object);
  t.equal(answer.id, 'mine');
  const { request, message } = modernServer.of('tools/call').at(-1) ?? {};
  t.match(request?.headers, {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'echo',
    'mcp-param-region': 'us-west1',
    'mcp-param-other': '=?base64?w6k=?=',
  });
  t.match(message, { id: 'mine', params: { name: 'echo', arguments: { region: 'us-west1' }, _meta: meta } });
});

t.test('a legacy server gets no header or key of the modern era but mirrored parameters, and all others', async (t) => {
  const headers = { 'mcp-param-region': 'us-west1' };
  const meta = { traceparent: '00-1', [`${META}clientInfo`]: { name: 'me', version: '1' } };
  await modernCall(url, 'legacy_echo', {}, { headers, meta } as object);
  const { request, message } = legacy.of('tools/call').at(-1) ?? {};
  t.strictSame(message?.params?.['_meta'], { traceparent: '00-1' });
  t.strictSame(
    Object.keys(request?.headers ?? {}).filter((name) => name.startsWith('mcp-')),
    // Who does not know such a header passes it on (2026-07-28, Server Behavior for Custom Headers).
    ['mcp-protocol-version', 'mcp-session-id', 'mcp-param-region'],
  );
});

t.test('the client’s credentials reach no server', async (t) => {
  const headers = { authorization: 'Bearer secret', cookie: 'a=b', 'proxy-authorization': 'Basic x' };
  for (const [name, server] of [
    ['modern', modernServer],
    ['legacy', legacy],
  ] as const) {
    await modernCall(url, `${name}_echo`, {}, { headers });
    const sent = server.of('tools/call').at(-1)?.request.headers ?? {};
    for (const header of Object.keys(headers)) t.equal(sent[header], undefined, `${name}: ${header}`);
  }
});

t.test('a server’s refusal of the gateway’s own headers or version is told as the server’s fault', async (t) => {
  for (const tool of ['refuse_version', 'refuse_headers']) {
    const answer = await modern(url, 'tools/call', { name: `modern_${tool}`, arguments: {} });
    t.equal(answer.status, 200);
    t.match(answerOf(answer).error, {
      code: -32603,
      message: 'Server default/modern refused',
      data: { server: 'default/modern' },
    });
  }
});

t.test('a capability that the client lacks is told as the server told it', async (t) => {
  const data = await refused(t, modern(url, 'tools/call', { name: 'modern_lack_capability' }), 400, -32021);
  t.strictSame(data, { requiredCapabilities: { sampling: {} } });
});

t.test('a server’s 401 is not the gateway’s', async (t) => {
  await refused(t, modern(url, 'tools/call', { name: 'modern_unauthorized' }), 200, -32001);
});

t.test('an unknown tool, prompt or resource is -32602', async (t) => {
  await refused(t, modern(url, 'tools/call', { name: 'nobody_has' }), 200, -32602);
  await refused(t, modern(url, 'prompts/get', { name: 'nobody_has' }), 200, -32602);
  // Only one server has resources: it is asked. A union of two would know.
  await refused(t, modern(url, 'tools/call', { name: 7 }), 200, -32602);
});

t.test('a client that closes its stream ends the request: towards a modern server by the connection', async (t) => {
  for (const tool of ['never', 'stream_for_ever']) {
    const abort = new AbortController();
    const before = modernServer.of('tools/call').length;
    const request = open(url, {
      ...modernRequest('tools/call', { name: `modern_${tool}`, arguments: {} }),
      signal: abort.signal,
    }).catch(() => undefined);
    const arrival = await until('the call', () => modernServer.of('tools/call')[before]);
    abort.abort();
    t.ok(await until('the end of the connection', () => arrival.isAborted()));
    await request;
  }
});

t.test('towards a legacy server by a notification too', async (t) => {
  const abort = new AbortController();
  const before = legacy.of('tools/call').length;
  const params = { name: 'legacy_never', arguments: {} };
  const request = open(url, { ...modernRequest('tools/call', params), signal: abort.signal }).catch(() => undefined);
  const arrival = await until('the call', () => legacy.of('tools/call')[before]);
  abort.abort();
  const told = await until('the cancellation', () => legacy.of('notifications/cancelled').at(-1));
  t.equal(told.message.params?.['requestId'], arrival.message.id);
  t.equal(told.request.headers['mcp-session-id'], arrival.request.headers['mcp-session-id']);
  await request;
});

t.test('on the stream of a call to a legacy server stands its own progress and nothing else', async (t) => {
  const meta = { progressToken: 'mine' };
  const answer = await modern(url, 'tools/call', { name: 'legacy_chatty', arguments: {} }, { meta });
  const [progress, last, ...more] = messagesOf(answer) as unknown as Record<string, unknown>[];
  t.match(progress, { method: 'notifications/progress', params: { progressToken: 'mine', progress: 1 } });
  t.match(last, { result: { content: [{ text: 'said all' }] } });
  t.strictSame(more, []);
});

t.test('clients that choose one id and one progress token do not meet at a legacy server', async (t) => {
  const before = legacy.of('tools/call').length;
  const meta = { progressToken: 1 };
  const calls = Array.from({ length: 8 }, (_, number) =>
    modern(url, 'tools/call', { name: 'legacy_echo', arguments: { number } }, { meta, id: 1 }),
  );
  const answers = await Promise.all(calls);
  for (const [number, answer] of answers.entries()) {
    const { id, result } = answerOf(answer);
    t.equal(id, 1);
    t.match(JSON.stringify(result), `\\"number\\":${number}`);
  }
  const sent = legacy
    .of('tools/call')
    .slice(before)
    .map(({ message }) => message);
  t.equal(new Set(sent.map(({ id }) => id)).size, 8);
  t.equal(new Set(sent.map(progressToken)).size, 8);
});

t.test('subscriptions/listen begins with what of the filter is honoured', async (t) => {
  const filter = { toolsListChanged: true, promptsListChanged: false, resourceSubscriptions: ['a://b'], other: true };
  const stream = await modernListen(url, filter);
  t.equal(stream.status, 200);
  t.equal(stream.headers['content-type'], 'text/event-stream');
  t.equal(stream.headers['x-accel-buffering'], 'no');
  const first = await stream.message('notifications/subscriptions/acknowledged');
  t.strictSame(first['params'], {
    _meta: { [`${META}subscriptionId`]: 1 },
    notifications: { toolsListChanged: true, resourceSubscriptions: [] },
  });
  t.equal(stream.messages[0], first);
  stream.close();
});

t.test('a subscription to what one server does not have is not honoured', async (t) => {
  const filter = { toolsListChanged: true, promptsListChanged: true };
  const stream = await modernListen(`${url}/default/modern`, filter);
  const first = await stream.message('notifications/subscriptions/acknowledged');
  t.strictSame((first['params'] as { notifications: unknown }).notifications, { toolsListChanged: true });
  stream.close();
});

t.test('a subscription without a filter is refused', async (t) => {
  await refused(t, modern(url, 'subscriptions/listen'), 200, -32602);
});

t.test('each subscription hears what it asked for, under its own id with its type', async (t) => {
  const [one, text, none] = await Promise.all([
    modernListen(url, { toolsListChanged: true }, { id: 1 }),
    modernListen(url, { toolsListChanged: true }, { id: '1' }),
    modernListen(url, { promptsListChanged: true }, { id: 2 }),
  ]);
  await Promise.all([one, text, none].map((stream) => stream.message('notifications/subscriptions/acknowledged')));
  const further = await scriptedUpstream(t, { tools: { more: () => undefined } });
  await gateway.publish([
    entryFor(legacy.url, { name: 'legacy' }),
    entryFor(modernServer.url, { name: 'modern' }),
    entryFor(further.url, { name: 'further' }),
  ]);
  for (const [stream, id] of [
    [one, 1],
    [text, '1'],
  ] as const) {
    const { params } = await stream.message('notifications/tools/list_changed');
    t.strictSame(params, { _meta: { [`${META}subscriptionId`]: id } });
  }
  t.equal(none.messages.length, 1);

  t.test('and the gateway’s end ends each with its result', async (t) => {
    const code = gateway.stop();
    for (const [stream, id] of [
      [one, 1],
      [text, '1'],
      [none, 2],
    ] as const) {
      t.equal(await stream.ended(), 'ended');
      const _meta = { [`${META}subscriptionId`]: id, [`${META}serverInfo`]: serverInfo };
      t.strictSame(stream.messages.at(-1), { jsonrpc: '2.0', id, result: { resultType: 'complete', _meta } });
    }
    t.equal(await code, 0);
  });
});
