import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { MockAgent } from 'undici';
import { isConnectFailure } from '../../../gateway/upstream/errors.ts';
import type { Pools } from '../../../gateway/upstream/pools.ts';
import { until } from '../../support/until.ts';
import { serverAt, testPools } from '../../support/outlets.ts';

async function listen(
  t: Test,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly server: Server; readonly target: string }> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, target: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function get(pools: Pools, target: string) {
  return pools.get(serverAt(target), target).request({ method: 'GET', path: '/' });
}

t.test('a pool is made when it is first used, and then stays the same', async (t) => {
  const pools = testPools();
  t.teardown(() => pools.close());
  t.equal(pools.get(serverAt('127.0.0.1:1'), '127.0.0.1:1'), pools.get(serverAt('127.0.0.1:1'), '127.0.0.1:1'));
  t.not(pools.get(serverAt('127.0.0.1:1'), '127.0.0.1:1'), pools.get(serverAt('[::1]:1'), '[::1]:1'));
});

t.test('servers share no connections, also at one address', async (t) => {
  const pools = testPools();
  t.teardown(() => pools.close());
  const target = '127.0.0.1:1';
  const server = serverAt(target);
  const others = [
    { ...server, name: 'other' },
    { ...server, namespace: 'other' },
    { ...server, host: 'other:1' },
  ];
  for (const other of [...others, { ...server, scheme: 'https' as const }]) {
    t.not(pools.get(other, target), pools.get(server, target));
    pools.retain([{ ...other, targets: [target] }]);
  }
});

t.test('connections are kept alive and used again', async (t) => {
  let connections = 0;
  const { server, target } = await listen(t, (_, response) => response.end('yes'));
  server.on('connection', () => connections++);
  const pools = testPools();
  t.teardown(() => pools.close());
  for (let i = 0; i < 10; i++) t.equal(await (await get(pools, target)).body.text(), 'yes');
  // A request that comes in the very moment in which an answer ends may find no idle connection yet.
  t.ok(connections <= 2, `${connections} connections`);
});

t.test('no more connections are opened than allowed; a request beyond waits', async (t) => {
  const held: ServerResponse[] = [];
  let connections = 0;
  const { server, target } = await listen(t, (_, response) => held.push(response));
  server.on('connection', () => connections++);
  const pools = testPools({ connections: 2 });
  t.teardown(() => pools.close());
  const answers = Array.from({ length: 3 }, () => get(pools, target));
  await until('two requests', () => held.length === 2);
  held.shift()?.end('first');
  await until('the third request', () => held.length === 2);
  t.equal(connections, 2);
  for (const response of held) response.end('rest');
  for (const answer of answers) await (await answer).body.dump();
});

t.test('streams that stay open keep no request waiting', async (t) => {
  const { target } = await listen(t, (request, response) => {
    response.flushHeaders();
    if (request.url !== '/stream') response.end('yes');
  });
  const pools = testPools({ connections: 1 });
  t.teardown(() => pools.close());
  const open = () => pools.forStreams(serverAt(target), target).request({ method: 'GET', path: '/stream' });
  for (const { body } of await Promise.all([open(), open(), open()])) body.on('error', () => undefined);
  t.equal(await (await get(pools, target)).body.text(), 'yes');
});

t.test('a pool whose address is gone ends when its last request has ended', async (t) => {
  const held: ServerResponse[] = [];
  const { server, target } = await listen(t, (_, response) => held.push(response));
  const pools = testPools();
  t.teardown(() => pools.close());
  const before = pools.get(serverAt(target), target);
  const answer = get(pools, target);
  await until('the request', () => held.length === 1);
  pools.retain([{ ...serverAt('other:1'), targets: ['other:1'] }]);
  t.not(pools.get(serverAt(target), target), before, 'a closed pool is never given out');
  held[0]?.end('still answered');
  t.equal(await (await answer).body.text(), 'still answered');
  await until('the connection to end', async () => {
    const count = await new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n)));
    return count === 0;
  });
});

t.test('a pool whose address stays is not touched', async (t) => {
  const pools = testPools();
  t.teardown(() => pools.close());
  const pool = pools.get(serverAt('127.0.0.1:1'), '127.0.0.1:1');
  pools.retain([{ ...serverAt('127.0.0.1:1'), targets: ['127.0.0.1:1'] }]);
  t.equal(pools.get(serverAt('127.0.0.1:1'), '127.0.0.1:1'), pool);
});

t.test('closing breaks off what runs after the deadline', async (t) => {
  const { target } = await listen(t, () => undefined);
  const pools = testPools();
  const answer = get(pools, target);
  const broken = t.rejects(answer);
  await pools.close(50);
  await broken;
});

t.test('closing breaks off what waits for a connection, too', async (t) => {
  const held: unknown[] = [];
  const { target } = await listen(t, (_, response) => held.push(response));
  const pools = testPools({ connections: 1 });
  const broken = Array.from({ length: 3 }, () => t.rejects(get(pools, target)));
  await until('the first', () => held.length === 1);
  await pools.close(50);
  await Promise.all(broken);
});

t.test('what has no answer has few connections of its own, and what waits for one is bounded', async (t) => {
  let count = 0;
  const { server, target } = await listen(t, () => undefined);
  server.on('connection', () => count++);
  const pools = testPools({ connections: 1 });
  const broken: Promise<unknown>[] = [];
  for (let index = 0; index < 4096; index++) {
    const post = pools.forAsides(serverAt(target), target)?.request({ method: 'POST', path: '/', body: 'x' });
    broken.push(post?.catch(() => undefined) ?? Promise.reject(new Error(`${index} is too much`)));
  }
  t.equal(pools.forAsides(serverAt(target), target), undefined);
  await until('connections', () => count === 16);
  await pools.close();
  await Promise.all(broken);
  t.equal(count, 16);
});

t.test('a refused connection is told apart from what may have been sent', async (t) => {
  const { server, target } = await listen(t, (request) => request.socket.destroy());
  const pools = testPools();
  t.teardown(() => pools.close());
  const reset = await get(pools, target).catch((error: unknown) => error);
  t.notOk(isConnectFailure(reset), `reset: ${String(reset)}`);
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  const refused = await get(pools, target).catch((error: unknown) => error);
  t.ok(isConnectFailure(refused), `refused: ${String(refused)}`);
  const unknown = await get(pools, 'no-such-host.invalid:80').catch((error: unknown) => error);
  t.ok(isConnectFailure(unknown), `unknown name: ${String(unknown)}`);
});

t.test('a server that accepts no connection in time counts as refusing', async (t) => {
  // An address for documentation (RFC 5737): nothing answers there.
  const pools = testPools({ connectTimeoutMs: 50 });
  t.teardown(() => pools.close());
  const error = await get(pools, '192.0.2.1:80').catch((cause: unknown) => cause);
  t.ok(isConnectFailure(error), String(error));
});

t.test('IPv6 addresses are dialled in brackets, and a name by either family', async (t) => {
  const server = createServer((_, response) => response.end('six'));
  server.listen(0, '::1');
  try {
    await once(server, 'listening');
  } catch {
    t.pass('no IPv6 on this machine');
    return;
  }
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const pools = testPools();
  t.teardown(() => pools.close());
  t.equal(await (await get(pools, `[::1]:${port}`)).body.text(), 'six');
  server.closeAllConnections();
});

t.test('an address that is none of a network is left to who has it, for requests of every kind', async (t) => {
  const own = new MockAgent();
  const pools = testPools({ local: (target) => (target === 'agent:a/b' ? own : undefined) });
  t.teardown(() => pools.close());
  for (const kind of ['get', 'forStreams', 'forAsides'] as const) {
    t.equal(pools[kind](serverAt('agent:a/b'), 'agent:a/b'), own, kind);
    t.not(pools[kind](serverAt('127.0.0.1:1'), '127.0.0.1:1'), own, kind);
  }
  pools.retain([{ ...serverAt('agent:a/b'), targets: ['agent:a/b'] }]);
});
