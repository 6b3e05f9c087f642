import assert from 'node:assert/strict';
import { until } from '../until.ts';
import type { FeatureClient } from './clients.ts';
import { lacks, type Cell, type Feature } from './feature.ts';
import type { ListKind, WireItem } from './offer.ts';

/** What a client learns of a server: the handshake, the lists, and their changes. */

const methods = {
  tools: 'tools/list',
  prompts: 'prompts/list',
  resources: 'resources/list',
  resourceTemplates: 'resources/templates/list',
} as const satisfies Record<ListKind, string>;

const titles = {
  tools: 'tools',
  prompts: 'prompts',
  resources: 'resources',
  resourceTemplates: 'resource templates',
} as const satisfies Record<ListKind, string>;

const identifier = (kind: ListKind, item: WireItem): string =>
  String(item[kind === 'resources' ? 'uri' : kind === 'resourceTemplates' ? 'uriTemplate' : 'name']);

/** Tools and prompts are named by their server on /mcp, URIs stay as they are. */
const shown = ({ name }: Cell, kind: ListKind, own: string): string =>
  kind === 'tools' || kind === 'prompts' ? name(own) : own;

async function everyPage(client: FeatureClient, kind: ListKind): Promise<readonly WireItem[]> {
  const items: WireItem[] = [];
  let cursor: unknown;
  for (let pages = 0; pages < 100; pages++) {
    const page = await client.request(methods[kind], cursor === undefined ? {} : { cursor });
    items.push(...(page[kind] as readonly WireItem[]));
    cursor = page['nextCursor'];
    if (cursor === undefined) return items;
  }
  throw new Error(`The list of ${kind} does not end`);
}

function listed(kind: ListKind): Feature {
  return {
    name: `${titles[kind]} are listed, those of every page`,
    trial: async (cell) => {
      const expected = cell.dialect.lists[kind].map((own) => shown(cell, kind, own));
      const seen = (await everyPage(cell.client, kind)).map((item) => identifier(kind, item));
      assert.deepEqual(
        seen.filter((name) => expected.includes(name)),
        expected,
      );
      if (kind !== 'tools') return;
      const names = (await cell.client.listTools()).map(({ name }) => name);
      assert.deepEqual(
        names.filter((name) => expected.includes(name)),
        expected,
        'as the SDK lists them',
      );
    },
  };
}

const whole: Feature = {
  name: 'items keep title, icons, annotations, _meta and members that nobody knows',
  trial: async (cell) => {
    for (const kind of Object.keys(methods) as ListKind[]) {
      const item = cell.dialect.whole[kind];
      if (item === undefined) continue;
      const name = shown(cell, kind, identifier(kind, item));
      const seen = (await everyPage(cell.client, kind)).find((each) => identifier(kind, each) === name);
      const expected = kind === 'tools' || kind === 'prompts' ? { ...item, name } : item;
      assert.partialDeepStrictEqual(seen, expected);
    }
  },
};

const handshake: Feature = {
  name: 'handshake: capabilities and instructions',
  trial: async ({ client, dialect }) => {
    for (const capability of dialect.capabilities) {
      assert.ok(capability in client.capabilities, `${capability} in ${JSON.stringify(client.capabilities)}`);
    }
    assert.match(client.instructions ?? '', dialect.instructions);
  },
};

function changed(kind: 'tools' | 'prompts' | 'resources'): Feature {
  return {
    name: `a change of ${titles[kind]} is told`,
    missing: lacks.any(
      lacks.stream,
      lacks.member(({ changes }) => changes, 'has no list that changes for more than one session'),
    ),
    trial: async (cell) => {
      const { client, server, key } = cell;
      await client.followLists();
      const own = kind === 'resources' ? `test://${server.kind.name}/${key}` : key;
      const expected = shown(cell, kind, own);
      const isListed = async (): Promise<boolean> =>
        (await everyPage(client, kind)).some((item) => identifier(kind, item) === expected);
      assert.ok(!(await isListed()), `${expected} is not there before`);
      const from = client.heard.length;
      await server.add(kind, key);
      // Others change the same lists: what counts is that it is there by one of the next announcements.
      let looked = from;
      await until(
        `${expected} to be announced and listed`,
        async () => {
          const told = client.heard.slice(looked).some(({ method }) => method === `notifications/${kind}/list_changed`);
          looked = told ? client.heard.length : looked;
          return told && (await isListed());
        },
        { state: () => client.heard.slice(from) },
      );
    },
  };
}

const updated: Feature = {
  name: 'a resource is subscribed to, its update told',
  missing: lacks.any(lacks.stream, ({ isModern, server }) =>
    isModern && server.dialect.changing.by
      ? `${server.title} updates resources for the session alone that calls its tool, and modern clients have none.`
      : undefined,
  ),
  trial: async ({ client, server, dialect, at }) => {
    const { uri, by } = dialect.changing;
    const from = client.heard.length;
    const end = await client.follow(uri);
    const isTold = (): boolean =>
      client.heard
        .slice(from)
        .some(({ method, params }) => method === 'notifications/resources/updated' && params?.['uri'] === uri);
    if (by) await client.call(at(by));
    // A subscription takes effect a moment after it is acknowledged.
    await until(
      `the update of ${uri}`,
      async () => {
        if (!by) await server.touch(uri);
        return isTold();
      },
      { everyMs: 50, state: () => client.heard.slice(from) },
    );
    if (by) await client.call(at(by));
    await end();
  },
};

export const listFeatures: readonly Feature[] = [handshake, ...(Object.keys(methods) as ListKind[]).map(listed), whole];

export const changeFeatures: readonly Feature[] = [changed('tools'), changed('prompts'), changed('resources'), updated];
