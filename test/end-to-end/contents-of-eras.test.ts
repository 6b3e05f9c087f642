/** What prompts and resources hold passes whole, in all four pairs of eras. */
import t from 'tap';
import { answerOf, LegacySession, modern } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { event, events, json, result, scriptedUpstream, type Script } from '../support/scripted-upstream.ts';
import { startGateway } from '../support/start-gateway.ts';

const BLOB = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('base64');
/** What every kind of content may have, and what nobody knows. */
const decorated = {
  annotations: { audience: ['user', 'assistant'], priority: 0.5, lastModified: '2025-11-25T00:00:00Z' },
  _meta: { 'example.com/kept': [1, { deep: true }] },
  'example.com/vendor': 'é"\\\n',
};
const message = (content: object): object => ({
  description: 'What is wanted',
  messages: [{ role: 'user', content: { ...content, ...decorated } }],
  _meta: { 'example.com/kept': 1 },
});

/** Name → method, and the result as the server makes it. */
const contents = {
  'an image': { method: 'prompts/get', made: message({ type: 'image', data: BLOB, mimeType: 'image/png' }) },
  'an audio clip': { method: 'prompts/get', made: message({ type: 'audio', data: BLOB, mimeType: 'audio/wav' }) },
  'a resource': {
    method: 'prompts/get',
    made: message({
      type: 'resource',
      resource: { uri: 'test://embedded', mimeType: 'text/plain', text: 'Ein Märchen', _meta: { a: 1 } },
    }),
  },
  'a binary resource': {
    method: 'prompts/get',
    made: message({ type: 'resource', resource: { uri: 'test://b', mimeType: 'application/x-b', blob: BLOB } }),
  },
  'a link': {
    method: 'prompts/get',
    made: message({ type: 'resource_link', uri: 'test://linked', name: 'linked', size: 7, icons: [{ src: 'data:,' }] }),
  },
  'a blob': {
    method: 'resources/read',
    made: {
      contents: [
        { uri: 'test://b', mimeType: 'application/octet-stream', blob: BLOB, ...decorated },
        { uri: 'test://b/part', text: '', _meta: { a: 1 } },
      ],
      _meta: { 'example.com/kept': 1 },
    },
  },
} as const;
type Kind = keyof typeof contents;

/** Answers as JSON, or as an event if it is asked so. */
const scripts = (server: string, envelope: object): Record<string, Script> => {
  const made: Script = ({ response, message: asked }) => {
    const { name, uri } = asked.params ?? {};
    const [kind = '', as] = String(name ?? uri)
      .replace(`test://${server}/`, '')
      .split('?');
    const answer = result(asked, { ...contents[kind as Kind].made, ...envelope });
    if (as === 'event') events(response).end(event(answer));
    else json(response, answer);
  };
  const list =
    (items: object): Script =>
    ({ response, message: asked }) =>
      json(response, result(asked, { ...items, ...envelope }));
  const names = Object.keys(contents).flatMap((kind) => [kind, `${kind}?event`]);
  return {
    'prompts/get': made,
    'resources/read': made,
    'prompts/list': list({ prompts: names.map((name) => ({ name })) }),
    'resources/list': list({ resources: names.map((name) => ({ uri: `test://${server}/${name}`, name })) }),
    'resources/templates/list': list({ resourceTemplates: [] }),
  };
};
const ENVELOPE = { resultType: 'complete', ttlMs: 60_000, cacheScope: 'public' };
const capabilities = { prompts: {}, resources: {} };
const servers = {
  legacy: await scriptedUpstream(t, { tools: {}, capabilities, methods: scripts('legacy', {}) }),
  modern: await scriptedUpstream(t, {
    era: 'modern',
    tools: {},
    capabilities,
    methods: scripts('modern', ENVELOPE),
  }),
};
const gateway = await startGateway(Object.entries(servers).map(([name, { url }]) => entryFor(url, { name })));
t.teardown(() => gateway.stop());
const session = await LegacySession.begin(gateway.url);

const clients = {
  legacy: (method: string, params: Record<string, unknown>) => session.request(method, params),
  modern: (method: string, params: Record<string, unknown>) => modern(gateway.url, method, params),
};

for (const [kind, { method, made }] of Object.entries(contents)) {
  t.test(`${method}: ${kind} passes whole, whichever eras meet`, async (t) => {
    for (const [era, ask] of Object.entries(clients)) {
      for (const server of Object.keys(servers)) {
        for (const name of [kind, `${kind}?event`]) {
          const params = method === 'prompts/get' ? { name: `${server}_${name}` } : { uri: `test://${server}/${name}` };
          const { result: got } = answerOf(await ask(method, params));
          // What the modern era puts on a result is its own affair.
          const { resultType: _type, ttlMs: _ttl, cacheScope: _scope, ...rest } = got ?? {};
          t.strictSame(era === 'modern' ? rest : got, made, `${era} client, ${server} server, ${name}`);
        }
      }
    }
  });
}
