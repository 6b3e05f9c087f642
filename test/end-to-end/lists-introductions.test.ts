import t from 'tap';
import { legacyClient, modernClient } from '../support/clients.ts';
import { answerOf, LegacySession, modern } from '../support/mcp-http.ts';
import { listenRaw } from '../support/raw-server.ts';
import { entryFor } from '../support/registry-folder.ts';
import { scriptedUpstream } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const old = await startServer('legacy', { args: ['--name', 'old'] });
const recent = await startServer('modern', { args: ['--name', 'recent'] });
const dual = await startServer('modern', { args: ['--name', 'dual', '--era', 'dual'] });
const servers = { old, recent, dual };
const entries = Object.entries(servers).map(([name, { url }]) => entryFor(url, { name }));
const gateway = await startGateway(entries);
t.teardown(() => Promise.all([gateway.stop(), ...Object.values(servers).map((server) => server.stop())]));

interface Introduction {
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly instructions?: string;
}

/** What a client of an era is told first. */
const introduction = {
  legacy: async (url: string) => (await LegacySession.begin(url)).initialized.result as unknown as Introduction,
  modern: async (url: string) => answerOf(await modern(url, 'server/discover')).result as unknown as Introduction,
};

for (const era of ['legacy', 'modern'] as const) {
  t.test(`on /mcp a ${era} client is told of all that is passed on, and how each server is used`, async (t) => {
    const { capabilities, instructions = '' } = await introduction[era](gateway.url);
    t.match(capabilities, {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      completions: {},
      logging: {},
    });
    for (const name of Object.keys(servers)) {
      t.ok(
        instructions.includes(
          `Server default/${name} (its tools and prompts begin with ${name}_):\nThe test server ${name}.`,
        ),
      );
    }
  });

  t.test(`on a server’s own path a ${era} client is told what the server does, in its own words`, async (t) => {
    const tell = (name: string): Promise<Introduction> => introduction[era](`${gateway.url}/default/${name}`);
    t.match(await tell('old'), { capabilities: { tools: {}, logging: {} }, instructions: /^The test server old\.$/ });
    t.match(await tell('old'), { capabilities: { completions: {} } });
    const plain = await scriptedUpstream(t, { era, tools: { a: () => undefined } });
    await gateway.publish([...entries, entryFor(plain.url, { name: `plain-${era}` })]);
    // Servers of the legacy era log whether they declare it or not.
    const logging = era === 'legacy' ? { logging: {} } : {};
    t.strictSame((await tell(`plain-${era}`)).capabilities, { tools: { listChanged: true }, ...logging });
    t.match(await tell('recent'), { capabilities: { resources: { subscribe: true } } });
    t.strictSame((await tell('recent')).capabilities['logging'], era === 'legacy' ? {} : undefined);
    t.equal((await tell('dual')).instructions, 'The test server dual.');
  });
}

t.test('clients of both SDKs take what they are told', async (t) => {
  for (const connect of [legacyClient, modernClient]) {
    const client = await connect(gateway.url);
    t.teardown(() => client.close());
    t.match(client.getInstructions(), /The test server old\./);
    t.match(client.getServerCapabilities(), { completions: {}, logging: {} });
  }
});

t.test('a server whose resource another has is told of it in its status, as long as that is so', async (t) => {
  const resources = { pages: [[{ uri: 'test://about', name: 'about' }]] };
  const late = await listenRaw(t, { era: 'modern', lists: { resources } });
  const entry = entryFor(late.url, { name: 'zlate' });
  await gateway.publish([entryFor(old.url, { name: 'old' }), entry]);
  const message = async (): Promise<string> =>
    (await gateway.report()).services.find(({ name }) => name === 'zlate')?.message ?? '';
  await until('the sentence', async () => /"test:\/\/about" \(default\/old\)/.test(await message()), {
    state: message,
  });
  const read = async (path: string): Promise<unknown> =>
    answerOf(await modern(`${gateway.url}${path}`, 'resources/read', { uri: 'test://about' })).result?.['contents'];
  t.match(await read(''), [{ text: 'A server for tests.' }], 'and it is read from the first');
  await gateway.publish([entry]);
  await until('its end', async () => (await message()) === '', { state: message });
});
