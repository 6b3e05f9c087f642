/** What legacy clients are told that they can use, and whether they can (2025-11-25, Lifecycle, Operation). */
import t from 'tap';
import { LegacySession, type RpcAnswer } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  answering,
  event,
  events,
  json,
  result,
  scriptedUpstream,
  textResult,
  type Script,
} from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';

const task = { taskId: 'a', status: 'working', createdAt: '', lastUpdatedAt: '', ttl: null };
const tools: Readonly<Record<string, Script>> = {
  logs: ({ response, message }) => {
    const params = { level: 'error', data: 'x' };
    events(response).write(event({ jsonrpc: '2.0', method: 'notifications/message', params }));
    response.end(event(textResult(message, 'done')));
  },
  works: ({ response, message }) =>
    json(response, message.params?.['task'] === undefined ? textResult(message, 'done') : result(message, { task })),
};
const offered = {
  tools: {},
  resources: { subscribe: true },
  completions: {},
  logging: {},
  tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
};
const full = await scriptedUpstream(t, {
  tools,
  capabilities: offered,
  methods: {
    'resources/list': answering({ resources: [{ uri: 'a://b', name: 'b' }] }),
    'resources/templates/list': answering({ resourceTemplates: [] }),
    'resources/subscribe': answering({}),
    'completion/complete': answering({ completion: { values: ['yes'] } }),
    'logging/setLevel': answering({}),
    'tasks/get': answering(task),
  },
});
const plain = await scriptedUpstream(t, { tools: { works: tools['works'] as Script }, capabilities: { tools: {} } });
const entries = [entryFor(full.url, { name: 'full' }), entryFor(plain.url, { name: 'plain' })];
const gateway = await startGateway(entries);
t.teardown(() => gateway.stop());

/** Feature → what uses it, and shows that it works. */
const uses: Readonly<Record<string, (session: LegacySession, prefix: string) => Promise<RpcAnswer>>> = {
  logging: async (session, prefix) => {
    await session.rpc('logging/setLevel', { level: 'error' });
    const stream = new MessageStream(await session.open('tools/call', { name: `${prefix}logs`, arguments: {} }));
    t.match(await stream.message('notifications/message'), { params: { data: 'x' } });
    await stream.ended();
    return stream.messages.at(-1) as unknown as RpcAnswer;
  },
  completions: (session, prefix) =>
    session.rpc('completion/complete', {
      ref: prefix === '' ? { type: 'ref/prompt', name: 'p' } : { type: 'ref/resource', uri: 'a://b' },
      argument: { name: 'a', value: '' },
    }),
  'resources.subscribe': (session) => session.rpc('resources/subscribe', { uri: 'a://b' }),
  tasks: async (session, prefix) => {
    const made = await session.rpc('tools/call', { name: `${prefix}works`, arguments: {}, task: {} });
    const { taskId } = (made.result?.['task'] ?? {}) as { taskId?: string };
    return session.rpc('tasks/get', { taskId });
  },
};

for (const [path, prefix] of [
  ['', 'full_'],
  ['/default/full', ''],
] as const) {
  t.test(`what is declared on /mcp${path} can be used there`, async (t) => {
    const session = await LegacySession.begin(`${gateway.url}${path}`);
    t.match(session.initialized.result?.['capabilities'], offered);
    for (const [feature, use] of Object.entries(uses)) {
      const { result: outcome, error } = await use(session, prefix);
      t.ok(outcome, `${feature}: ${JSON.stringify(error)}`);
    }
  });
}

t.test(
  'on a server’s own path nothing but logging is declared that it does not do, and the gateway tells of nothing else',
  async (t) => {
    const session = await LegacySession.begin(`${gateway.url}/default/plain`);
    t.strictSame(session.initialized.result?.['capabilities'], {
      tools: { listChanged: true },
      logging: {},
    });
    const heard = await session.listen();
    const everywhere = await (await LegacySession.begin(gateway.url)).listen();
    // Another server comes, with resources: on /mcp it is told.
    const more = await scriptedUpstream(t, {
      tools: {},
      capabilities: { resources: {} },
      methods: {
        'resources/list': answering({ resources: [{ uri: 'c://d', name: 'd' }] }),
        'resources/templates/list': answering({ resourceTemplates: [] }),
      },
    });
    await gateway.publish([...entries, entryFor(more.url, { name: 'more' })]);
    await everywhere.message('notifications/resources/list_changed');
    for (const method of ['resources/subscribe', 'completion/complete', 'tasks/get', 'prompts/get']) {
      const params = { uri: 'a://b', name: 'p', taskId: 'a', ref: { type: 'ref/prompt', name: 'p' } };
      t.type((await session.rpc(method, params)).error?.code, 'number', method);
    }
    t.strictSame(heard.messages, []);
    for (const each of [heard, everywhere]) each.close();
  },
);
