/** What a modern server answers and asks, in the words of the revisions that lack the content (2024-11-05 to 2025-06-18). */
import t from 'tap';
import { gatewayOf } from '../support/gateway-of.ts';
import { LegacySession, modernCall } from '../support/mcp-http.ts';
import { MessageStream } from '../support/message-stream.ts';
import { json, result, scriptedUpstream, type UpstreamMessage } from '../support/scripted-upstream.ts';
import { until } from '../support/until.ts';

const audio = { type: 'audio', data: Buffer.alloc(12).toString('base64'), mimeType: 'audio/wav' };
const link = { type: 'resource_link', uri: 'shop://stock', name: 'stock', title: 'The stock', mimeType: 'text/csv' };
const text = { type: 'text', text: 'hello' };
const structuredContent = { in: { stock: 7 } };

const complete = (message: UpstreamMessage, value: object): string =>
  result(message, { resultType: 'complete', ...value });
const server = await scriptedUpstream(t, {
  era: 'modern',
  capabilities: { tools: {}, prompts: {} },
  tools: {
    contents: ({ response, message }) => json(response, complete(message, { content: [text, audio, link] })),
    structured: ({ response, message }) => json(response, complete(message, { content: [], structuredContent })),
    asking({ response, message }) {
      if (message.params?.['inputResponses'] !== undefined)
        return json(response, complete(message, { content: [text] }));
      const messages = [
        { role: 'user', content: [text, audio] },
        { role: 'assistant', content: text },
      ];
      const params = { messages, maxTokens: 9 };
      const inputRequests = { it: { method: 'sampling/createMessage', params } };
      json(response, result(message, { resultType: 'input_required', inputRequests }));
    },
  },
  methods: {
    'prompts/get': ({ response, message }) =>
      json(response, complete(message, { messages: [{ role: 'user', content: audio }] })),
  },
});
const gateway = await gatewayOf(t, { new: server });
const url = `${gateway.url}/default/new`;

const audioInWords = { type: 'text', text: /^\[Audio \(audio\/wav\)/ };
const linkInWords = { type: 'text', text: '[Resource shop://stock] The stock' };

const expected: Readonly<Record<string, readonly unknown[]>> = {
  '2024-11-05': [text, audioInWords, linkInWords],
  '2025-03-26': [text, audio, linkInWords],
  '2025-06-18': [text, audio, link],
  '2025-11-25': [text, audio, link],
};

for (const [revision, content] of Object.entries(expected)) {
  t.test(`a tool’s content, for a client of ${revision}`, async (t) => {
    const session = await LegacySession.begin(url, revision);
    t.match((await session.call('contents')).result, { content });
  });

  t.test(`a tool’s structured content, for a client of ${revision}`, async (t) => {
    const session = await LegacySession.begin(url, revision);
    const { content: blocks } = (await session.call('structured')).result as { content: unknown[] };
    t.strictSame(blocks, revision < '2025-06-18' ? [{ type: 'text', text: JSON.stringify(structuredContent) }] : []);
  });

  t.test(`a prompt’s content, for a client of ${revision}`, async (t) => {
    const session = await LegacySession.begin(url, revision);
    const { result: prompt } = await session.rpc('prompts/get', { name: 'any' });
    t.match(prompt, { messages: [{ role: 'user', content: revision < '2025-03-26' ? audioInWords : audio }] });
  });

  t.test(`what a model is asked, for a client of ${revision}`, async (t) => {
    const session = await LegacySession.begin(url, revision, { capabilities: { sampling: {} } });
    const stream = new MessageStream(await session.open('tools/call', { name: 'asking', arguments: {} }));
    t.teardown(() => stream.close());
    const question = await until('the question', () => stream.messages.find(({ method }) => method !== undefined));
    const second = revision < '2025-03-26' ? audioInWords : audio;
    t.match(question.params, {
      messages:
        revision < '2025-11-25'
          ? [
              { role: 'user', content: text },
              { role: 'user', content: second },
              { role: 'assistant', content: text },
            ]
          : [
              { role: 'user', content: [text, audio] },
              { role: 'assistant', content: text },
            ],
    });
    const sampled = { role: 'assistant', model: 'm', content: text };
    await session.post({ jsonrpc: '2.0', id: question.id, result: sampled });
    await until('the answer', () => stream.messages.some((message) => 'result' in message));
  });
}

t.test('a modern client gets all as it is', async (t) => {
  t.match((await modernCall(url, 'contents')).result, { content: [text, audio, link] });
});
