/** Modern clients that listen for changes of lists hear of each, whether a server makes it or the registry. */
import t from 'tap';
import type { ServiceEntry } from '../../gateway/contract/registry-document.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, modern, modernListen } from '../support/mcp-http.ts';
import type { MessageStream } from '../support/message-stream.ts';
import { listenRaw } from '../support/raw-server.ts';
import { entryFor } from '../support/registry-folder.ts';
import { until } from '../support/until.ts';

const gateway = await gatewayOf(t, {});

type Kind = 'tools' | 'prompts' | 'resources' | 'resourceTemplates';
type Item = Readonly<Record<string, unknown>>;

interface Change {
  /** The list that changes, as a test's title has it. */
  readonly list: string;
  readonly kind: Kind;
  readonly method: string;
  readonly told: string;
  readonly item: (id: string) => Item;
}

const changes: readonly Change[] = [
  {
    list: 'the tools',
    kind: 'tools',
    method: 'tools/list',
    told: 'notifications/tools/list_changed',
    item: (id) => ({ name: id, inputSchema: { type: 'object' } }),
  },
  {
    list: 'the prompts',
    kind: 'prompts',
    method: 'prompts/list',
    told: 'notifications/prompts/list_changed',
    item: (id) => ({ name: id }),
  },
  {
    list: 'the resources',
    kind: 'resources',
    method: 'resources/list',
    told: 'notifications/resources/list_changed',
    item: (id) => ({ uri: `test://${id}`, name: id }),
  },
  {
    list: 'the resource templates',
    kind: 'resourceTemplates',
    method: 'resources/templates/list',
    told: 'notifications/resources/list_changed',
    item: (id) => ({ uriTemplate: `test://${id}/{x}`, name: id }),
  },
];

/** Opens a stream that hears of all lists. */
async function listening(test: { teardown(end: () => void): void }): Promise<MessageStream> {
  const filter = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
  const stream = await modernListen(gateway.url, filter);
  test.teardown(() => stream.close());
  await stream.message('notifications/subscriptions/acknowledged');
  return stream;
}

/** What stands in a list, by names. */
async function listed({ method, kind }: Change): Promise<unknown[]> {
  const { result } = answerOf(await modern(gateway.url, method));
  return (result as unknown as Record<Kind, Item[]>)[kind].map(({ name }) => name);
}

const listsOf = ({ kind, item }: Change, ...ids: string[]) => ({ [kind]: { pages: [ids.map(item)] } });
/** On /mcp tools and prompts bear their server's prefix. */
const shown = ({ kind }: Change, server: string, id: string): string =>
  kind === 'tools' || kind === 'prompts' ? `${server}_${id}` : id;

/**
 * Publishes other servers and waits until the stream tells of it: what is told later is of something else.
 * @returns how many messages had come by then
 */
async function published(stream: MessageStream, { told }: Change, servers: readonly ServiceEntry[]): Promise<number> {
  const from = stream.messages.length;
  await gateway.publish(servers);
  await stream.message(told, from);
  return stream.messages.length;
}

/** Methods of the messages since so many. */
const methodsSince = (stream: MessageStream, from: number): unknown[] => [
  ...new Set(stream.messages.slice(from).map(({ method }) => method)),
];

for (const change of changes) {
  const { list } = change;
  for (const era of ['legacy', 'modern'] as const) {
    t.test(`a listener hears that ${list} of a ${era} server have changed`, async (t) => {
      const server = await listenRaw(t, { era, lists: listsOf(change, 'first') });
      const stream = await listening(t);
      const from = await published(stream, change, [entryFor(server.url, { name: 'server' })]);
      const before = await listed(change);
      t.strictSame(before, [shown(change, 'server', 'first')]);
      await until('the stream', () => server.seen.streams > 0, { state: () => server.seen });
      server.setLists(listsOf(change, 'first', 'second'));
      server.announce({ method: change.told });
      await stream.message(change.told, from);
      t.strictSame(await listed(change), [...before, shown(change, 'server', 'second')], 'and then it is there');
      await published(stream, change, []);
      t.strictSame(methodsSince(stream, from), [change.told], 'of nothing else');
    });
  }

  t.test(`a listener hears that ${list} have changed with the registry`, async (t) => {
    const [stays, comes] = [
      await listenRaw(t, { lists: listsOf(change, 'old') }),
      await listenRaw(t, { lists: listsOf(change, 'new') }),
    ];
    const stayed = entryFor(stays.url, { name: 'stays' });
    const stream = await listening(t);
    const from = await published(stream, change, [stayed]);
    t.strictSame(await listed(change), [shown(change, 'stays', 'old')]);
    await published(stream, change, [stayed, entryFor(comes.url, { name: 'comes' })]);
    t.ok((await listed(change)).includes(shown(change, 'comes', 'new')));
    await published(stream, change, [stayed]);
    t.strictSame(await listed(change), [shown(change, 'stays', 'old')]);
    await published(stream, change, []);
    t.strictSame(methodsSince(stream, from), [change.told], 'of nothing else');
  });
}
