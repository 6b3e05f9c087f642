import t from 'tap';
import { edited } from '../../../gateway/jsonrpc/edit.ts';
import { readMessage } from '../../../gateway/jsonrpc/message.ts';
import { McpError } from '../../../gateway/mcp/errors.ts';
import { targetOf, type ForwardedMethod, type RequestTarget } from '../../../gateway/mcp/targets.ts';
import type { Route } from '../../../gateway/routing/route.ts';
import type { Era } from '../../../gateway/upstream/catalogue.ts';
import { knownServer, tableOf, toolsNamed } from '../../support/routed.ts';

const table = tableOf(
  knownServer('cart', {
    tools: toolsNamed('add'),
    prompts: [{ name: 'greet' }],
    resources: [{ uri: 'shop://cart' }],
    resourceTemplates: [{ uriTemplate: 'shop://cart/{id}' }],
  }),
  knownServer('stock', { resources: [{ uri: 'shop://stock' }], resourceTemplates: [{ uriTemplate: 'x://{+any}' }] }),
);
const { union } = table;
const own = table.find('/mcp/shop/cart')?.route as Route;

/** Where a request goes, and its params as they are sent on. */
function sentOn(
  route: Route,
  method: ForwardedMethod,
  params: unknown,
): { to: string; name: unknown; params: unknown } {
  const message = readMessage(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })));
  const target: RequestTarget = targetOf(route, message, method, 'legacy');
  const sent = JSON.parse(edited(message.bytes, target.edits).toString()) as { params: unknown };
  return { to: target.server.entry.name, name: target.name, params: sent.params };
}

function codeOf(method: ForwardedMethod, params: unknown, era: Era): number | undefined {
  const message = readMessage(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })));
  try {
    targetOf(union, message, method, era);
    return undefined;
  } catch (error) {
    return error instanceof McpError ? error.code : undefined;
  }
}

t.test('a tool and a prompt are asked for under their own names, all else stays', async (t) => {
  const args = { arguments: { name: 'cart_add' }, _meta: { name: 'x' } };
  t.strictSame(sentOn(union, 'tools/call', { name: 'cart_add', ...args }), {
    to: 'cart',
    name: 'add',
    params: { name: 'add', ...args },
  });
  t.strictSame(sentOn(union, 'prompts/get', { ...args, name: 'cart_greet' }), {
    to: 'cart',
    name: 'greet',
    params: { ...args, name: 'greet' },
  });
});

t.test('on a server’s own path nothing changes', async (t) => {
  t.strictSame(sentOn(own, 'tools/call', { name: 'cart_add' }), {
    to: 'cart',
    name: 'cart_add',
    params: { name: 'cart_add' },
  });
  t.strictSame(sentOn(own, 'resources/read', { uri: 'any://thing' }).to, 'cart');
});

t.test('a resource is found by its URI, and by the template that it fits', async (t) => {
  t.strictSame(sentOn(union, 'resources/read', { uri: 'shop://stock' }), {
    to: 'stock',
    name: 'shop://stock',
    params: { uri: 'shop://stock' },
  });
  t.equal(sentOn(union, 'resources/read', { uri: 'shop://cart/7' }).to, 'cart');
  t.equal(sentOn(union, 'resources/read', { uri: 'x://a/b' }).to, 'stock');
});

t.test('a completion goes to the server of its prompt or template', async (t) => {
  const argument = { name: 'a', value: 'b' };
  t.strictSame(
    sentOn(union, 'completion/complete', { ref: { type: 'ref/prompt', name: 'cart_greet', title: 'T' }, argument }),
    {
      to: 'cart',
      name: undefined,
      params: { ref: { type: 'ref/prompt', name: 'greet', title: 'T' }, argument },
    },
  );
  const ref = { type: 'ref/resource', uri: 'x://{+any}' };
  t.strictSame(sentOn(union, 'completion/complete', { ref, argument }), {
    to: 'stock',
    name: undefined,
    params: { ref, argument },
  });
  t.equal(
    sentOn(union, 'completion/complete', { ref: { type: 'ref/resource', uri: 'shop://stock' }, argument }).to,
    'stock',
  );
});

t.test('what nobody has is refused in the words of the client’s era', async (t) => {
  for (const [method, params, legacy, modern] of [
    ['tools/call', { name: 'nobody_has' }, -32602, -32602],
    ['prompts/get', { name: 'nobody_has' }, -32602, -32602],
    ['resources/read', { uri: 'nobody://has' }, -32002, -32602],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'nobody_has' } }, -32602, -32602],
    ['completion/complete', { ref: { type: 'ref/resource', uri: 'nobody://{has}' } }, -32002, -32602],
    ['completion/complete', { ref: { type: 'ref/other' } }, -32602, -32602],
    ['completion/complete', { ref: [] }, -32602, -32602],
    ['tools/call', { name: ['cart_add'] }, -32602, -32602],
    ['resources/read', {}, -32602, -32602],
  ] as const) {
    t.equal(codeOf(method, params, 'legacy'), legacy, `${method} ${JSON.stringify(params)}`);
    t.equal(codeOf(method, params, 'modern'), modern, `${method} ${JSON.stringify(params)}`);
  }
});
