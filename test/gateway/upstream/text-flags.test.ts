import t from 'tap';
import { instructionFlags, itemFlags, totalFlag } from '../../../gateway/upstream/text-flags.ts';
import type { ListKind, ServerDescription } from '../../../gateway/upstream/catalogue.ts';
import type { JsonObject } from '../../../gateway/upstream/json.ts';

const flagsOf = (item: JsonObject, kind: ListKind = 'tools') => itemFlags(kind, item, JSON.stringify(item));
const inputSchema = { type: 'object' };

t.test('an ordinary item has nothing to tell', async (t) => {
  t.strictSame(flagsOf({ name: 'add', title: 'Add 👍🏽', description: 'Adds.\n\nTwo "numbers" \\u.', inputSchema }), []);
});

t.test('a hidden character is told wherever a model may read it', async (t) => {
  const hidden = 'a\u{200b}b';
  const sees = 'characters that people do not see: U+200B.';
  for (const [member, value] of [
    ['title', hidden],
    ['description', hidden],
    ['inputSchema', { type: 'object', properties: { a: { description: hidden } } }],
    ['inputSchema', { type: 'object', properties: { [hidden]: {} } }],
    ['inputSchema', { type: 'object', properties: { a: { enum: ['x', hidden] } } }],
    ['outputSchema', { type: 'object', description: hidden }],
    ['annotations', { title: hidden }],
  ] as const) {
    t.strictSame(flagsOf({ name: 'add', inputSchema, [member]: value }), [
      `The ${member} of the tool "add" has ${sees}`,
    ]);
  }
  t.strictSame(flagsOf({ name: hidden, inputSchema }), [`The name of the tool "a‹U+200B›b" has ${sees}`]);
  t.strictSame(flagsOf({ name: 'a\nb', inputSchema }), [
    'The name of the tool "a\\nb" has characters that people do not see: U+000A.',
  ]);
  t.strictSame(flagsOf({ name: 'p', arguments: [{ name: 'x', description: hidden }] }, 'prompts'), [
    `The arguments of the prompt "p" has ${sees}`,
  ]);
  t.strictSame(flagsOf({ uri: 'a://b', name: hidden }, 'resources'), [`The name of the resource "a://b" has ${sees}`]);
  t.strictSame(flagsOf({ name: 'add', inputSchema, _meta: { a: hidden }, icons: [{ src: hidden }] }), []);
});

t.test('of many hidden characters the first few are named', async (t) => {
  const description = String.fromCodePoint(...Array.from({ length: 9 }, (_, i) => 0xe0041 + i));
  t.match(flagsOf({ name: 'add', description, inputSchema })[0], /: U\+E0041, .*U\+E0045 and 4 others\.$/);
});

t.test('a description is oversize by its bytes, in schemas too', async (t) => {
  t.strictSame(flagsOf({ name: 'a', description: 'ä'.repeat(2048), inputSchema }), []);
  t.match(flagsOf({ name: 'a', description: 'ä'.repeat(2049), inputSchema }), [
    'The description of the tool "a" has 4098 bytes, more than the 4096 that anybody reads.',
  ]);
  const properties = { a: { description: 'x'.repeat(5000) } };
  t.match(flagsOf({ name: 'a', inputSchema: { type: 'object', properties } }), [/^The inputSchema .* 5000 bytes/]);
});

t.test('the descriptions of a list are too many together, and instructions too long', async (t) => {
  t.equal(totalFlag('tools/list', 65_536), undefined);
  t.match(totalFlag('tools/list', 65_537), /tools\/list have 65537 bytes together/);
  const description: ServerDescription = { era: 'modern', protocolVersion: '2026-07-28', capabilities: {} };
  t.strictSame(instructionFlags(description), []);
  t.strictSame(instructionFlags({ ...description, instructions: 'Be brief.' }), []);
  t.match(instructionFlags({ ...description, instructions: `${'x'.repeat(5000)}\u{202e}` }), [/U\+202E/, /5003 bytes/]);
  const legacy = { protocolVersion: '2025-11-25', capabilities: {}, instructions: '\u{200b}' };
  t.match(instructionFlags({ ...description, legacy }), [/U\+200B/]);
});
