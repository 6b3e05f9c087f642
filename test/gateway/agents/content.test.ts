import { Artifact, Message } from '@a2a-js/sdk';
import t from 'tap';
import { contentOf, partsOf, readDelegation, textOf, urlIn } from '../../../gateway/agents/content.ts';

const artifact = (artifactId: string, ...parts: readonly object[]): Artifact =>
  Artifact.fromJSON({ artifactId, parts });
const message = (...parts: readonly object[]): Message =>
  Message.fromJSON({ messageId: 'm', role: 'ROLE_AGENT', parts });
const raw = (mediaType: string, filename = ''): object => ({ raw: 'AAEC', mediaType, filename });

t.test('each kind of part becomes a kind of content', async (t) => {
  const parts = [
    { text: 'hello' },
    raw('image/png'),
    raw('audio/wav'),
    raw('application/pdf', 'a b.pdf'),
    raw(''),
    { url: 'https://example.com/x/report.pdf?y=1', mediaType: 'application/pdf' },
    { url: 'https://example.com/', filename: 'home.html' },
    { data: { a: 1 } },
  ];
  t.strictSame(contentOf([artifact('the one', ...parts)], undefined, 'ns/agent/t').content, [
    { type: 'text', text: 'hello' },
    { type: 'image', data: 'AAEC', mimeType: 'image/png' },
    { type: 'audio', data: 'AAEC', mimeType: 'audio/wav' },
    {
      type: 'resource',
      resource: { uri: 'a2a://ns/agent/t/the%20one/3/a%20b.pdf', mimeType: 'application/pdf', blob: 'AAEC' },
    },
    { type: 'resource', resource: { uri: 'a2a://ns/agent/t/the%20one/4', blob: 'AAEC' } },
    {
      type: 'resource_link',
      uri: 'https://example.com/x/report.pdf?y=1',
      name: 'report.pdf',
      mimeType: 'application/pdf',
    },
    { type: 'resource_link', uri: 'https://example.com/', name: 'home.html' },
    { type: 'text', text: '{"a":1}' },
  ]);
});

for (const [what, data, structured] of [
  ['no data', [], undefined],
  ['one object as it is', [{ a: 1 }], { a: 1 }],
  ['one list', [[1, 2]], { result: [1, 2] }],
  ['one number', [7], { result: 7 }],
  ['several values', [{ a: 1 }, [2]], { results: [{ a: 1 }, [2]] }],
] as const) {
  t.test(`structured content has ${what}`, async (t) => {
    const parts = data.map((each) => ({ data: each }));
    t.strictSame(contentOf([artifact('a', ...parts)], undefined, 'x').structuredContent, structured);
  });
}

t.test('what an agent says again at the end is told once', async (t) => {
  const { content } = contentOf([artifact('a', { text: 'one' })], message({ text: 'one' }, { text: 'two' }), 'x');
  t.strictSame(content, [
    { type: 'text', text: 'one' },
    { type: 'text', text: 'two' },
  ]);
});

t.test('what the user said is not the agent’s answer', async (t) => {
  const said = Message.fromJSON({ messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'mine' }] });
  t.strictSame(contentOf([], said, 'x').content, []);
});

t.test('empty texts and empty parts are nothing', async (t) => {
  t.strictSame(contentOf([artifact('a', { text: '' }, {})], undefined, 'x').content, []);
});

t.test('arguments become parts: text, data, files by value and by reference', async (t) => {
  const delegation = readDelegation({
    message: 'hello',
    data: [1],
    files: [{ name: 'a.bin', mimeType: 'application/x', data: 'AAEC' }, { uri: 'https://example.com/x' }],
  });
  t.match(partsOf(delegation), [
    { content: { $case: 'text', value: 'hello' }, mediaType: '', filename: '' },
    { content: { $case: 'data', value: [1] }, mediaType: 'application/json' },
    { content: { $case: 'raw', value: Buffer.from([0, 1, 2]) }, mediaType: 'application/x', filename: 'a.bin' },
    { content: { $case: 'url', value: 'https://example.com/x' }, mediaType: '', filename: '' },
  ]);
});

for (const [args, says] of [
  [{ message: 7 }, 'The argument message has to be a text.'],
  [{ files: {} }, 'The argument files has to be a list of at most 32 files.'],
  [
    { files: Array.from({ length: 33 }, () => ({ data: '' })) },
    'The argument files has to be a list of at most 32 files.',
  ],
  [{ files: ['x'] }, 'The argument files[0] has to be an object.'],
  [{ files: [{ data: '', uri: 'x:y' }] }, 'The argument files[0] has to be either data (base64) or a uri.'],
  [{ files: [{ data: '' }, {}] }, 'The argument files[1] has to be either data (base64) or a uri.'],
  [{ files: [{ data: 'AAE' }] }, 'The argument files[0].data has to be base64.'],
  [{ files: [{ data: 'AA-_' }] }, 'The argument files[0].data has to be base64.'],
  [{ files: [{ uri: 'no uri' }] }, 'The argument files[0].uri has to be a URI.'],
  [{ files: [{ name: 7, data: '' }] }, 'The argument files[0].name has to be a text.'],
  [{ files: [{ mimeType: 7, data: '' }] }, 'The argument files[0].mimeType has to be a media type.'],
] as const) {
  t.test(`arguments are refused: ${JSON.stringify(args).slice(0, 60)}`, async (t) => {
    t.throws(() => readDelegation(args), { code: 'ERR_AGENT_ARGUMENTS', message: says });
  });
}

t.test('the text of a message is that of its text parts, a line each', async (t) => {
  t.equal(textOf(message({ text: ' a' }, { data: 1 }, { text: 'b ' })), 'a\nb');
  t.equal(textOf(undefined), '');
});

for (const [parts, url] of [
  [[{ text: 'Sign in at https://a.example/x?y=1.' }], 'https://a.example/x?y=1'],
  [[{ text: 'Sign in (https://a.example/x).' }], 'https://a.example/x'],
  [[{ text: 'See https://a.example' }, { url: 'https://b.example/' }], 'https://b.example/'],
  [[{ url: 'ftp://a.example' }, { text: 'javascript:alert(1)' }], undefined],
  [[{ text: 'Sign in.' }], undefined],
] as const) {
  t.test(`the URL in ${JSON.stringify(parts)} is ${url}`, async (t) => {
    t.equal(urlIn(message(...parts)), url);
  });
}
