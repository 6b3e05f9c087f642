import t from 'tap';
import type { Test } from 'tap';
import { connectLegacySession, sessionHeaders } from '../../../gateway/upstream/legacy-session.ts';
import type { PoolsOptions } from '../../../gateway/upstream/pools.ts';
import { httpSseScripted, type HttpSseScript, type Posted } from '../../support/servers/http-sse-scripted.ts';
import { until } from '../../support/until.ts';
import { serverAt, testPools } from '../../support/outlets.ts';

const identity = { protocolVersion: '2025-11-25', clientInfo: { name: 'test', version: '1' }, capabilities: {} };

async function served(t: Test, script: HttpSseScript = {}, options: Partial<PoolsOptions> = {}) {
  const server = await httpSseScripted(t, script);
  const pools = testPools(options);
  t.teardown(() => pools.close());
  const { target } = server;
  const session = async () => {
    const endpoint = {
      dispatcher: pools.get(serverAt(target), target, undefined, 'http+sse'),
      target,
      host: 'shop:80',
      path: '/sse',
    };
    return sessionHeaders(await connectLegacySession(endpoint, identity, 5000));
  };
  const ping = async (headers: Readonly<Record<string, string>>) => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    const answer = await pools.get(serverAt(target), target).request({ method: 'POST', path: '/sse', headers, body });
    return { status: answer.statusCode, text: await answer.body.text() };
  };
  return { server, pools, target, session, ping };
}

t.test('requests in a session find it without saying the transport again', async (t) => {
  const { session, ping } = await served(t);
  t.match(await ping(await session()), { status: 200, text: '{"jsonrpc":"2.0","id":1,"result":{}}' });
});

t.test('all else at the address goes to the address itself', async (t) => {
  const { session, ping } = await served(t);
  await session();
  for (const headers of [{}, { 'mcp-session-id': 'of another transport' }]) {
    t.equal((await ping(headers)).status, 405, 'the server’s own word');
  }
});

t.test('an address where only Streamable HTTP is spoken is dispatched to directly', async (t) => {
  const { pools, target, session } = await served(t);
  const before = pools.get(serverAt(target), target);
  t.equal(pools.get(serverAt('127.0.0.1:1'), '127.0.0.1:1').constructor.name, 'CredentialedDispatcher');
  await session();
  t.not(pools.get(serverAt(target), target), before);
});

t.test('a session’s stream is found among those that stay open', async (t) => {
  const { server, pools, target, session } = await served(t);
  const listen = async (headers: Readonly<Record<string, string>>) => {
    const { headers: said, body } = await pools
      .forStreams(serverAt(target), target)
      .request({ method: 'GET', path: '/sse', headers });
    body.on('error', () => undefined).destroy();
    return said['content-type'];
  };
  const headers = await session();
  t.equal(await listen(headers), 'text/event-stream');
  t.equal(server.streams.size, 1, 'the session’s own');
  t.equal(await listen({}), 'text/event-stream', 'all else goes to the address itself');
  t.equal(server.opened, 2);
});

t.test('streams take none of the connections that messages have', async (t) => {
  const { session, ping } = await served(t, {}, { connections: 1 });
  const sessions = await Promise.all(Array.from({ length: 5 }, session));
  for (const headers of sessions) t.equal((await ping(headers)).status, 200);
});

t.test('sessions at an address that is gone end with their last request', async (t) => {
  const calls: Posted[] = [];
  const { server, pools, session, ping } = await served(t, { methods: { ping: (posted) => void calls.push(posted) } });
  const [idle, busy] = [await session(), await session()];
  const running = ping(busy);
  await until('the request', () => calls.length === 1);
  pools.retain([]);
  await until('the idle session to end', () => server.streams.size === 1);
  calls[0]?.result({});
  t.match(await running, { status: 200 });
  await until('the other to end', () => server.streams.size === 0);
  // The address is back, and who had a session there knows nothing of it.
  for (const headers of [idle, busy]) t.match(await ping(headers), { status: 404, text: '' });
});

t.test('closing ends all sessions', async (t) => {
  const { server, pools, session, ping } = await served(t, { methods: { ping: () => undefined } });
  const running = ping(await session());
  await until('the request', () => server.of('ping').length === 1);
  const broken = t.rejects(running, { message: /^its stream of events broke/ });
  await pools.close();
  await broken;
  await until('the stream to be closed', () => server.streams.size === 0);
});
