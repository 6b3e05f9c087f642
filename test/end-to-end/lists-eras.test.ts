import t from 'tap';
import { legacyClient, modernClient } from '../support/clients.ts';
import { gatewayOf } from '../support/gateway-of.ts';
import { answerOf, LegacySession, modern, modernCall } from '../support/mcp-http.ts';
import { listenRaw } from '../support/raw-server.ts';
import { entryFor } from '../support/registry-folder.ts';
import { answering, scriptedUpstream, type Script } from '../support/scripted-upstream.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

type Item = Readonly<Record<string, unknown>>;

/** Everything that any of the eras knows of an item, and what none does. */
const decorated = {
  title: 'Título',
  description: 'Does things',
  icons: [{ src: 'https://example.com/a.png', mimeType: 'image/png', sizes: ['48x48'], 'example.com/of-an-icon': 1 }],
  _meta: { 'example.com/meta': { deep: [null, { a: 1 }] } },
  'example.com/vendor': { kept: ['yes'] },
  'x-own': false,
};
const items = {
  tools: {
    ...decorated,
    name: 'tool',
    inputSchema: { type: 'object', properties: { a: { type: 'string', 'x-ui': 'wide' } }, 'x-order': ['a'] },
    outputSchema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
    annotations: { readOnlyHint: true, openWorldHint: false, 'example.com/of-annotations': 1 },
  },
  prompts: {
    ...decorated,
    name: 'prompt',
    arguments: [{ name: 'a', required: true, title: 'A', 'x-of-an-argument': 1 }],
  },
  resources: {
    ...decorated,
    uri: 'test://own',
    name: 'own',
    mimeType: 'text/plain',
    size: 7,
    annotations: { audience: ['user'], priority: 0.5, 'example.com/of-annotations': 1 },
  },
  resourceTemplates: { ...decorated, uriTemplate: 'test://own/{id}', name: 'own', mimeType: 'text/plain' },
} as const;
const methods = {
  tools: 'tools/list',
  prompts: 'prompts/list',
  resources: 'resources/list',
  resourceTemplates: 'resources/templates/list',
} as const;
type Kind = keyof typeof items;

/** Asks for a list as a client of an era. */
const read: Readonly<Record<'legacy' | 'modern', (url: string, kind: Kind) => Promise<readonly Item[]>>> = {
  async legacy(url, kind) {
    const { result: page } = answerOf(await (await LegacySession.begin(url)).request(methods[kind]));
    return (page as Record<string, readonly Item[]>)[kind] ?? [];
  },
  async modern(url, kind) {
    const { result: page } = answerOf(await modern(url, methods[kind]));
    t.match(page, { resultType: 'complete' });
    return (page as Record<string, readonly Item[]>)[kind] ?? [];
  },
};

const gateway = await gatewayOf(t, {});

async function available(name: string): Promise<void> {
  const state = async (): Promise<unknown> => (await gateway.report()).services;
  await until(
    `the server ${name}`,
    async () => (await gateway.report()).services.some((each) => each.name === name && each.state === 'Available'),
    { state },
  );
}

for (const serverEra of ['legacy', 'modern'] as const) {
  for (const clientEra of ['legacy', 'modern'] as const) {
    t.test(`a ${clientEra} client gets whole items of a ${serverEra} server`, async (t) => {
      const lists = Object.fromEntries(Object.entries(items).map(([kind, item]) => [kind, { pages: [[item]] }]));
      const raw = await listenRaw(t, { era: serverEra, lists });
      await gateway.publish([entryFor(raw.url, { name: 'raw' })]);
      await available('raw');
      for (const kind of Object.keys(items) as Kind[]) {
        t.strictSame(
          await read[clientEra](`${gateway.url}/default/raw`, kind),
          [items[kind]],
          `${kind} on its own path`,
        );
        const isNamed = kind === 'tools' || kind === 'prompts';
        const expected = isNamed ? { ...items[kind], name: `raw_${items[kind].name}` } : items[kind];
        t.strictSame(await read[clientEra](gateway.url, kind), [expected], `${kind} on /mcp`);
      }
    });
  }
}

/** The same schema in dialects that validators know, and in one that nobody does. */
const dialects = [
  'http://json-schema.org/draft-07/schema#',
  'https://json-schema.org/draft/2020-12/schema',
  'https://example.com/no-such-dialect',
].map(($schema, index) => ({
  name: `t${index}`,
  inputSchema: { $schema, type: 'object', definitions: { a: { type: 'string' } }, 'x-unknown': [$schema] },
  outputSchema: { $schema, type: 'object', properties: { a: { $ref: '#/definitions/a' } } },
}));

for (const serverEra of ['legacy', 'modern'] as const) {
  t.test(`clients of both eras get schemas of any dialect of a ${serverEra} server as they are`, async (t) => {
    const raw = await listenRaw(t, { era: serverEra, lists: { tools: { pages: [dialects] } } });
    await gateway.publish([entryFor(raw.url, { name: 'dialects' })]);
    await available('dialects');
    for (const era of ['legacy', 'modern'] as const) {
      t.strictSame(await read[era](`${gateway.url}/default/dialects`, 'tools'), dialects, era);
    }
  });

  t.test(`the gateway validates no value for a ${serverEra} server: what fits no schema passes`, async (t) => {
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    const structuredContent = { n: 'none' };
    const server = await scriptedUpstream(t, {
      era: serverEra,
      tools: { tool: structured(structuredContent) },
      tool: { inputSchema: schema, outputSchema: schema },
    });
    await gateway.publish([entryFor(server.url, { name: 'unfit' })]);
    await available('unfit');
    const session = await LegacySession.begin(gateway.url);
    for (const answer of [
      await session.call('unfit_tool', { n: ['no'] }),
      await modernCall(gateway.url, 'unfit_tool', { n: ['no'] }),
    ]) {
      t.match(answer.result, { structuredContent });
      t.strictSame(server.of('tools/call').at(-1)?.message.params?.arguments, { n: ['no'] });
    }
  });
}

/** Answers with a structured content that a test gives. */
const structured = (structuredContent: unknown, more: Item = {}): Script =>
  answering({ resultType: 'complete', content: [], structuredContent, ...more });

/** A modern server with one tool of this output. */
const withOutput = (test: Parameters<typeof scriptedUpstream>[0], outputSchema: unknown, tool: Script) =>
  scriptedUpstream(test, {
    era: 'modern',
    tools: { tool },
    ...(outputSchema !== undefined && { tool: { outputSchema } }),
  });

t.test('an SDK client of the legacy era reads and calls a modern server’s tool whose output is a list', async (t) => {
  const $defs = { n: { type: 'integer', minimum: 1 } };
  const server = await withOutput(t, { type: 'array', items: { $ref: '#/$defs/n' }, $defs }, structured([1, 2]));
  await gateway.publish([entryFor(server.url, { name: 'numbers' })]);
  await available('numbers');
  for (const [path, prefix] of [
    ['', 'numbers_'],
    ['/default/numbers', ''],
  ] as const) {
    const client = await legacyClient(`${gateway.url}${path}`);
    t.teardown(() => client.close());
    const { tools } = await client.listTools();
    t.match(tools, [{ name: `${prefix}tool`, outputSchema: { type: 'object', required: ['result'] } }]);
    // The SDK holds what comes to the schema that was listed.
    const { structuredContent } = await client.callTool({ name: `${prefix}tool`, arguments: {} });
    t.strictSame(structuredContent, { result: [1, 2] });
  }
  const bare = await modernCall(gateway.url, 'numbers_tool');
  t.strictSame(bare.result?.['structuredContent'], [1, 2], 'a modern client gets it as it is');
});

t.test('a modern client is shown a modern server’s output schema as it is, and gets what fits it', async (t) => {
  const outputs: readonly (readonly [Item, unknown])[] = [
    [{ type: 'array', items: { type: ['integer', 'null'] } }, [1, null]],
    [{ type: 'string', minLength: 0 }, ''],
    [{ type: 'null' }, null],
    [{ type: 'boolean' }, false],
    [{ type: 'number' }, 0],
    [{ anyOf: [{ type: 'object' }, { type: 'string' }], $defs: { a: true } }, { result: 'one' }],
    [{ type: 'object', properties: { result: { type: 'array' } } }, { result: [] }],
  ];
  const tools = outputs.map(([outputSchema], index) => ({
    name: `tool-${index}`,
    inputSchema: { type: 'object' },
    outputSchema,
  }));
  const server = await scriptedUpstream(t, {
    era: 'modern',
    tools: Object.fromEntries(outputs.map(([, content], index) => [`tool-${index}`, structured(content)])),
    methods: {
      'tools/list': answering({ resultType: 'complete', tools }),
    },
  });
  await gateway.publish([entryFor(server.url, { name: 'any' })]);
  await available('any');
  for (const [path, prefix] of [
    ['', 'any_'],
    ['/default/any', ''],
  ] as const) {
    const listed = tools.map((tool) => ({ ...tool, name: `${prefix}${tool.name}` }));
    t.strictSame(await read.modern(`${gateway.url}${path}`, 'tools'), listed);
    for (const [index, [schema, structuredContent]] of outputs.entries()) {
      const { result: answer } = await modernCall(`${gateway.url}${path}`, `${prefix}tool-${index}`);
      t.strictSame(answer, { resultType: 'complete', content: [], structuredContent }, JSON.stringify(schema));
    }
  }
});

t.test('an SDK client of the legacy era finds out what does not fit a schema that was wrapped', async (t) => {
  const schema = { type: 'array', items: { $ref: '#/$defs/n' }, $defs: { n: { type: 'integer' } } };
  const server = await withOutput(t, schema, structured(['no number']));
  await gateway.publish([entryFor(server.url, { name: 'numbers' })]);
  await available('numbers');
  const client = await legacyClient(gateway.url);
  t.teardown(() => client.close());
  await client.listTools();
  await t.rejects(client.callTool({ name: 'numbers_tool', arguments: {} }), { message: /schema/ });
});

t.test('what legacy clients would refuse is wrapped whatever the server declared, and nothing else', async (t) => {
  const untyped = { anyOf: [{ type: 'object' }, { type: 'string' }] };
  for (const [outputSchema, sent, got] of [
    [undefined, [1], { result: [1] }],
    [undefined, 'text', { result: 'text' }],
    [undefined, null, { result: null }],
    [undefined, { a: 1 }, { a: 1 }],
    [{ type: 'object' }, { result: 1 }, { result: 1 }],
    // Whoever was shown an object with a result gets one.
    [untyped, { a: 1 }, { result: { a: 1 } }],
    [untyped, 'text', { result: 'text' }],
  ] as const) {
    // Members behind it are taken off, right behind its end.
    for (const more of [{}, { ttlMs: 0, cacheScope: 'private' }]) {
      const server = await withOutput(t, outputSchema, structured(sent, more));
      await gateway.publish([entryFor(server.url, { name: 'odd' })]);
      await available('odd');
      const { result: answer } = await (await LegacySession.begin(gateway.url)).call('odd_tool');
      t.strictSame(answer, { content: [], structuredContent: got }, JSON.stringify([outputSchema, sent]));
      await server.close();
    }
  }
});

t.test('a tool that legacy clients refuse costs them no other, and is told of', async (t) => {
  const bad = { name: 'bad', inputSchema: { type: 'object', properties: { a: 'nothing' } } };
  const good = { name: 'good', inputSchema: { type: 'object', properties: { any: true } } };
  const raw = await listenRaw(t, { era: 'modern', lists: { tools: { pages: [[bad, good]] } } });
  await gateway.publish([entryFor(raw.url, { name: 'mixed' })]);
  await available('mixed');
  const client = await legacyClient(gateway.url);
  t.teardown(() => client.close());
  t.strictSame(
    (await client.listTools()).tools.map(({ name }) => name),
    ['mixed_good'],
  );
  const seen = (await read.modern(gateway.url, 'tools')).map(({ name }) => name);
  const { services } = await gateway.report();
  t.match(services, [{ name: 'mixed', message: /"bad" is left out.*inputSchema\.properties\.a/ }]);
  t.ok(seen.includes('mixed_good'));
});

t.test('a legacy server’s tool is neither a task nor invalid to a modern SDK client', async (t) => {
  const properties = { a: { type: 'string', 'x-mcp-header': 'not a token' } };
  const tools = [
    { name: 'task', inputSchema: { type: 'object' }, execution: { taskSupport: 'required' } },
    { name: 'odd', inputSchema: { type: 'object', properties } },
  ];
  const raw = await listenRaw(t, { era: 'legacy', lists: { tools: { pages: [tools] } } });
  await gateway.publish([entryFor(raw.url, { name: 'old' })]);
  await available('old');
  const client = await modernClient(gateway.url);
  t.teardown(() => client.close());
  t.strictSame(
    (await client.listTools()).tools.map(({ name }) => name),
    ['old_task', 'old_odd'],
  );
  t.strictSame(await read.modern(gateway.url, 'tools'), [
    { name: 'old_task', inputSchema: { type: 'object' } },
    { name: 'old_odd', inputSchema: { type: 'object', properties: { a: { type: 'string' } } } },
  ]);
  t.strictSame(
    await read.legacy(`${gateway.url}/default/old`, 'tools'),
    tools,
    'a legacy client gets them as they are',
  );
});

t.test('clients of both eras get the output of a server of the second SDK that is a list', async (t) => {
  for (const era of ['modern', 'dual'] as const) {
    const server = await startServer('modern', { args: ['--era', era] });
    t.teardown(() => server.stop());
    await gateway.publish([entryFor(server.url, { name: era })]);
    await available(era);
    const [legacy, modernOne] = [await legacyClient(gateway.url), await modernClient(gateway.url)];
    t.teardown(() => Promise.all([legacy.close(), modernOne.close()]));
    const call = { name: `${era}_range`, arguments: { to: 3 } };
    await legacy.listTools();
    await modernOne.listTools();
    t.strictSame((await legacy.callTool(call)).structuredContent, { result: [1, 2, 3] }, era);
    t.strictSame((await modernOne.callTool(call)).structuredContent, [1, 2, 3], era);
  }
});
