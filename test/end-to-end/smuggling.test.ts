/** Requests that two readers could take for different ones: none hides another, on either side of the gateway. */
import t from 'tap';
import { answerOf, modernCall, modernRequest, send, textOf } from '../support/mcp-http.ts';
import { rawConnection, rawExchange, rawPost, statusesIn } from '../support/raw-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, scriptedUpstream, textResult, type Script } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const POISON =
  '{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[{"type":"text","text":"poison"}]}}';
const poisoned = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${POISON.length}\r\n\r\n${POISON}`;

const tools: Readonly<Record<string, Script>> = {
  echo: ({ response, message }) => json(response, textResult(message, JSON.stringify(message.params?.arguments))),
  hidden: ({ response, message }) => json(response, textResult(message, 'hidden')),
  // Its answer has another behind it.
  two_answers: ({ request, response, message }) => {
    response.on('finish', () => request.socket.write(poisoned));
    json(response, textResult(message, 'first'));
  },
  framed_twice: ({ request, message }) => {
    const body = textResult(message, 'first');
    request.socket.end(
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\ntransfer-encoding: chunked\r\n\r\n${body}${poisoned}`,
    );
  },
};
const upstreams = {
  modern: await scriptedUpstream(t, { era: 'modern', tools }),
  legacy: await scriptedUpstream(t, { era: 'legacy', tools }),
};
const gateway = await startGateway(Object.entries(upstreams).map(([name, { url }]) => entryFor(url, { name })));
t.teardown(() => gateway.stop());
const { url, origin } = gateway;

/** The request that is hidden: whoever takes it for one calls a tool. */
const hidden = rawPost('/mcp', modernRequest('tools/call', { name: 'modern_hidden', arguments: {} }));
/** Ends a connection that still is one. */
const last = 'GET /last HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';
const post = 'POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
const chunked = `${post}transfer-encoding: chunked\r\n\r\n`;

const hiddenCalls = (): number =>
  Object.values(upstreams)
    .flatMap((upstream) => upstream.of('tools/call'))
    .filter(({ message }) => message.params?.name === 'hidden').length;

/** What is sent, and all the statuses that come; the connection ends then. */
const unclear: Readonly<Record<string, readonly [bytes: string, ...statuses: number[]]>> = {
  'Content-Length and Transfer-Encoding': [
    `${post}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  'Transfer-Encoding and Content-Length': [
    `${post}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n`,
    400,
  ],
  'two lengths': [`${post}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, 400],
  'one length twice': [`${post}content-length: 2\r\ncontent-length: 2\r\n\r\n{}`, 400],
  'a list of lengths': [`${post}content-length: 2, 2\r\n\r\n{}`, 400],
  'a length with a sign': [`${post}content-length: +2\r\n\r\n{}`, 400],
  'a negative length': [`${post}content-length: -2\r\n\r\n{}`, 400],
  'a hexadecimal length': [`${post}content-length: 0x2\r\n\r\n{}`, 400],
  'an empty length': [`${post}content-length: \r\n\r\n`, 400],
  'a length beyond all numbers': [`${post}content-length: 99999999999999999999999\r\n\r\n{}`, 400],
  'chunked twice': [`${post}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 400],
  'another coding below chunked': [`${post}transfer-encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 400],
  'another coding above chunked': [`${post}transfer-encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 400],
  'a coding that nobody knows': [`${post}transfer-encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 400],
  'chunked in quotes': [`${post}transfer-encoding: "chunked"\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 400],
  'chunked behind a vertical tab': [`${post}transfer-encoding: \x0bchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 400],
  'chunked in HTTP/1.0': [`${chunked.replace('1.1', '1.0')}2\r\n{}\r\n0\r\n\r\n`, 400],
  'a chunk whose size is no number': [`${chunked}zz\r\n{}\r\n0\r\n\r\n`, 400],
  'a chunk whose size has a prefix': [`${chunked}0x2\r\n{}\r\n0\r\n\r\n`, 400],
  'a chunk whose size is negative': [`${chunked}-2\r\n{}\r\n0\r\n\r\n`, 400],
  'a chunk whose size wraps around': [`${chunked}10000000000000002\r\n{}\r\n0\r\n\r\n`, 400],
  'a chunk that is longer than it says': [`${chunked}2\r\n{}{}\r\n0\r\n\r\n`, 400],
  'chunks that end in a bare line feed': [`${chunked}2\n{}\n0\n\n`, 400],
  'a line feed in what follows a chunk’s size': [`${chunked}2;\nxx\r\n{}\r\n0\r\n\r\n`, 400],
  'a folded header': [`${post}x-a: b\r\n content-length: 2\r\ncontent-length: 2\r\n\r\n{}`, 400],
  'a folded first header': ['POST /mcp HTTP/1.1\r\n host: localhost\r\n\r\n', 400],
  'a header that ends in a bare line feed': [`${post}x-a: b\ncontent-length: 2\r\n\r\n{}`, 400],
  'nothing but bare line feeds': [`${post.replaceAll('\r', '')}content-length: 2\n\n{}`, 400],
  'a carriage return in a value': [`${post}x-a: b\rcontent-length: 50\r\ncontent-length: 2\r\n\r\n{}`, 400],
  'NUL in a value': [`${post}x-a: b\0c\r\ncontent-length: 2\r\n\r\n{}`, 400],
  'NUL in a name': [`${post}x\0a: b\r\ncontent-length: 2\r\n\r\n{}`, 400],
  'a space before the colon': [`${post}content-length : 2\r\n\r\n{}`, 400],
  'a tab before the colon': [`${post}transfer-encoding\t: chunked\r\n\r\n0\r\n\r\n`, 400],
  'a header without a colon': [`${post}content-length\r\n\r\n{}`, 400],
  'a header without a name': [`${post}: 2\r\n\r\n{}`, 400],
  'two hosts': ['GET /mcp HTTP/1.1\r\nhost: localhost\r\nHost: evil.example.com\r\n\r\n', 400],
  'no host': ['GET /mcp HTTP/1.1\r\n\r\n', 400],
  'no path': ['GET localhost:80 HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
  'a user in the URL': ['GET http://localhost@evil.example.com/mcp HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
  'a space in the path': ['GET /mcp HTTP/1.1 HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
  'a method that is none': ['P@ST /mcp HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
  'the preface of HTTP/2': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  'a version that there is not': ['GET /mcp HTTP/1.2\r\nhost: localhost\r\n\r\n', 400],
  'HTTP/2 in text': ['GET /mcp HTTP/2.0\r\nhost: localhost\r\n\r\n', 400],
  'HTTP/0.9': ['GET /mcp\r\n\r\n', 400],
  CONNECT: ['CONNECT localhost:80 HTTP/1.1\r\nhost: localhost\r\n\r\n'],
};

for (const [name, [bytes, ...statuses]] of Object.entries(unclear)) {
  t.test(`${name}: refused, and nothing that follows on the connection is served`, async (t) => {
    t.strictSame(statusesIn(await rawExchange(url, `${bytes}${hidden}${last}`)), statuses);
    t.equal(hiddenCalls(), 0);
  });
}

/** What has one reading, in which the hidden request is no request; the connection goes on, up to the last. */
const clear: Readonly<Record<string, readonly [bytes: string, ...statuses: number[]]>> = {
  'a body with a request in it': [`${post}content-length: ${hidden.length}\r\n\r\n${hidden}`, 400, 404],
  'a chunk with a request in it': [`${chunked}${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`, 400, 404],
  'the extension of a chunk': [`${chunked}2;a=b\r\n{}\r\n0\r\n\r\n`, 400, 404],
  'a trailer with headers in it': [
    `${chunked}2\r\n{}\r\n0\r\nhost: evil.example.com\r\nauthorization: x\r\n\r\n`,
    400,
    404,
  ],
  'GET with a body': [
    `GET /x HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${hidden.length}\r\n\r\n${hidden}`,
    404,
    404,
  ],
  'a body that is too large, not read': [
    `${post}content-length: ${5 * 1024 * 1024}\r\n\r\n${hidden.padEnd(5 * 1024 * 1024)}`,
    413,
    404,
  ],
  'a body at a foreign name, not read': [
    `POST /mcp HTTP/1.1\r\nhost: evil.example.com\r\ncontent-length: ${hidden.length}\r\n\r\n${hidden}`,
    403,
    404,
  ],
  TRACE: ['TRACE /mcp HTTP/1.1\r\nhost: localhost\r\nauthorization: s3cret\r\n\r\n', 405, 404],
};

for (const [name, [bytes, ...statuses]] of Object.entries(clear)) {
  t.test(`${name}: answered as what it is`, async (t) => {
    const text = await rawExchange(url, `${bytes}${last}`);
    t.strictSame(statusesIn(text), statuses);
    t.notMatch(text, 's3cret', 'nothing is echoed');
    t.equal(hiddenCalls(), 0);
  });
}

t.test('an upgrade is not taken, what comes with it is no request, and the connection goes on', async (t) => {
  for (const [upgrade, head] of [
    ['websocket', 'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n'],
    ['h2c', 'http2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'],
  ] as const) {
    const { socket, text, ended } = await rawConnection(url);
    socket.write(
      `GET /x HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: ${upgrade}\r\n${head}\r\n${hidden}`,
    );
    await until('the answer', () => statusesIn(text()).length === 1);
    socket.write(last);
    t.strictSame(statusesIn(await ended), [404, 404], upgrade);
    t.equal(hiddenCalls(), 0);
  }
});

t.test('the hidden request would be served if it were one', async (t) => {
  t.strictSame(statusesIn(await rawExchange(url, `${hidden}${last}`)), [200, 404]);
  t.equal(hiddenCalls(), 1);
});

t.test('a target that is a whole URL is refused where it or Host has a foreign name', async (t) => {
  const status = async (target: string, host: string): Promise<number[]> =>
    statusesIn(await rawExchange(url, `GET ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`));
  t.strictSame(await status('http://evil.example.com/api/services', 'localhost'), [403]);
  t.strictSame(await status('http://localhost/api/services', 'evil.example.com'), [403]);
  t.strictSame(await status('http://localhost/api/services', '127.0.0.1'), [200]);
});

t.test('what may stand once and stands twice is refused with a sentence that names it', async (t) => {
  const get = 'GET /mcp HTTP/1.1\r\nhost: localhost\r\n';
  for (const name of [
    'authorization',
    'content-type',
    'origin',
    'mcp-session-id',
    'mcp-method',
    'mcp-name',
    'mcp-param-a',
  ]) {
    const text = await rawExchange(url, `${get}${name.toUpperCase()}: a\r\n${name}: a\r\n\r\n${hidden}`);
    t.match(text, `"The header ${name} stands twice; expected it once."`);
    t.strictSame(statusesIn(text), [400], name);
  }
});

t.test('a key’s header may stand once where the Gateway takes keys', async (t) => {
  const headers = 'host: localhost\r\nx-team-key: a\r\nx-team-key: b\r\nconnection: close\r\n';
  const asked = async (): Promise<string> => rawExchange(url, `GET /api/services HTTP/1.1\r\n${headers}\r\n`);
  const entries = Object.entries(upstreams).map(([name, upstream]) => entryFor(upstream.url, { name }));
  t.strictSame(statusesIn(await asked()), [200]);
  const policy = { hosts: [], auth: { methods: [{ apiKey: { header: 'x-team-key' } }] } };
  await gateway.publish(entries, { policy });
  t.match(await asked(), 'The header x-team-key stands twice');
  await gateway.publish(entries);
});

for (const server of ['modern', 'legacy'] as const) {
  t.test(`no text of a client makes a second request to a ${server} server`, async (t) => {
    const before = upstreams[server].arrivals.length;
    const args = { padding: `\r\n\r\n${hidden}` };
    t.equal(textOf(await modernCall(url, `${server}_echo`, args)), JSON.stringify(args));
    const headers = { 'mcp-param-x': `=?base64?${Buffer.from(`a\r\n\r\n${hidden}`).toString('base64')}?=` };
    t.equal(textOf(await modernCall(url, `${server}_echo`, {}, { headers })), '{}');
    const { headers: its = {}, body = '' } = modernRequest('tools/call', { name: `${server}_echo`, arguments: args });
    const answer = await send(url, { headers: { ...its, 'transfer-encoding': 'chunked', trailer: 'mcp-name' }, body });
    t.equal(textOf(answerOf(answer)), JSON.stringify(args));
    const arrived = upstreams[server].arrivals.slice(before).map(({ message }) => message.params?.name);
    t.strictSame(
      arrived.filter((name) => name !== undefined),
      ['echo', 'echo', 'echo'],
    );
    for (const { request } of upstreams[server].of('tools/call')) {
      t.equal(request.headers['transfer-encoding'], undefined);
      t.ok(Number(request.headers['content-length']) > 0);
    }
  });

  t.test(`what a ${server} server sends behind an answer is nobody’s`, async (t) => {
    for (let turn = 0; turn < 3; turn++) {
      t.equal(textOf(await modernCall(url, `${server}_two_answers`)), 'first');
      t.equal(textOf(await modernCall(url, `${server}_echo`, { turn })), JSON.stringify({ turn }));
    }
    t.match((await modernCall(url, `${server}_framed_twice`)).error?.message, new RegExp(`default/${server}`));
    t.equal(textOf(await modernCall(url, `${server}_echo`)), '{}');
  });
}

t.test('a credential in a query is refused, and stands in no answer and no log', async (t) => {
  for (const path of ['/mcp', '/mcp/default/modern', '/', '/api/services', '/nothing', '/agents/default/x/']) {
    const answer = await send(`${origin}${path}?access_token=s3cret`, { method: 'GET' });
    t.equal(answer.status, 400, path);
    t.match(answerOf(answer).error, { code: -32600, message: /query has accesstoken/ });
    t.notMatch(answer.text, 's3cret');
  }
  t.equal((await send(`${origin}/api/services?view=all`, { method: 'GET' })).status, 200);
  t.notMatch(gateway.log(), 's3cret');
});

t.test('all that time it was one process, without a fault of its own', async (t) => {
  t.notMatch(gateway.log(), /"level":"error"/);
});
