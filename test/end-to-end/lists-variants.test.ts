import { ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import t from 'tap';
import { legacyClient, modernClient } from '../support/clients.ts';
import { answerOf, LegacySession, modern } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, result, scriptedUpstream } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const everything = await startServer('everything');
const gateway = await startGateway([entryFor(everything.url, { name: 'all' })]);
t.teardown(() => Promise.all([gateway.stop(), everything.stop()]));

const urls = [
  ['/mcp', gateway.url, 'all_'],
  ['its own path', `${gateway.url}/default/all`, ''],
] as const;

for (const [where, url, prefix] of urls) {
  t.test(`a legacy client sees on ${where} what it would see without the gateway`, async (t) => {
    for (const capabilities of [
      {},
      { sampling: {} },
      { roots: { listChanged: true } },
      { elicitation: { form: {}, url: {} } },
      { sampling: {}, roots: {}, elicitation: {} },
      { sampling: {}, tasks: { list: {}, cancel: {}, requests: { sampling: { createMessage: {} } } } },
      { elicitation: {}, tasks: { requests: { elicitation: { create: {} } } } },
    ]) {
      const [direct, through] = [
        await legacyClient(everything.url, capabilities),
        await legacyClient(url, capabilities),
      ];
      t.teardown(() => Promise.all([direct.close(), through.close()]));
      const expected = (await direct.listTools()).tools.map(({ name }) => `${prefix}${name}`);
      t.strictSame(
        (await through.listTools()).tools.map(({ name }) => name),
        expected,
        JSON.stringify(capabilities),
      );
    }
  });
}

t.test('a modern client sees the tools that need what it declares', async (t) => {
  const names = async (capabilities: object): Promise<string[]> => {
    const client = await modernClient(gateway.url, capabilities);
    t.teardown(() => client.close());
    return (await client.listTools()).tools.map(({ name }) => name);
  };
  t.notOk((await names({})).includes('all_trigger-sampling-request'));
  const sampling = await names({ sampling: {} });
  t.ok(sampling.includes('all_trigger-sampling-request'));
  t.notOk(sampling.includes('all_trigger-elicitation-request'));
});

t.test('what is listed by what the client declares is not to be kept for others', async (t) => {
  const scopeFor = async (capabilities: object): Promise<unknown> => {
    const meta = { 'io.modelcontextprotocol/clientCapabilities': capabilities };
    return answerOf(await modern(gateway.url, 'tools/list', {}, { meta })).result?.['cacheScope'];
  };
  t.equal(await scopeFor({}), 'public');
  t.equal(await scopeFor({ sampling: {} }), 'private');
});

t.test('a tool that only such clients see is called, and asks what it is there for', async (t) => {
  const client = await legacyClient(gateway.url, { roots: {} }, (each) =>
    each.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///here', name: 'Here' }] })),
  );
  t.teardown(() => client.close());
  const { tools } = await client.listTools();
  t.ok(tools.some(({ name }) => name === 'all_get-roots-list'));
  const { content } = await client.callTool({ name: 'all_get-roots-list', arguments: {} });
  t.match(JSON.stringify(content), 'file:///here');
});

t.test(
  'the lists of clients with the same capabilities are read once, in a session of that kind that is ended',
  async (t) => {
    const declared: unknown[] = [];
    const server = await scriptedUpstream(t, {
      tools: { plain: () => undefined },
      methods: {
        'tools/list': ({ request, response, message }) => {
          const session = String(request.headers['mcp-session-id']);
          const tools = ['plain', ...(session.startsWith('asked') ? ['asking'] : [])];
          json(response, result(message, { tools: tools.map((name) => ({ name, inputSchema: { type: 'object' } })) }));
        },
        initialize: ({ response, message }) => {
          const capabilities = message.params?.['capabilities'] as object;
          declared.push(capabilities);
          const id = `${Object.keys(capabilities).length > 0 ? 'asked' : 'plain'}-${declared.length}`;
          server.sessions.add(id);
          response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': id });
          const initialized = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: {} };
          response.end(result(message, initialized));
        },
      },
    });
    await gateway.publish([entryFor(server.url, { name: 'some' })]);
    await until('the server', async () => (await gateway.report()).services[0]?.state === 'Available');
    const capabilities = { roots: { listChanged: true } };
    const names = async (): Promise<string[]> => {
      const session = await LegacySession.begin(gateway.url, undefined, { capabilities });
      const { result: page } = answerOf(await session.request('tools/list'));
      return (page as { tools: { name: string }[] }).tools.map(({ name }) => name);
    };
    t.strictSame(await names(), ['some_plain', 'some_asking']);
    const reads = server.of('tools/list').length;
    for (let i = 0; i < 5; i++) t.strictSame(await names(), ['some_plain', 'some_asking']);
    t.equal(server.of('tools/list').length, reads, 'further listings ask nobody');
    t.strictSame(declared, [{}, { roots: {} }]);
    await until('the end of the session', () => server.ended.some((id) => id.startsWith('asked')));
  },
);
