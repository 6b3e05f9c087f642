import t, { type Test } from 'tap';
import { connect, connectNewer, type EndpointIn } from '../../../gateway/upstream/connect.ts';
import type { ConnectionOptions } from '../../../gateway/upstream/control-connection.ts';
import type { Pools } from '../../../gateway/upstream/pools.ts';
import { listenRaw } from '../../support/raw-server.ts';
import { httpSseScripted, type HttpSseScript } from '../../support/servers/http-sse-scripted.ts';
import type { RawOptions } from '../../support/servers/raw.ts';
import { until } from '../../support/until.ts';
import { serverAt, testPools } from '../../support/outlets.ts';

const options: ConnectionOptions = {
  clientInfo: { name: 'fetchfy-test', version: '1' },
  deadlineMs: 5000,
  maxBytes: 1_000_000,
};

function endpointIn(pools: Pools, target: string, path: string): EndpointIn {
  return (transport) => ({
    dispatcher: pools.get(serverAt(target), target, undefined, transport),
    target,
    host: 'shop:80',
    path,
    ...(transport && { transport }),
  });
}

async function connectTo(t: Test, raw: RawOptions) {
  const server = await listenRaw(t, raw);
  const pools = testPools();
  t.teardown(() => pools.close());
  const { target } = server;
  const { signal } = new AbortController();
  return {
    server,
    signal,
    connect: (changes: Partial<ConnectionOptions> = {}) =>
      connect(endpointIn(pools, target, '/mcp'), { ...options, ...changes }, signal),
  };
}

t.test('a modern server is described by its DiscoverResult and asked in the envelope', async (t) => {
  const { server, signal, connect } = await connectTo(t, { era: 'modern' });
  const connection = await connect();
  t.match(connection.description, {
    era: 'modern',
    protocolVersion: '2026-07-28',
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: { listChanged: true } },
    serverInfo: { name: 'raw', version: '1.0.0' },
  });
  t.match(await connection.request('tools/list', {}, signal), { tools: [{ name: 'item_0_0' }] });
  t.match(server.seen.headers['tools/list'], { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' });
  t.same(server.seen.counts, { 'server/discover': 1, 'tools/list': 1 });
});

t.test('a legacy server is given a session, which ends with the connection', async (t) => {
  const { server, signal, connect } = await connectTo(t, { era: 'legacy' });
  const connection = await connect();
  t.match(connection.description, { era: 'legacy', protocolVersion: '2025-11-25', serverInfo: { name: 'raw' } });
  t.equal(connection.description.stateless, undefined);
  await connection.request('tools/list', {}, signal);
  t.match(server.seen.headers['tools/list'], {
    'mcp-protocol-version': '2025-11-25',
    'mcp-session-id': server.seen.sessions[0],
  });
  t.same(server.seen.counts, {
    'server/discover': 1,
    initialize: 1,
    'notifications/initialized': 1,
    'tools/list': 1,
  });
  await connection.close();
  t.same(server.seen.sessions, []);
});

t.test('each legacy version that the gateway speaks is taken; another is refused and its session ended', async (t) => {
  for (const version of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']) {
    const { connect } = await connectTo(t, { era: 'legacy', versions: [version] });
    t.equal((await connect()).description.protocolVersion, version);
  }
  const { server, connect } = await connectTo(t, { era: 'legacy', versions: ['1999-01-01'] });
  await t.rejects(connect(), { code: 'ERR_UPSTREAM_VERSION', message: /"1999-01-01"; the gateway speaks 2025-11-25/ });
  t.same(server.seen.sessions, []);
});

t.test('a handshake that fails halfway leaves no session behind', async (t) => {
  const failing = await connectTo(t, { era: 'legacy', capabilities: 'all' });
  await t.rejects(failing.connect(), { code: 'ERR_UPSTREAM_MALFORMED', message: /capabilities/ });
  t.same(failing.server.seen.sessions, []);
});

t.test('a server that answers discover with legacy versions only is legacy', async (t) => {
  const { connect } = await connectTo(t, {
    era: 'legacy',
    // As go-sdk servers with sessions do, but without asking for one.
    faults: { 'server/discover': 'error--32022' },
  });
  t.equal((await connect()).description.era, 'legacy');
});

t.test('an inconclusive answer is an error, not a verdict', async (t) => {
  for (const status of [401, 403, 429, 503]) {
    const { server, connect } = await connectTo(t, {
      era: 'legacy',
      faults: { 'server/discover': `status-${status}` },
    });
    await t.rejects(connect(), { code: 'ERR_UPSTREAM_STATUS', status });
    t.equal(server.seen.counts['initialize'], undefined);
  }
  const { connect } = await connectTo(t, { era: 'legacy', faults: { 'server/discover': 'hang' } });
  await t.rejects(connect({ deadlineMs: 50 }), { code: 'ERR_UPSTREAM_TIMEOUT' });
});

t.test('a legacy server that fails at what comes before initialize is legacy all the same', async (t) => {
  const { connect } = await connectTo(t, { era: 'legacy', faults: { 'server/discover': 'status-500' } });
  t.equal((await connect()).description.era, 'legacy');
  const modern = await connectTo(t, { era: 'modern', faults: { 'server/discover': 'status-500' } });
  await t.rejects(modern.connect(), { code: 'ERR_UPSTREAM_STATUS', message: /server\/discover.*500/ });
});

t.test('a modern server that refuses to be discovered is still a modern one', async (t) => {
  const { connect } = await connectTo(t, {
    era: 'modern',
    versions: [],
    answer: () => undefined,
    faults: { 'server/discover': 'refuse--32021' },
  });
  t.match((await connect()).description, { era: 'modern', capabilities: { tools: {}, prompts: {}, resources: {} } });
});

t.test('a server that speaks later versions only is told apart from one that is down', async (t) => {
  const { connect } = await connectTo(t, { era: 'modern', versions: ['2099-01-01'] });
  await t.rejects(connect(), { code: 'ERR_UPSTREAM_VERSION', message: /speaks the protocol versions 2099-01-01/ });
});

t.test('an answer that is to be fetched again is fetched again', async (t) => {
  const { signal, connect } = await connectTo(t, { era: 'legacy', faults: { 'tools/list': 'resume-10' } });
  const connection = await connect();
  t.match(await connection.request('tools/list', {}, signal), { tools: [{ name: 'item_0_0' }] });
});

t.test('a session that the server forgot is told by its own code', async (t) => {
  const { server, signal, connect } = await connectTo(t, { era: 'legacy' });
  const connection = await connect();
  server.forget();
  await t.rejects(connection.request('tools/list', {}, signal), { code: 'ERR_UPSTREAM_SESSION' });
  server.setFaults({ 'tools/list': 'status-400' });
  const next = await connect();
  await t.rejects(next.request('tools/list', {}, signal), { code: 'ERR_UPSTREAM_SESSION' });
});

t.test('a JSON-RPC error carries its code and the words of the server', async (t) => {
  const { signal, connect } = await connectTo(t, { era: 'legacy', faults: { 'tools/list': 'error--32050' } });
  const connection = await connect();
  await t.rejects(connection.request('tools/list', {}, signal), {
    code: 'ERR_UPSTREAM_RPC',
    rpcCode: -32050,
    message: 'tools/list is answered with the error -32050: as it was told',
  });
});

t.test('a path at which nothing speaks MCP is told as such', async (t) => {
  for (const fault of ['status-404', 'status-405', 'html', 'empty']) {
    const { connect } = await connectTo(t, { faults: { 'server/discover': fault, initialize: fault } });
    await t.rejects(
      connect(),
      { message: /^Nothing speaks MCP at the path \/mcp: .*The annotation mcp\.fetchfy\.ai\/endpoint/ },
      fault,
    );
  }
});

/** A server of HTTP+SSE, and the endpoint of its stream. */
async function httpSse(t: Test, script: HttpSseScript = {}, endpointMs?: number) {
  const server = await httpSseScripted(t, script);
  const pools = testPools(endpointMs === undefined ? {} : { endpointMs });
  t.teardown(() => pools.close());
  const { signal } = new AbortController();
  return { server, signal, at: (path: string) => endpointIn(pools, server.target, path) };
}

t.test('a server that takes no POST but has a stream with an endpoint speaks HTTP+SSE', async (t) => {
  const { server, signal, at } = await httpSse(t);
  const connection = await connect(at('/sse'), options, signal);
  const { description } = connection;
  t.match(description, { era: 'legacy', transport: 'http+sse', protocolVersion: '2024-11-05', capabilities: {} });
  t.equal(description.stateless, undefined);
  t.match(await connection.request('tools/list', {}, signal), { tools: [{ name: 'ask' }] });
  t.equal(server.of('notifications/initialized').length, 1);
  await connection.close();
  await until('the stream to be closed', () => server.streams.size === 0);
});

t.test('no path but the given one is tried', async (t) => {
  const { server, signal, at } = await httpSse(t);
  await t.rejects(connect(at('/mcp'), options, signal), {
    code: 'ERR_UPSTREAM_STATUS',
    status: 405,
    message:
      /^Nothing speaks MCP at the path \/mcp: .* 405\. The annotation mcp.fetchfy.ai\/endpoint names another path\.$/,
  });
  t.equal(server.streams.size, 0);
});

t.test('a server that speaks HTTP+SSE, but wrongly, is told what is wrong', async (t) => {
  const elsewhere = await httpSse(t, { endpoint: () => 'javascript:alert(1)' });
  await t.rejects(connect(elsewhere.at('/sse'), options, elsewhere.signal), {
    code: 'ERR_UPSTREAM_MALFORMED',
    message: /^The event "endpoint" carries "javascript:alert\(1\)", which is no URI of HTTP/,
  });
  const quiet = await httpSse(t, { endpoint: () => undefined }, 50);
  await t.rejects(connect(quiet.at('/sse'), options, quiet.signal), {
    code: 'ERR_UPSTREAM_TIMEOUT',
    message: /no event "endpoint" within 50 ms/,
  });
});

t.test('a server of HTTP+SSE is told apart from one that speaks something newer by now', async (t) => {
  const old = await httpSse(t);
  t.equal(await connectNewer(old.at('/sse'), options, old.signal), undefined);
  t.equal(old.server.posted.length, 0);
  for (const era of ['legacy', 'modern'] as const) {
    const { target } = await listenRaw(t, { era });
    const pools = testPools();
    t.teardown(() => pools.close());
    const connection = await connectNewer(endpointIn(pools, target, '/mcp'), options, old.signal);
    t.match(connection?.description, { era });
    t.equal(connection?.description.transport, undefined);
  }
});
