import t from 'tap';
import type { JsonObject } from '../../../gateway/upstream/json.ts';
import { UpstreamError } from '../../../gateway/upstream/errors.ts';
import { listBounds, readList } from '../../../gateway/upstream/listing.ts';
import { plainTool } from '../../support/servers/raw.ts';

interface Page {
  readonly tools: readonly unknown[];
  readonly nextCursor?: unknown;
}

/** A server that gives these pages, the first without a cursor, each other under the cursor that the one before gave. */
function pages(...all: readonly Page[]) {
  const asked: JsonObject[] = [];
  const request = async (method: string, params: JsonObject): Promise<JsonObject> => {
    t.equal(method, 'tools/list');
    asked.push(params);
    return (all[asked.length - 1] ?? { tools: [] }) as unknown as JsonObject;
  };
  return { asked, request };
}

function names(items: readonly JsonObject[]): unknown[] {
  return items.map((item) => item['name']);
}

t.test('reads every page; the empty string is a cursor like any other', async (t) => {
  const server = pages(
    { tools: [plainTool('a')], nextCursor: '' },
    { tools: [plainTool('b')], nextCursor: 'x' },
    { tools: [plainTool('c')] },
  );
  const { items, problems } = await readList('tools', 'legacy', server.request);
  t.same(names(items), ['a', 'b', 'c']);
  t.same(server.asked, [{}, { cursor: '' }, { cursor: 'x' }]);
  t.same(problems, []);
});

t.test('an item is kept as it came', async (t) => {
  const item = {
    ...plainTool('a'),
    vendor: { deep: [1] },
    annotations: { vendor: true },
    icons: [{ src: 'x', vendor: 1 }],
  };
  const { items } = await readList('tools', 'modern', pages({ tools: [item] }).request);
  t.same(items, [item]);
});

t.test('a tool is taken whatever dialect its schemas name', async (t) => {
  const tools = [
    'http://json-schema.org/draft-07/schema#',
    'https://json-schema.org/draft/2020-12/schema',
    'https://example.com/no-such-dialect',
  ].map(($schema, index) => ({
    name: `t${index}`,
    inputSchema: { $schema, type: 'object', definitions: { a: { type: 'string' } }, 'x-unknown': [$schema] },
    outputSchema: { $schema, type: 'object', properties: { a: { $ref: '#/definitions/a' } } },
  }));
  for (const era of ['legacy', 'modern'] as const) {
    const { items, problems } = await readList('tools', era, pages({ tools }).request);
    t.strictSame(items, tools);
    t.strictSame(problems, []);
  }
});

t.test('a bad item is left out with a reason, the others stay', async (t) => {
  const server = pages({ tools: [plainTool('a'), { name: 'b' }, 5, plainTool('c'), plainTool('a')] });
  const { items, problems } = await readList('tools', 'legacy', server.request);
  t.same(names(items), ['a', 'c']);
  t.match(problems, [/"b" is left out: inputSchema/, /not an object/, 'The tool "a" is left out: it is listed twice.']);
});

t.test('a cursor that comes back ends the list', async (t) => {
  const server = pages(
    { tools: [plainTool('a')], nextCursor: '1' },
    { tools: [plainTool('b')], nextCursor: '2' },
    { tools: [plainTool('c')], nextCursor: '1' },
  );
  const { items, problems } = await readList('tools', 'legacy', server.request);
  t.same(names(items), ['a', 'b', 'c']);
  t.match(problems, [/gives the cursor "1" twice/]);
});

t.test('a cursor that is refused in mid-list has the list read from its beginning, once', async (t) => {
  const gone = new UpstreamError('ERR_UPSTREAM_RPC', 'There is no such page.', { rpcCode: -32602 });
  const refusing = (times: number) => {
    const asked: unknown[] = [];
    const request = async (_method: string, { cursor }: JsonObject): Promise<JsonObject> => {
      asked.push(cursor);
      const round = asked.filter((each) => each === undefined).length;
      if (cursor === undefined) return { tools: [plainTool(`first-${round}`)], nextCursor: `next-${round}` };
      if (round <= times) throw gone;
      return { tools: [plainTool(`second-${round}`)] };
    };
    return { asked, request };
  };
  const once = refusing(1);
  const { items, problems } = await readList('tools', 'modern', once.request);
  t.same(names(items), ['first-2', 'second-2'], 'nothing of the pages before is kept');
  t.same(problems, []);
  t.same(once.asked, [undefined, 'next-1', undefined, 'next-2']);
  const always = refusing(9);
  await t.rejects(readList('tools', 'modern', always.request), gone);
  t.equal(always.asked.length, 4);
  let calls = 0;
  const broken = async (): Promise<JsonObject> => {
    if (++calls === 1) return { tools: [], nextCursor: 'x' };
    throw new UpstreamError('ERR_UPSTREAM_BROKEN', 'The connection broke.');
  };
  await t.rejects(readList('tools', 'modern', broken), { code: 'ERR_UPSTREAM_BROKEN' }, 'a page that fails otherwise');
  t.equal(calls, 2);
});

t.test('pages without end are cut', async (t) => {
  let page = 0;
  const request = async () => ({ tools: [plainTool(`t${page}`)], nextCursor: String(page++) });
  const { items, problems } = await readList('tools', 'legacy', request, { ...listBounds, pages: 5 });
  t.equal(items.length, 5);
  t.equal(page, 5);
  t.same(problems, ['tools/list has more than 5 pages: the rest is left out.']);
});

t.test('too many items and too many bytes are cut, what came before stays', async (t) => {
  const many = { tools: Array.from({ length: 100 }, (_, i) => plainTool(`t${i}`)), nextCursor: 'x' };
  const byCount = pages(many);
  const counted = await readList('tools', 'legacy', byCount.request, { ...listBounds, items: 30 });
  t.equal(counted.items.length, 30);
  t.same(counted.problems, ['tools/list has more than 30 items: the rest is left out.']);
  t.equal(byCount.asked.length, 1, 'no further page is asked for');
  const weighed = await readList('tools', 'legacy', pages(many).request, { ...listBounds, bytes: 1000 });
  t.ok(weighed.items.length > 5 && weighed.items.length < 20, `${weighed.items.length} items`);
  t.same(weighed.problems, ['tools/list has more than 1000 bytes: the rest is left out.']);
});

t.test('of many problems the first are told and the rest counted', async (t) => {
  const { problems } = await readList('tools', 'legacy', pages({ tools: Array<unknown>(1000).fill(null) }).request);
  t.equal(problems.length, 21);
  t.equal(problems.at(-1), '980 more problems in tools/list.');
});

t.test('a page that is none fails the list', async (t) => {
  await t.rejects(
    readList('tools', 'legacy', async () => ({ tools: {} })),
    {
      code: 'ERR_UPSTREAM_MALFORMED',
      message: 'The result of tools/list has no array "tools".',
    },
  );
  await t.rejects(readList('tools', 'legacy', pages({ tools: [], nextCursor: 5 }).request), {
    code: 'ERR_UPSTREAM_MALFORMED',
    message: /nextCursor/,
  });
});
