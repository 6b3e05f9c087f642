import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import {
  answerOf,
  LegacySession,
  modern,
  modernCall,
  modernListen,
  modernRequest,
  open,
  send,
  textOf,
} from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const waiting: (() => void)[] = [];
const tools: Readonly<Record<string, Script>> = {
  echo: ({ response, message }) => json(response, textResult(message, JSON.stringify(message.params))),
  wait: ({ response, message }) => void waiting.push(() => json(response, textResult(message, 'done'))),
};
const upstream = await scriptedUpstream(t, { tools });
const env = {
  FETCHFY_MAX_BODY: '64Ki',
  FETCHFY_MAX_HEADERS: '4Ki',
  FETCHFY_MAX_REQUESTS: '3',
  FETCHFY_MAX_SESSIONS: '20',
  FETCHFY_RECEIVE_TIMEOUT: '700ms',
  FETCHFY_CONNECTION_IDLE: '300ms',
};
const gateway = await gatewayOf(t, { server: upstream }, { env });
const { url } = gateway;
const session = await LegacySession.begin(url);
const type = { 'content-type': 'application/json' };

/** Sends bytes as they are and reads what comes until the connection ends. */
async function raw(bytes: string, rest: readonly string[] = []): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setEncoding('utf8').on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk: string) => (text += chunk));
  for (const part of [bytes, ...rest]) socket.write(part);
  await once(socket, 'close');
  return text;
}

t.test(
  'a body beyond the limit is refused with 413, declared or not, and the connection is of use again',
  async (t) => {
    const large = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'ping',
      params: { x: 'x'.repeat(20 * 1024 * 1024) },
    });
    for (const headers of [session.headers, { ...session.headers, 'transfer-encoding': 'chunked' }]) {
      const answer = await send(url, { headers, body: large });
      t.equal(answer.status, 413);
      t.match(answerOf(answer).error, { code: -32600, message: 'The body is larger than 65536 bytes.' });
    }
    t.equal((await session.request('ping')).status, 200);
  },
);

t.test('a body of just the limit is taken', async (t) => {
  const message = (x: string): string => JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { x } });
  const padding = 'x'.repeat(64 * 1024 - message('').length);
  t.equal((await send(url, { headers: session.headers, body: message(padding) })).status, 200);
  t.equal((await send(url, { headers: session.headers, body: message(`${padding}x`) })).status, 413);
});

t.test('headers beyond the limit are refused with 431', async (t) => {
  const answer = await send(url, { headers: { ...session.headers, 'x-long': 'x'.repeat(5000) }, body: '{}' });
  t.equal(answer.status, 431);
});

t.test('a body that is not declared as JSON is refused with 415', async (t) => {
  for (const declared of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', '']) {
    const headers: Record<string, string> = { ...session.headers, 'content-type': declared };
    const answer = await send(url, { headers, body: '{}' });
    t.equal(answer.status, 415, declared);
    t.match(answerOf(answer).error?.message, 'expected application/json');
  }
  for (const declared of ['application/json; charset=utf-8', 'Application/JSON']) {
    const headers = { ...session.headers, 'content-type': declared };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
    t.equal((await send(url, { headers, body })).status, 200, declared);
  }
});

t.test('what is no message is refused with 400, and says why', async (t) => {
  for (const [body, code, says] of [
    ['', -32700, /ends too early at offset 0/],
    ['{', -32700, /ends too early/],
    ['{"a":1}x', -32700, /unexpected byte 0x78 at offset 7/],
    ['\u{feff}{}', -32700, /unexpected byte 0xef/],
    ['"text"', -32600, /not a JSON object/],
    ['null', -32600, /not a JSON object/],
    ['[]', -32600, /batch is empty/],
    ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, /Batches are of protocol version 2025-03-26 alone/],
    ['[{"jsonrpc":"2.0","id":1,"method":"ping"},]', -32700, /unexpected byte 0x5d/],
    ['{}', -32600, /no "jsonrpc": "2.0"/],
    ['{"jsonrpc":"2.0"}', -32600, /neither a method/],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, /id is neither a string nor an integer/],
    ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600, /id is neither/],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600, /id is neither/],
    ['{"jsonrpc":"2.0","id":1,"method":7}', -32600, /method is not a string/],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', -32600, /params are not an object/],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","id":2}', -32700, /"id" twice/],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":{"name":"a","n\\u0061me":"b"}}', -32700, /"name" twice/],
    [
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":${'['.repeat(300)}${']'.repeat(300)}}`,
      -32700,
      /deeper than 256/,
    ],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"\u0001"}}', -32700, /unexpected byte 0x1/],
  ] as const) {
    const answer = await send(url, { headers: session.headers, body });
    t.equal(answer.status, 400, body);
    t.match(answerOf(answer).error, { code, message: says }, body);
  }
  const latin1 = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"name":"caf\u00e9"}}', 'latin1');
  const answer = await send(url, { headers: session.headers, body: latin1 });
  t.equal(answer.status, 400);
  t.match(answerOf(answer).error, { code: -32700, message: /not UTF-8/ });
});

t.test('members that mean something in JavaScript mean nothing, and arrive as they are', async (t) => {
  const args = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
  const params = `{"__proto__":{"polluted":1},"name":"server_echo","arguments":${args}}`;
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params},"__proto__":{"method":"x"}}`;
  const { result } = answerOf(await send(url, { headers: session.headers, body }));
  t.match(JSON.stringify(result), '\\"name\\":\\"echo\\"');
  t.equal(upstream.of('tools/call').at(-1)?.message.params?.name, 'echo');
  for (const method of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
    t.match(answerOf(await session.request(method)).error, { code: -32601 });
});

t.test('a message that nests as deep as allowed is passed on', async (t) => {
  const deep = `${'['.repeat(250)}${']'.repeat(250)}`;
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"server_echo","arguments":${deep}}}`;
  t.equal(answerOf(await send(url, { headers: session.headers, body })).error, undefined);
});

t.test('other methods of HTTP are refused with 405 and those that are taken', async (t) => {
  for (const method of ['PUT', 'PATCH', 'OPTIONS', 'HEAD']) {
    const answer = await send(url, { method });
    t.equal(answer.status, 405, method);
    t.equal(answer.headers.allow, 'POST, GET, DELETE');
  }
});

t.test('a browser at an endpoint is told where there is a page for people', async (t) => {
  const answer = await send(url, { method: 'GET', headers: { accept: 'text/html,*/*;q=0.8' } });
  t.equal(answer.status, 406);
  t.match(answerOf(answer).error?.message, 'A page for people, with how to connect one, is at /.');
});

t.test('an unknown path is 404 and says what is there', async (t) => {
  for (const path of ['/mcp/default/none', '/mcp/default', '/mcpx', '/sse', `/${'x'.repeat(1000)}`]) {
    const answer = await send(new URL(path, url).href, { headers: type, body: '{}' });
    t.equal(answer.status, 404, path);
    const { error } = answerOf(answer);
    t.match(error?.message, path.slice(0, 100));
    t.match(error?.message, '/mcp/<namespace>/<service>');
    t.match(error?.message, '/api/services');
  }
});

t.test('a request in a proxy’s form, with the whole URL, is taken', async (t) => {
  const { host } = new URL(url);
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  const head = `POST http://${host}/mcp HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n`;
  const text = await raw(
    `${head}mcp-session-id: ${session.id}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  t.match(text, /^HTTP\/1.1 200/);
});

t.test('a client that goes away before its request is complete harms nobody', async (t) => {
  const { hostname, port } = new URL(url);
  for (let i = 0; i < 10; i++) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(
      'POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"jsonrpc"',
    );
    if (i % 2 === 0) socket.resetAndDestroy();
    else socket.destroy();
  }
  t.equal((await session.request('ping')).status, 200);
});

t.test('a client that sends its request too slowly is refused with 408', async (t) => {
  const began = performance.now();
  const head = 'POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n';
  const [body, headers] = await Promise.all([
    raw(`${head}{"jsonrpc"`),
    raw('POST /mcp HTTP/1.1\r\nhost: localhost\r\n'),
  ]);
  const took = performance.now() - began;
  t.match(body, /^HTTP\/1.1 408/);
  t.match(headers, /^HTTP\/1.1 408/);
  t.ok(took < 7000, `${took} ms`);
});

t.test('a connection that is not used is closed', async (t) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  const head = `POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nmcp-session-id: ${session.id}\r\n`;
  const began = performance.now();
  t.match(await raw(`${head}content-length: ${body.length}\r\n\r\n${body}`), /keep-alive/i);
  t.ok(performance.now() - began < 5000);
});

t.test('ambiguous framing is refused', async (t) => {
  const post = 'POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
  for (const headers of [
    'content-length: 2\r\ntransfer-encoding: chunked\r\n',
    'content-length: 2\r\ncontent-length: 3\r\n',
    'transfer-encoding: chunked, identity\r\n',
    'content-length : 2\r\n',
    'x: a\nb: c\r\n',
  ]) {
    t.match(await raw(`${post}${headers}\r\n{}`), /^HTTP\/1.1 400/, headers);
  }
});

t.test('more requests at once than allowed are refused with 503 and a time to wait', async (t) => {
  const calls = Array.from({ length: 3 }, () => session.call('server_wait'));
  await until('three calls', () => waiting.length === 3);
  for (const refused of [
    await session.request('tools/list'),
    await modern(url, 'tools/list'),
    await send(url, { headers: type, body: 'x' }),
  ]) {
    t.equal(refused.status, 503);
    t.equal(refused.headers['retry-after'], '1');
    t.match(answerOf(refused).error, { code: -32603, message: /has its 3 requests in work/ });
  }
  for (const open of waiting.splice(0)) open();
  for (const call of calls) t.equal((await call).error, undefined);
  t.equal((await session.request('tools/list')).status, 200);
});

t.test('open streams are not among the requests in work, but are bounded as sessions are', async (t) => {
  const streams = await Promise.all(Array.from({ length: 20 }, () => modernListen(url, { toolsListChanged: true })));
  t.ok(streams.every(({ status }) => status === 200));
  t.equal((await session.request('ping')).status, 200);
  const refused = await modern(url, 'subscriptions/listen', { notifications: {} }, { id: 'more' });
  t.equal(refused.status, 503);
  t.match(answerOf(refused), { id: 'more', error: { code: -32603, message: /20 subscriptions/ } });
  for (const stream of streams) stream.close();
  await until('room', async () => {
    const response = await open(url, modernRequest('subscriptions/listen', { notifications: {} }));
    response.destroy();
    return response.statusCode === 200;
  });
});

t.test('all that time it was one process, without a fault of its own', async (t) => {
  t.notMatch(gateway.log(), /"level":"error"/);
  t.notMatch(gateway.log(), /Warning/);
});

t.test('a server that hangs leaves room for the calls of others', async (t) => {
  const hung = await scriptedUpstream(t, { tools: { hangs: () => undefined } });
  const well = await scriptedUpstream(t, {
    tools: { quick: ({ response, message }) => json(response, textResult(message, 'quick')) },
  });
  const entries = [entryFor(hung.url, { name: 'hung', timeoutMs: 3000 }), entryFor(well.url, { name: 'well' })];
  await using small = await startGateway(entries, { env: { FETCHFY_MAX_REQUESTS: '16' } });
  const hanging = Array.from({ length: 20 }, () => modernCall(small.url, 'hung_hangs'));
  await until('as many as may', () => hung.of('tools/call').length === 14);
  t.equal(textOf(await modernCall(small.url, 'well_quick')), 'quick');
  const messages = (await Promise.all(hanging)).map(({ error }) => String(error?.message));
  t.equal(messages.filter((message) => /default\/hung has 14 requests in work/.test(message)).length, 6);
  t.equal(messages.filter((message) => /within 3000 ms/.test(message)).length, 14);
  t.match(
    await modernCall(small.url, 'hung_hangs'),
    { error: { message: /within 3000 ms/ } },
    'and is tried again then',
  );
});
