import t, { type Test } from 'tap';
import type { UpstreamServer } from '../../../gateway/upstream/upstream-server.ts';
import type { UpstreamsOptions } from '../../../gateway/upstream/upstreams.ts';
import { listenRaw } from '../../support/raw-server.ts';
import { plainTool, type RawOptions } from '../../support/servers/raw.ts';
import { until } from '../../support/until.ts';
import { entryAt, watching } from '../../support/watching.ts';

const toolsChanged = { method: 'notifications/tools/list_changed' };

async function watched(t: Test, options: RawOptions = {}, watch: Partial<UpstreamsOptions> = {}) {
  const raw = await listenRaw(t, options);
  const { upstreams, changes, lines } = watching(t, watch);
  const server = upstreams.reconcile([entryAt('cart', raw.target)]).get('shop/cart') as UpstreamServer;
  await server.settled;
  const state = () => ({
    state: server.state,
    message: server.message,
    tools: toolNames(server),
    seen: raw.seen.counts,
  });
  return { raw, server, changes, lines, state };
}

function toolNames(server: UpstreamServer): unknown[] {
  return (server.catalogue?.tools ?? []).map((tool) => tool['name']);
}

for (const era of ['legacy', 'modern'] as const) {
  t.test(`${era}: a change that is announced is read at once, and only that list`, async (t) => {
    const lists = { tools: { pages: [1] }, prompts: { pages: [[{ name: 'p' }]] } };
    const { raw, server, changes, state } = await watched(t, { era, lists });
    t.equal(server.isListening, true);
    const asked = { ...raw.seen.counts };
    raw.setLists({ ...lists, tools: { pages: [[plainTool('fresh')]] } });
    raw.announce(toolsChanged);
    await until('the change', () => changes.length === 2, { state });
    t.match(changes[1], { kinds: ['tools'] });
    t.same(toolNames(server), ['fresh']);
    t.equal(raw.seen.counts['tools/list'], (asked['tools/list'] ?? 0) + 1);
    t.equal(raw.seen.counts['prompts/list'], asked['prompts/list']);
  });

  t.test(`${era}: the lists are read once if the stream is open in time`, async (t) => {
    const { raw } = await watched(t, { era });
    t.equal(raw.seen.counts['tools/list'], 1);
    t.equal(raw.seen.streams, 1);
  });

  t.test(`${era}: a stream that ends is opened again, and what was missed is read`, async (t) => {
    const { raw, server, state } = await watched(t, { era });
    raw.setLists({ tools: { pages: [[plainTool('fresh')]] } });
    raw.endStreams();
    await until('the missed change', () => toolNames(server).includes('fresh'), { state });
    await until('the stream', () => raw.seen.streams === 1 && server.isListening, { state });
  });
}

t.test('a stream that opens late is awaited no longer than needed, and the lists read again', async (t) => {
  const { raw, state } = await watched(t, { faults: { GET: 'slow-400*1' } });
  t.equal(raw.seen.counts['tools/list'], 1);
  await until('the second read', () => raw.seen.counts['tools/list'] === 2, { state });
});

t.test('a server that offers no stream is asked for none again', async (t) => {
  const { raw, server } = await watched(t, { faults: { GET: 'status-405' } }, { checkMs: 20 });
  await until('some checks', () => (raw.seen.counts['tools/list'] ?? 0) > 4);
  t.equal(raw.seen.counts['GET'], 1);
  t.equal(server.isListening, false);
});

t.test('a server that announces nothing is not listened to', async (t) => {
  const { raw } = await watched(t, { capabilities: { tools: {} } });
  t.equal(raw.seen.counts['GET'], undefined);
});

t.test('a session that the server forgot is begun anew, unseen', async (t) => {
  const { raw, server, lines, state } = await watched(t);
  raw.forget();
  await server.refresh();
  t.match(state(), { state: 'Available', message: undefined });
  t.equal(raw.seen.sessions.length, 1);
  t.notOk(lines.some((line) => line.includes('unavailable')));
});

t.test('a server that restarts under its address heals by itself', async (t) => {
  const { raw, server, state } = await watched(t);
  const port = Number(raw.target.split(':')[1]);
  await raw.close();
  await until('the failure', () => server.state === 'Unavailable', { state });
  t.match(server.message, /^No connection to/);
  t.same(toolNames(server), ['item_0_0'], 'the last good catalogue stays');
  const { since } = server;
  await listenRaw(t, { port, lists: { tools: { pages: [[plainTool('back')]] } } });
  await until('the server', () => server.state === 'Available', { state });
  t.same(toolNames(server), ['back']);
  t.ok(server.since > since);
});

t.test('a server that became modern is found out', async (t) => {
  const { raw, server, state } = await watched(t);
  const port = Number(raw.target.split(':')[1]);
  await raw.close();
  await listenRaw(t, { port, era: 'modern' });
  await until('the other era', () => server.catalogue?.era === 'modern', { state });
});

t.test('a server is asked again in its period', async (t) => {
  const { raw, server, changes } = await watched(t, { faults: { GET: 'status-405' } }, { checkMs: 30 });
  raw.setLists({ tools: { pages: [[plainTool('fresh')]] } });
  await until('the change', () => changes.length === 2);
  t.same(toolNames(server), ['fresh']);
});

t.test('an unchanged server keeps the very same catalogue', async (t) => {
  const { server, changes } = await watched(t);
  const { catalogue, since } = server;
  await server.refresh();
  t.equal(server.catalogue, catalogue);
  t.equal(server.since, since);
  t.equal(changes.length, 1);
});

t.test('refreshes that are asked for meanwhile are made as one', async (t) => {
  const { raw, server } = await watched(t, { faults: { 'tools/list': 'slow-50' } });
  const asked = raw.seen.counts['tools/list'] ?? 0;
  await Promise.all(Array.from({ length: 50 }, () => server.refresh()));
  t.equal(raw.seen.counts['tools/list'], asked + 1);
  const running = server.refresh();
  await until('its request', () => raw.seen.counts['tools/list'] === asked + 2);
  await Promise.all([running, server.refresh(), server.refresh()]);
  t.equal(raw.seen.counts['tools/list'], asked + 3, 'what came too late for one read shares the next');
});

t.test('a list that fails leaves the others be', async (t) => {
  const lists = { tools: { pages: [1] }, prompts: { pages: [[{ name: 'p' }]] } };
  const { raw, server, state } = await watched(t, { lists, faults: { 'prompts/list': 'error' } });
  t.match(state(), {
    state: 'Available',
    tools: ['item_0_0'],
    message:
      'prompts/list failed, the last known list stays: prompts/list is answered with the error -32603: as it was told',
  });
  raw.setFaults({ 'tools/list': 'broken-json' });
  await server.refresh();
  t.match(state(), {
    state: 'Available',
    tools: ['item_0_0'],
    message: /^tools\/list failed, the last known list stays/,
  });
  t.match(server.catalogue?.prompts, [{ name: 'p' }]);
  raw.setFaults({});
  await server.refresh();
  t.match(state(), { state: 'Available', message: undefined });
});

t.test('a server none of whose lists can be read is unavailable', async (t) => {
  const { state } = await watched(t, { faults: { 'tools/list': 'error' } });
  t.match(state(), { state: 'Unavailable', message: 'tools/list is answered with the error -32603: as it was told' });
});

t.test('resources without templates are no problem', async (t) => {
  const { state, server } = await watched(t, { lists: { resources: { pages: [[{ uri: 'x://y', name: 'y' }]] } } });
  t.match(state(), { state: 'Available', message: undefined });
  t.match(server.catalogue, { resources: [{ uri: 'x://y' }], resourceTemplates: [] });
});

t.test('a server without any list is asked whether it is there', async (t) => {
  for (const [era, method] of [
    ['legacy', 'ping'],
    ['modern', 'server/discover'],
  ] as const) {
    const { raw, state } = await watched(t, { era, capabilities: {} });
    t.match(state(), { state: 'Available' });
    t.ok(raw.seen.counts[method]);
    t.equal(raw.seen.counts['tools/list'], undefined);
  }
});

t.test('what cannot be offered is told in the state and the log', async (t) => {
  const pages = [[plainTool('good'), { name: 'bad' }, { name: 'worse', inputSchema: 5 }, null, { name: '' }]];
  const { state, server, lines } = await watched(t, { lists: { tools: { pages } } });
  t.match(state(), {
    state: 'Available',
    tools: ['good'],
    message: /^The tool "bad" is left out: .* And 1 more problems\.$/,
  });
  t.equal(server.catalogue?.problems.length, 4);
  t.ok(lines.some((line) => line.includes('WARN') && line.includes('shop/cart') && line.includes('bad')));
});

t.test('pages without end, repeated cursors and hundred thousand tools are bounded', async (t) => {
  const endless = await watched(t, { lists: { tools: { pages: [1], cursors: 'endless' } } });
  t.match(endless.state(), {
    state: 'Available',
    message: 'tools/list has more than 500 pages: the rest is left out.',
  });
  t.equal(endless.server.catalogue?.tools.length, 500);
  const repeated = await watched(t, { lists: { tools: { pages: [2], cursors: 'repeated' } } });
  t.match(repeated.server.message, /gives the cursor "7" twice/);
  const many = await watched(t, { lists: { tools: { pages: [20_000, 20_000] } } });
  t.match(many.state(), { state: 'Available', message: 'tools/list has more than 5000 items: the rest is left out.' });
  t.equal(many.server.catalogue?.tools.length, 5000);
  const tooMany = await watched(t, { lists: { tools: { pages: [100_000] } } });
  t.match(tooMany.state(), { state: 'Unavailable', message: /larger than 8388608 bytes/ });
});

t.test('a storm of announcements costs a few reads', async (t) => {
  const { raw, server, state } = await watched(t);
  const asked = raw.seen.counts['tools/list'] ?? 0;
  for (let i = 0; i < 500; i++) raw.announce(toolsChanged);
  raw.setLists({ tools: { pages: [[plainTool('last')]] } });
  raw.announce(toolsChanged);
  await until('the last change', () => toolNames(server).includes('last'), { state });
  t.ok((raw.seen.counts['tools/list'] ?? 0) - asked < 10, `${(raw.seen.counts['tools/list'] ?? 0) - asked} reads`);
});

t.test("a server's ping is answered, anything else it asks for refused", async (t) => {
  const { raw, state } = await watched(t);
  raw.announce({ id: 'a', method: 'ping' });
  raw.announce({ id: 2, method: 'sampling/createMessage', params: {} });
  await until('both answers', () => raw.seen.responses.length === 2, { state });
  t.match(
    new Set(raw.seen.responses),
    new Set([
      { id: 'a', result: {} },
      { id: 2, error: { code: -32601 } },
    ]),
  );
});
