/** Which subscriptions to resources are declared, made at servers, told of and ended. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, modernListen } from '../support/mcp-http.ts';
import type { MessageStream } from '../support/message-stream.ts';
import {
  answering,
  event,
  events,
  scriptedUpstream,
  type Arrival,
  type Script,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const META = { 'io.modelcontextprotocol/subscriptionId': 0 };
const updated = (uri: string): string =>
  event({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri, _meta: META } });

/** The streams that legacy servers have open, by session. */
const streams = new Map<string, ServerResponse>();
const get = ({ headers }: IncomingMessage, response: ServerResponse): void =>
  void streams.set(String(headers['mcp-session-id']), events(response));

/** A server with two resources of its own. */
function serverOf(name: string, era: 'legacy' | 'modern', subscribe: boolean): Promise<ScriptedUpstream> {
  const envelope = era === 'modern' ? { resultType: 'complete', ttlMs: 60_000, cacheScope: 'public' } : {};
  const resources = ['a', 'b'].map((id) => ({ uri: `${name}://${id}`, name: id }));
  const answer = (value: object): Script => answering({ ...value, ...envelope });
  const listen: Script = ({ response, message }) => {
    const params = { notifications: message.params?.['notifications'], _meta: META };
    const method = 'notifications/subscriptions/acknowledged';
    events(response).write(event({ jsonrpc: '2.0', method, params }).replace(':0', `:${JSON.stringify(message.id)}`));
  };
  return scriptedUpstream(t, {
    era,
    tools: {},
    get,
    capabilities: { resources: subscribe ? { subscribe: true } : {} },
    methods: {
      'resources/list': answer({ resources }),
      'resources/templates/list': answer({ resourceTemplates: [] }),
      'resources/subscribe': answer({}),
      'resources/unsubscribe': answer({}),
      ...(era === 'modern' && { 'subscriptions/listen': listen }),
    },
  });
}

const servers = {
  old: await serverOf('old', 'legacy', true),
  recent: await serverOf('recent', 'modern', true),
  oldmute: await serverOf('oldmute', 'legacy', false),
  recentmute: await serverOf('recentmute', 'modern', false),
};
const gateway = await gatewayOf(t, servers);
await until('all servers', async () =>
  (await gateway.report()).services.every(({ resourceCount }) => resourceCount === 2),
);

/** What a server was asked to tell of, in the order in which it came. */
const asked = ({ arrivals }: ScriptedUpstream): Arrival[] =>
  arrivals.filter(({ message: { method, params } }) => {
    const { resourceSubscriptions: uris } = (params?.['notifications'] ?? {}) as { resourceSubscriptions?: unknown[] };
    return method === 'resources/subscribe' || (uris !== undefined && uris.length > 0);
  });
const heard = ({ messages }: MessageStream): unknown[] =>
  messages.flatMap(({ method, params }) =>
    method === 'notifications/resources/updated' ? [(params as { readonly uri: string }).uri] : [],
  );

async function listening(t: Test, ...uris: string[]) {
  const session = await LegacySession.begin(gateway.url);
  const stream = await session.listen();
  t.teardown(() => stream.close());
  for (const uri of uris) t.match(await session.rpc('resources/subscribe', { uri }), { result: {} });
  return { session, stream };
}

async function modernListening(t: Test, ...uris: string[]): Promise<MessageStream> {
  const stream = await modernListen(gateway.url, { resourceSubscriptions: uris });
  t.teardown(() => stream.close());
  await stream.message('notifications/subscriptions/acknowledged');
  return stream;
}

/** Has a server tell of an update, in the session of each of its subscriptions, or on each of its streams. */
function tell({ arrivals }: ScriptedUpstream, uri: string): void {
  for (const { message, request, response } of arrivals) {
    const { uri: subscribed, notifications } = (message.params ?? {}) as {
      readonly uri?: string;
      readonly notifications?: { readonly resourceSubscriptions?: readonly string[] };
    };
    const { method } = message;
    if (method === 'resources/subscribe' && subscribed === uri)
      streams.get(String(request.headers['mcp-session-id']))?.write(updated(uri));
    if (notifications?.resourceSubscriptions?.includes(uri) === true && !response.destroyed)
      response.write(updated(uri).replace(':0', `:${JSON.stringify(message.id)}`));
  }
}

t.test('subscriptions are declared on the union, and on the path of a server that has them', async (t) => {
  const declared = async (path: string): Promise<unknown> => {
    const { initialized } = await LegacySession.begin(gateway.url + path);
    return (initialized.result as { capabilities: { resources: unknown } }).capabilities.resources;
  };
  for (const path of ['', '/default/old', '/default/recent'])
    t.strictSame(await declared(path), { subscribe: true, listChanged: true }, `/mcp${path}`);
  for (const path of ['/default/oldmute', '/default/recentmute'])
    t.strictSame(await declared(path), { listChanged: true }, `/mcp${path}`);
});

t.test('a server that declares no subscriptions is asked for none', async (t) => {
  const { session } = await listening(t);
  for (const name of ['oldmute', 'recentmute'] as const) {
    const uri = `${name}://a`;
    for (const method of ['resources/subscribe', 'resources/unsubscribe']) {
      const { error } = await session.rpc(method, { uri });
      t.match(error, { code: -32602, message: new RegExp(`default/${name} offers no subscriptions`) });
    }
    const stream = await modernListen(gateway.url, { resourceSubscriptions: [uri] });
    t.teardown(() => stream.close());
    const { params } = await stream.message('notifications/subscriptions/acknowledged');
    t.match(params, { notifications: { resourceSubscriptions: [] } });
    t.equal(asked(servers[name]).length, 0);
    t.equal(servers[name].of('resources/unsubscribe').length, 0);
  }
});

for (const name of ['old', 'recent'] as const) {
  t.test(
    `an update at the server ${name} is told to the sessions that subscribed to it, and to no other`,
    async (t) => {
      const [one, two] = [`${name}://a`, `${name}://b`];
      const both = await listening(t, one, two);
      const first = await listening(t, one);
      const none = await listening(t);
      const all = [both, first, none];
      await until('the server to be asked', () => {
        tell(servers[name], one);
        return heard(both.stream).includes(one) && heard(first.stream).includes(one);
      });
      t.notOk(heard(both.stream).includes(two));
      await until('the other resource', () => {
        tell(servers[name], two);
        return heard(both.stream).includes(two);
      });
      t.strictSame(new Set(heard(first.stream)), new Set([one]));
      t.match(await both.session.rpc('resources/unsubscribe', { uri: two }), { result: {} });
      t.strictSame(heard(none.stream), []);
      t.match(await Promise.all(all.map(({ session }) => session.end())), [{ status: 204 }]);
    },
  );

  t.test(
    `one subscription at the server ${name} serves all modern clients, and the last to leave ends it`,
    async (t) => {
      const server = servers[name];
      const uri = `${name}://a`;
      const from = asked(server).length;
      const leavers = [await modernListening(t, uri), await modernListening(t, uri), await modernListening(t, uri)];
      await until('all to hear', () => {
        tell(server, uri);
        return leavers.every((stream) => heard(stream).includes(uri));
      });
      const [subscription] = asked(server).slice(from) as [Arrival];
      t.equal(asked(server).length, from + 1);
      const session = String(subscription.request.headers['mcp-session-id']);
      const isEnded = (): boolean => (name === 'old' ? server.ended.includes(session) : subscription.isAborted());
      for (const stream of leavers.slice(0, 2)) stream.close();
      const [, , last] = leavers as [MessageStream, MessageStream, MessageStream];
      const before = heard(last).length;
      await until('the last one to hear still', () => {
        tell(server, uri);
        return heard(last).length > before;
      });
      t.notOk(isEnded());
      last.close();
      await until('the end of the subscription', isEnded);
      t.equal(asked(server).length, from + 1);
    },
  );
}

t.test('a session may subscribe to a thousand resources of servers of either era, and to others instead', async (t) => {
  for (const name of ['old', 'recent']) {
    const session = await LegacySession.begin(`${gateway.url}/default/${name}`);
    const subscribe = (index: number) => session.rpc('resources/subscribe', { uri: `${name}://many/${index}` });
    for (let index = 0; index < 1000; index += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, more) => subscribe(index + more)));
      t.ok(
        answers.every(({ result }) => result !== undefined),
        `${name}, from ${index}`,
      );
    }
    t.match(await subscribe(1000), { error: { code: -32603, message: /1000 resources/ } });
    t.match(await subscribe(0), { result: {} }, 'one that it has');
    t.match(await session.rpc('resources/unsubscribe', { uri: `${name}://many/0` }), { result: {} });
    t.match(await subscribe(1000), { result: {} });
    await session.end();
  }
});
