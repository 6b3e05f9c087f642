/** What modern clients hear on `subscriptions/listen`, of resources of several servers of both eras, message by message. */
import t, { type Test } from 'tap';
import { serverInfo } from '../../gateway/mcp/server-info.ts';
import { modern, modernListen } from '../support/mcp-http.ts';
import type { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  answering,
  event,
  events,
  json,
  result,
  scriptedUpstream,
  type Arrival,
  type Script,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const META = 'io.modelcontextprotocol/';
const SUBSCRIPTION = `${META}subscriptionId`;
const LISTEN = 'subscriptions/listen';

/** A server with two resources that tells of their updates to who asked for them. */
interface Updating {
  readonly upstream: ScriptedUpstream;
  /** What is asked for at it now, by all who may. */
  wanted(): readonly string[];
  /** Tells of an update. */
  update(uri: string): void;
}

const resources = (era: string): string[] => [`${era}://a`, `${era}://b`];

const listing = (kind: string, items: readonly unknown[]): Script =>
  answering({ [kind]: items, resultType: 'complete', ttlMs: 0, cacheScope: 'public' });

function updated(uri: string, meta: object = {}): string {
  return event({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri, ...meta } });
}

function filterOf({ message }: Arrival): readonly string[] {
  const filter = (message.params?.['notifications'] ?? {}) as { resourceSubscriptions?: string[] };
  return filter.resourceSubscriptions ?? [];
}

async function legacyServer(t: Test): Promise<Updating> {
  const streams = new Map<string, Arrival['response']>();
  const subscribed = new Map<string, Set<string>>();
  const change =
    (how: 'add' | 'delete'): Script =>
    ({ request, response, message }) => {
      const session = String(request.headers['mcp-session-id']);
      const uris = subscribed.get(session) ?? new Set();
      subscribed.set(session, uris);
      uris[how](String(message.params?.['uri']));
      json(response, result(message, {}));
    };
  const upstream = await scriptedUpstream(t, {
    tools: {},
    capabilities: { resources: { subscribe: true } },
    methods: {
      'resources/list': listing(
        'resources',
        resources('legacy').map((uri) => ({ uri, name: uri })),
      ),
      'resources/templates/list': listing('resourceTemplates', []),
      'resources/subscribe': change('add'),
      'resources/unsubscribe': change('delete'),
    },
    get: (request, response) => void streams.set(String(request.headers['mcp-session-id']), events(response)),
  });
  return {
    upstream,
    wanted: () =>
      [...subscribed].flatMap(([session, uris]) => (upstream.sessions.has(session) ? [...uris] : [])).sort(),
    update(uri) {
      for (const [session, uris] of subscribed) if (uris.has(uri)) streams.get(session)?.write(updated(uri));
    },
  };
}

/** @param before holds up what the server says of itself */
async function modernServer(t: Test, before = (discover: () => void): void => discover()): Promise<Updating> {
  const capabilities = { resources: { subscribe: true } };
  const upstream = await scriptedUpstream(t, {
    era: 'modern',
    tools: {},
    methods: {
      'server/discover': ({ response, message }) => {
        const discovery = { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities };
        before(() => json(response, result(message, { ...discovery, ttlMs: 0, cacheScope: 'public' })));
      },
      'resources/list': listing(
        'resources',
        resources('modern').map((uri) => ({ uri, name: uri })),
      ),
      'resources/templates/list': listing('resourceTemplates', []),
      [LISTEN]: ({ response, message }) => {
        const params = { _meta: { [SUBSCRIPTION]: message.id }, notifications: message.params?.['notifications'] };
        events(response).write(event({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params }));
      },
    },
  });
  const open = (): Arrival[] => upstream.of(LISTEN).filter(({ response }) => !response.destroyed);
  return {
    upstream,
    wanted: () => [...new Set(open().flatMap(filterOf))].sort(),
    update(uri) {
      for (const arrival of open()) {
        if (!filterOf(arrival).includes(uri)) continue;
        arrival.response.write(updated(uri, { _meta: { [SUBSCRIPTION]: arrival.message.id } }));
      }
    },
  };
}

const servers = { legacy: await legacyServer(t), modern: await modernServer(t) };
const entries = Object.entries(servers).map(([name, { upstream }]) => entryFor(upstream.url, { name }));
const gateway = await startGateway(entries);
t.teardown(() => gateway.stop());
const { url } = gateway;

async function listen(t: Test, path: string, uris: readonly string[], id: string | number): Promise<MessageStream> {
  const stream = await modernListen(path, { resourceSubscriptions: uris }, { id });
  t.teardown(() => stream.close());
  await stream.message('notifications/subscriptions/acknowledged');
  return stream;
}

const acknowledged = (uris: readonly string[], id: string | number) => ({
  jsonrpc: '2.0',
  method: 'notifications/subscriptions/acknowledged',
  params: { _meta: { [SUBSCRIPTION]: id }, notifications: { resourceSubscriptions: uris } },
});
const told = (uri: string, id: string | number) => ({
  jsonrpc: '2.0',
  method: 'notifications/resources/updated',
  params: { _meta: { [SUBSCRIPTION]: id }, uri },
});

/** Waits until the servers are asked for these. */
async function wanted(legacy: readonly string[], modern: readonly string[]): Promise<void> {
  const state = (): unknown => [servers.legacy.wanted(), servers.modern.wanted()];
  await until('the servers to be asked', () => JSON.stringify(state()) === JSON.stringify([legacy, modern]), { state });
}

/** Two servers have no order among each other. */
function sorted(some: readonly unknown[]): string[] {
  return some.map((each) => JSON.stringify(each)).sort();
}

/** All messages of a stream as they came, once there are so many. */
function messages(stream: MessageStream, count: number): Promise<readonly unknown[]> {
  const state = (): unknown => stream.messages;
  return until(`${count} messages`, () => (stream.messages.length >= count ? stream.messages : undefined), { state });
}

t.test('updates come from the servers that have the resources, to those who asked, on every path', async (t) => {
  const [la = '', lb = ''] = resources('legacy');
  const [ma = '', mb = ''] = resources('modern');
  const both = await listen(t, url, [la, 'nobody://has', ma], 'both');
  const one = await listen(t, url, [mb], 1);
  const ofLegacy = await listen(t, `${url}/default/legacy`, [lb], 2);
  const ofModern = await listen(t, `${url}/default/modern`, [ma], '2');
  await wanted([la, lb], [ma, mb]);
  for (const uri of [la, lb]) servers.legacy.update(uri);
  for (const uri of [ma, mb]) servers.modern.update(uri);

  const [ack, ...updates] = await messages(both, 3);
  t.strictSame(ack, acknowledged([la, ma], 'both'), 'what nobody has is not honoured');
  t.strictSame(sorted(updates), sorted([told(la, 'both'), told(ma, 'both')]));
  t.strictSame(await messages(one, 2), [acknowledged([mb], 1), told(mb, 1)]);
  t.strictSame(await messages(ofLegacy, 2), [acknowledged([lb], 2), told(lb, 2)]);
  t.strictSame(await messages(ofModern, 2), [acknowledged([ma], '2'), told(ma, '2')]);

  // Whoever else still listens for a resource keeps it; the last that leaves ends it.
  both.close();
  await wanted([lb], [ma, mb]);
  ofModern.close();
  await wanted([lb], [mb]);
  ofLegacy.close();
  await wanted([], [mb]);
  one.close();
  await wanted([], []);
});

t.test('a stream that is opened before a server was seen waits for what that has', async (t) => {
  const held: (() => void)[] = [];
  const server = await modernServer(t, (discover) => void held.push(discover));
  await gateway.publish([...entries, entryFor(server.upstream.url, { name: 'late' })]);
  await until('the server to be asked who it is', () => held.length > 0);
  const opening = modernListen(`${url}/default/late`, { resourceSubscriptions: resources('modern') }, { id: 'early' });
  // The gateway has the request when it has answered another that came behind it.
  await modern(`${url}/default/modern`, 'server/discover');
  for (const discover of held) discover();
  const stream = await opening;
  t.teardown(() => stream.close());
  t.strictSame(await messages(stream, 1), [acknowledged(resources('modern'), 'early')]);
  await gateway.publish(entries);
});

t.test('a stream is its acknowledgement, its changes and its result, and nothing else', async (t) => {
  const filter = { toolsListChanged: true };
  const stream = await modernListen(url, filter, { id: 'x' });
  t.teardown(() => stream.close());
  await stream.message('notifications/subscriptions/acknowledged');
  const tools = { more: () => undefined };
  const further = await scriptedUpstream(t, { era: 'modern', tools });
  await gateway.publish([...entries, entryFor(further.url, { name: 'further' })]);
  await stream.message('notifications/tools/list_changed');
  t.equal(await gateway.stop(), 0);
  t.equal(await stream.ended(), 'ended');
  const _meta = { [SUBSCRIPTION]: 'x' };
  t.strictSame(stream.messages, [
    { jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: { _meta, notifications: filter } },
    { jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: { _meta } },
    {
      jsonrpc: '2.0',
      id: 'x',
      result: { resultType: 'complete', _meta: { ..._meta, [`${META}serverInfo`]: serverInfo } },
    },
  ]);
});
