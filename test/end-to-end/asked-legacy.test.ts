/** What crosses the wire when legacy servers ask legacy clients: sampling, elicitation, roots. */
import t from 'tap';
import { askingServer, beAsked, type Place } from '../support/asking-server.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { event } from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const server = await askingServer(t);
const other = await askingServer(t);
const gateway = await gatewayOf(t, { server, other });

const places: readonly Place[] = ['the call’s stream', 'the session’s stream'];
const all = { sampling: { tools: {}, context: {} }, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };
const begin = (capabilities: Readonly<Record<string, unknown>> = all): Promise<LegacySession> =>
  LegacySession.begin(gateway.url, '2025-11-25', { capabilities });

const text = { type: 'text', text: 'how much?' };
const sampled = { model: 'test', role: 'assistant', content: { type: 'text', text: 'seven' }, stopReason: 'endTurn' };
const schema = { type: 'object', properties: { name: { type: 'string' } } };

/** What a server asks, and the client's answer. */
const exchanges: Readonly<Record<string, { readonly asked: object; readonly result: object }>> = {
  'the roots': {
    asked: { method: 'roots/list', params: { _meta: { 'example.com/k': [1] } } },
    result: {
      roots: [
        { uri: 'file:///home/ada', name: 'ada', _meta: { 'example.com/k': { deep: null } } },
        { uri: 'file:///tmp/%C3%A9', vendor: true },
        { uri: 'https://example.com/not-a-file' },
      ],
      _meta: { 'example.com/of': 'all' },
    },
  },
  'a model, with uses of tools and their results': {
    asked: {
      method: 'sampling/createMessage',
      params: {
        messages: [
          { role: 'user', content: text },
          {
            role: 'assistant',
            content: [
              { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Paris' } },
              { type: 'tool_use', id: 'call_2', name: 'weather', input: { city: 'Rome' }, vendor: 1 },
            ],
          },
          // No result for the second use, and a text beside the first: that is between the server and the client.
          {
            role: 'user',
            content: [text, { type: 'tool_result', toolUseId: 'call_1', content: [text], isError: false }],
          },
        ],
        tools: [{ name: 'weather', inputSchema: { type: 'object', properties: { city: { type: 'string' } } } }],
        toolChoice: { mode: 'auto' },
        maxTokens: 100,
      },
    },
    result: {
      ...sampled,
      content: [{ type: 'tool_use', id: 'call_3', name: 'weather', input: {} }],
      stopReason: 'toolUse',
    },
  },
  'a model, with the context of all servers': {
    asked: {
      method: 'sampling/createMessage',
      params: { messages: [{ role: 'user', content: text }], maxTokens: 9, includeContext: 'allServers' },
    },
    result: sampled,
  },
  'a model, with a value of includeContext that nobody knows': {
    asked: {
      method: 'sampling/createMessage',
      params: {
        messages: [],
        maxTokens: 9,
        includeContext: 'everything',
        modelPreferences: { hints: [{ name: 'x' }] },
      },
    },
    result: sampled,
  },
  'a form, without a mode': {
    asked: { method: 'elicitation/create', params: { message: 'who?', requestedSchema: schema } },
    result: { action: 'accept', content: { name: 'Ada' } },
  },
  'a form of every kind of field, with its mode': {
    asked: {
      method: 'elicitation/create',
      params: {
        mode: 'form',
        message: 'all?',
        requestedSchema: {
          $schema: 'https://json-schema.org/draft/2020-12/schema',
          type: 'object',
          properties: {
            text: {
              type: 'string',
              title: 'T',
              description: 'd',
              minLength: 1,
              maxLength: 9,
              pattern: '^x',
              default: 'x',
            },
            mail: { type: 'string', format: 'email' },
            count: { type: 'integer', minimum: 0, maximum: 12345678901234, default: 1 },
            ratio: { type: 'number', default: 0.1 },
            sure: { type: 'boolean', default: false },
            color: { type: 'string', enum: ['red', 'green'], enumNames: ['Red', 'Green'] },
            titled: { type: 'string', oneOf: [{ const: 'r', title: 'Red' }] },
            many: { type: 'array', minItems: 1, items: { type: 'string', enum: ['a', 'b'] } },
            titledMany: { type: 'array', items: { anyOf: [{ const: 'r', title: 'Red' }] }, default: ['r'] },
          },
          required: ['text', 'many'],
        },
      },
    },
    result: { action: 'accept', content: { text: 'x', many: ['a'], ratio: 1e-7 }, _meta: { k: 1 } },
  },
  'the user to visit a URL, under an odd id': {
    asked: {
      method: 'elicitation/create',
      params: { mode: 'url', message: 'pay', url: 'https://example.com/pay?a=b#c', elicitationId: ' é"\\ 7 ' },
    },
    result: { action: 'decline' },
  },
};

for (const place of places) {
  t.test(`a request of a server on ${place} and the client’s result pass as they are`, async (t) => {
    for (const [name, { asked, result }] of Object.entries(exchanges)) {
      const { requests, told } = await beAsked(await begin(), { asked: [asked], place }, () => ({ result }));
      const [request] = requests;
      t.strictSame(requests, [{ jsonrpc: '2.0', id: request?.['id'], ...asked }], name);
      t.strictSame(told, [{ jsonrpc: '2.0', id: 'own-0', result }], name);
    }
  });
}

t.test('a client’s error reaches the server with its code and all else', async (t) => {
  const asked = [{ method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } }];
  for (const error of [
    { code: -1, message: 'User rejected sampling request' },
    { code: -32602, message: 'Tool result missing in request', data: { at: 1 } },
  ]) {
    const { told } = await beAsked(await begin(), { asked }, () => ({ error }));
    t.strictSame(told, [{ jsonrpc: '2.0', id: 'own-0', error }]);
  }
});

/** Questions by name, and the code that a server gets that asks them of a client with other capabilities. */
const sampling = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } };
const refused: Readonly<Record<string, readonly [object, Readonly<Record<string, unknown>>, number]>> = {
  'roots, of a client with sampling': [{ method: 'roots/list' }, { sampling: {} }, -32601],
  'roots, of a client with nothing': [{ method: 'roots/list' }, {}, -32601],
  'sampling, of a client with roots': [sampling, { roots: {} }, -32601],
  'sampling with tools, of a client without those': [
    { ...sampling, params: { ...sampling.params, tools: [{ name: 'a', inputSchema: { type: 'object' } }] } },
    { sampling: { context: {} } },
    -32602,
  ],
  'sampling with a choice of tools, of a client without those': [
    { ...sampling, params: { ...sampling.params, toolChoice: { mode: 'none' } } },
    { sampling: {} },
    -32602,
  ],
  'a form, of a client with roots': [
    { method: 'elicitation/create', params: { message: 'x', requestedSchema: schema } },
    { roots: {} },
    -32601,
  ],
  'a form, of a client with URLs alone': [
    { method: 'elicitation/create', params: { message: 'x', requestedSchema: schema } },
    { elicitation: { url: {} } },
    -32602,
  ],
  'a URL, of a client with forms': [
    {
      method: 'elicitation/create',
      params: { mode: 'url', message: 'x', url: 'https://example.com', elicitationId: 'e' },
    },
    { elicitation: { form: {} } },
    -32602,
  ],
  'a URL, of a client whose elicitation is empty': [
    {
      method: 'elicitation/create',
      params: { mode: 'url', message: 'x', url: 'https://example.com', elicitationId: 'e' },
    },
    { elicitation: {} },
    -32602,
  ],
};

for (const place of places) {
  t.test(`what a client did not declare is refused to the server on ${place}, and not asked`, async (t) => {
    for (const [name, [asked, capabilities, code]] of Object.entries(refused)) {
      const { requests, told } = await beAsked(await begin(capabilities), { asked: [asked], place });
      t.match(told, [{ jsonrpc: '2.0', id: 'own-0', error: { code, message: String } }], name);
      t.strictSame(requests, [], name);
    }
  });
}

t.test('two servers ask one client at once under one id: it sees two, and each gets its own answer', async (t) => {
  const session = await begin();
  const streams = await Promise.all(
    ['server', 'other'].map(async (name) => {
      const asked = [{ id: 1, method: 'elicitation/create', params: { message: name, requestedSchema: schema } }];
      const call = { name: `${name}_ask`, arguments: { asked, place: places[0] } };
      return new MessageStream(await session.open('tools/call', call));
    }),
  );
  const requests = await Promise.all(streams.map((stream) => stream.message('elicitation/create')));
  t.equal(new Set(requests.map(({ id }) => id)).size, 2, JSON.stringify(requests));
  t.match(
    requests,
    [{ params: { message: 'server' } }, { params: { message: 'other' } }],
    'each on the stream of its call',
  );
  for (const { id, params } of requests) {
    const { message: name } = params as { message: string };
    await session.post({ jsonrpc: '2.0', id, result: { action: 'accept', content: { name } } });
  }
  for (const [index, upstream] of [server, other].entries()) {
    await streams[index]?.ended();
    const [response, ...more] = upstream.arrivals.filter(
      ({ message }) => message.method === undefined && message.id === 1,
    );
    t.strictSame(response?.message['result'], { action: 'accept', content: { name: ['server', 'other'][index] } });
    t.strictSame(more, []);
  }
});

t.test('only the answer of the client that was asked is taken, and the first', async (t) => {
  const [session, stranger] = [await begin(), await begin()];
  const asked = [{ id: 'which', method: 'roots/list' }];
  const call = { name: 'server_ask', arguments: { asked, place: places[0] } };
  const stream = new MessageStream(await session.open('tools/call', call));
  const { id } = await stream.message('roots/list');
  const say = (from: LegacySession, uri: string): Promise<unknown> =>
    from.post({ jsonrpc: '2.0', id, result: { roots: [{ uri }] } });
  await say(stranger, 'file:///stranger');
  await say(session, 'file:///first');
  await say(session, 'file:///second');
  await stream.ended();
  await beAsked(session, { asked: [{ method: 'roots/list' }] });
  const responses = server.arrivals.filter(({ message }) => message.method === undefined && message.id === 'which');
  t.strictSame(
    responses.map(({ message }) => message['result']),
    [{ roots: [{ uri: 'file:///first' }] }],
  );
});

t.test('a server asks a client outside of any call', async (t) => {
  const session = await begin();
  const heard = await session.listen();
  await session.call('server_ask', { asked: [], place: places[0] });
  const inner = String(server.of('tools/call').at(-1)?.request.headers['mcp-session-id']);
  const stream = await until('the session’s stream', () => server.streams.get(inner));
  stream.write(event({ jsonrpc: '2.0', id: 'apart', method: 'roots/list' }));
  const { id } = await heard.message('roots/list');
  await session.post({ jsonrpc: '2.0', id, result: { roots: [] } });
  t.strictSame(await server.response(inner, 'apart'), { jsonrpc: '2.0', id: 'apart', result: { roots: [] } });
  heard.close();
});
