import t from 'tap';
import { exposedName } from '../../../gateway/routing/names.ts';
import type { Target } from '../../../gateway/routing/route.ts';
import { knownServer, tableOf, toolsNamed } from '../../support/routed.ts';

function told(target: Target | undefined): string | undefined {
  return target === undefined ? undefined : `${target.server.entry.name}: ${target.name}`;
}

const long = 'list_all_the_things_that_were_ever_bought_by_anyone_in_this_shop_';

t.test('the union leads a prefixed name to its server and takes the prefix off', async (t) => {
  const { union } = tableOf(
    knownServer('cart', { tools: toolsNamed('add') }),
    knownServer('stock', { tools: toolsNamed('add') }),
  );
  t.equal(told(union.resolve('tools', 'cart_add')), 'cart: add');
  t.equal(told(union.resolve('tools', 'stock_add')), 'stock: add');
});

t.test('only the first underline parts the prefix from the name', async (t) => {
  const { union } = tableOf(knownServer('cart', { tools: toolsNamed('_add_one_') }));
  t.equal(told(union.resolve('tools', 'cart__add_one_')), 'cart: _add_one_');
});

t.test('a name that no list has yet is led to the server that its prefix names', async (t) => {
  const { union } = tableOf(knownServer('cart'));
  t.equal(told(union.resolve('tools', 'cart_new')), 'cart: new');
});

t.test('a name without a known prefix leads nowhere', async (t) => {
  const { union } = tableOf(knownServer('cart', { tools: toolsNamed('add') }));
  for (const name of ['add', 'shop_add', '_add', '', '__proto___x', 'cart'])
    t.equal(union.resolve('tools', name), undefined, name);
});

t.test('a name that had to be cut leads to the tool with the long one', async (t) => {
  const { union } = tableOf(
    knownServer('cart', { tools: toolsNamed(`${long}a`, `${long}b`), prompts: [{ name: `${long}a` }] }),
  );
  for (const end of ['a', 'b'])
    t.equal(told(union.resolve('tools', exposedName('cart', long + end))), `cart: ${long}${end}`);
  t.equal(told(union.resolve('prompts', exposedName('cart', `${long}a`))), `cart: ${long}a`);
});

t.test('a cut name that came with a newer catalogue is known at once', async (t) => {
  const cart = knownServer('cart', { tools: [] });
  const { union } = tableOf(cart);
  const name = exposedName('cart', long);
  t.not(told(union.resolve('tools', name)), `cart: ${long}`);
  cart.offer({ tools: toolsNamed(long) });
  t.equal(told(union.resolve('tools', name)), `cart: ${long}`);
});

t.test('a name of 64 characters that was not cut splits like any other', async (t) => {
  const own = 'x'.repeat(59);
  const { union } = tableOf(knownServer('cart', { tools: toolsNamed(own) }));
  t.equal(told(union.resolve('tools', `cart_${own}`)), `cart: ${own}`);
});

t.test('of two Services with one name, each is reached under the prefix that the registry gave it', async (t) => {
  const { union } = tableOf(
    knownServer('cart', { tools: toolsNamed('add') }, { namespace: 'a', prefix: 'cart' }),
    knownServer('cart', { tools: toolsNamed('add') }, { namespace: 'b', prefix: 'b-cart' }),
  );
  t.equal(union.resolve('tools', 'cart_add')?.server.entry.namespace, 'a');
  t.equal(union.resolve('tools', 'b-cart_add')?.server.entry.namespace, 'b');
});

t.test('one server’s own path keeps its names as they are, whatever they are', async (t) => {
  const table = tableOf(knownServer('cart', { tools: toolsNamed(long) }));
  const route = table.find('/mcp/shop/cart')?.route;
  t.equal(told(route?.resolve('tools', long)), `cart: ${long}`);
  t.equal(told(route?.resolve('tools', 'cart_add')), 'cart: cart_add');
  t.equal(route?.exposed(table.union.servers[0]!, long), long);
});

t.test('a declared path leads to the server’s own route, as its pattern tells', async (t) => {
  const table = tableOf(knownServer('cart', {}, { alias: '/mcp/tools/cart' }));
  t.equal(table.find('/mcp/tools/cart')?.route, table.find('/mcp/shop/cart')?.route);
  t.equal(table.find('/mcp/tools/cart')?.pattern, 'alias');
  t.equal(table.find('/mcp/shop/cart')?.pattern, '/mcp/:namespace/:service');
  t.equal(table.find('/mcp')?.pattern, '/mcp');
});

t.test('a declared path never takes the path of a real Service', async (t) => {
  const table = tableOf(knownServer('cart', {}, { alias: '/mcp/shop/stock' }), knownServer('stock', {}));
  t.equal(table.find('/mcp/shop/stock')?.route.single?.entry.name, 'stock');
  t.equal(table.find('/mcp/shop/stock')?.pattern, '/mcp/:namespace/:service');
});

t.test('a path that nobody has leads nowhere', async (t) => {
  const table = tableOf(knownServer('cart', {}));
  for (const path of ['/', '/mcp/', '/mcp/shop', '/mcp/shop/none', '/mcp/shop/cart/x', '__proto__'])
    t.equal(table.find(path), undefined, path);
});

t.test('a resource is read from the server that lists its URI', async (t) => {
  const { union } = tableOf(
    knownServer('cart', { resources: [{ uri: 'shop://cart' }] }),
    knownServer('stock', { resources: [{ uri: 'shop://stock' }] }),
  );
  t.equal(union.resolveResource('shop://stock')?.entry.name, 'stock');
});

t.test('a resource that two servers list is read from the first of them', async (t) => {
  const { union } = tableOf(
    knownServer('cart', { resources: [{ uri: 'shop://both' }] }),
    knownServer('stock', { resources: [{ uri: 'shop://both' }] }),
  );
  t.equal(union.resolveResource('shop://both')?.entry.name, 'cart');
});

t.test('a resource that nobody lists is read from the server whose template it fits', async (t) => {
  const { union } = tableOf(
    knownServer('cart', { resources: [{ uri: 'shop://cart' }] }),
    knownServer('stock', { resourceTemplates: [{ uriTemplate: 'shop://stock/{id}' }] }),
  );
  t.equal(union.resolveResource('shop://stock/7')?.entry.name, 'stock');
  t.equal(union.resolveResource('shop://stock/7/8'), undefined);
});

t.test('a template that fits everything does not take what another server names', async (t) => {
  const { union } = tableOf(
    knownServer('greedy', { resourceTemplates: [{ uriTemplate: '{+uri}' }] }),
    knownServer('stock', { resourceTemplates: [{ uriTemplate: 'shop://stock/{id}' }] }),
  );
  t.equal(union.resolveResource('shop://stock/7')?.entry.name, 'stock');
  t.equal(union.resolveResource('other://x')?.entry.name, 'greedy');
});

t.test(
  'an unknown resource is asked of the only server that has resources, and of none where there are two',
  async (t) => {
    const resources = [{ uri: 'shop://cart' }];
    const alone = tableOf(knownServer('cart', { resources }), knownServer('stock', { tools: toolsNamed('add') }));
    t.equal(alone.union.resolveResource('shop://unlisted')?.entry.name, 'cart');
    const two = tableOf(knownServer('cart', { resources }), knownServer('stock', { resources: [{ uri: 'a://b' }] }));
    t.equal(two.union.resolveResource('shop://unlisted'), undefined);
  },
);

t.test('a service without a watched server is left out', async (t) => {
  const table = tableOf();
  t.equal(table.union.servers.length, 0);
  t.equal(table.union.resolve('tools', 'cart_add'), undefined);
});

t.test('what a server shows some clients only is found, and takes nothing from what others show all', async (t) => {
  const [cart, stock] = [knownServer('cart', {}), knownServer('stock', { resources: [{ uri: 'shop://both' }] })];
  const { union } = tableOf(cart, stock);
  t.equal(union.owners('resources').get('shop://some'), undefined);
  cart.offerSome({ resources: [{ uri: 'shop://some' }, { uri: 'shop://both' }] });
  t.equal(union.resolveResource('shop://some')?.entry.name, 'cart');
  t.equal(union.resolveResource('shop://both')?.entry.name, 'stock');
  t.equal(union.owners('resources').get('shop://some')?.entry.name, 'cart');
});
