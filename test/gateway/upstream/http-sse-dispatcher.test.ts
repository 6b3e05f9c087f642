import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { httpSseScripted, type HttpSseScript, type Posted } from '../../support/servers/http-sse-scripted.ts';
import { progressToken } from '../../support/scripted-upstream.ts';
import { until } from '../../support/until.ts';
import { serverAt, testPools } from '../../support/outlets.ts';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

/** A server, and requests to it as if it spoke Streamable HTTP. */
async function adapted(t: Test, script: HttpSseScript = {}, endpointMs = 5000) {
  const server = await httpSseScripted(t, script);
  const pools = testPools({ endpointMs });
  t.teardown(() => pools.close());
  const send = (method: 'POST' | 'GET' | 'DELETE', session?: string, body?: object, signal?: AbortSignal) =>
    pools.get(serverAt(server.target), server.target, undefined, 'http+sse').request({
      method,
      path: '/sse',
      headers: { host: 'shop:80', ...(session !== undefined && { 'mcp-session-id': session }) },
      body: body === undefined ? null : JSON.stringify(body),
      ...(signal && { signal }),
    });
  const post = async (session: string | undefined, body: object, signal?: AbortSignal) => {
    const { statusCode: status, headers, body: answer } = await send('POST', session, body, signal);
    return { status, type: headers['content-type'], id: headers['mcp-session-id'], text: await answer.text() };
  };
  const begin = async (): Promise<string> => String((await post(undefined, INITIALIZE)).id);
  return { server, pools, send, post, begin };
}

const call = (id: number | string, name = 'ask', token?: number | string) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, ...(token !== undefined && { _meta: { progressToken: token } }) },
});
const progress = (token: unknown) => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: token, progress: 1 },
});
const log = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } };

/** The messages on a stream of events. */
const events = (text: string): unknown[] =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(String(data)) as unknown);

/** A script that lets each call wait until the test answers it. */
function waiting() {
  const calls: Posted[] = [];
  const methods = { 'tools/call': (posted: Posted): void => void calls.push(posted) };
  return { calls, methods, came: (count: number) => until(`${count} calls`, () => calls.length >= count) };
}

t.test('initialize opens the stream, and is answered with JSON and an id of the gateway’s own', async (t) => {
  const { server, post } = await adapted(t);
  const answer = await post(undefined, INITIALIZE);
  t.match(answer, { status: 200, type: 'application/json', id: /^http\+sse\/[0-9a-f-]{36}$/ });
  t.match(JSON.parse(answer.text), { id: 0, result: { protocolVersion: '2024-11-05' } });
  t.equal(server.streams.size, 1);
  t.match(server.posted[0]?.headers, { host: 'shop:80', 'content-type': 'application/json' });
});

t.test('the id of the session stays in the gateway', async (t) => {
  const { server, post, begin } = await adapted(t);
  await post(await begin(), { jsonrpc: '2.0', id: 1, method: 'ping' });
  t.equal(server.of('ping')[0]?.headers['mcp-session-id'], undefined);
});

t.test('an answer alone is JSON, with its bytes as they came', async (t) => {
  const bytes = '{"jsonrpc":"2.0", "id":7, "result":{"big":12345678901234567890}}';
  const { post, begin } = await adapted(t, { methods: { 'tools/call': ({ say }) => say(bytes) } });
  t.match(await post(await begin(), call(7)), { status: 200, type: 'application/json', text: bytes });
});

t.test('an answer after progress stands on a stream of events', async (t) => {
  const { post, begin } = await adapted(t, {
    methods: {
      'tools/call': ({ message, say, result }) => {
        say(progress(progressToken(message)));
        result({ done: true });
      },
    },
  });
  const answer = await post(await begin(), call(7, 'ask', 'mine'));
  t.equal(answer.type, 'text/event-stream');
  t.match(events(answer.text), [{ params: { progressToken: 'mine' } }, { id: 7, result: { done: true } }]);
});

t.test('each of many requests gets its own progress and answer', async (t) => {
  const { calls, methods, came } = waiting();
  const { post, begin } = await adapted(t, { methods });
  const session = await begin();
  const ids = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? index + 1 : `${index}`));
  const answers = ids.map((id) => post(session, call(id, 'ask', id)));
  await came(ids.length);
  for (const { message, say } of calls) say(progress(progressToken(message)));
  for (const { message, result } of calls.toReversed()) result({ of: message.id });
  for (const [index, answer] of (await Promise.all(answers)).entries()) {
    const id = ids[index];
    t.match(events(answer.text), [{ params: { progressToken: id } }, { id, result: { of: id } }]);
  }
});

t.test('1 and "1" are two ids; a second spelling of one is the same', async (t) => {
  const { calls, methods, came } = waiting();
  const { post, begin } = await adapted(t, { methods });
  const session = await begin();
  const answers = [1, '1', 'é'].map((id) => post(session, call(id)));
  await came(3);
  for (const id of ['"\\u00e9"', '"1"', '1']) calls[0]?.say(`{"jsonrpc":"2.0","id":${id},"result":{"of":${id}}}`);
  t.same(
    (await Promise.all(answers)).map(({ text }) => (JSON.parse(text) as { result: { of: unknown } }).result.of),
    [1, '1', 'é'],
  );
});

t.test('an id that runs already is refused and does the running one no harm', async (t) => {
  const { calls, methods, came } = waiting();
  const { post, begin } = await adapted(t, { methods });
  const session = await begin();
  const first = post(session, call(5));
  await came(1);
  const error = { code: -32600, message: 'A request with the id 5 runs in the session already.' };
  t.same(JSON.parse((await post(session, call(5))).text), { jsonrpc: '2.0', id: 5, error });
  calls[0]?.result({ ok: true });
  t.match(JSON.parse((await first).text), { id: 5, result: { ok: true } });
  t.equal(calls.length, 1);
});

t.test('a thousand requests may run in one session, and no more', async (t) => {
  const { calls, methods, came } = waiting();
  const { post, begin } = await adapted(t, { methods });
  const session = await begin();
  const answers = Array.from({ length: 1000 }, (_, id) => post(session, call(id)));
  await came(1000);
  t.match(JSON.parse((await post(session, call(1000))).text), { id: 1000, error: { message: /as many as may/ } });
  for (const { result } of calls) result({});
  await Promise.all(answers);
  const last = post(session, call(1000));
  await came(1001);
  calls[1000]?.result({});
  t.match(JSON.parse((await last).text), { id: 1000, result: {} });
});

t.test('notifications and responses are taken with 202', async (t) => {
  const { server, post, begin } = await adapted(t);
  const session = await begin();
  for (const body of [
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 'theirs', result: {} },
  ]) {
    t.match(await post(session, body), { status: 202, text: '' });
  }
  t.match(
    server.posted.slice(1).map(({ message }) => message),
    [{ method: 'notifications/initialized' }, { id: 'theirs' }],
  );
});

t.test('what belongs to no request goes to whoever listens, one at a time', async (t) => {
  const { calls, methods, came } = waiting();
  const { send, post, begin } = await adapted(t, { methods });
  const session = await begin();
  const listener = await send('GET', session);
  t.match(listener, { statusCode: 200, headers: { 'content-type': 'text/event-stream' } });
  t.equal((await send('GET', session)).statusCode, 409);
  let heard = '';
  listener.body.on('error', () => undefined).on('data', (chunk: Buffer) => (heard += chunk.toString()));
  const answer = post(session, call(1, 'ask', 1));
  await came(1);
  const question = { jsonrpc: '2.0', id: 'q', method: 'sampling/createMessage', params: {} };
  for (const said of [log, question, progress('of none'), progress(1)]) calls[0]?.say(said);
  calls[0]?.result({});
  // A log line is the only request's: by way of the listener the answer would overtake it.
  t.match(events((await answer).text), [log, { params: { progressToken: 1 } }, { id: 1 }]);
  await until('two messages', () => events(heard).length === 2, { state: () => heard });
  t.match(events(heard), [question, { params: { progressToken: 'of none' } }]);
  listener.body.destroy();
  await until('the stream to be free', async () => {
    const next = await send('GET', session);
    next.body.on('error', () => undefined).destroy();
    return next.statusCode === 200;
  });
});

t.test('while nobody listens, it goes to the only request that runs', async (t) => {
  const { calls, methods, came } = waiting();
  const { server, post, begin } = await adapted(t, { methods });
  const session = await begin();
  const only = post(session, call(1));
  await came(1);
  calls[0]?.say(log);
  calls[0]?.say(progress('of none'));
  calls[0]?.result({});
  t.match(events((await only).text), [log, { id: 1 }]);
  const [one, other] = [post(session, call(2)), post(session, call(3))];
  await came(3);
  calls[1]?.say(log);
  calls[1]?.say({ jsonrpc: '2.0', id: 'q', method: 'roots/list' });
  const refusal = await until('the refusal', () => server.posted.find(({ message }) => message.id === 'q'));
  t.match(refusal.message, { error: { code: -32601, message: 'Nobody listens to roots/list.' } });
  calls[1]?.result({});
  calls[2]?.result({});
  for (const answer of [one, other]) t.match(await answer, { type: 'application/json' });
});

t.test('a ping of the server is answered here', async (t) => {
  const { server, begin } = await adapted(t);
  await begin();
  server.posted[0]?.say({ jsonrpc: '2.0', id: 'are you there', method: 'ping' });
  const pong = await until('the answer', () => server.posted.find(({ message }) => message.id === 'are you there'));
  t.same(pong.message, { jsonrpc: '2.0', id: 'are you there', result: {} });
  t.equal(pong.headers.host, 'shop:80');
});

t.test('a server that pings without end and takes no answer has few connections for that', async (t) => {
  const server = await httpSseScripted(t, { keepsPost: [''] });
  const pools = testPools({ connections: 0 });
  t.teardown(() => pools.close());
  const request = { method: 'POST', path: '/sse', body: JSON.stringify(INITIALIZE) } as const;
  await (await pools.get(serverAt(server.target), server.target, undefined, 'http+sse').request(request)).body.dump();
  const pongs = () => server.posted.filter(({ message }) => String(message.id).startsWith('ping-')).length;
  for (let index = 0; index < 500; index++) {
    server.posted[0]?.say({ jsonrpc: '2.0', id: `ping-${index}`, method: 'ping' });
  }
  await until('some answers', () => pongs() > 0);
  await delay(300);
  t.ok(pongs() <= 16, `${pongs()} answers`);
});

t.test('several messages in one event are taken apart', async (t) => {
  const { post, begin } = await adapted(t, {
    methods: {
      'tools/call': ({ message, say }) =>
        say([progress(progressToken(message)), { jsonrpc: '2.0', id: message.id, result: {} }]),
    },
  });
  t.match(events((await post(await begin(), call(1, 'ask', 't'))).text), [{ method: /progress/ }, { id: 1 }]);
});

t.test('a broken message fails the request that it must be for, and no other', async (t) => {
  const { calls, methods, came } = waiting();
  const { post, begin } = await adapted(t, { methods });
  const session = await begin();
  const one = post(session, call(1));
  await came(1);
  calls[0]?.say('{"jsonrpc":');
  await t.rejects(one, { name: 'JsonScanError' });
  const [two, three] = [post(session, call(2)), post(session, call(3))];
  await came(3);
  calls[1]?.say('{"jsonrpc":');
  calls[1]?.say('{"jsonrpc":"2.0","id":2,"result":{},"error":{}}');
  await t.rejects(two, { name: 'InvalidMessageError' });
  calls[2]?.result({});
  t.match(JSON.parse((await three).text), { id: 3, result: {} });
});

t.test('an error without an id answers the only request', async (t) => {
  const text = '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}';
  const { post, begin } = await adapted(t, { methods: { 'tools/call': ({ say }) => say(text) } });
  t.match(await post(await begin(), call(1)), { status: 200, text });
});

t.test('a request that is given up is forgotten, and its late answer is dropped', async (t) => {
  const { calls, methods, came } = waiting();
  const { post, begin } = await adapted(t, { methods });
  const session = await begin();
  const abort = new AbortController();
  const given = post(session, call(1, 'ask', 't'), abort.signal);
  await came(1);
  abort.abort();
  await t.rejects(given, { name: 'AbortError' });
  calls[0]?.say(progress('t'));
  calls[0]?.result({ late: true });
  const next = post(session, call(2));
  await came(2);
  calls[1]?.result({ late: false });
  t.match(await next, { type: 'application/json', text: /"late":false/ });
  const again = post(session, call(1));
  await came(3);
  calls[2]?.result({ late: false });
  t.match(await again, { text: /"late":false/ }, 'the id is free again');
});

t.test('a stream that dies fails what runs and whoever listens at once, and is the end of the session', async (t) => {
  const { calls, methods, came } = waiting();
  const { server, send, post, begin } = await adapted(t, { methods });
  for (const how of ['end', 'destroy'] as const) {
    const session = await begin();
    const listener = await send('GET', session);
    const before = calls.length;
    const running = [post(session, call(1)), post(session, call(2))];
    await came(before + 2);
    const began = performance.now();
    calls[before]?.stream[how]();
    for (const each of running) await t.rejects(each, { message: /^its stream of events (ended|broke: .*)$/ });
    await t.rejects(listener.body.text(), { message: /^its stream of events/ });
    t.ok(performance.now() - began < 100, `${performance.now() - began} ms`);
    t.match(await post(session, call(3)), { status: 404, text: '' });
    t.equal(server.of('tools/call').length, before + 2);
  }
});

t.test('a request that was not accepted when its stream died has not been done if the server says so', async (t) => {
  const { calls, methods, came } = waiting();
  const { post, begin } = await adapted(t, { methods, keepsPost: ['tools/call'] });
  const die = async (answer: (call: Posted) => void) => {
    const before = calls.length;
    const running = post(await begin(), call(1));
    await came(before + 1);
    const held = calls[before] as Posted;
    const began = performance.now();
    held.stream.destroy();
    await once(held.stream, 'close');
    answer(held);
    const outcome = await running.catch((error: Error) => error.message);
    t.ok(performance.now() - began < 100, `${performance.now() - began} ms`);
    return outcome;
  };
  const broke = /^its stream of events broke/;
  t.match(await die(({ response }) => void response.writeHead(404).end()), { status: 404, text: '' });
  t.match(await die(({ response }) => void response.writeHead(400).end('No transport')), { status: 404, text: '' });
  t.match(await die(({ response }) => void response.writeHead(202).end()), broke);
  t.match(await die(({ response }) => void response.writeHead(500).end()), broke);
  t.match(await die(({ response }) => void response.destroy()), broke);
  t.match(await die(() => undefined), broke);
});

t.test('DELETE ends the session: the server’s stream is closed', async (t) => {
  const { server, send, post, begin } = await adapted(t);
  const [session, other] = [await begin(), await begin()];
  t.equal((await send('DELETE', session)).statusCode, 200);
  await until('the stream to be closed', () => server.streams.size === 1);
  t.equal((await post(session, call(1))).status, 404);
  t.equal((await send('DELETE', session)).statusCode, 404);
  t.equal((await post(other, { jsonrpc: '2.0', id: 1, method: 'ping' })).status, 200);
});

t.test('a server that no longer knows the session says so for its requests', async (t) => {
  const { methods, came } = waiting();
  const { server, post, begin } = await adapted(t, {
    methods: { ...methods, ping: ({ response }) => void response.writeHead(404).end('Could not find session') },
    keepsPost: ['ping'],
  });
  const session = await begin();
  const running = post(session, call(1));
  await came(1);
  t.equal((await post(session, { jsonrpc: '2.0', id: 2, method: 'ping' })).status, 404);
  await t.rejects(running, { message: 'the server no longer knows the session' });
  await until('the stream to be closed', () => server.streams.size === 0);
  t.equal((await post(session, call(3))).status, 404);
});

t.test('another refusal is passed on as it is', async (t) => {
  const { post, begin } = await adapted(t, {
    methods: {
      'tools/call': ({ response }) =>
        void response.writeHead(400, { 'content-type': 'text/plain' }).end('Could not parse message'),
      ping: ({ response }) => void response.writeHead(413, { 'content-type': 'text/html' }).end('x'.repeat(100_000)),
    },
    keepsPost: ['tools/call', 'ping'],
  });
  const session = await begin();
  t.match(await post(session, call(1)), { status: 400, type: 'text/plain', text: 'Could not parse message' });
  t.match(await post(session, { jsonrpc: '2.0', id: 1, method: 'ping' }), { status: 413, type: undefined, text: '' });
});

t.test('an answer that comes before its POST is accepted counts all the same', async (t) => {
  const { post, begin } = await adapted(t, {
    methods: { 'tools/call': ({ result }) => result({ early: true }) },
    keepsPost: ['tools/call'],
  });
  t.match(JSON.parse((await post(await begin(), call(1))).text), { result: { early: true } });
});

t.test('a server that is gone is told as one that cannot be connected to', async (t) => {
  const { server, post } = await adapted(t);
  await server.close();
  await t.rejects(post(undefined, INITIALIZE), { code: 'ECONNREFUSED' });
});

t.test('a GET that is no stream is passed on: nothing speaks HTTP+SSE there', async (t) => {
  const page = await adapted(t, {
    get: (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
  });
  t.match(await page.post(undefined, INITIALIZE), { status: 200, type: 'text/html', id: undefined, text: '' });
  const none = await adapted(t, { get: (response) => void response.writeHead(405).end() });
  t.match(await none.post(undefined, INITIALIZE), { status: 405, id: undefined });
});

t.test('an endpoint that is no URI is refused, and the stream closed', async (t) => {
  const { server, post } = await adapted(t, { endpoint: () => 'http://[' });
  await t.rejects(post(undefined, INITIALIZE), { code: 'ERR_UPSTREAM_MALFORMED', message: /no URI of HTTP/ });
  await until('the stream to be closed', () => server.streams.size === 0);
});

t.test('an endpoint that does not come is waited for no longer than its deadline', async (t) => {
  const { post } = await adapted(t, { endpoint: () => undefined }, 50);
  await t.rejects(post(undefined, INITIALIZE), {
    code: 'ERR_UPSTREAM_TIMEOUT',
    message: 'GET /sse brought no event "endpoint" within 50 ms.',
  });
});

t.test('a stream that begins with a message is none of HTTP+SSE', async (t) => {
  const { post } = await adapted(t, {
    get: (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`event: ping\ndata: now\n\ndata: ${JSON.stringify(log)}\n\n`);
    },
  });
  await t.rejects(post(undefined, INITIALIZE), { message: 'The stream does not begin with the event "endpoint".' });
});

t.test('initialize that is refused, or given up, leaves no session behind', async (t) => {
  const refused = await adapted(t, {
    methods: {
      initialize: ({ message, say }) => say({ jsonrpc: '2.0', id: message.id, error: { code: -32602, message: 'no' } }),
    },
  });
  t.match(JSON.parse((await refused.post(undefined, INITIALIZE)).text), { error: { message: 'no' } });
  await until('the stream to be closed', () => refused.server.streams.size === 0);
  const quiet = await adapted(t, { methods: { initialize: () => undefined } });
  await t.rejects(quiet.post(undefined, INITIALIZE, AbortSignal.timeout(50)), { name: 'TimeoutError' });
  await until('the stream to be closed', () => quiet.server.streams.size === 0);
  const unposted = await adapted(t, {
    methods: { initialize: ({ response }) => void response.writeHead(503).end() },
    keepsPost: ['initialize'],
  });
  t.equal((await unposted.post(undefined, INITIALIZE)).status, 503);
  await until('the stream to be closed', () => unposted.server.streams.size === 0);
});

t.test('an event that is too large ends the session, and says why', async (t) => {
  const { post, begin } = await adapted(t, {
    methods: { 'tools/call': ({ say, message }) => say({ id: message.id, result: 'x'.repeat(17 * 1024 * 1024) }) },
  });
  const session = await begin();
  await t.rejects(post(session, call(1)), { name: 'FrameTooLargeError' });
  t.equal((await post(session, call(2))).status, 404);
});

t.test('large answers arrive whole', async (t) => {
  const { post, begin } = await adapted(t, {
    methods: { 'tools/call': ({ result }) => result({ text: 'x'.repeat(8 * 1024 * 1024) }) },
  });
  t.ok((await post(await begin(), call(1))).text.length > 8 * 1024 * 1024);
});

t.test('a reader that does not read is given up, and the others go on', async (t) => {
  const { calls, methods, came } = waiting();
  const { send, post, begin } = await adapted(t, { methods });
  const session = await begin();
  const slow = await send('GET', session);
  const running = post(session, call(1));
  await came(1);
  const large = { jsonrpc: '2.0', method: 'notifications/example', params: { data: 'x'.repeat(100_000) } };
  for (let i = 0; i < 20; i++) calls[0]?.say(large);
  calls[0]?.result({ ok: true });
  t.match(JSON.parse((await running).text.split('data: ').at(-1) ?? ''), { result: { ok: true } });
  await t.rejects(slow.body.text(), { message: 'its events were not read' });
  t.equal((await send('GET', session)).statusCode, 200, 'another may listen');
});

t.test('what is no message of a session is refused', async (t) => {
  const { send, post, begin } = await adapted(t);
  t.equal((await send('GET')).statusCode, 400);
  t.equal((await send('DELETE')).statusCode, 400);
  t.equal((await post(undefined, call(1))).status, 400);
  t.equal((await post('http+sse/made-up', call(1))).status, 404);
  await t.rejects(post(await begin(), { no: 'message' }), { name: 'InvalidMessageError' });
});
