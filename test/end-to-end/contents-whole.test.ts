/** Contents of every kind pass as their servers made them, whatever the eras of client and server. */
import t from 'tap';
import { readVersion } from '../../gateway/version.ts';
import { answerOf, LegacySession, modern, type HttpAnswer, type RpcAnswer } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { json, result, scriptedUpstream, type Script, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

type Item = Readonly<Record<string, unknown>>;

/** What stands beside the contents themselves in each kind, known to the specification and to nobody. */
const decorated = {
  annotations: { audience: ['user', 'assistant'], priority: 0.7, lastModified: '2026-08-01T10:00:00Z' },
  _meta: { 'example.com/kept': { deep: [null, 1.5] } },
  'example.com/vendor': 'kept',
};
const blob = Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte)).toString('base64');

/** A prompt’s message, by its name. */
const messages: Readonly<Record<string, Item>> = {
  'plain text': { type: 'text', text: 'é "\u2028" \u0001 \\', ...decorated },
  'an image': { type: 'image', data: blob, mimeType: 'image/png', ...decorated },
  'a sound': { type: 'audio', data: blob, mimeType: 'audio/wav', ...decorated },
  'an embedded text': {
    type: 'resource',
    resource: { uri: 'test://within', mimeType: 'text/plain', text: 'Größe', _meta: decorated._meta },
    ...decorated,
  },
  'an embedded blob': {
    type: 'resource',
    resource: { uri: 'test://within', mimeType: 'image/png', blob },
    ...decorated,
  },
  'a link': {
    type: 'resource_link',
    uri: 'test://linked',
    name: 'linked',
    title: 'Linked',
    description: 'Elsewhere',
    mimeType: 'text/plain',
    size: 7,
    icons: [{ src: 'https://example.com/a.png', sizes: ['48x48'] }],
    ...decorated,
  },
};
/** What is read of a resource, by the last part of its URI. */
const contents: Readonly<Record<string, Item>> = {
  'a text': { mimeType: 'text/plain; charset=utf-8', text: 'é "\u2028" \u0001 \\', _meta: decorated._meta },
  'a blob': { mimeType: 'application/octet-stream', blob, ...decorated },
  'an empty blob': { blob: '' },
};

const uriOf = (server: string, id: string): string => `${server}://${id.replaceAll(' ', '-')}`;
const promptOf = (name: string): Item => ({
  description: 'Said',
  messages: [
    { role: 'user', content: messages[name] },
    { role: 'assistant', content: messages[name] },
  ],
  vendor: [name],
});
const readOf = (uri: string): Item | undefined => {
  const content = contents[uri.slice(uri.indexOf('//') + 2).replaceAll('-', ' ')];
  return content === undefined
    ? undefined
    : {
        contents: [
          { uri, ...content },
          { uri: `${uri}/beside`, text: '' },
        ],
      };
};

/** What each server answers of a resource that it does not have. */
const notFound = {
  legacy: { code: -32002, message: 'Resource not found', data: { uri: 'legacy://none' } },
  modern: { code: -32602, message: 'Resource not found', data: { uri: 'modern://none' } },
} as const;
type Era = keyof typeof notFound;
const eras: readonly Era[] = ['legacy', 'modern'];

async function serverOf(era: Era): Promise<ScriptedUpstream> {
  const own = era === 'modern' ? { resultType: 'complete' } : {};
  const kept = era === 'modern' ? { ttlMs: 0, cacheScope: 'private' } : {};
  const answers =
    (made: (params: Item) => Item): Script =>
    ({ response, message }) =>
      json(response, result(message, { ...own, ...made(message.params ?? {}) }));
  return scriptedUpstream(t, {
    era,
    capabilities: { prompts: {}, resources: {} },
    tools: {},
    methods: {
      'prompts/list': answers(() => ({ prompts: Object.keys(messages).map((name) => ({ name })), ...kept })),
      'resources/list': answers(() => ({
        resources: [...Object.keys(contents), 'none'].map((id) => ({ uri: uriOf(era, id), name: id })),
        ...kept,
      })),
      'resources/templates/list': answers(() => ({ resourceTemplates: [], ...kept })),
      'prompts/get': answers(({ name }) => promptOf(String(name))),
      'resources/read': (arrival) => {
        const { response, message } = arrival;
        const read = readOf(String(message.params?.['uri']));
        if (read !== undefined) return answers(() => ({ ...read, ...kept }))(arrival);
        json(response, JSON.stringify({ jsonrpc: '2.0', id: message.id, error: notFound[era] }));
      },
    },
  });
}

const servers = { legacy: await serverOf('legacy'), modern: await serverOf('modern') };
const gateway = await startGateway(eras.map((era) => entryFor(servers[era].url, { name: era })));
t.teardown(() => gateway.stop());
await until('the servers', async () => (await gateway.report()).services.every(({ state }) => state === 'Available'));
const session = await LegacySession.begin(gateway.url);

/** Sends a request as a client of an era. */
const asked: Readonly<Record<Era, (method: string, params: Item) => Promise<HttpAnswer>>> = {
  legacy: (method, params) => session.request(method, params),
  modern: (method, params) => modern(gateway.url, method, params),
};
const pairs = eras.flatMap((client) => eras.map((server) => ({ client, server })));
const ask = async (client: Era, method: string, params: Item): Promise<RpcAnswer> =>
  answerOf(await asked[client](method, params));

/** What a modern client gets beside what the server made: a legacy server does not say of a result what it is, and whose. */
const added = (client: Era, server: Era, more: Item = {}): Item => {
  if (client === 'legacy') return {};
  const serverInfo = { name: 'fetchfy', title: 'Fetchfy gateway', version: readVersion() };
  const meta = { 'io.modelcontextprotocol/serverInfo': serverInfo };
  return { resultType: 'complete', ...more, ...(server === 'legacy' && { _meta: meta }) };
};

for (const name of Object.keys(messages)) {
  t.test(`a prompt with ${name} passes whole`, async (t) => {
    for (const { client, server } of pairs) {
      const { result: got } = await ask(client, 'prompts/get', { name: `${server}_${name}` });
      t.strictSame(got, { ...promptOf(name), ...added(client, server) }, `${client} client, ${server} server`);
    }
  });
}

for (const id of Object.keys(contents)) {
  t.test(`${id} of a resource passes whole`, async (t) => {
    for (const { client, server } of pairs) {
      const uri = uriOf(server, id);
      const { result: got } = await ask(client, 'resources/read', { uri });
      const own = added(client, server, { ttlMs: 0, cacheScope: 'private' });
      t.strictSame(got, { ...readOf(uri), ...own }, `${client} client, ${server} server`);
    }
  });
}

t.test('a resource that its server does not have is an error in the words of the client’s era', async (t) => {
  for (const { client, server } of pairs) {
    const uri = uriOf(server, 'none');
    const error = { ...notFound[server], code: client === 'modern' ? -32602 : -32002 };
    const { result: got, error: told } = await ask(client, 'resources/read', { uri });
    t.strictSame(told, error, `${client} client, ${server} server`);
    t.equal(got, undefined);
  }
});
