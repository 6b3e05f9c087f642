import t, { type Test } from 'tap';
import type { UpstreamServer } from '../../../gateway/upstream/upstream-server.ts';
import type { UpstreamsOptions } from '../../../gateway/upstream/upstreams.ts';
import { listenRaw } from '../../support/raw-server.ts';
import { httpSseScripted, type HttpSseScript } from '../../support/servers/http-sse-scripted.ts';
import { plainTool } from '../../support/servers/raw.ts';
import { until } from '../../support/until.ts';
import { entryAt, watching } from '../../support/watching.ts';

async function watched(t: Test, script: HttpSseScript = {}, watch: Partial<UpstreamsOptions> = {}) {
  const old = await httpSseScripted(t, script);
  const { upstreams, changes } = watching(t, watch);
  const server = upstreams
    .reconcile([entryAt('cart', old.target, { path: '/sse' })])
    .get('shop/cart') as UpstreamServer;
  await server.settled;
  const state = () => ({ state: server.state, message: server.message, transport: server.catalogue?.transport });
  return { old, server, changes, state };
}

t.test('a server of HTTP+SSE is Available, and its catalogue says what it speaks', async (t) => {
  const { server, state } = await watched(t);
  t.match(state(), { state: 'Available', transport: 'http+sse' });
  t.match(server.catalogue?.tools, [{ name: 'ask' }]);
  t.equal(server.isListening, false, 'it announces no changes');
});

t.test('a change that it announces is read at once', async (t) => {
  let tools = [plainTool('one')];
  const { old, server, state, changes } = await watched(t, {
    capabilities: { tools: { listChanged: true } },
    methods: { 'tools/list': ({ result }) => result({ tools }) },
  });
  await until('the stream', () => server.isListening, { state });
  tools = [plainTool('two')];
  old.posted[0]?.say({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  await until('the change', () => changes.length === 2, { state });
  t.match(server.catalogue?.tools, [{ name: 'two' }]);
});

t.test('a server that is restarted is connected to again at once', async (t) => {
  const { old, server, state } = await watched(t);
  const port = Number(old.target.split(':')[1]);
  await old.close();
  await until('the failure', () => server.state === 'Unavailable', { state });
  const next = await httpSseScripted(t, { port });
  await until('the server', () => server.state === 'Available', { state });
  t.equal(next.streams.size, 1);
});

for (const era of ['legacy', 'modern'] as const) {
  t.test(`a server that speaks Streamable HTTP by now (${era}) is found out when its stream breaks`, async (t) => {
    const { old, server, state } = await watched(t);
    const port = Number(old.target.split(':')[1]);
    await old.close();
    const next = await listenRaw(t, { port, era });
    await until('the new transport', () => server.state === 'Available' && server.catalogue?.transport === undefined, {
      state,
    });
    t.equal(server.catalogue?.era, era);
    await next.close();
    await httpSseScripted(t, { port });
    await until('the old transport', () => server.catalogue?.transport === 'http+sse', { state });
    t.equal(server.catalogue?.era, 'legacy');
  });
}

t.test('a server that is wrong about its endpoint is Unavailable, and says why', async (t) => {
  const { state } = await watched(t, { endpoint: () => 'mailto:elsewhere.example' });
  t.match(state(), {
    state: 'Unavailable',
    message: /^The event "endpoint" carries .*elsewhere.example.*no URI of HTTP/,
  });
});
