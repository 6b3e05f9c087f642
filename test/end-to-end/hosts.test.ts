/** Under which names the gateway may be reached, and of which pages (DNS rebinding). */
import { request } from 'node:http';
import t from 'tap';
import type { RegistryPolicy } from '../../gateway/contract/registry-document.ts';
import { gatewayOfScripted } from '../support/gateway-of.ts';
import {
  answerOf,
  initialize,
  LegacySession,
  modern,
  modernListenOnce,
  open,
  send,
  type HttpAnswer,
} from '../support/mcp-http.ts';
import { tellSession } from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

type Headers = Readonly<Record<string, string>>;

const { upstream, services, gateway } = await gatewayOfScripted(t, { tools: { who: tellSession } });
const { url, origin } = gateway;
const { port, host: address } = new URL(url);

const single = `${url}/default/server`;
const session = await LegacySession.begin(url);
/** Every way in: what it sends, and the status that it has where nothing is wrong. */
const ways: Readonly<Record<string, { readonly ok: number; readonly ask: (headers: Headers) => Promise<HttpAnswer> }>> =
  {
    'initialize of a legacy client': { ok: 200, ask: (headers) => initialize(url, '2025-11-25', { headers }) },
    'initialize at one server': { ok: 200, ask: (headers) => initialize(single, '2025-11-25', { headers }) },
    'a request in a session': { ok: 200, ask: (headers) => session.request('tools/list', {}, { headers }) },
    'a call in a session': {
      ok: 200,
      ask: (headers) => session.request('tools/call', { name: 'server_who', arguments: {} }, { headers }),
    },
    'a DELETE': {
      ok: 404,
      ask: (headers) => send(url, { method: 'DELETE', headers: { 'mcp-session-id': 'nobody', ...headers } }),
    },
    'a GET': {
      ok: 404,
      ask: (headers) => send(url, { method: 'GET', headers: { 'mcp-session-id': 'nobody', ...headers } }),
    },
    'discover of a modern client': { ok: 200, ask: (headers) => modern(url, 'server/discover', {}, { headers }) },
    'a call of a modern client': {
      ok: 200,
      ask: (headers) => modern(url, 'tools/call', { name: 'server_who', arguments: {} }, { headers }),
    },
    'a call of a modern client at one server': {
      ok: 200,
      ask: (headers) => modern(single, 'tools/call', { name: 'who', arguments: {} }, { headers }),
    },
    'a subscription of a modern client': { ok: 200, ask: (headers) => modernListenOnce(url, { headers }) },
    'the page': { ok: 200, ask: (headers) => send(origin, { method: 'GET', headers }) },
    'the list of services': { ok: 200, ask: (headers) => send(`${origin}/api/services`, { method: 'GET', headers }) },
    'a path that there is not': { ok: 404, ask: (headers) => send(`${origin}/nothing`, { method: 'GET', headers }) },
  };

const foreign: readonly Headers[] = [
  { host: 'evil.example.com' },
  { host: `evil.example.com:${port}`, origin: `http://evil.example.com:${port}` },
  { host: `localhost:${port}`, origin: 'https://evil.example.com' },
  { host: `localhost:${port}`, origin: 'null' },
];
const known: readonly Headers[] = [
  {},
  { host: `localhost:${port}` },
  { host: 'test-mcp.default.svc:8080' },
  { host: 'test-mcp.default.svc.cluster.local' },
  { host: `[::1]:${port}`, origin: `http://[::1]:${port}` },
  { host: `localhost:${port}`, origin: 'http://localhost:6274' },
  { host: address, origin: `http://${address}` },
];

for (const [name, { ok, ask }] of Object.entries(ways)) {
  t.test(`${name} is refused under a foreign name, and served under known ones`, async (t) => {
    for (const headers of foreign) {
      const answer = await ask(headers);
      t.equal(answer.status, 403, JSON.stringify(headers));
      t.match(answerOf(answer), {
        id: null,
        error: { code: -32600, message: /spec\.hosts.* of the Gateway default\/test/ },
      });
      t.notOk(answer.headers['mcp-session-id']);
    }
    for (const headers of known) t.equal((await ask(headers)).status, ok, JSON.stringify(headers));
  });
}

t.test('nothing of a request under a foreign name reaches a server', async (t) => {
  const before = upstream.of('tools/call').length;
  for (const headers of foreign) await ways['a call of a modern client']?.ask(headers);
  t.equal(upstream.of('tools/call').length, before);
});

t.test('a target that is a whole URL counts in place of Host', async (t) => {
  const status = async (path: string): Promise<number> => {
    const { hostname } = new URL(url);
    return new Promise((resolve, reject) => {
      request({ hostname, port, path, headers: { host: address } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
  };
  t.equal(await status('http://evil.example.com/api/services'), 403);
  t.equal(await status(`http://localhost:${port}/api/services`), 200);
});

t.test('hosts and publicUrl count as soon as the registry has them, and no longer', async (t) => {
  const outside = [
    { host: 'MCP.example.com', origin: 'https://mcp.example.com' },
    { host: 'public.example.org:8443', origin: 'https://public.example.org:8443' },
  ];
  const statuses = async (): Promise<number[]> => {
    const asked = outside.flatMap((headers) => [
      initialize(url, '2025-11-25', { headers }),
      modern(url, 'server/discover', {}, { headers }),
      send(origin, { method: 'GET', headers }),
    ]);
    return (await Promise.all(asked)).map(({ status }) => status);
  };
  t.strictSame(await statuses(), [403, 403, 403, 403, 403, 403]);
  const policy: RegistryPolicy = { hosts: ['mcp.example.com'], publicUrl: 'https://public.example.org:8443/' };
  await gateway.publish(services, { policy });
  t.strictSame(await statuses(), [200, 200, 200, 200, 200, 200]);
  t.equal((await session.request('ping')).status, 200, 'a session goes on');
  await gateway.publish(services, { policy: { hosts: ['mcp.example.com'] } });
  t.strictSame(await statuses(), [200, 200, 200, 403, 403, 403]);
  await gateway.publish(services);
  t.strictSame(await statuses(), [403, 403, 403, 403, 403, 403]);
});

t.test('the admin port takes any name', async (t) => {
  for (const path of ['/healthz', '/readyz', '/metrics', '/services']) {
    const headers = { host: 'evil.example.com', origin: 'https://evil.example.com' };
    t.equal((await send(new URL(path, gateway.adminUrl).href, { method: 'GET', headers })).status, 200, path);
  }
});

t.test('a refusal is counted as such', async () => {
  await open(url, { headers: { host: 'evil.example.com' } }).then((response) => response.resume());
  await until('the count', async () => {
    const { text } = await send(`${gateway.adminUrl}/metrics`, { method: 'GET' });
    return /forbidden/.test(text);
  });
});
