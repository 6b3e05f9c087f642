import t from 'tap';
import { probeLegacy } from '../../../gateway/upstream/legacy-ability.ts';
import type { Endpoint } from '../../../gateway/upstream/rpc-client.ts';
import type { UpstreamServer } from '../../../gateway/upstream/upstream-server.ts';
import { json, result, scriptedUpstream, type Script, type ScriptedUpstream } from '../../support/scripted-upstream.ts';
import { until } from '../../support/until.ts';
import { entryAt, watching } from '../../support/watching.ts';
import { serverAt, testPools } from '../../support/outlets.ts';

const pools = testPools();
t.teardown(() => pools.close());

const options = { clientInfo: { name: 'fetchfy-test', version: '1' }, deadlineMs: 2000, maxBytes: 1024 * 1024 };

function probe({ target }: ScriptedUpstream) {
  const endpoint: Endpoint = { dispatcher: pools.get(serverAt(target), target), target, host: target, path: '/mcp' };
  return probeLegacy(endpoint, options, new AbortController().signal);
}

/** Answers initialize as a server of both eras does. */
const takesInitialize =
  (session?: string): Script =>
  ({ response, message }) => {
    response.writeHead(200, { 'content-type': 'application/json', ...(session && { 'mcp-session-id': session }) });
    const capabilities = { tools: {}, logging: {} };
    response.end(
      result(message, { protocolVersion: '2025-06-18', capabilities, serverInfo: {}, instructions: 'As of old.' }),
    );
  };

/** Answers initialize with a status, and an error if one is given. */
const refuses =
  (status: number, code?: number): Script =>
  ({ response, message }) =>
    code === undefined
      ? void response.writeHead(status).end()
      : json(response, JSON.stringify({ jsonrpc: '2.0', id: message.id, error: { code, message: 'No.' } }), status);

const modern = (test: Parameters<typeof scriptedUpstream>[0], initialize: Script) =>
  scriptedUpstream(test, { era: 'modern', tools: { a: () => undefined }, methods: { initialize } });

t.test('a modern server that takes an initialize is one of both eras, and its session is ended', async (t) => {
  const server = await modern(t, takesInitialize('mine'));
  t.strictSame(await probe(server), {
    protocolVersion: '2025-06-18',
    capabilities: { tools: {}, logging: {} },
    instructions: 'As of old.',
  });
  server.sessions.add('mine');
  await probe(server);
  await until('the end of its session', () => server.ended.includes('mine'));
  t.match(await probe(await modern(t, takesInitialize())), { stateless: true });
});

t.test('a modern server that refuses an initialize is of one era', async (t) => {
  for (const initialize of [refuses(400, -32022), refuses(404, -32601), refuses(400), refuses(200, -32601)]) {
    t.equal(await probe(await modern(t, initialize)), undefined);
  }
});

t.test('no answer that says so is no verdict', async (t) => {
  for (const status of [401, 403, 429, 500, 503]) await t.rejects(probe(await modern(t, refuses(status))));
  await t.rejects(probe(await modern(t, ({ response }) => void response.destroy())));
});

t.test('what else a modern server speaks is asked when a legacy client wants to use it, and remembered', async (t) => {
  const server = await modern(t, takesInitialize());
  const { upstreams, changes } = watching(t);
  const upstream = upstreams.reconcile([entryAt('cart', server.target)]).get('shop/cart') as UpstreamServer;
  await upstream.settled;
  await upstream.refresh();
  t.equal(upstream.catalogue?.tools.length, 1);
  t.equal(server.of('initialize').length, 0, 'nobody wanted to know');
  await Promise.all([upstream.legacyKnown(), upstream.legacyKnown()]);
  t.match(upstream.catalogue, { era: 'modern', legacy: { stateless: true } });
  t.strictSame(changes.at(-1)?.kinds, ['server']);
  const known = upstream.catalogue;
  await upstream.refresh();
  t.equal(upstream.catalogue, known);
  t.equal(upstream.legacyKnown(), undefined);
  t.equal(server.of('initialize').length, 1, 'it is not asked again so soon');
});

t.test('a modern server that gave no verdict is asked again with the next check', async (t) => {
  let isReady = false;
  const server = await modern(t, (arrival) => (isReady ? takesInitialize() : refuses(503))(arrival));
  const { upstreams } = watching(t);
  const upstream = upstreams.reconcile([entryAt('cart', server.target)]).get('shop/cart') as UpstreamServer;
  await upstream.settled;
  await upstream.legacyKnown();
  t.equal(upstream.catalogue?.legacy, undefined);
  t.equal(upstream.legacyKnown(), undefined, 'nobody waits again');
  isReady = true;
  await upstream.refresh();
  await until('its other era', () => upstream.catalogue?.legacy !== undefined);
});

t.test('a server that is dialled anew is asked anew', async (t) => {
  const server = await modern(t, takesInitialize());
  const { upstreams } = watching(t);
  const upstream = upstreams.reconcile([entryAt('cart', server.target)]).get('shop/cart') as UpstreamServer;
  await upstream.settled;
  await upstream.legacyKnown();
  const other = await modern(t, refuses(400, -32022));
  upstreams.reconcile([entryAt('cart', other.target)]);
  await until('the other one’s word', () => upstream.catalogue?.legacy === undefined);
  t.equal(other.of('initialize').length, 1);
});
