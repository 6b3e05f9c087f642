import t from 'tap';
import type { Era, ListKind } from '../../../gateway/upstream/catalogue.ts';
import { checkItem } from '../../../gateway/upstream/item-checks.ts';
import type { JsonObject } from '../../../gateway/upstream/json.ts';

const good: JsonObject = { name: 'search', inputSchema: { type: 'object' } };

function itemProblem(kind: ListKind, era: Era, item: unknown): string | undefined {
  const checked = checkItem(kind, era, item);
  return 'problem' in checked ? checked.problem : undefined;
}

/** An object schema of so many levels. */
function nested(levels: number): JsonObject {
  let schema: JsonObject = { type: 'string' };
  for (let level = 0; level < levels; level++) schema = { type: 'object', properties: { a: schema } };
  return schema;
}

t.test('a good item passes, with members that no SDK knows', async (t) => {
  const item = {
    ...good,
    'vendor.example/x': [1],
    annotations: { readOnlyHint: true, vendor: 1 },
    _meta: { 'a/b': 1 },
  };
  t.equal(itemProblem('tools', 'legacy', item), undefined);
  t.equal(itemProblem('tools', 'modern', item), undefined);
  t.equal(itemProblem('prompts', 'legacy', { name: 'p', arguments: [{ name: 'a', vendor: 1 }] }), undefined);
  t.equal(itemProblem('resources', 'modern', { uri: 'x://y', name: 'y', size: 3 }), undefined);
  t.equal(itemProblem('resourceTemplates', 'legacy', { uriTemplate: 'x://{y}', name: 'y' }), undefined);
});

t.test('a bad item is named, with what is wrong about it', async (t) => {
  for (const [item, expected] of [
    [null, 'The tool without a name is left out: it is not an object.'],
    [[], 'The tool without a name is left out: it is not an object.'],
    [{ inputSchema: { type: 'object' } }, 'The tool without a name is left out: name: '],
    [{ ...good, name: '' }, 'The tool without a name is left out: name is empty.'],
    [{ name: 'x' }, 'The tool "x" is left out: inputSchema: '],
    [{ name: 'x', inputSchema: {} }, 'The tool "x" is left out: inputSchema.type: '],
    [{ name: 'x', inputSchema: 'object' }, 'The tool "x" is left out: inputSchema: '],
    [{ ...good, description: 5 }, 'The tool "search" is left out: description: '],
    [{ ...good, annotations: { readOnlyHint: 'yes' } }, 'The tool "search" is left out: annotations.readOnlyHint: '],
    [{ ...good, icons: [{}] }, 'The tool "search" is left out: icons.0.src: '],
    [{ ...good, outputSchema: true }, 'The tool "search" is left out: outputSchema: '],
  ] as const) {
    for (const era of ['legacy', 'modern'] as const) {
      t.ok(itemProblem('tools', era, item)?.startsWith(expected), `${era}: ${itemProblem('tools', era, item)}`);
    }
  }
  t.match(itemProblem('resources', 'legacy', { name: 'y' }), /^The resource without a uri is left out: uri: /);
  t.match(
    itemProblem('prompts', 'modern', { name: 'p', arguments: [{}] }),
    /^The prompt "p" is left out: arguments\.0\.name/,
  );
});

t.test('what the item may be depends on the era that the server speaks', async (t) => {
  const list = { ...good, outputSchema: { type: 'array' } };
  t.equal(itemProblem('tools', 'modern', list), undefined);
  t.match(itemProblem('tools', 'legacy', list), /outputSchema\.type/);
  const mirrors = {
    name: 'x',
    inputSchema: { type: 'object', properties: { a: { type: 'number', 'x-mcp-header': 'A' } } },
  };
  t.match(itemProblem('tools', 'modern', mirrors), /^The tool "x" is left out: x-mcp-header of the parameter a/);
  t.equal(itemProblem('tools', 'legacy', mirrors), undefined);
});

t.test('a schema of 3,000 levels is left out without a stack overflow', async (t) => {
  const problem = itemProblem('tools', 'modern', { name: 'deep', inputSchema: nested(3000) });
  t.equal(problem, 'The tool "deep" is left out: it nests deeper than 64 levels.');
  t.equal(itemProblem('tools', 'modern', { name: 'fair', inputSchema: nested(20) }), undefined);
  let array: unknown = 1;
  for (let level = 0; level < 100_000; level++) array = [array];
  t.match(itemProblem('tools', 'legacy', { ...good, vendor: array }), /nests deeper/);
});

t.test('an item that is too large is left out', async (t) => {
  t.match(
    itemProblem('tools', 'legacy', { ...good, description: 'x'.repeat(300_000) }),
    /300\d+ bytes; at most 262144/,
  );
  t.match(itemProblem('resources', 'legacy', { uri: `x://${'y'.repeat(3000)}`, name: 'y' }), /uri is longer than 2048/);
});
