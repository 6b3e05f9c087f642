import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, initialize, LegacySession, modernCall, send, textOf, type HttpAnswer } from '../support/mcp-http.ts';
import { memoryOf } from '../support/process-memory.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, result, scriptedUpstream, tellSession, textResult, type Script } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const echo: Script = ({ response, message }) => json(response, textResult(message, 'echo'));
const tools = { echo, who: tellSession };

t.test('a client’s session', async (t) => {
  const upstream = await scriptedUpstream(t, { tools });
  const gateway = await gatewayOf(t, { one: upstream, two: upstream });
  const { url } = gateway;
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  const headers = { 'content-type': 'application/json' };

  t.test('is required for all but initialize', async (t) => {
    for (const [method, sent] of [
      ['POST', { headers, body }],
      ['POST', { headers, body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }) }],
      ['POST', { headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} }) }],
      ['GET', {}],
      ['DELETE', {}],
    ] as const) {
      const answer = await send(url, { ...sent, method });
      t.equal(answer.status, 400);
      t.match(answerOf(answer).error, { code: -32600, message: /Mcp-Session-Id is missing/ });
    }
  });

  t.test('that is not known is answered with 404', async (t) => {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const answer = await send(url, {
        method,
        headers: { ...headers, 'mcp-session-id': 'unknown' },
        ...(method === 'POST' && { body }),
      });
      t.equal(answer.status, 404);
      t.match(answerOf(answer).error, { code: -32001, message: /Begin anew with initialize/ });
    }
  });

  t.test('of one path is not known at another', async (t) => {
    const session = await LegacySession.begin(`${url}/default/one`);
    for (const other of [url, `${url}/default/two`])
      t.equal((await send(other, { headers: session.headers, body })).status, 404);
    t.equal((await session.request('ping')).status, 200);
  });

  t.test('is known under the same path with a slash or a query', async (t) => {
    const session = await LegacySession.begin(url);
    for (const same of [`${url}/`, `${url}?x=y`])
      t.equal((await send(same, { headers: session.headers, body })).status, 200);
  });

  t.test('ends with DELETE, and with it those with the servers and the stream', async (t) => {
    const session = await LegacySession.begin(url);
    const stream = await session.listen();
    const inner = textOf(await session.call('one_who'));
    t.ok(upstream.sessions.has(inner));
    t.equal((await session.end()).status, 204);
    t.equal((await session.request('ping')).status, 404);
    t.equal((await session.end()).status, 404);
    t.equal(await stream.ended(), 'ended');
    await until('the end of the server’s session', () => upstream.ended.includes(inner));
  });

  t.test('that ends answers its running calls', async (t) => {
    const gates: (() => void)[] = [];
    const slow = await scriptedUpstream(t, {
      tools: { wait: ({ response }) => void gates.push(() => response.end()) },
    });
    await gateway.publish([entryFor(slow.url, { name: 'slow' })]);
    const session = await LegacySession.begin(url);
    const call = session.call('slow_wait');
    await until('the call', () => gates.length === 1);
    await session.end();
    t.match((await call).error, { code: -32603, message: /session .* ended/ });
  });

  t.test('is one for each client at each server', async (t) => {
    await gateway.publish([entryFor(upstream.url, { name: 'one' }), entryFor(upstream.url, { name: 'two' })]);
    const [a, b] = [await LegacySession.begin(url), await LegacySession.begin(url)];
    const inner = [await a.call('one_who'), await a.call('two_who'), await b.call('one_who')].map(textOf);
    t.equal(new Set(inner).size, 3);
    t.equal(textOf(await a.call('one_who')), inner[0], 'and stays');
  });

  t.test('with a server is opened when it is first used, and once', async (t) => {
    const before = upstream.of('initialize').length;
    const session = await LegacySession.begin(url);
    t.equal(upstream.of('initialize').length, before);
    await Promise.all(Array.from({ length: 10 }, () => session.call('one_echo')));
    t.equal(upstream.of('initialize').length, before + 1);
  });

  t.test('with a server that left the registry ends, and running calls in it finish first', async (t) => {
    const gates: (() => void)[] = [];
    const leaving = await scriptedUpstream(t, {
      tools: {
        ...tools,
        wait: ({ response, message }) => void gates.push(() => json(response, textResult(message, 'done'))),
      },
    });
    const others = [entryFor(upstream.url, { name: 'one' })];
    await gateway.publish([...others, entryFor(leaving.url, { name: 'leaving' })]);
    const session = await LegacySession.begin(url);
    const inner = textOf(await session.call('leaving_who'));
    const calls = [session.call('leaving_wait'), modernCall(url, 'leaving_wait')];
    await until('both calls', () => gates.length === 2);
    await gateway.publish(others);
    t.match((await session.call('leaving_echo')).error, { code: -32602 });
    t.notOk(leaving.ended.includes(inner));
    for (const open of gates) open();
    for (const call of calls) t.equal(textOf(await call), 'done');
    await until('the end of all its sessions', () => leaving.sessions.size === 0, {
      state: () => [...leaving.sessions],
    });
  });
});

t.test('an idle session ends, one in use or with a stream stays', async (t) => {
  const gates: (() => void)[] = [];
  const upstream = await scriptedUpstream(t, {
    tools: {
      echo,
      wait: ({ response, message }) => void gates.push(() => json(response, textResult(message, 'done'))),
    },
  });
  const gateway = await gatewayOf(t, { server: upstream }, { env: { FETCHFY_SESSION_IDLE: '1s' } });
  const listening = await LegacySession.begin(gateway.url);
  const stream = await listening.listen();
  await listening.call('server_echo');
  const calling = await LegacySession.begin(gateway.url);
  const call = calling.call('server_wait');
  await until('the call', () => gates.length === 1);
  const idle = await LegacySession.begin(gateway.url);
  await idle.call('server_echo');
  await until('the end of the idle one’s session with the server', () => upstream.ended.length === 1);
  t.equal((await idle.request('ping')).status, 404);
  t.equal(stream.end, undefined);
  t.equal((await listening.request('ping')).status, 200);
  t.equal((await calling.request('ping')).status, 200);
  for (const open of gates) open();
  t.equal(textOf(await call), 'done');
  stream.close();
  await until('the end of the other two', () => upstream.ended.length === 3, { state: () => upstream.ended });
  for (const ended of [listening, calling]) t.equal((await ended.request('ping')).status, 404);
});

t.test('no more sessions than allowed are begun, and ended ones make room', async (t) => {
  const upstream = await scriptedUpstream(t, { tools });
  const gateway = await gatewayOf(t, { server: upstream }, { env: { FETCHFY_MAX_SESSIONS: '2' } });
  const first = await LegacySession.begin(gateway.url);
  await LegacySession.begin(gateway.url);
  const refused = await initialize(gateway.url, '2025-11-25', { id: 'third' });
  t.equal(refused.status, 503);
  t.equal(refused.headers['retry-after'], '10');
  t.match(answerOf(refused), { id: 'third', error: { code: -32603, message: /has its 2 sessions/ } });
  t.equal((await first.request('ping')).status, 200);
  await first.end();
  t.equal((await initialize(gateway.url)).status, 200);
});

t.test('a session may have few streams; the oldest makes room, since its client may have lost it', async (t) => {
  const upstream = await scriptedUpstream(t, { tools });
  const gateway = await gatewayOf(t, { server: upstream });
  const session = await LegacySession.begin(gateway.url);
  const streams = [];
  for (let i = 0; i < 5; i++) streams.push(await session.listen());
  t.equal(await streams[0]?.ended(), 'ended');
  t.strictSame(
    streams.slice(1).map(({ end }) => end),
    [undefined, undefined, undefined, undefined],
  );
  for (const stream of streams) stream.close();
});

/** Does something so often, fifty at a time. */
async function often<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  while (done.length < count) {
    const length = Math.min(50, count - done.length);
    done.push(...(await Promise.all(Array.from({ length }, work))));
  }
  return done;
}

t.test('a session that is ended while what it asked waits for a server to be seen leaves nothing behind', async (t) => {
  const gate = Promise.withResolvers<void>();
  const legacy = await scriptedUpstream(t, {
    tools,
    methods: {
      'server/discover': async ({ response }) => {
        await gate.promise;
        response.writeHead(400).end();
      },
    },
  });
  const capabilities = { tools: {}, resources: { subscribe: true } };
  const listed = { resultType: 'complete', ttlMs: 0, cacheScope: 'public' };
  const modern = await scriptedUpstream(t, {
    era: 'modern',
    capabilities,
    tools: { hangs: () => undefined },
    methods: {
      'server/discover': async ({ response, message }) => {
        await gate.promise;
        json(response, result(message, { ...listed, supportedVersions: ['2026-07-28'], capabilities }));
      },
      'resources/list': ({ response, message }) =>
        json(response, result(message, { ...listed, resources: [{ uri: 'shop://cart', name: 'cart' }] })),
      'resources/templates/list': ({ response, message }) =>
        json(response, result(message, { ...listed, resourceTemplates: [] })),
    },
  });
  await using gateway = await startGateway([]);
  const session = await LegacySession.begin(gateway.url);
  await gateway.publish([entryFor(legacy.url, { name: 'legacy' }), entryFor(modern.url, { name: 'modern' })]);
  const calls = ['legacy_who', 'modern_hangs'].map((name) => session.request('tools/call', { name }));
  const subscribing = session.request('resources/subscribe', { uri: 'shop://cart' });
  // They are under way before the session is over.
  await delay(100);
  t.equal((await session.end()).status, 204);
  gate.resolve();
  const [first, second] = await Promise.all(calls);
  t.match(answerOf(first as HttpAnswer), { error: { code: -32001, message: /session has ended/ } });
  t.match(answerOf(second as HttpAnswer), { error: { message: /session of the request has ended/ } });
  t.match(answerOf(await subscribing), { error: { code: -32001 } });
  await delay(200);
  t.equal(legacy.of('initialize').length, 1, 'no session but the gateway’s own');
  t.equal(modern.of('subscriptions/listen').length, 0, 'and nothing is listened to');
});

t.test('10,000 idle sessions cost little memory', async (t) => {
  const upstream = await scriptedUpstream(t, { tools });
  const gateway = await gatewayOf(t, { server: upstream });
  const mebibytes = (): number => memoryOf(gateway.pid).resident / 1024 / 1024;
  await often(500, () => initialize(gateway.url));
  const before = mebibytes();
  await often(10_000, () => initialize(gateway.url));
  const grown = mebibytes() - before;
  t.comment(`${grown.toFixed(1)} MiB for 10,000 sessions`);
  t.ok(grown < 150, `${grown} MiB`);
});

t.test('idle sessions cost so much memory when each has its stream open', async (t) => {
  const upstream = await scriptedUpstream(t, { tools });
  const gateway = await startGateway([entryFor(upstream.url, { name: 'server' })]);
  const mebibytes = (): number => memoryOf(gateway.pid).resident / 1024 / 1024;
  const open = async () => (await LegacySession.begin(gateway.url)).listen();
  const warm = await often(200, open);
  const before = mebibytes();
  // Each is a connection: machines differ in how many they allow, the figure does not.
  const streams = await often(2000, open);
  const grown = mebibytes() - before;
  t.comment(`${(5 * grown).toFixed(0)} MiB for 10,000 sessions with a stream each, by 2,000 of them`);
  for (const stream of [...warm, ...streams]) stream.close();
  t.equal(await gateway.stop(), 0);
  t.ok(5 * grown < 1500, `${5 * grown} MiB`);
});
