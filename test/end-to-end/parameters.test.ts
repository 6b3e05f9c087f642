import t, { type Test } from 'tap';
import { legacyClient, modernClient } from '../support/clients.ts';
import { answerOf, LegacySession, modern, send, textOf, type HttpAnswer } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import {
  json,
  result,
  scriptedUpstream,
  textResult,
  type Script,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const real = await startServer('modern');
const gateway = await startGateway([entryFor(real.url, { name: 'real' })]);
t.teardown(() => Promise.all([gateway.stop(), real.stop()]));

const inputSchema = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    page: { type: 'object', properties: { size: { type: 'integer', 'x-mcp-header': 'Size' } } },
    dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
    free: { type: 'string' },
  },
};
const plainSchema = { type: 'object', properties: { region: { type: 'string' } } };

/** Answers with the headers of the kind that came. */
const mirror: Script = ({ request, response, message }) =>
  json(response, textResult(message, mirrored(request.headers)));

function mirrored(headers: NodeJS.Dict<string | string[]>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('mcp-param-'))));
}

let servers = 0;

/** Serves the gateway a server; resolves with its prefix when its tools are known. */
async function publish(url: string): Promise<string> {
  // Each by a name of its own: what another said under it before must not be mistaken for its word.
  const name = `cart${++servers}`;
  await gateway.publish([entryFor(real.url, { name: 'real' }), entryFor(url, { name })]);
  await until('the server', async () =>
    (await gateway.report()).services.some((each) => each.name === name && each.toolCount > 0),
  );
  return name;
}

function call(tool: string, args: unknown, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
  return modern(gateway.url, 'tools/call', { name: tool, arguments: args }, { headers });
}

/** A modern server whose one tool's schema a test changes without a word; it holds headers to it. */
async function changing(t: Test, schema: object) {
  const state = { schema };
  const refuse = (message: UpstreamMessage): string =>
    JSON.stringify({ jsonrpc: '2.0', id: message.id, error: { code: -32020, message: 'Header mismatch' } });
  const server = await scriptedUpstream(t, {
    era: 'modern',
    tools: {
      where: (arrival) => {
        const { request, response, message } = arrival;
        const args = message.params?.arguments as { region?: string };
        const wants = JSON.stringify(state.schema).includes('x-mcp-header');
        const isRight = !wants || request.headers['mcp-param-region'] === args.region;
        return isRight ? mirror(arrival) : json(response, refuse(message), 400);
      },
    },
    methods: {
      'tools/list': ({ response, message }) =>
        json(
          response,
          result(message, { resultType: 'complete', tools: [{ name: 'where', inputSchema: state.schema }] }),
        ),
    },
  });
  return { server, state };
}

t.test('SDK clients of both eras call a tool of the second SDK with a mirrored parameter', async (t) => {
  for (const region of ['us-west1', 'Zürich', ' padded ', '=?base64?literal?=', '']) {
    for (const connect of [legacyClient, modernClient]) {
      const client = await connect(gateway.url);
      t.teardown(() => client.close());
      await client.listTools();
      const { content } = await client.callTool({ name: 'real_in_region', arguments: { region } });
      t.match(JSON.parse((content as { text: string }[])[0]?.text ?? ''), { region }, `${connect.name} ${region}`);
    }
  }
});

t.test('what a legacy client’s arguments say is mirrored for a modern server', async (t) => {
  const server = await scriptedUpstream(t, { era: 'modern', tools: { where: mirror }, tool: { inputSchema } });
  const name = await publish(server.url);
  const session = await LegacySession.begin(gateway.url);
  for (const [args, headers] of [
    [
      { region: 'a', page: { size: 42 }, dry: false },
      { region: 'a', size: '42', dry: 'false' },
    ],
    [{ region: 'Hello, 世界' }, { region: '=?base64?SGVsbG8sIOS4lueVjA==?=' }],
    [{ region: 'a\r\nX-Injected: 1' }, { region: '=?base64?YQ0KWC1JbmplY3RlZDogMQ==?=' }],
    [{ page: { size: Number.MAX_SAFE_INTEGER } }, { size: '9007199254740991' }],
    [{ region: null, page: {}, free: 'b' }, {}],
    [{ region: ['a'] }, {}],
  ] as const) {
    const expected = Object.fromEntries(Object.entries(headers).map(([name, value]) => [`mcp-param-${name}`, value]));
    t.strictSame(JSON.parse(textOf(await session.call(`${name}_where`, args))), expected, JSON.stringify(args));
  }
});

t.test('an integer that JavaScript does not count exactly is mirrored as it is written', async (t) => {
  const server = await scriptedUpstream(t, { era: 'modern', tools: { where: mirror }, tool: { inputSchema } });
  const name = await publish(server.url);
  const { headers } = await LegacySession.begin(gateway.url);
  const params = `{"name":"${name}_where","arguments":{"page":{"size":9007199254740993}}}`;
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;
  const answer = answerOf(await send(gateway.url, { headers, body }));
  t.strictSame(JSON.parse(textOf(answer)), { 'mcp-param-size': '9007199254740993' });
});

for (const era of ['legacy', 'modern'] as const) {
  t.test(`a modern client’s headers are held to its arguments for a ${era} server, and passed on`, async (t) => {
    const server = await scriptedUpstream(t, { era, tools: { where: mirror }, tool: { inputSchema } });
    const name = await publish(server.url);
    const right = { 'Mcp-Param-Region': '=?base64?YQ==?=', 'Mcp-Param-Size': '42.0', 'Mcp-Param-Unknown': 'x' };
    const answer = await call(`${name}_where`, { region: 'a', page: { size: 42 }, dry: null }, right);
    t.equal(answer.status, 200);
    t.strictSame(JSON.parse(textOf(answerOf(answer))), {
      'mcp-param-region': '=?base64?YQ==?=',
      'mcp-param-size': '42.0',
      'mcp-param-unknown': 'x',
    });
    const calls = server.of('tools/call').length;
    for (const [args, headers] of [
      [{ region: 'a' }, {}],
      [{ region: 'a' }, { 'Mcp-Param-Region': 'b' }],
      [{ region: 'Hello' }, { 'Mcp-Param-Region': '=?base64?SGVsbG8?=' }],
      [{ page: { size: 42 } }, { 'Mcp-Param-Size': '43' }],
      [{}, { 'Mcp-Param-Dry': 'true' }],
    ] as const) {
      const refused = await call(`${name}_where`, args, headers);
      t.equal(refused.status, 400, JSON.stringify([args, headers]));
      t.match(answerOf(refused), { id: 1, error: { code: -32020, message: /Header mismatch: .*Mcp-Param-/ } });
    }
    t.equal(server.of('tools/call').length, calls, 'and what was refused did not get there');
  });
}

t.test('a tool without mirrored parameters costs no look at the list, whatever headers come', async (t) => {
  const server = await scriptedUpstream(t, { era: 'modern', tools: { where: mirror } });
  const name = await publish(server.url);
  const lists = server.of('tools/list').length;
  t.strictSame(
    JSON.parse(textOf(answerOf(await call(`${name}_where`, { region: 'a' }, { 'Mcp-Param-Region': 'b' })))),
    {
      'mcp-param-region': 'b',
    },
  );
  t.equal(server.of('tools/list').length, lists);
});

t.test('before a client is told to list the tools, they are read again', async (t) => {
  const { server, state } = await changing(t, plainSchema);
  const name = await publish(server.url);
  state.schema = inputSchema;
  const client = await modernClient(gateway.url);
  t.teardown(() => client.close());
  // The gateway finds out by a call that does not know it yet, and mirrors for it.
  t.match(textOf(answerOf(await call(`${name}_where`, { region: 'a' }))), '"mcp-param-region":"a"');
  const lists = server.of('tools/list').length;
  const refused = await call(`${name}_where`, { region: 'a' });
  t.equal(refused.status, 400, 'from then on the client has to');
  t.equal(server.of('tools/list').length, lists + 1);
  const listed = (await client.listTools()).tools.find((each) => each.name === `${name}_where`);
  t.strictSame(listed?.inputSchema, inputSchema);
  // And the SDK does what the list says.
  t.match(await client.callTool({ name: `${name}_where`, arguments: { region: 'b' } }), { content: [{ text: /"b"/ }] });
});

t.test('a client that knows better than the gateway’s list is not refused', async (t) => {
  const { server, state } = await changing(t, inputSchema);
  const name = await publish(server.url);
  state.schema = plainSchema;
  const answer = await call(`${name}_where`, { region: 'a' });
  t.equal(answer.status, 200);
  t.equal(textOf(answerOf(answer)), '{}');
});

t.test('a call that a changed server refuses is made again as it wants it by now', async (t) => {
  const { server, state } = await changing(t, plainSchema);
  const name = await publish(server.url);
  const session = await LegacySession.begin(gateway.url);
  t.equal(textOf(await session.call(`${name}_where`, { region: 'a' })), '{}');
  state.schema = inputSchema;
  t.equal(textOf(await session.call(`${name}_where`, { region: 'b' })), '{"mcp-param-region":"b"}');
  t.equal(server.of('tools/call').length, 3);
});

t.test('a server that refuses all the same is named to clients of both eras', async (t) => {
  const refuse: Script = ({ response, message }) =>
    json(
      response,
      JSON.stringify({ jsonrpc: '2.0', id: message.id, error: { code: -32020, message: 'Header mismatch' } }),
      400,
    );
  const server = await scriptedUpstream(t, { era: 'modern', tools: { never: refuse }, tool: { inputSchema } });
  const name = await publish(server.url);
  const ofModern = await call(`${name}_never`, { region: 'a' }, { 'Mcp-Param-Region': 'a' });
  const ofLegacy = await (await LegacySession.begin(gateway.url)).call(`${name}_never`, { region: 'a' });
  for (const { error } of [answerOf(ofModern), ofLegacy])
    t.match(error, { code: -32603, message: /refused .*-32020/, data: { server: `default/${name}` } });
  t.equal(ofModern.status, 200);
  t.equal(server.of('tools/call').length, 4, 'each is tried twice');
});

t.test('a server never seen is known before its parameters are held to anything', async (t) => {
  const server = await scriptedUpstream(t, { era: 'modern', tools: { where: mirror }, tool: { inputSchema } });
  await gateway.publish([entryFor(server.url, { name: 'fresh' })]);
  t.equal((await call('fresh_where', { region: 'a' })).status, 400);
});
