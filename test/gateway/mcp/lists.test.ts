import fc from 'fast-check';
import t from 'tap';
import { FirstSight } from '../../../gateway/mcp/first-sight.ts';
import { Lists, type ListRequest } from '../../../gateway/mcp/lists.ts';
import type { Route } from '../../../gateway/routing/route.ts';
import type { JsonObject } from '../../../gateway/upstream/json.ts';
import { cpuTime } from '../../support/cpu-time.ts';
import { knownServer, tableOf, toolsNamed } from '../../support/routed.ts';

interface Page {
  readonly tools: readonly JsonObject[];
  readonly nextCursor?: string;
}

const lists = (): Lists => new Lists(new FirstSight());

const request = (changes: Partial<ListRequest> = {}): ListRequest => ({
  method: 'tools/list',
  era: 'legacy',
  cursor: '',
  ...changes,
});

/** The result of a list request. */
async function read(of: Lists, route: Route, changes?: Partial<ListRequest>): Promise<Record<string, unknown>> {
  const parts = await of.page(route, request(changes));
  return JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
}

async function page(of: Lists, route: Route, cursor = ''): Promise<Page> {
  return (await read(of, route, { cursor })) as unknown as Page;
}

/** Follows the cursors; `between` runs after each page. */
async function allNames(
  of: Lists,
  route: () => Route,
  between: (pages: number) => void = () => undefined,
): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined = '';
  for (let pages = 1; cursor !== undefined; pages++) {
    const { tools, nextCursor }: Page = await page(of, route(), cursor);
    names.push(...tools.map(({ name }) => String(name)));
    cursor = nextCursor;
    between(pages);
  }
  return names;
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `t${i}`);

t.test('the tools of all servers stand in the order of the registry, each server’s in its own', async (t) => {
  const { union } = tableOf(
    knownServer('b', { tools: toolsNamed('z', 'a') }),
    knownServer('a', { tools: toolsNamed('m') }),
  );
  t.strictSame(await allNames(lists(), () => union), ['b_z', 'b_a', 'a_m']);
});

t.test('an item keeps every field, known or not, but for its name', async (t) => {
  const tool = {
    title: 'Add',
    'x-vendor': { a: [1, null] },
    name: 'add',
    inputSchema: { type: 'object', 'x-mcp-header': 1 },
    annotations: { readOnlyHint: true, vendor: 1 },
    _meta: { k: 1 },
  };
  const table = tableOf(knownServer('cart', { tools: [tool] }));
  t.strictSame((await page(lists(), table.union)).tools, [{ ...tool, name: 'cart_add' }]);
  const own = table.find('/mcp/shop/cart')?.route as Route;
  t.strictSame((await page(lists(), own)).tools, [tool]);
});

t.test('a list is made once and served from the same bytes until a catalogue changes', async (t) => {
  const [cart, stock] = [
    knownServer('cart', { tools: toolsNamed('a') }),
    knownServer('stock', { tools: toolsNamed('b') }),
  ];
  const { union } = tableOf(cart, stock);
  const of = lists();
  const bytes = async (era: ListRequest['era']): Promise<unknown> => (await of.page(union, request({ era }))).at(-1);
  const first = await bytes('modern');
  t.equal(await bytes('modern'), first);
  t.not(await bytes('legacy'), first);
  cart.offer({ tools: toolsNamed('a') });
  t.equal(await bytes('modern'), first, 'the same contents are the same catalogue');
  cart.offer({ tools: toolsNamed('a', 'c') });
  t.strictSame(await allNames(of, () => union), ['cart_a', 'cart_c', 'stock_b']);
});

t.test('each kind of list has its own member and names', async (t) => {
  const { union } = tableOf(
    knownServer('cart', {
      prompts: [{ name: 'p', arguments: [] }],
      resources: [{ uri: 'a://b', name: 'own' }],
      resourceTemplates: [{ uriTemplate: 'a://{c}', name: 'own' }],
    }),
  );
  const of = lists();
  const listed = (method: ListRequest['method']): Promise<unknown> => read(of, union, { method });
  t.strictSame(await listed('prompts/list'), { prompts: [{ name: 'cart_p', arguments: [] }] });
  t.strictSame(await listed('resources/list'), { resources: [{ uri: 'a://b', name: 'own' }] });
  t.strictSame(await listed('resources/templates/list'), {
    resourceTemplates: [{ uriTemplate: 'a://{c}', name: 'own' }],
  });
});

t.test('a page has 1000 items, and the pages together have each item once', async (t) => {
  const { union } = tableOf(
    knownServer('a', { tools: toolsNamed(...numbered(700)) }),
    knownServer('b', { tools: toolsNamed(...numbered(700)) }),
    knownServer('c', { tools: toolsNamed(...numbered(700)) }),
  );
  const of = lists();
  t.equal((await page(of, union)).tools.length, 1000);
  const names = await allNames(of, () => union);
  t.equal(names.length, 2100);
  t.equal(new Set(names).size, 2100);
});

t.test('a list of just as many items as a page has no second page', async (t) => {
  const { union } = tableOf(knownServer('a', { tools: toolsNamed(...numbered(1000)) }));
  const { tools, nextCursor } = await page(lists(), union);
  t.equal(tools.length, 1000);
  t.equal(nextCursor, undefined);
});

t.test('the empty cursor is the first page', async (t) => {
  const { union } = tableOf(knownServer('a', { tools: toolsNamed('x') }));
  t.equal((await page(lists(), union, '')).tools.length, 1);
});

t.test('a cursor that nobody gave out is refused', async (t) => {
  const { union } = tableOf(knownServer('a', { tools: toolsNamed('x') }));
  const given = Buffer.from('5 shop/a').toString('base64url');
  for (const cursor of [
    'x',
    '5',
    `${given}=`,
    Buffer.from('-1 shop/a').toString('base64url'),
    given.toLowerCase(),
    '\n',
  ]) {
    await t.rejects(
      lists().page(union, request({ cursor })),
      { message: /is not one that tools\/list gave out/ },
      cursor,
    );
  }
});

t.test('a change amid the pages neither skips nor repeats what other servers list', async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 3, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.nat(4),
      fc.integer({ min: 0, max: 900 }),
      fc.boolean(),
      async (counts, at, size, gone) => {
        const servers = counts.map((count, i) => knownServer(`s${i}`, { tools: toolsNamed(...numbered(count)) }));
        const changed = at % servers.length;
        let { union } = tableOf(...servers);
        const names = await allNames(
          lists(),
          () => union,
          (pages) => {
            if (pages !== 1) return;
            // Another registry with another table, or another catalogue in the same.
            if (gone) ({ union } = tableOf(...servers.filter((_, i) => i !== changed)));
            else servers[changed]?.offer({ tools: toolsNamed(...numbered(size)) });
          },
        );
        const others = names.filter((name) => !name.startsWith(`s${changed}_`));
        const expected = counts.flatMap((count, i) =>
          i === changed ? [] : numbered(count).map((name) => `s${i}_${name}`),
        );
        return JSON.stringify(others) === JSON.stringify(expected);
      },
    ),
    { numRuns: 60 },
  );
});

t.test('a server that was never seen is waited for, as soon as it is known the list is there', async (t) => {
  const slow = knownServer('slow');
  const { union } = tableOf(knownServer('cart', { tools: toolsNamed('a') }), slow);
  const names = allNames(lists(), () => union);
  slow.offer({ tools: toolsNamed('late') });
  t.strictSame(await names, ['cart_a', 'slow_late']);
});

t.test('a server that was asked in vain is not waited for', async (t) => {
  const dead = knownServer('dead');
  dead.settle();
  const { union } = tableOf(knownServer('cart', { tools: toolsNamed('a') }), dead);
  const began = performance.now();
  t.strictSame(await allNames(lists(), () => union), ['cart_a']);
  t.ok(performance.now() - began < 900, 'no second is waited');
});

t.test('a server that does not answer holds all clients up for a second in all, and not again', async (t) => {
  const { union } = tableOf(knownServer('cart', { tools: toolsNamed('a') }), knownServer('mute'));
  const of = lists();
  const began = performance.now();
  await Promise.all([allNames(of, () => union), allNames(of, () => union)]);
  const first = performance.now() - began;
  await allNames(of, () => union);
  const second = performance.now() - began - first;
  t.ok(first > 900, `${first} ms`);
  t.ok(second < 900, `${second} ms`);
});

t.test('a modern client may keep a list for a minute, but not long while a server was never seen', async (t) => {
  const mute = knownServer('mute');
  mute.settle();
  const { union } = tableOf(mute);
  const of = lists();
  t.match(await read(of, union, { era: 'modern' }), {
    resultType: 'complete',
    ttlMs: 1000,
    cacheScope: 'public',
    tools: [],
  });
  mute.offer({});
  t.match(await read(of, union, { era: 'modern' }), { ttlMs: 60_000 });
});

t.test('all pages of a list are as private as the most private server, whichever page has it', async (t) => {
  const last = knownServer('b', { tools: toolsNamed('last') });
  const { union } = tableOf(knownServer('a', { tools: toolsNamed(...numbered(1000)) }), last);
  const of = lists();
  const scopes = async (): Promise<unknown[]> => {
    const first = await read(of, union, { era: 'modern' });
    const second = await read(of, union, { era: 'modern', cursor: String(first['nextCursor']) });
    return [first['cacheScope'], second['cacheScope']];
  };
  t.strictSame(await scopes(), ['public', 'public']);
  last.hint('tools', { isPrivate: true });
  t.strictSame(await scopes(), ['private', 'private']);
});

t.test(
  'a list that becomes private between two pages is begun anew, one that becomes public stays private',
  async (t) => {
    const server = knownServer('a', { tools: toolsNamed(...numbered(2500)) });
    const { union } = tableOf(server);
    const of = lists();
    const ask = (cursor: unknown): Promise<Record<string, unknown>> =>
      read(of, union, { era: 'modern', cursor: String(cursor) });
    const asPublic = await ask('');
    t.equal(asPublic['cacheScope'], 'public');
    server.hint('tools', { isPrivate: true });
    await t.rejects(ask(asPublic['nextCursor']), { message: /has become private since its first page/ });
    const first = await ask('');
    server.hint('tools', { isPrivate: false });
    const second = await ask(first['nextCursor']);
    const third = await ask(second['nextCursor']);
    t.strictSame(
      [first, second, third].map(({ cacheScope }) => cacheScope),
      ['private', 'private', 'private'],
    );
    t.match(third['tools'], { length: 500 });
    t.equal((await ask('')).cacheScope, 'public', 'who asks now gets it as it is now');
    const old = await page(of, union);
    server.hint('tools', { isPrivate: true });
    t.equal((await page(of, union, old.nextCursor)).tools.length, 1000, 'to legacy clients it is nothing');
  },
);

t.test('a list of 1000 tools is served without being made again', async (t) => {
  const { union } = tableOf(knownServer('a', { tools: toolsNamed(...numbered(1000)) }));
  const of = lists();
  const asked = request({ era: 'modern' });
  await of.page(union, asked);
  const spent = cpuTime();
  for (let i = 0; i < 10_000; i++) await of.page(union, asked);
  const each = (spent() / 10_000) * 1000;
  t.comment(`${each.toFixed(1)} µs`);
  t.ok(each < 100, `${each} µs`);
});

t.test('what two servers list under one URI stands in the list of all once, as the first has it', async (t) => {
  const uris = (...each: readonly string[]) => each.map((uri) => ({ uri, name: uri }));
  const templates = (...each: readonly string[]) => each.map((uriTemplate) => ({ uriTemplate, name: uriTemplate }));
  const cart = knownServer('cart', {
    resources: [{ uri: 'a://both', name: 'of the cart' }],
    resourceTemplates: templates('a://{id}'),
  });
  const stock = knownServer('stock', {
    resources: [{ uri: 'a://both', name: 'of the stock' }, ...uris('a://stock')],
    resourceTemplates: templates('a://{id}', 'b://{id}'),
  });
  const table = tableOf(cart, stock);
  const of = lists();
  const listed = async (path: string, method: 'resources/list' | 'resources/templates/list') => {
    const route = table.find(path)?.route as Route;
    return Object.values(await read(of, route, { method }))[0] as JsonObject[];
  };
  t.match(await listed('/mcp', 'resources/list'), [{ uri: 'a://both', name: 'of the cart' }, { uri: 'a://stock' }]);
  t.equal((await listed('/mcp', 'resources/list')).length, 2);
  t.match(await listed('/mcp/shop/stock', 'resources/list'), [{ name: 'of the stock' }, { uri: 'a://stock' }]);
  t.strictSame(
    (await listed('/mcp', 'resources/templates/list')).map(({ uriTemplate }) => uriTemplate),
    ['a://{id}', 'b://{id}'],
  );
  cart.offer({});
  t.match(
    await listed('/mcp', 'resources/list'),
    [{ name: 'of the stock' }, { uri: 'a://stock' }],
    'the other has it now',
  );
});

t.test('pages of a list go on behind what another server has', async (t) => {
  const uris = Array.from({ length: 1500 }, (_, i) => ({ uri: `a://${i}`, name: `${i}` }));
  const own = Array.from({ length: 1200 }, (_, i) => ({ uri: `b://${i}`, name: `${i}` }));
  const table = tableOf(
    knownServer('cart', { resources: uris }),
    knownServer('stock', { resources: [...uris, ...own] }),
  );
  const of = lists();
  const seen: unknown[] = [];
  let cursor: unknown = '';
  while (typeof cursor === 'string') {
    const page = await read(of, table.union, { method: 'resources/list', cursor });
    seen.push(...(page['resources'] as JsonObject[]).map(({ uri }) => uri));
    cursor = page['nextCursor'];
  }
  t.equal(seen.length, 2700);
  t.equal(new Set(seen).size, 2700);
  const resumed = await read(lists(), table.union, { method: 'resources/list', cursor: cursorAt('shop/stock', 1000) });
  t.match(resumed['resources'], [{ uri: 'b://0' }]);
});

/** As the gateway writes them. */
function cursorAt(server: string, index: number): string {
  return Buffer.from(`${index} ${server}`).toString('base64url');
}

t.test('what a list of resources costs grows with the servers, not with servers times items', async (t) => {
  let looks = 0;
  const servers = Array.from({ length: 60 }, (_, number) => {
    const resources = Array.from({ length: 40 }, (__, index) => ({ uri: `shop://${number}/${index}`, name: 'r' }));
    const server = knownServer(`s${number}`, { resources });
    const own = Object.getOwnPropertyDescriptor(server.upstream, 'catalogue');
    Object.defineProperty(server.upstream, 'catalogue', { get: () => (looks++, own?.get?.()) });
    return server;
  });
  const { union } = tableOf(...servers);
  const of = lists();
  const { resources, nextCursor } = await read(of, union, { method: 'resources/list' });
  t.ok((resources as unknown[]).length > 100);
  t.ok(looks < 20 * servers.length, `${looks} looks at ${servers.length} servers' catalogues`);
  looks = 0;
  servers[0]?.offer({ resources: [] });
  await read(of, union, { method: 'resources/list', cursor: String(nextCursor) });
  t.ok(looks < 20 * servers.length, `${looks} looks for a page that was begun before`);
});
