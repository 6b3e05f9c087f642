import t from 'tap';
import type { UpstreamServer } from '../../../gateway/upstream/upstream-server.ts';
import { listenRaw } from '../../support/raw-server.ts';
import { plainTool } from '../../support/servers/raw.ts';
import { until } from '../../support/until.ts';
import { entryAt, watching } from '../../support/watching.ts';

function get(servers: ReadonlyMap<string, UpstreamServer>, name: string): UpstreamServer {
  return servers.get(`shop/${name}`) as UpstreamServer;
}
function toolNames(server: UpstreamServer): unknown[] {
  return (server.catalogue?.tools ?? []).map((tool) => tool['name']);
}
function stateOf(server: UpstreamServer): unknown {
  return { state: server.state, message: server.message, tools: toolNames(server) };
}

t.test('a new server is asked at once, and its catalogue told', async (t) => {
  const raw = await listenRaw(t, { lists: { tools: { pages: [2, 1] }, prompts: { pages: [[{ name: 'p' }]] } } });
  const { upstreams, changes } = watching(t);
  const server = get(upstreams.reconcile([entryAt('cart', raw.target)]), 'cart');
  t.match(server, { key: 'shop/cart', state: 'Pending', catalogue: undefined });
  await server.settled;
  t.equal(server.state, 'Available');
  t.match(server.catalogue, {
    version: 1,
    era: 'legacy',
    tools: [{ name: 'item_0_0' }, { name: 'item_0_1' }, { name: 'item_1_0' }],
    prompts: [{ name: 'p' }],
    resources: [],
  });
  t.match(changes, [{ key: 'shop/cart', kinds: ['tools', 'prompts', 'server'] }]);
  t.match(upstreams.report(), [
    {
      namespace: 'shop',
      name: 'cart',
      state: 'Available',
      era: 'legacy',
      toolCount: 3,
      promptCount: 1,
      resourceCount: 0,
    },
  ]);
});

t.test('dead and slow servers do not delay a good one', async (t) => {
  const slow = await Promise.all([1, 2, 3].map(() => listenRaw(t, { faults: { 'server/discover': 'hang' } })));
  const dead = await listenRaw(t);
  await dead.close();
  const good = await listenRaw(t);
  // Fewer slots than slow servers.
  const { upstreams } = watching(t, { checksAtOnce: 2, deadlineMs: 1500 });
  const servers = upstreams.reconcile([
    ...slow.map(({ target }, i) => entryAt(`slow-${i}`, target)),
    entryAt('dead', dead.target),
    entryAt('good', good.target),
  ]);
  await get(servers, 'good').settled;
  t.equal(get(servers, 'good').state, 'Available');
  t.equal(get(servers, 'slow-0').state, 'Pending', 'it was not waited for');
  await get(servers, 'dead').settled;
  t.match(stateOf(get(servers, 'dead')), {
    state: 'Unavailable',
    message: /^No connection to 127\.0\.0\.1:\d+: .*ECONNREFUSED/,
  });
  await get(servers, 'slow-0').settled;
  t.match(stateOf(get(servers, 'slow-0')), { state: 'Unavailable', message: /^No answer from .* within 1500 ms/ });
});

t.test('checks begin a few at a time', async (t) => {
  const raw = await listenRaw(t, { era: 'modern', faults: { 'server/discover': 'slow-20', 'tools/list': 'slow-20' } });
  let most = 0;
  let connections = 0;
  raw.server.on('request', (request, response) => {
    if (request.headers['mcp-method'] === 'subscriptions/listen') return;
    most = Math.max(most, ++connections);
    response.on('close', () => connections--);
  });
  const { upstreams } = watching(t, { checksAtOnce: 4 });
  const servers = upstreams.reconcile(Array.from({ length: 40 }, (_, i) => entryAt(`s${i}`, raw.target)));
  await Promise.all([...servers.values()].map((server) => server.settled));
  t.ok([...servers.values()].every((server) => server.state === 'Available'));
  // On a busy machine some take longer than they keep their slots; the bound itself is tested with the slots.
  t.ok(most < 20, `${most} at once`);
});

t.test('a server keeps its identity across revisions; an unchanged entry is not asked again', async (t) => {
  const raw = await listenRaw(t);
  const { upstreams, changes } = watching(t);
  const first = upstreams.reconcile([entryAt('cart', raw.target)]);
  const server = get(first, 'cart');
  await server.settled;
  const asked = { ...raw.seen.counts };
  const second = upstreams.reconcile([entryAt('cart', raw.target, { description: 'A cart' }), entryAt('new', [])]);
  t.equal(get(second, 'cart'), server);
  t.equal(server.entry.description, 'A cart');
  t.not(second, first);
  t.equal(first.size, 1, 'the map of an earlier revision stays as it was');
  await get(second, 'new').settled;
  t.same(raw.seen.counts, asked);
  t.equal(changes.length, 1);
});

t.test('an entry without addresses is pending, with its own reason, and never dialled', async (t) => {
  const { upstreams } = watching(t);
  const servers = upstreams.reconcile([entryAt('cart', [], { pending: 'No endpoint is ready.' })]);
  await get(servers, 'cart').settled;
  t.match(stateOf(get(servers, 'cart')), { state: 'Pending', message: 'No endpoint is ready.' });
  upstreams.reconcile([entryAt('cart', [], { pending: 'It has no slices yet.' })]);
  t.equal(get(servers, 'cart').message, 'It has no slices yet.');
  const raw = await listenRaw(t);
  upstreams.reconcile([entryAt('cart', raw.target)]);
  await until('the server', () => get(servers, 'cart').state === 'Available');
});

t.test('a server whose addresses go keeps its last good catalogue', async (t) => {
  const raw = await listenRaw(t);
  const { upstreams, changes } = watching(t);
  const server = get(upstreams.reconcile([entryAt('cart', raw.target)]), 'cart');
  await server.settled;
  const { catalogue } = server;
  upstreams.reconcile([entryAt('cart', [], { pending: 'No endpoint is ready.' })]);
  await until('pending', () => server.state === 'Pending', { state: () => stateOf(server) });
  t.equal(server.catalogue, catalogue);
  await until('the session to end', () => raw.seen.sessions.length === 0, { state: () => raw.seen });
  t.equal(changes.length, 1);
});

t.test('a server that moves is asked at its new address', async (t) => {
  const before = await listenRaw(t, { lists: { tools: { pages: [[plainTool('old')]] } } });
  const after = await listenRaw(t, { lists: { tools: { pages: [[plainTool('new')]] } } });
  const { upstreams, changes } = watching(t);
  const server = get(upstreams.reconcile([entryAt('cart', before.target)]), 'cart');
  await server.settled;
  t.same(toolNames(server), ['old']);
  upstreams.reconcile([entryAt('cart', after.target)]);
  await until('the new tools', () => toolNames(server).includes('new'), { state: () => stateOf(server) });
  t.match(changes.at(-1), { key: 'shop/cart', kinds: ['tools'] });
  t.equal(server.catalogue?.version, 2);
  t.equal(server.endpoints.pick(), after.target);
  await until('the old session to end', () => before.seen.sessions.length === 0);
});

t.test('an address that hangs does not hold up a move away from it', async (t) => {
  const hanging = await listenRaw(t, { faults: { 'server/discover': 'hang' } });
  const good = await listenRaw(t);
  const { upstreams } = watching(t, { deadlineMs: 60_000 });
  const server = get(upstreams.reconcile([entryAt('cart', hanging.target)]), 'cart');
  await until('the request that hangs', () => hanging.seen.counts['server/discover'] === 1);
  upstreams.reconcile([entryAt('cart', good.target)]);
  await until('the server', () => server.state === 'Available', { state: () => stateOf(server) });
});

t.test('of several replicas, one that refuses is passed over', async (t) => {
  const gone = await listenRaw(t);
  await gone.close();
  const there = await listenRaw(t);
  const { upstreams } = watching(t);
  for (const name of ['a', 'b', 'c', 'd']) {
    const server = get(upstreams.reconcile([entryAt(name, [gone.target, there.target])]), name);
    await server.settled;
    t.match(stateOf(server), { state: 'Available', message: undefined });
  }
});

t.test('a replica that goes is replaced by another, without the server being unavailable', async (t) => {
  const replicas = await Promise.all([listenRaw(t), listenRaw(t)]);
  const { upstreams, lines } = watching(t);
  const server = get(
    upstreams.reconcile([
      entryAt(
        'cart',
        replicas.map(({ target }) => target),
      ),
    ]),
    'cart',
  );
  await server.settled;
  await until('a stream', () => replicas.some(({ seen }) => seen.streams === 1));
  const [used, other] = replicas[0]?.seen.streams === 1 ? replicas : replicas.toReversed();
  await used?.close();
  await until('a stream with the other', () => other?.seen.streams === 1, { state: () => stateOf(server) });
  t.equal(server.state, 'Available');
  t.notOk(
    lines.some((line) => line.includes('unavailable')),
    lines.join(''),
  );
});

t.test('a server that is taken out is ended, and tells nothing more', async (t) => {
  const raw = await listenRaw(t);
  const other = await listenRaw(t);
  const { upstreams, changes } = watching(t, { checkMs: 20 });
  const servers = upstreams.reconcile([entryAt('cart', raw.target), entryAt('stay', other.target)]);
  await Promise.all([...servers.values()].map((server) => server.settled));
  const told = changes.length;
  upstreams.reconcile([entryAt('stay', other.target)]);
  await until('its session and stream to end', () => raw.seen.sessions.length === 0 && raw.seen.streams === 0);
  raw.setLists({ tools: { pages: [5] } });
  const asked = raw.seen.counts['tools/list'];
  const others = other.seen.counts['tools/list'] ?? 0;
  await until('the other to be asked again', () => (other.seen.counts['tools/list'] ?? 0) > others + 2);
  t.equal(raw.seen.counts['tools/list'], asked);
  t.equal(changes.length, told);
  t.match(upstreams.report(), [{ name: 'stay' }]);
});

t.test('closing ends all sessions, and comes to an end with servers that do not answer', async (t) => {
  const good = await listenRaw(t);
  const hanging = await listenRaw(t, { faults: { 'server/discover': 'hang' } });
  const stuck = await listenRaw(t);
  const { upstreams } = watching(t);
  const servers = upstreams.reconcile([
    entryAt('good', good.target),
    entryAt('hanging', hanging.target),
    entryAt('stuck', stuck.target),
  ]);
  await Promise.all([get(servers, 'good').settled, get(servers, 'stuck').settled]);
  stuck.server.removeAllListeners('request');
  const began = performance.now();
  await upstreams.close();
  t.ok(performance.now() - began < 3000, `${performance.now() - began} ms`);
  t.same(good.seen.sessions, []);
  t.equal(good.seen.streams, 0);
  t.same(upstreams.report(), []);
});

t.test('an agent that speaks MCP is served like a tool server; one that does not says so', async (t) => {
  const mcp = await listenRaw(t);
  const other = await listenRaw(t, { faults: { 'server/discover': 'status-404', initialize: 'status-404' } });
  const { upstreams } = watching(t);
  const entries = [entryAt('a', mcp.target, { type: 'agent' }), entryAt('b', other.target, { type: 'agent' })];
  await Promise.all([...upstreams.reconcile(entries).values()].map((server) => server.settled));
  t.match(upstreams.report(), [
    { name: 'a', state: 'Available', toolCount: 1 },
    {
      name: 'b',
      state: 'Unavailable',
      message: /^Nothing speaks MCP at the path \/mcp: .*404.*mcp\.fetchfy\.ai\/endpoint/,
    },
  ]);
});

t.test('a listener that was taken back is not called', async (t) => {
  const raw = await listenRaw(t);
  const { upstreams } = watching(t);
  let calls = 0;
  upstreams.onChange(() => calls++)();
  await get(upstreams.reconcile([entryAt('cart', raw.target)]), 'cart').settled;
  t.equal(calls, 0);
});
