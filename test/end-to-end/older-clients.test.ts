/** Clients of older revisions: what they do not know comes as something that they do. */
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession } from '../support/mcp-http.ts';
import {
  answering,
  event,
  events,
  json,
  result,
  scriptedUpstream,
  type Script,
  type UpstreamMessage,
} from '../support/scripted-upstream.ts';

const text = { type: 'text', text: 'x' };
const audio = { type: 'audio', data: 'AA==', mimeType: 'audio/wav' };
const link = { type: 'resource_link', uri: 'a://b', name: 'b' };
const structuredContent = { total: 7 };
const known = {
  '2024-11-05': [text, { type: 'text', text: /^\[Audio \(audio\/wav\)/ }, { type: 'text', text: '[Resource a://b] b' }],
  '2025-03-26': [text, audio, { type: 'text', text: '[Resource a://b] b' }],
  '2025-06-18': [text, audio, link],
  '2025-11-25': [text, audio, link],
};

const tools: Readonly<Record<string, Script>> = {
  json: answering({ content: [text, audio, link], structuredContent }),
  stream: ({ response, message }) =>
    void events(response).end(event(result(message, { content: [text, audio, link], structuredContent }))),
};
const messages = (contents: readonly object[]): object[] => contents.map((content) => ({ role: 'user', content }));
const capabilities = { tools: {}, prompts: {} };
const envelope = { resultType: 'complete', ttlMs: 0, cacheScope: 'public' };
const methods: Readonly<Record<string, Script>> = {
  'prompts/list': answering({ ...envelope, prompts: [{ name: 'p' }] }),
  'prompts/get': answering({ ...envelope, messages: messages([text, audio, link]) }),
};

/** A legacy server that speaks the newest version alone, whatever it is offered. */
const newest: Script = ({ response, message }) =>
  json(
    response,
    result(message, { protocolVersion: '2025-11-25', capabilities, serverInfo: { name: 'n', version: '1' } }),
  );

const servers = {
  legacy: await scriptedUpstream(t, { era: 'legacy', tools, methods, capabilities }),
  newest: await scriptedUpstream(t, {
    era: 'stateless',
    tools,
    methods: { ...methods, initialize: newest },
    capabilities,
  }),
  modern: await scriptedUpstream(t, { era: 'modern', tools, methods, capabilities }),
};
const gateway = await gatewayOf(t, servers);

for (const [version, content] of Object.entries(known)) {
  t.test(`a client of ${version} gets content that its version has, of a server of any era`, async (t) => {
    const session = await LegacySession.begin(gateway.url, version);
    for (const server of Object.keys(servers)) {
      for (const tool of ['json', 'stream']) {
        const answer = await session.call(`${server}_${tool}`);
        t.match(answer.result, { content, structuredContent }, `${server}, ${tool}`);
      }
      const got = await session.rpc('prompts/get', { name: `${server}_p` });
      t.match(got.result, { messages: messages(content) }, `${server}, a prompt`);
    }
  });

  t.test(`a legacy server is offered ${version}, and called in it`, async (t) => {
    const session = await LegacySession.begin(gateway.url, version);
    await session.call('legacy_json');
    const last = (method: string): { message: UpstreamMessage; version: unknown } => {
      const arrival = servers.legacy.of(method).at(-1);
      return {
        message: arrival?.message ?? {},
        version: arrival?.request.headers['mcp-protocol-version'],
      };
    };
    t.equal(last('initialize').message.params?.['protocolVersion'], version);
    t.equal(last('tools/call').version, version);
  });
}
