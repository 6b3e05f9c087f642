import t from 'tap';
import { olderContentEdits } from '../../../gateway/call/older-content.ts';
import { edited } from '../../../gateway/jsonrpc/edit.ts';
import { readMessage, type Message } from '../../../gateway/jsonrpc/message.ts';

const read = (value: object): Message => readMessage(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, ...value })));
const call = read({ method: 'tools/call' });
const prompt = read({ method: 'prompts/get' });

const text = { type: 'text', text: 'x' };
const image = { type: 'image', data: 'AA==', mimeType: 'image/png' };
const audio = { type: 'audio', data: 'AA==', mimeType: 'audio/wav', annotations: { priority: 1 } };
const link = { type: 'resource_link', uri: 'a://b', name: 'b', title: 'The B', description: 'of a' };
const resource = { type: 'resource', resource: { uri: 'a://c', text: 'c' } };
const audioText = '[Audio (audio/wav), which the protocol version of this client does not have.]';
const ofAudio = { type: 'text', text: audioText, annotations: { priority: 1 } };
const ofLink = { type: 'text', text: '[Resource a://b] The B: of a' };
const all = [text, image, audio, link, resource];

/** The result as a client of a version gets it. */
function shown(request: Message, version: string, result: object): unknown {
  const answer = read({ result });
  const bytes = edited(answer.bytes, olderContentEdits(version, request.method, answer));
  return (JSON.parse(bytes.toString()) as { result: unknown }).result;
}

t.test('content that a client’s version does not have becomes text', async (t) => {
  const structuredContent = { kept: true };
  for (const [version, content] of [
    ['2024-11-05', [text, image, ofAudio, ofLink, resource]],
    ['2025-03-26', [text, image, audio, ofLink, resource]],
    ['2025-06-18', all],
    ['2025-11-25', all],
  ] as const) {
    t.strictSame(
      shown(call, version, { content: all, structuredContent }),
      { content, structuredContent },
      `${version}, a tool`,
    );
    const messages = (items: readonly object[]): object[] => items.map((each) => ({ role: 'user', content: each }));
    t.strictSame(
      shown(prompt, version, { messages: messages(all) }),
      { messages: messages(content) },
      `${version}, a prompt`,
    );
  }
});

t.test('what is none of that passes as it came, to the byte', async (t) => {
  const odd = [{ type: 'vendor' }, { type: 'constructor' }, 7, null, [], { text: 'x' }];
  for (const [request, result] of [
    [call, { content: [text, image, ...odd] }],
    [call, { content: 'text' }],
    [call, { messages: [{ content: audio }] }],
    [prompt, { messages: [...odd, { role: 'user', content: 'x' }] }],
    [prompt, { content: [audio] }],
    [read({ method: 'resources/read' }), { contents: [audio], content: [audio] }],
  ] as const) {
    t.strictSame(olderContentEdits('2024-11-05', request.method, read({ result })), []);
  }
  t.strictSame(olderContentEdits('2024-11-05', 'tools/call', read({ error: { code: 1, message: 'x' } })), []);
});

t.test('a link without a name or a description is its URI', async (t) => {
  const content = [{ type: 'resource_link', uri: 'a://b' }];
  t.strictSame(shown(call, '2025-03-26', { content }), { content: [{ type: 'text', text: '[Resource a://b]' }] });
});
