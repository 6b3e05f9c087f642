/** What modern servers get of the gateway, and what it makes of what they say beside their answers. */
import t, { type Test } from 'tap';
import { serverInfo } from '../../gateway/mcp/server-info.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, modernCall, modernListen, textOf, type RpcAnswer } from '../support/mcp-http.ts';
import { createTask, withTasks } from '../support/modern-tasks.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  answering,
  event,
  events,
  scriptedUpstream,
  textResult,
  type Arrival,
  type Script,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts';
import { modernTaskServer } from '../support/servers/tasks-modern.ts';
import { until } from '../support/until.ts';
import { questions } from '../support/asking.ts';

const META = 'io.modelcontextprotocol/';
const LISTEN = 'subscriptions/listen';

const gateway = await gatewayOf(t, {});
const { url } = gateway;

/** A list of a modern server. */
const listing = (list: object): Script =>
  answering({ resultType: 'complete', ttlMs: 0, cacheScope: 'public', ...list });

/** Takes every subscription, and keeps it open. */
const listening: Script = ({ response, message }) => {
  const params = { _meta: { [`${META}subscriptionId`]: message.id }, notifications: message.params?.['notifications'] };
  events(response).write(event({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params }));
};

const everything = {
  capabilities: { tools: { listChanged: true }, prompts: {}, resources: { subscribe: true } },
  methods: {
    'prompts/list': listing({ prompts: [] }),
    'resources/list': listing({ resources: Array.from({ length: 9 }, (_, n) => ({ uri: `a://${n}`, name: `${n}` })) }),
    'resources/templates/list': listing({ resourceTemplates: [] }),
    [LISTEN]: listening,
  },
};

/** The requests that a server has not answered in full. */
const inFlight = (server: ScriptedUpstream, method: string): Arrival[] =>
  server.of(method).filter(({ response }) => !response.destroyed && !response.writableEnded);

async function served(name: string): Promise<void> {
  const state = async (): Promise<unknown> => (await gateway.report()).services;
  const isThere = async (): Promise<boolean> =>
    (await gateway.report()).services.some((each) => each.name === name && each.state === 'Available');
  await until(`the server ${name}`, isThere, { state });
}

/** The id as JSON text: 1 is another than "1". */
const idOf = ({ message }: Arrival): string => JSON.stringify(message.id);

t.test('each request of the gateway’s own says its version, who asks, and that it can be asked nothing', async (t) => {
  const server = await scriptedUpstream(t, { era: 'modern', tools: { x: () => undefined }, ...everything });
  await gateway.publish([entryFor(server.url, { name: 'all' })]);
  await served('all');
  const stream = await modernListen(url, { resourceSubscriptions: ['a://0'] });
  t.teardown(() => stream.close());
  await until('both streams', () => inFlight(server, LISTEN).length === 2, { state: () => server.arrivals.length });
  const methods = new Set<string>();
  for (const { request, message } of server.arrivals) {
    const { method = '' } = message;
    methods.add(method);
    const envelope = {
      [`${META}protocolVersion`]: '2026-07-28',
      [`${META}clientInfo`]: serverInfo,
      [`${META}clientCapabilities`]: {},
    };
    t.strictSame(message.params?.['_meta'], envelope, method);
    t.match(request.headers, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method });
    t.equal(request.headers['mcp-session-id'], undefined);
  }
  t.strictSame([...methods].sort(), [
    'prompts/list',
    'resources/list',
    'resources/templates/list',
    'server/discover',
    LISTEN,
    'tools/list',
  ]);
});

t.test('no two requests of the gateway’s own have one id while both are open', async (t) => {
  const server = await scriptedUpstream(t, { era: 'modern', tools: { x: () => undefined }, ...everything });
  const tasks = await modernTaskServer(t, 'task-');
  await gateway.publish([entryFor(server.url, { name: 'all' }), entryFor(tasks.upstream.url, { name: 'tasks' })]);
  await Promise.all([served('all'), served('tasks')]);

  // The streams for resources are renewed beside the stream for lists, until each number that it may have has come.
  for (let uri = 0; uri < 9; uri++) {
    const before = server.of(LISTEN).length;
    const stream = await modernListen(url, { resourceSubscriptions: [`a://${uri}`] }, { id: uri });
    t.teardown(() => stream.close());
    await until('the stream for one more resource', () => server.of(LISTEN).length > before);
    const ids = inFlight(server, LISTEN).map(idOf);
    t.equal(new Set(ids).size, ids.length, ids.join(' '));
  }

  const meta = { [`${META}clientCapabilities`]: withTasks };
  for (let client = 0; client < 3; client++) {
    const { taskId } = await createTask(url, 'tasks_work');
    const stream = await modernListen(url, { taskIds: [taskId] }, { id: 1, meta } as object);
    t.teardown(() => stream.close());
    await stream.message('notifications/subscriptions/acknowledged');
  }
  const ids = inFlight(tasks.upstream, LISTEN).map(idOf);
  t.equal(ids.length, 3);
  t.equal(new Set(ids).size, 3, ids.join(' '));
});

t.test('a list of a type that is not known is none, one without a type is complete', async (t) => {
  for (const [name, type] of [
    ['weird', 'weird'],
    ['asking', 'input_required'],
  ] as const) {
    const list = { resultType: type, tools: [{ name: 'x', inputSchema: { type: 'object' } }], requestState: 's' };
    const server = await scriptedUpstream(t, { era: 'modern', tools: {}, methods: { 'tools/list': listing(list) } });
    await gateway.publish([entryFor(server.url, { name })]);
    const says = new RegExp(`tools/list is answered with a result of the type "${type}"`);
    await told(name, says);
    const methods = {
      'server/discover': listing({ resultType: type, supportedVersions: ['2026-07-28'], capabilities: {} }),
    };
    const undiscovered = await scriptedUpstream(t, { era: 'modern', tools: {}, methods });
    await gateway.publish([entryFor(undiscovered.url, { name: `un${name}` })]);
    await told(`un${name}`, new RegExp(`server/discover is answered with a result of the type "${type}"`));
  }
  const tools = [{ name: 'x', inputSchema: { type: 'object' } }];
  const methods: Record<string, Script> = {
    'tools/list': answering({ tools }),
  };
  const plain = await scriptedUpstream(t, { era: 'modern', tools: {}, methods });
  await gateway.publish([entryFor(plain.url, { name: 'plain' })]);
  await served('plain');
  t.match((await gateway.report()).services, [{ toolCount: 1 }]);
});

async function told(name: string, says: RegExp): Promise<void> {
  const message = async (): Promise<string | undefined> =>
    (await gateway.report()).services.find((each) => each.name === name)?.message;
  await until(`${name} to be told of`, async () => says.test((await message()) ?? ''), { state: () => gateway.log() });
}

/** How clients of both eras call a tool. */
async function clients(t: Test): Promise<Readonly<Record<string, (tool: string) => Promise<RpcAnswer>>>> {
  const capabilities = { sampling: {}, elicitation: {}, roots: {} };
  const session = await LegacySession.begin(url, '2025-11-25', { capabilities });
  t.teardown(() => session.end());
  const meta = { [`${META}clientCapabilities`]: capabilities };
  return {
    legacy: (tool) => session.call(tool),
    modern: (tool) => modernCall(url, tool, {}, { meta } as object),
  };
}

t.test('what a modern server asks on a stream all the same is nobody’s, and no response is posted to it', async (t) => {
  const server = await scriptedUpstream(t, {
    era: 'modern',
    tools: {
      asks: ({ response, message }) => {
        events(response);
        for (const [id, question] of Object.entries({ ...questions, ping: { method: 'ping' } }))
          response.write(event({ jsonrpc: '2.0', id, ...question }));
        response.end(event(textResult(message, 'asked in vain')));
      },
    },
  });
  await gateway.publish([entryFor(server.url, { name: 'asker' })]);
  await served('asker');
  for (const [era, call] of Object.entries(await clients(t))) {
    t.equal(textOf(await call('asker_asks')), 'asked in vain', era);
    // What would have been posted is there before the next call.
    t.equal(textOf(await call('asker_asks')), 'asked in vain', era);
    t.strictSame(
      server.arrivals.map(({ message }) => message).filter(({ method }) => method === undefined),
      [],
      era,
    );
  }
});

t.test('a modern server’s stream that ends or breaks behind an event id is not asked for again', async (t) => {
  const gets: unknown[] = [];
  const unfinished = 'id: 7\nretry: 1\ndata:\n\n';
  const server = await scriptedUpstream(t, {
    era: 'modern',
    tools: {
      ends: ({ response }) => void events(response).end(unfinished),
      breaks: ({ request, response }) => void events(response).write(unfinished, () => request.socket.destroy()),
    },
    get(request, response) {
      gets.push(request.headers['last-event-id']);
      response.writeHead(405).end();
    },
  });
  await gateway.publish([entryFor(server.url, { name: 'leaver' })]);
  await served('leaver');
  for (const [era, call] of Object.entries(await clients(t))) {
    const { error: ended } = await call('leaver_ends');
    t.match(ended, { code: -32603, message: /default\/leaver ended its stream without an answer/ }, era);
    const { error: broken } = await call('leaver_breaks');
    t.match(broken, { code: -32603, message: /default\/leaver broke off before its answer/ }, era);
  }
  t.strictSame(gets, []);
  t.equal(server.of('tools/call').length, 4, 'nor is the call sent again');
});
