import t from 'tap';
import { instructionsOf } from '../../../gateway/mcp/instructions.ts';
import type { Route } from '../../../gateway/routing/route.ts';
import { knownServer, tableOf, type Offer } from '../../support/routed.ts';

const LIMIT = 32 * 1024;

function unionOf(instructions: Readonly<Record<string, string | undefined>>): Route {
  const servers = Object.entries(instructions).map(([name, text]) =>
    knownServer(name, text === undefined ? {} : { instructions: text }),
  );
  return tableOf(...servers).union;
}

const bytes = (text: string | undefined): number => Buffer.byteLength(text ?? '');

t.test('a server’s own path says the server’s own words, unchanged', async (t) => {
  const instructions = `  ${'é'.repeat(40_000)}\n`;
  const table = tableOf(knownServer('cart', { instructions }), knownServer('mute', {}));
  t.equal(instructionsOf(table.find('/mcp/shop/cart')?.route as Route, 'legacy'), instructions);
  t.equal(instructionsOf(table.find('/mcp/shop/mute')?.route as Route, 'modern'), undefined);
});

t.test('a server of both eras says to each era’s clients what it says there', async (t) => {
  const legacy = { protocolVersion: '2025-11-25', capabilities: {}, instructions: 'As of old.' };
  const dual: Offer = { era: 'modern', instructions: 'As of now.', legacy };
  const { union } = tableOf(knownServer('cart', dual));
  t.match(instructionsOf(union, 'legacy'), /As of old\./);
  t.match(instructionsOf(union, 'modern'), /As of now\./);
});

t.test('all servers’ words stand under their names and prefixes, in the order of the lists', async (t) => {
  const text = instructionsOf(
    unionOf({ stock: 'Count first.', mute: undefined, blank: '  \n', cart: 'Add, then pay.' }),
    'legacy',
  );
  t.equal(
    text,
    [
      'Server shop/stock (its tools and prompts begin with stock_):\nCount first.',
      'Server shop/cart (its tools and prompts begin with cart_):\nAdd, then pay.',
    ].join('\n\n'),
  );
  t.equal(instructionsOf(unionOf({ mute: undefined }), 'legacy'), undefined);
});

t.test('a text that is too long is cut for its own sake, between characters, and says so', async (t) => {
  const long = '世'.repeat(40_000);
  const text = instructionsOf(unionOf({ long, short: 'Whole.' }), 'modern') ?? '';
  t.ok(bytes(text) <= LIMIT, `${bytes(text)} bytes`);
  t.ok(bytes(text) > LIMIT - 2000, 'what there is room for is used');
  t.match(text, /\[Cut: \d+ of 120000 bytes\. The path \/mcp\/shop\/long has all\.\]/);
  t.notMatch(text, '\uFFFD');
  t.match(text, /short_\):\nWhole\.$/);
});

t.test('so many servers that there is no room for all are counted, and the text is the same each time', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`s${i}`, `Text ${i}. `.repeat(100)]));
  const route = unionOf(many);
  const text = instructionsOf(route, 'legacy') ?? '';
  t.ok(bytes(text) <= LIMIT, `${bytes(text)} bytes`);
  const told = text.match(/^Server /gm)?.length ?? 0;
  t.ok(told >= 40, `${told} are told`);
  t.match(text, new RegExp(`\\[${1000 - told} more servers have instructions`));
  t.equal(instructionsOf(route, 'legacy'), text);
});
