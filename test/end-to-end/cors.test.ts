/** What browsers are told, by the list of origins (Fetch, CORS protocol). */
import t, { type Test } from 'tap';
import { apiKeyHash } from '../support/api-key-hash.ts';
import { gatewayOfScripted } from '../support/gateway-of.ts';
import {
  answerOf,
  initialize,
  LegacySession,
  modern,
  modernListenOnce,
  send,
  type HttpAnswer,
} from '../support/mcp-http.ts';
import { json, textResult } from '../support/scripted-upstream.ts';
import { SecretFolder } from '../support/secret-folder.ts';

const KEY = 'the key';
const APP = 'https://app.example.com';
const keys = new SecretFolder();
keys.write({ page: apiKeyHash(KEY) });
t.teardown(() => keys.remove());
const auth = { methods: [{ apiKey: { header: 'x-team-key' } }] };
const { gateway, services } = await gatewayOfScripted(
  t,
  { tools: { who: ({ response, message }) => json(response, textResult(message, 'it is me')) } },
  { env: { FETCHFY_API_KEYS_DIR: keys.path } },
);
const { url, origin } = gateway;

/** Lists origins for the time of a test. */
async function listing(t: Test, ...allowOrigins: string[]): Promise<void> {
  await gateway.publish(services, { policy: { hosts: [], auth, cors: { allowOrigins } } });
  t.teardown(() => gateway.publish(services));
}

const keyed = { 'x-team-key': KEY };
const page = { ...keyed, origin: APP };

function preflight(target: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
  const asked = { origin: APP, 'access-control-request-method': 'POST', ...headers };
  return send(target, { method: 'OPTIONS', headers: asked });
}

function corsHeaders({ headers }: HttpAnswer): string[] {
  return Object.keys(headers).filter((name) => name.startsWith('access-control-') || name === 'vary');
}

t.test('without a list nothing is said to browsers', async (t) => {
  t.equal((await preflight(url)).status, 403);
  const near = await preflight(url, { origin: 'http://localhost:6274' });
  t.equal(near.status, 405);
  t.strictSame(corsHeaders(near), []);
  t.strictSame(corsHeaders(await send(origin, { method: 'GET', headers: { origin: 'http://localhost:6274' } })), []);
});

t.test('a preflight of a listed origin is answered without a credential, on every path', async (t) => {
  await listing(t, APP);
  for (const path of [
    '/mcp',
    '/mcp/default/server',
    '/agents/default/x/',
    '/.well-known/oauth-protected-resource/mcp',
    '/nothing',
  ]) {
    const answer = await preflight(`${origin}${path}`, { 'access-control-request-headers': 'content-type' });
    t.equal(answer.status, 204, path);
    t.equal(answer.text, '');
    t.match(answer.headers, {
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '600',
      vary: 'Origin, Access-Control-Request-Headers',
    });
    t.equal(answer.headers['access-control-allow-credentials'], undefined);
  }
});

t.test('of the headers that a page asks for, those are allowed that are of a known form', async (t) => {
  await listing(t, APP);
  const known = [
    'authorization',
    'accept',
    'mcp-session-id',
    'mcp-protocol-version',
    'mcp-method',
    'mcp-name',
    'mcp-param-region',
    'last-event-id',
    'x-team-key',
    'traceparent',
    'tracestate',
    'a2a-version',
    'a2a-extensions',
  ];
  const asked = ['X-API-Key', ...known.map((name) => name.toUpperCase()), 'x-other', 'cookie', ''].join(',');
  const answer = await preflight(url, { 'access-control-request-headers': asked });
  t.equal(answer.headers['access-control-allow-headers'], known.join(', '));
  t.equal((await preflight(url)).headers['access-control-allow-headers'], undefined);
});

t.test('every answer to a page of a listed origin is one that it may read', async (t) => {
  await listing(t, APP);
  const session = await LegacySession.begin(url, '2025-11-25', { headers: keyed });
  const answers: Readonly<Record<string, readonly [status: number, asked: () => Promise<HttpAnswer>]>> = {
    initialize: [200, () => initialize(url, '2025-11-25', { headers: page })],
    'a call of a legacy client': [200, () => session.request('tools/call', { name: 'server_who' }, { headers: page })],
    'a call of a modern client': [
      200,
      () => modern(url, 'tools/call', { name: 'server_who', arguments: {} }, { headers: page }),
    ],
    'a stream': [200, () => modernListenOnce(url, { headers: page })],
    'a notification': [202, () => session.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, page)],
    'the end of a session': [
      204,
      () => send(url, { method: 'DELETE', headers: { ...page, 'mcp-session-id': session.id } }),
    ],
    'a session that there is not': [404, () => session.request('ping', {}, { headers: page })],
    'the list of services': [200, () => send(`${origin}/api/services`, { method: 'GET', headers: page })],
    'no key': [401, () => modern(url, 'tools/list', {}, { headers: { origin: APP } })],
    'a wrong key': [401, () => modern(url, 'tools/list', {}, { headers: { origin: APP, 'x-team-key': 'no' } })],
    'a path that there is not': [404, () => send(`${origin}/nothing`, { method: 'GET', headers: page })],
    'another method': [405, () => send(url, { method: 'PUT', headers: page })],
    'OPTIONS that is no preflight': [405, () => send(url, { method: 'OPTIONS', headers: page })],
    'what is no message': [
      400,
      () => send(url, { headers: { ...page, 'content-type': 'application/json' }, body: '{' }),
    ],
    'a token in the query': [400, () => send(`${url}?token=x`, { method: 'GET', headers: page })],
  };
  for (const [name, [status, asked]] of Object.entries(answers)) {
    const answer = await asked();
    t.equal(answer.status, status, name);
    t.match(
      answer.headers,
      {
        'access-control-allow-origin': APP,
        'access-control-expose-headers': 'Mcp-Session-Id, WWW-Authenticate, Mcp-Protocol-Version, Retry-After',
        vary: 'Origin',
      },
      name,
    );
    t.equal(answer.headers['access-control-allow-credentials'], undefined);
  }
});

t.test('a page of another origin is refused, and its browser is told nothing', async (t) => {
  await listing(t, APP, 'https://*.pages.example.com');
  for (const other of ['https://evil.example.com', 'http://app.example.com', 'https://pages.example.com', 'null']) {
    for (const answer of [
      await preflight(url, { origin: other }),
      await modern(url, 'tools/list', {}, { headers: { ...keyed, origin: other } }),
    ]) {
      t.equal(answer.status, 403, other);
      t.match(answerOf(answer).error?.message, /spec\.cors.* of the Gateway default\/test/);
      t.strictSame(corsHeaders(answer), []);
    }
  }
  t.equal((await preflight(url, { origin: 'https://a.pages.example.com' })).status, 204);
});

t.test(
  'a page on the same machine that is not listed is served as before, and its browser is told nothing',
  async (t) => {
    await listing(t, APP);
    const near = { ...keyed, origin: 'http://localhost:6274' };
    const answer = await modern(url, 'tools/list', {}, { headers: near });
    t.equal(answer.status, 200);
    t.strictSame(corsHeaders(answer), ['vary']);
    t.equal((await preflight(url, near)).status, 405);
  },
);

t.test('with * every page may call, and is told its own origin; a foreign Host is still refused', async (t) => {
  await listing(t, '*');
  for (const any of ['https://any.example.net', 'null']) {
    t.equal((await preflight(url, { origin: any })).headers['access-control-allow-origin'], any);
    const answer = await modern(url, 'tools/list', {}, { headers: { ...keyed, origin: any } });
    t.equal(answer.status, 200);
    t.equal(answer.headers['access-control-allow-origin'], any);
  }
  const rebound = { host: 'evil.example.com', origin: 'http://evil.example.com' };
  t.equal((await modern(url, 'tools/list', {}, { headers: { ...keyed, ...rebound } })).status, 403);
});

t.test('a request without Origin is told nothing, but for what caches must know', async (t) => {
  await listing(t, APP);
  t.strictSame(corsHeaders(await modern(url, 'tools/list', {}, { headers: keyed })), []);
  t.equal((await send(`${origin}/api/services`, { method: 'GET', headers: keyed })).headers.vary, 'Origin');
});

t.test('an origin counts as soon as the registry has it, and no longer', async (t) => {
  t.equal((await preflight(url)).status, 403);
  await t.test('while it is listed', async (t) => {
    await listing(t, APP);
    t.equal((await preflight(url)).status, 204);
  });
  t.equal((await preflight(url)).status, 403);
});
