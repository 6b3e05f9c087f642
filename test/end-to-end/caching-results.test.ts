/** What modern clients are told of how long, and by whom, single results may be kept; the gateway itself keeps none. */
import t from 'tap';
import { askedIn } from '../support/asking.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, modern, modernCall } from '../support/mcp-http.ts';
import {
  answering,
  event,
  events,
  failing,
  json,
  result,
  scriptedUpstream,
  type Script,
} from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const contents = [{ uri: 'test://x', text: 'x' }];
/** What a resource’s contents come with, by its URI. */
const said: Readonly<Record<string, object>> = {
  'test://nothing': {},
  'test://kept': { ttlMs: 90_000, cacheScope: 'public' },
  'test://half': { cacheScope: 'public' },
  'test://negative': { ttlMs: -1, cacheScope: 'private' },
  'test://odd': { ttlMs: 'long', cacheScope: 'everybody' },
};
const resourceTemplates = [{ uriTemplate: 'test://{id}', name: 'any' }];
/** How often contents were given out: each reading has a number of its own. */
let readings = 0;

const read: Script = ({ response, message }) => {
  const { uri, inputResponses } = message.params ?? {};
  if (uri === 'test://asks' && inputResponses === undefined) {
    const inputRequests = { roots: { method: 'roots/list' } };
    return json(response, result(message, { resultType: 'input_required', inputRequests, requestState: 's' }));
  }
  const more = said[String(uri)] ?? { ttlMs: 90_000, cacheScope: 'public' };
  json(response, result(message, { resultType: 'complete', contents, reading: ++readings, ...more }));
};

const server = await scriptedUpstream(t, {
  era: 'modern',
  capabilities: { tools: {}, resources: {} },
  tools: {
    refuses: failing({ code: -32001, message: 'not for you' }, 403),
  },
  methods: {
    'tools/list': ({ response, message }) => {
      const tools = [{ name: 'refuses', inputSchema: { type: 'object' } }];
      json(response, result(message, { resultType: 'complete', tools, ttlMs: 90_000, cacheScope: 'public' }));
    },
    'resources/list': ({ response, message }) => {
      const resources = [{ uri: 'test://secret', name: 'secret' }];
      json(response, result(message, { resultType: 'complete', resources, ttlMs: 90_000, cacheScope: 'private' }));
    },
    'resources/templates/list': answering({ resultType: 'complete', resourceTemplates }),
    'resources/read': read,
  },
});
/** Asks for roots amid a reading. */
const asking = await scriptedUpstream(t, {
  capabilities: { resources: {} },
  tools: {},
  methods: {
    'resources/list': answering({ resources: [{ uri: 'old://asks', name: 'asks' }] }),
    'resources/templates/list': answering({ resourceTemplates: [] }),
    'resources/read': ({ response }) =>
      void events(response).write(event({ jsonrpc: '2.0', id: 'roots', method: 'roots/list' })),
  },
});
const gateway = await gatewayOf(t, { server, asking });
const { url } = gateway;
await until('the servers', async () => (await gateway.report()).services.every(({ state }) => state === 'Available'));
const roots = { meta: { 'io.modelcontextprotocol/clientCapabilities': { roots: {} } } };

t.test('what was read of a modern server says how long it may be kept, whatever the server says', async (t) => {
  const told: Readonly<Record<string, object>> = {
    'test://nothing': { ttlMs: 0, cacheScope: 'private' },
    'test://kept': { ttlMs: 90_000, cacheScope: 'public' },
    'test://half': { ttlMs: 0, cacheScope: 'public' },
    'test://negative': { ttlMs: 0, cacheScope: 'private' },
    'test://odd': { ttlMs: 0, cacheScope: 'private' },
  };
  for (const [uri, hints] of Object.entries(told)) {
    const { result: got } = answerOf(await modern(url, 'resources/read', { uri }));
    t.strictSame(got, { resultType: 'complete', contents, reading: readings, ...hints }, uri);
  }
});

t.test('a question before the contents says nothing of being kept, whichever era asks', async (t) => {
  for (const uri of ['test://asks', 'old://asks']) {
    const answer = answerOf(await modern(url, 'resources/read', { uri }, roots));
    t.match(Object.values(askedIn(answer).inputRequests), [{ method: 'roots/list' }], uri);
    t.strictSame(
      Object.keys(answer.result ?? {}).filter((name) => name === 'ttlMs' || name === 'cacheScope'),
      [],
      uri,
    );
  }
});

t.test('what is read is asked of the server each time, after rounds and without', async (t) => {
  const { requestState } = askedIn(answerOf(await modern(url, 'resources/read', { uri: 'test://asks' }, roots)));
  const retry = { uri: 'test://asks', requestState, inputResponses: { roots: { roots: [] } } };
  const after = answerOf(await modern(url, 'resources/read', retry, { ...roots, id: 2 }));
  t.match(after.result, { resultType: 'complete', reading: readings });
  const fresh = answerOf(await modern(url, 'resources/read', { uri: 'test://asks' }, { ...roots, id: 3 }));
  t.match(fresh.result, { resultType: 'input_required' }, 'who has not answered is asked, too');
  for (let again = 0; again < 2; again++) {
    const before = readings;
    const { result: got } = answerOf(await modern(url, 'resources/read', { uri: 'test://kept' }));
    t.equal(got?.['reading'], before + 1, 'though the server said for how long it may be kept');
  }
});

t.test('what a server calls private was told to no client’s credentials, and stays private', async (t) => {
  const readingsOf = new Set<unknown>();
  for (const client of ['ada', 'bob']) {
    const headers = { authorization: `Bearer ${client}`, cookie: `who=${client}` };
    const listed = answerOf(await modern(url, 'resources/list', {}, { headers })).result;
    t.match(listed, { resources: [{ uri: 'old://asks' }, { uri: 'test://secret' }], cacheScope: 'private' });
    const got = answerOf(await modern(url, 'resources/read', { uri: 'test://secret' }, { headers })).result;
    readingsOf.add(got?.['reading']);
  }
  t.equal(readingsOf.size, 2, 'each has what was read for it');
  for (const { request, message } of server.arrivals) {
    t.equal(request.headers.authorization, undefined, String(message.method));
    t.equal(request.headers.cookie, undefined, String(message.method));
  }
});

t.test('a public list opens nothing: each call is for its server to refuse', async (t) => {
  t.match(answerOf(await modern(`${url}/default/server`, 'tools/list')).result, { cacheScope: 'public' });
  for (let calls = 1; calls <= 2; calls++) {
    t.match(await modernCall(url, 'server_refuses'), { error: { code: -32001, message: 'not for you' } });
    t.equal(server.of('tools/call').length, calls);
  }
});
