import t from 'tap';
import type { UpstreamServer } from '../../../gateway/upstream/upstream-server.ts';
import { event, events, scriptedUpstream, type Script } from '../../support/scripted-upstream.ts';
import { until } from '../../support/until.ts';
import { entryAt, watching } from '../../support/watching.ts';

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

/** Takes a listen stream up and honours so much of its filter. */
const honours =
  (notifications: Readonly<Record<string, boolean>>, onClose: () => void = () => undefined): Script =>
  ({ response, message }) => {
    const params = { _meta: { [SUBSCRIPTION]: message.id }, notifications };
    const acknowledged = { jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params };
    response.on('close', onClose);
    events(response).write(event(acknowledged));
  };

async function watch(
  t: Parameters<typeof watching>[0],
  listen: Script,
): Promise<{ upstream: UpstreamServer; listens: () => number }> {
  const server = await scriptedUpstream(t, {
    era: 'modern',
    tools: { a: () => undefined },
    capabilities: { tools: { listChanged: true }, prompts: { listChanged: true } },
    methods: {
      'subscriptions/listen': listen,
      'prompts/list': ({ response, message }) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: { prompts: [] } }));
      },
    },
  });
  const { upstreams } = watching(t);
  const upstream = upstreams.reconcile([entryAt('cart', server.target)]).get('shop/cart') as UpstreamServer;
  await upstream.settled;
  return { upstream, listens: () => server.of('subscriptions/listen').length };
}

t.test('only the changes that a server agreed to tell count as heard', async (t) => {
  const { upstream } = await watch(t, honours({ promptsListChanged: true, toolsListChanged: false }));
  await until('the stream', () => upstream.isListening);
  t.equal(upstream.hears('prompts'), true);
  t.equal(upstream.hears('tools'), false);
});

t.test('a server that honours nothing is not listened to, and not asked again and again', async (t) => {
  let closed = 0;
  const { upstream, listens } = await watch(
    t,
    honours({}, () => closed++),
  );
  await until('the end of the stream', () => closed === 1);
  t.equal(upstream.isListening, false);
  await upstream.refresh();
  t.equal(listens(), 1);
  t.equal(upstream.state, 'Available');
});
