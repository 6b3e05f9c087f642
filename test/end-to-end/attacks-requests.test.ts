/**
 * Attacks by requests, one a test. What two readers could take for different requests, slow clients, and names of JavaScript's
 * own have files of their own: smuggling, slow-clients, test/gateway/prototypes.
 */
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import {
  answerOf,
  LegacySession,
  modern,
  modernRequest,
  send,
  type HttpAnswer,
  type SendOptions,
} from '../support/mcp-http.ts';
import { rawConnection, rawExchange, rawPost, statusesIn } from '../support/raw-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { cardOf, scriptedCard } from '../support/scripted-card.ts';
import { json, result, scriptedUpstream, textResult } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const MAX_BODY = 256 * 1024;
const inputSchema = { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } };
const upstream = await scriptedUpstream(t, {
  era: 'modern',
  tools: { echo: ({ response, message }) => json(response, textResult(message, 'echo')) },
  tool: { inputSchema },
  methods: {
    'resources/read': ({ response, message }) => json(response, result(message, { contents: [] })),
  },
});
const card = await scriptedCard(t, { body: cardOf(['a']) });
const services = [
  entryFor(upstream.url, { name: 'server' }),
  entryFor(card.url, { name: 'agent', type: 'agent', protocol: 'a2a', path: '/' }),
];
const policy = { hosts: [], cors: { allowOrigins: ['https://app.example.com'] } };
const gateway = await startGateway(services, {
  registry: { policy },
  env: { FETCHFY_MAX_BODY: String(MAX_BODY), FETCHFY_RECEIVE_TIMEOUT: '1s' },
});
t.teardown(() => gateway.stop());
const { url, origin } = gateway;
const agentUrl = `${origin}/agents/default/agent/`;
const session = await LegacySession.begin(url, '2025-03-26');
const type = { 'content-type': 'application/json' };
const echo = { name: 'server_echo', arguments: {} };

/** Sends a good call, or this body, with these headers beside its own. */
type Way = (options?: Pick<SendOptions, 'headers' | 'body'>) => Promise<HttpAnswer>;
const ways: Readonly<Record<'legacy' | 'modern' | 'agent', Way>> = {
  legacy: ({ headers, body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"server_echo"}}' } = {}) =>
    send(url, { headers: { ...session.headers, ...headers }, body }),
  modern: ({ headers, body } = {}) => {
    const request = modernRequest('tools/call', echo);
    return send(url, { headers: { ...request.headers, ...headers }, body: body ?? request.body ?? '' });
  },
  agent: ({ headers, body = '{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"x"}}' } = {}) =>
    send(agentUrl, { headers: { ...type, 'a2a-version': '1.0', ...headers }, body }),
};

const calls = (): number => upstream.of('tools/call').length;

/** Holds in every way in, and no server hears of it. */
function attack(name: string, test: (t: Test, way: string, ask: Way) => Promise<void>): void {
  t.test(name, async (t) => {
    const before = calls();
    for (const [way, ask] of Object.entries(ways)) await test(t, way, ask);
    t.equal(calls(), before, 'no server has heard of it');
  });
}

t.test('the requests that attacks are made of are served where nothing is wrong with them', async (t) => {
  for (const [way, ask] of Object.entries(ways)) {
    t.equal((await ask()).status, 200, way);
    t.equal((await ask({ headers: { origin: 'https://app.example.com' } })).status, 200, way);
  }
  t.equal(calls(), 4);
});

attack('a page whose own name was made to lead to the gateway is refused', async (t, way, ask) => {
  const headers = { host: 'evil.example.com', origin: 'http://evil.example.com' };
  t.equal((await ask({ headers })).status, 403, way);
});

attack('a page of another origin is refused, in whatever way it writes it', async (t, way, ask) => {
  for (const foreign of [
    'https://evil.example.com',
    'null',
    'https://app.example.com.evil.example.com',
    'https://app.example.com@evil.example.com',
    'https://app.example.com, https://evil.example.com',
    'http://app.example.com',
    'file://',
    'http://localhost.evil.example.com',
    'http://169.254.169.254',
  ]) {
    t.equal((await ask({ headers: { origin: foreign } })).status, 403, `${way}: ${foreign}`);
  }
});

attack('a form of a page, which browsers send without asking, is refused', async (t, way, ask) => {
  for (const declared of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const { status, text } = await ask({ headers: { 'content-type': declared } });
    // A2A has its own way to say so.
    t.ok(status === 415 || (way === 'agent' && /error/.test(text)), `${way}: ${declared}, ${status}`);
  }
});

t.test('a name that a proxy is said to have had does not count', async (t) => {
  const headers = { 'x-forwarded-host': 'localhost', 'x-forwarded-proto': 'https', forwarded: 'host=localhost' };
  t.equal((await modern(url, 'tools/list', {}, { headers: { ...headers, host: 'evil.example.com' } })).status, 403);
  const forged = { 'x-forwarded-host': 'evil.example.com', forwarded: 'host=evil.example.com' };
  t.notMatch((await send(`${origin}/api/services`, { method: 'GET', headers: forged })).text, 'evil');
});

t.test('a second request in the body of the first is not served', async (t) => {
  const before = calls();
  const hidden = rawPost('/mcp', modernRequest('tools/call', echo));
  const post = 'POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
  for (const framing of [
    'content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    `transfer-encoding: chunked\r\ncontent-length: ${hidden.length + 5}\r\n\r\n0\r\n\r\n`,
    'content-length: 0\r\ncontent-length: 5\r\n\r\n',
    'transfer-encoding: xchunked\r\n\r\n0\r\n\r\n',
  ]) {
    t.strictSame(statusesIn(await rawExchange(url, `${post}${framing}${hidden}`)), [400], framing);
  }
  t.equal(calls(), before);
});

t.test('a header that stands twice, once for each reader, is refused', async (t) => {
  const get = 'GET /mcp HTTP/1.1\r\nhost: localhost\r\n';
  for (const name of ['host', 'authorization', 'origin', 'mcp-session-id', 'mcp-name']) {
    const text = await rawExchange(url, `${get}${name}: localhost\r\n${name}: localhost\r\n\r\n`);
    t.strictSame(statusesIn(text), [400], name);
    t.match(text, `The header ${name} stands twice`);
  }
});

t.test('a line break in a value is no second header, neither here nor at a server', async (t) => {
  for (const line of ['mcp-name: a\rhost: evil.example.com', 'mcp-name: a\nhost: evil.example.com', 'mcp-name: a\0']) {
    const text = await rawExchange(url, `GET /mcp HTTP/1.1\r\nhost: localhost\r\n${line}\r\n\r\n`);
    t.strictSame(statusesIn(text), [400]);
  }
  const params = { uri: 'a://b\r\nx-injected: yes' };
  const encoded = `=?base64?${Buffer.from(params.uri).toString('base64')}?=`;
  await modern(`${url}/default/server`, 'resources/read', params, { headers: { 'mcp-name': encoded } });
  for (const { request } of upstream.arrivals) t.equal(request.headers['x-injected'], undefined);
});

attack('a body that is larger than allowed is refused, declared or not', async (t, way, ask) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { x: 'x'.repeat(MAX_BODY) } });
  t.equal((await ask({ body })).status, 413, way);
  t.equal((await ask({ body, headers: { 'transfer-encoding': 'chunked' } })).status, 413, `${way}, in chunks`);
});

attack('a compressed body is not unpacked', async (t, way, ask) => {
  const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024, 0x20)).toString('latin1');
  const { text } = await ask({ body: bomb, headers: { 'content-encoding': 'gzip' } });
  t.match(text, /"code":-32700/, way);
});

attack('a message that nests too deep is refused, wherever it does', async (t, way, ask) => {
  const [array, object] = ['['.repeat(300) + ']'.repeat(300), `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`];
  const deepest = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  for (const deep of [array, object, deepest]) {
    for (const params of [
      `{"a":${deep}}`,
      `{"name":"server_echo","arguments":{"a":${deep}}}`,
      `{"_meta":{"a":${deep}}}`,
    ]) {
      const { text } = await ask({ body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}` });
      t.match(text, /"code":-32700,"message":"The message nests deeper than 256 levels/, way);
    }
  }
  t.match((await ask({ body: deepest })).text, /"error"/, `${way}, the message itself`);
});

t.test('a message of a batch that nests too deep is refused, and the batch’s number is bounded', async (t) => {
  const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
  const deep = `{"jsonrpc":"2.0","id":2,"method":"ping","params":{"a":${'['.repeat(300)}${']'.repeat(300)}}}`;
  const refused = await send(url, { headers: session.headers, body: `[${ping},${deep}]` });
  t.match(refused.text, /nests deeper than 256 levels/);
  const many = await send(url, {
    headers: session.headers,
    body: `[${Array.from({ length: 101 }, () => ping).join()}]`,
  });
  t.equal(many.status, 400);
  t.match(answerOf(many).error?.message, /more than 100 messages/);
});

attack('a member that stands twice, once for each reader, is refused', async (t, way, ask) => {
  for (const params of [
    '"name":"server_echo","name":"other"',
    '"name":"server_echo","n\\u0061me":"other"',
    '"_meta":{"a":1,"a":2}',
  ]) {
    const { text } = await ask({ body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{${params}}}` });
    t.match(text, /"code":-32700,"message":".* twice/, `${way}: ${params}`);
  }
  const { text } = await ask({ body: '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}' });
  t.match(text, /"method\\" twice/, way);
});

t.test(
  'headers of a modern request that say something else than its body are refused, so that no proxy is misled',
  async (t) => {
    const before = calls();
    const headersAndCodes: readonly (readonly [Readonly<Record<string, string>>, number])[] = [
      [{ 'mcp-method': 'tools/list' }, -32020],
      [{ 'mcp-method': 'TOOLS/CALL' }, -32020],
      [{ 'mcp-method': '' }, -32020],
      [{ 'mcp-name': 'server_other' }, -32020],
      [{ 'mcp-name': '' }, -32020],
      [{ 'mcp-name': '=?base64?c2VydmVyX290aGVy?=' }, -32020],
      [{ 'mcp-protocol-version': '2025-11-25' }, -32020],
      [{ 'mcp-protocol-version': '' }, -32020],
      [{ 'mcp-param-region': 'eu' }, -32020],
      [{ 'mcp-param-region': '' }, -32020],
    ];
    for (const [headers, code] of headersAndCodes) {
      const params = { name: 'server_echo', arguments: { region: 'us' } };
      const answer = await modern(url, 'tools/call', params, { headers: { 'mcp-param-region': 'us', ...headers } });
      t.equal(answer.status, 400, JSON.stringify(headers));
      t.equal(answerOf(answer).error?.code, code, JSON.stringify(headers));
    }
    t.equal(calls(), before);
  },
);

attack('a token in the query is refused, and stands in no answer and no log', async (t, way) => {
  for (const name of ['access_token', 'token', 'api_key', 'authorization', 'X-API-Key']) {
    const target = way === 'agent' ? agentUrl : url;
    const answer = await send(`${target}?${name}=s3cret`, { headers: type, body: '{}' });
    t.equal(answer.status, 400, name);
    t.notMatch(answer.text, 's3cret');
  }
  t.notMatch(gateway.log(), 's3cret');
});

t.test('a path leads nowhere but where it says', async (t) => {
  for (const path of [
    '/mcp/../api/services',
    '/mcp/%2e%2e/api/services',
    '/./mcp',
    '//mcp',
    '//evil.example.com/mcp',
    '/mcp/default/../default/server',
    '/mcp/default%2fserver',
    '/mcp/default/server%00',
    '/MCP',
    '/mcp/default/server/x',
    '/healthz',
    '/metrics',
    '/services',
    '/agents/../api/services',
    `/${'x'.repeat(8000)}`,
  ]) {
    const text = await rawExchange(url, `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    t.strictSame(statusesIn(text), [404], path.slice(0, 100));
  }
});

t.test('methods that lead through a proxy, or show what was sent, are not there', async (t) => {
  for (const method of ['TRACE', 'TRACK', 'PROPFIND', 'PUT', 'OPTIONS']) {
    const bytes = `${method} /mcp HTTP/1.1\r\nhost: localhost\r\nauthorization: s3cret\r\nconnection: close\r\n\r\n`;
    const text = await rawExchange(url, bytes);
    t.ok([400, 405].includes(statusesIn(text)[0] ?? 0), `${method}: ${text.slice(0, 50)}`);
    t.notMatch(text, 's3cret');
  }
  const connect = 'CONNECT 169.254.169.254:80 HTTP/1.1\r\nhost: 169.254.169.254:80\r\n\r\n';
  t.equal(await rawExchange(url, `${connect}GET / HTTP/1.1\r\n\r\n`), '');
  const proxied =
    'GET http://169.254.169.254/latest/meta-data/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';
  t.strictSame(statusesIn(await rawExchange(url, proxied)), [404]);
});

t.test('a client that sends its head, or its body, byte by byte is cut, and others are served meanwhile', async (t) => {
  const post = 'POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
  const slow = await Promise.all(
    Array.from({ length: 50 }, async (_, number) => {
      const { socket, ended } = await rawConnection(url);
      socket.write(number % 2 === 0 ? post : `${post}content-length: 1000\r\n\r\n`);
      const drip = setInterval(() => socket.write('x'), 100);
      return { drip, ended };
    }),
  );
  t.equal((await modern(url, 'tools/list')).status, 200);
  for (const { drip, ended } of slow) {
    t.strictSame(statusesIn(await ended), [408]);
    clearInterval(drip);
  }
});

t.test('all that time it was one process, without a fault of its own', async (t) => {
  t.notMatch(gateway.log(), /"level":"error"/);
  await until('no request in work', async () => {
    const { text } = await send(`${gateway.adminUrl}/metrics`, { method: 'GET' });
    return /active_requests\S* 0\n/.test(text);
  });
});
