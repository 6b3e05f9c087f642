/** A legacy client hears that a list has changed, by whom ever, and of no other list. */
import t from 'tap';
import { startFeatureServer, serverKinds, type FeatureServer } from '../support/features/servers.ts';
import { LegacySession, modernListen } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { answering, scriptedUpstream } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

const lists = {
  tools: { method: 'tools/list', topic: 'tools', item: { name: 'x', inputSchema: { type: 'object' } } },
  prompts: { method: 'prompts/list', topic: 'prompts', item: { name: 'x' } },
  resources: { method: 'resources/list', topic: 'resources', item: { uri: 'x://x', name: 'x' } },
  resourceTemplates: {
    method: 'resources/templates/list',
    topic: 'resources',
    item: { uriTemplate: 'x://x/{id}', name: 'x' },
  },
} as const;
type Kind = keyof typeof lists;
const kinds = Object.keys(lists) as Kind[];

const servers = new Map<string, FeatureServer>();
for (const kind of serverKinds.filter(({ name }) => name === 'sessions' || name === 'modern'))
  servers.set(kind.name, await startFeatureServer(kind));
const entries = [...servers].map(([name, { url }]) => entryFor(url, { name }));
const gateway = await startGateway(entries);
t.teardown(() => Promise.all([gateway.stop(), ...[...servers.values()].map((server) => server.stop())]));
await until('both servers', async () =>
  (await gateway.report()).services.every(({ state, promptCount }) => state === 'Available' && promptCount > 0),
);

/** A client that listens, and can tell what it has heard since it was last asked. */
async function listening(url: string) {
  const session = await LegacySession.begin(url);
  const stream = await session.listen();
  let from = 0;
  const heard = (): string[] => stream.messages.slice(from).map(({ method }) => String(method));
  return {
    heard,
    hears: (topic: string) =>
      until(`a change of ${topic}`, () => heard().includes(`notifications/${topic}/list_changed`)),
    forget: () => void (from = stream.messages.length),
    close: () => stream.close(),
    names: async (kind: Kind): Promise<string> => {
      const all: unknown[] = [];
      let cursor: unknown;
      do {
        const page = (await session.rpc(lists[kind].method, cursor === undefined ? {} : { cursor })).result;
        all.push(...(page?.[kind] as unknown[]));
        cursor = page?.['nextCursor'];
      } while (cursor !== undefined);
      return JSON.stringify(all);
    },
  };
}

/** Changes of the other lists that were not told yet are told by then: all that come together are told together. */
async function settled(clients: readonly Awaited<ReturnType<typeof listening>>[], topic: string): Promise<void> {
  for (const client of clients) {
    await client.hears(topic);
    client.forget();
  }
}

for (const [name, server] of servers) {
  for (const kind of kinds) {
    t.test(`a change of a server’s own is heard: ${kind} of ${name}`, async (t) => {
      const { topic } = lists[kind];
      const clients = [await listening(gateway.url), await listening(`${gateway.url}/default/${name}`)];
      t.teardown(() => clients.forEach((client) => client.close()));
      await server.add(kind, 'first');
      await settled(clients, topic);
      await server.add(kind, 'second');
      for (const client of clients) {
        // The change before may be told once more; behind the last it has to be listed, or nobody would ask again.
        await until(
          'a change that is listed',
          async () => {
            if (client.heard().length === 0) return false;
            t.strictSame(new Set(client.heard()), new Set([`notifications/${topic}/list_changed`]));
            client.forget();
            return (await client.names(kind)).includes('second');
          },
          { state: () => client.names(kind) },
        );
      }
    });
  }
}

for (const kind of kinds) {
  t.test(`a change of the registry is heard: ${kind}`, async (t) => {
    const { topic, method, item } = lists[kind];
    const declared = kind === 'resourceTemplates' ? 'resources' : kind;
    const added = await scriptedUpstream(t, {
      tools: {},
      capabilities: { [declared]: {} },
      methods: {
        ...(declared === 'resources' && {
          'resources/list': answering({ resources: [] }),
          'resources/templates/list': answering({ resourceTemplates: [] }),
        }),
        [method]: answering({ [kind]: [item] }),
      },
    });
    const client = await listening(gateway.url);
    t.teardown(() => client.close());
    const of = (listed: string): string => (topic === 'resources' ? listed : `added_${listed}`);
    for (const isThere of [true, false]) {
      client.forget();
      await gateway.publish(isThere ? [...entries, entryFor(added.url, { name: 'added' })] : entries);
      await client.hears(topic);
      t.strictSame(client.heard(), [`notifications/${topic}/list_changed`], isThere ? 'it comes' : 'it goes');
      const listed = await client.names(kind);
      t.equal(listed.includes(`"${of(topic === 'resources' ? 'x://x' : 'x')}`), isThere);
    }
  });
}

t.test('open clients of both eras hear of a changed registry soon', async (t) => {
  const legacy = await listening(gateway.url);
  const modern = await modernListen(gateway.url, { toolsListChanged: true });
  t.teardown(() => {
    legacy.close();
    modern.close();
  });
  await until('the subscription', () => modern.messages.length > 0);
  const renamed = entries.map((entry) => ({ ...entry, prefix: `renamed-${entry.prefix}` }));
  const seen = modern.messages.length;
  const began = performance.now();
  gateway.write(renamed);
  // Ten times the figure.
  const options = { deadlineMs: 2000, everyMs: 1 };
  await until('the legacy client to hear', () => legacy.heard().length > 0, options);
  const legacyMs = performance.now() - began;
  await until('the modern client to hear', () => modern.messages.length > seen, options);
  const modernMs = performance.now() - began;
  t.comment(`heard ${legacyMs.toFixed(0)} ms (legacy) and ${modernMs.toFixed(0)} ms (modern) after it was written`);
  t.match(await legacy.names('tools'), 'renamed-');
  await gateway.publish(entries);
});
