import t, { type Test } from 'tap';
import { exchange, type Endpoint, type ExchangeOptions } from '../../../gateway/upstream/rpc-client.ts';
import { listenRaw } from '../../support/raw-server.ts';
import type { FaultMap } from '../../support/servers/faults.ts';
import { serverAt, testPools } from '../../support/outlets.ts';

/** A modern raw server, since that needs no session, and how to reach it. */
async function endpointTo(t: Test, faults: FaultMap = {}) {
  const raw = await listenRaw(t, { era: 'modern', faults });
  const pools = testPools();
  t.teardown(() => pools.close());
  const { target } = raw;
  const endpoint: Endpoint = {
    dispatcher: pools.get(serverAt(target), target),
    target,
    host: 'shop.example:80',
    path: '/mcp',
  };
  const ask = (options: Partial<ExchangeOptions> = {}) =>
    exchange(endpoint, { jsonrpc: '2.0', id: 7, method: 'ping' }, { deadlineMs: 5000, maxBytes: 100_000, ...options });
  return { raw, endpoint, ask };
}

t.test('dials the target, names the Service as Host and accepts both kinds of answers', async (t) => {
  const { raw, ask } = await endpointTo(t);
  t.match(await ask({ headers: { 'x-extra': 'yes' } }), {
    status: 200,
    message: { jsonrpc: '2.0', id: 7, result: {} },
  });
  t.match(raw.seen.headers['ping'], {
    host: 'shop.example:80',
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'x-extra': 'yes',
  });
});

t.test('reads the answer off a stream, past comments, ids and other messages', async (t) => {
  const { ask } = await endpointTo(t, { ping: 'sse' });
  const others: unknown[] = [];
  t.match(await ask({ onMessage: (message) => others.push(message) }), { message: { id: 7, result: {} } });
  t.match(others, [{ method: 'notifications/message', params: { level: 'info' } }]);
});

t.test('the first of two answers counts', async (t) => {
  const { ask } = await endpointTo(t, { ping: 'twice' });
  t.same((await ask()).message?.['result'], {});
});

t.test('a notification is taken with 202 and no message', async (t) => {
  const { endpoint } = await endpointTo(t);
  const sent = exchange(endpoint, { jsonrpc: '2.0', method: 'notifications/x' }, { deadlineMs: 5000, maxBytes: 1000 });
  t.match(await sent, { status: 202, message: undefined });
});

t.test('an HTTP error is told with its status, and its JSON-RPC error if it has one', async (t) => {
  const bare = await endpointTo(t, { ping: 'status-503' });
  t.match(await bare.ask(), { status: 503, message: undefined });
  const { endpoint } = await endpointTo(t);
  const unknown = exchange(endpoint, { jsonrpc: '2.0', id: 1, method: 'x' }, { deadlineMs: 5000, maxBytes: 1000 });
  t.match(await unknown, { status: 404, message: { error: { code: -32601 } } });
});

t.test('a stream that ends before the answer tells where it may be resumed', async (t) => {
  const { ask } = await endpointTo(t, { ping: 'resume-30' });
  t.match(await ask(), { message: undefined, resume: { lastEventId: 'event-7', retryMs: 30 } });
  const none = await endpointTo(t, { ping: 'no-answer' });
  const answer = await none.ask();
  t.equal(answer.message, undefined);
  t.equal(answer.resume, undefined);
});

t.test('what is no answer is told by its code', async (t) => {
  for (const [fault, code] of [
    ['broken-json', 'ERR_UPSTREAM_MALFORMED'],
    ['wrong-id', 'ERR_UPSTREAM_MALFORMED'],
    ['oversize-200000', 'ERR_UPSTREAM_OVERSIZE'],
    ['reset', 'ERR_UPSTREAM_BROKEN'],
    ['reset-stream', 'ERR_UPSTREAM_BROKEN'],
  ] as const) {
    const { ask } = await endpointTo(t, { ping: fault });
    await t.rejects(ask(), { name: 'UpstreamError', code }, fault);
  }
  const { ask: askArray } = await endpointTo(t, { ping: 'array' });
  t.match(await askArray(), { message: { result: {} } }, 'servers of 2025-03-26 may answer with a batch');
  for (const fault of ['html', 'empty', 'no-result']) {
    const { ask } = await endpointTo(t, { ping: fault });
    const { message } = await ask();
    t.equal(message?.['result'], undefined, fault);
  }
});

t.test('a server that does not answer costs the deadline and no more', async (t) => {
  const { ask } = await endpointTo(t, { ping: 'hang' });
  const began = performance.now();
  await t.rejects(ask({ deadlineMs: 50 }), { code: 'ERR_UPSTREAM_TIMEOUT', message: /within 50 ms/ });
  t.ok(performance.now() - began < 2000);
});

t.test('the deadline holds for a stream that goes on without the answer, too', async (t) => {
  const { endpoint } = await endpointTo(t);
  const listen = { jsonrpc: '2.0' as const, id: 1, method: 'subscriptions/listen', params: { notifications: {} } };
  await t.rejects(exchange(endpoint, listen, { deadlineMs: 100, maxBytes: 1000 }), { code: 'ERR_UPSTREAM_TIMEOUT' });
});

t.test('a refused connection says that nothing was sent', async (t) => {
  const { raw, ask } = await endpointTo(t);
  await raw.close();
  await t.rejects(ask(), { code: 'ERR_UPSTREAM_UNREACHABLE', message: /ECONNREFUSED/ });
});

t.test('a request that is given up ends at once', async (t) => {
  const { ask } = await endpointTo(t, { ping: 'hang' });
  await t.rejects(ask({ signal: AbortSignal.timeout(20) }), { code: 'ERR_UPSTREAM_ABORTED' });
});

t.test('JSON of 100,000 levels is read without a stack overflow', async (t) => {
  const { ask } = await endpointTo(t, { ping: 'deep-40000' });
  t.ok((await ask()).message);
});
