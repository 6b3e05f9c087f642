import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import t from 'tap';
import { itemFor, otherEraView } from '../../../gateway/upstream/era-views.ts';
import type { JsonObject } from '../../../gateway/upstream/json.ts';
import { wrappedSchema } from '../../../gateway/upstream/output-schema.ts';
import { schemaFault } from '../../../gateway/upstream/sdk-schemas.ts';

const inputSchema = { type: 'object' };

function modernTool(tool: JsonObject): JsonObject {
  return { name: 'a', inputSchema, ...tool };
}

/** A tool of a modern server as legacy clients get it. */
function asLegacy(tool: JsonObject): JsonObject | undefined {
  return itemFor('legacy', 'tools', 'modern', modernTool(tool));
}

/** A tool of a legacy server as modern clients get it. */
function asModern(tool: JsonObject): JsonObject | undefined {
  return itemFor('modern', 'tools', 'legacy', modernTool(tool));
}

const kept = {
  title: 'A',
  description: 'Does it',
  annotations: { readOnlyHint: true, 'example.com/x': 1 },
  icons: [{ src: 'https://example.com/a.png', 'example.com/y': 2 }],
  _meta: { 'example.com/z': [null] },
  'example.com/own': { deep: [{ a: 1 }] },
};

t.test('what needs no change passes to clients of the other era as it is', async (t) => {
  const tool = modernTool({ ...kept, outputSchema: { type: 'object', properties: { a: { type: 'string' } } } });
  t.strictSame(asLegacy(tool), tool);
  t.strictSame(asModern(tool), tool);
  t.equal(itemFor('modern', 'tools', 'modern', tool), tool, 'and to those of its own it is the very same');
});

t.test('an output that is no object is shown to legacy clients as the member of one, all else stays', async (t) => {
  const outputSchema = { type: 'array', items: { type: 'integer' } };
  const tool = modernTool({ ...kept, outputSchema });
  t.ok(schemaFault('tools', 'legacy', tool), 'they would refuse the whole page');
  t.strictSame(asLegacy(tool), {
    ...tool,
    outputSchema: { type: 'object', properties: { result: outputSchema }, required: ['result'] },
  });
});

t.test('an output whose schema has no type is shown to legacy clients as the member of an object', async (t) => {
  const outputSchema = { anyOf: [{ type: 'object' }, { type: 'null' }] };
  t.match(asLegacy({ outputSchema }), { outputSchema: { type: 'object', properties: { result: outputSchema } } });
});

const recursive = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $ref: '#/$defs/tree',
  $defs: {
    tree: {
      type: 'array',
      items: { anyOf: [{ $ref: '#/$defs/leaf' }, { $ref: '#/$defs/tree' }] },
    },
    leaf: { $anchor: 'leaf', type: 'object', properties: { $ref: { type: 'string' } }, required: ['$ref'] },
    byAnchor: { $ref: '#leaf' },
  },
};

t.test('references in an output schema lead to the same place when it is wrapped', async (t) => {
  // An array, or a whole that refers to itself; addresses of its own; a property that is named like a keyword.
  const schemas: JsonObject[] = [
    recursive,
    { type: 'array', items: { $ref: '#' } },
    { type: 'array', items: { $ref: '#/$defs/a~1b' }, $defs: { 'a/b': { const: { $ref: '#/left/alone' } } } },
    { type: 'array', prefixItems: [{ type: 'string' }], items: { $ref: '#/prefixItems/0' } },
    {
      $id: 'https://example.com/own',
      type: 'array',
      items: { $ref: '#/$defs/n' },
      $defs: { n: { type: 'number' } },
    },
    {
      type: 'array',
      items: { $ref: '#/$defs/own' },
      $defs: { own: { $id: 'own', anyOf: [{ $ref: '#/$defs/n' }], $defs: { n: { type: 'number' } } } },
    },
  ];
  const values: unknown[] = [
    [],
    [[]],
    [[[]]],
    [{ $ref: 'x' }],
    [[{ $ref: 'x' }]],
    [{ $ref: 1 }],
    ['a', 'b'],
    ['a', 1],
    [1],
    { a: 1 },
    7,
    [{ $ref: '#/left/alone' }],
  ];
  let [valid, invalid] = [0, 0];
  for (const schema of schemas) {
    const plain = new Ajv2020({ strict: false }).compile(schema);
    const wrapped = new Ajv2020({ strict: false }).compile(wrappedSchema(schema));
    for (const value of values) {
      t.equal(wrapped({ result: value }), plain(value), `${JSON.stringify(schema)} of ${JSON.stringify(value)}`);
      if (plain(value)) valid++;
      else invalid++;
    }
    t.equal(wrapped({}), false);
  }
  t.ok(valid > 10 && invalid > 10, `${valid} were valid, ${invalid} were not`);
});

t.test('no value is valid by one schema and not by the other, whatever the schema', async (t) => {
  const leaf = fc.constantFrom<JsonObject>(
    { type: 'string' },
    { type: 'integer' },
    { $ref: '#/$defs/d' },
    { $ref: '#' },
    { enum: ['a', { $ref: '#/$defs/d' }] },
  );
  const schema = fc.record({
    type: fc.constant('array'),
    items: fc.oneof(leaf, fc.record({ type: fc.constant('array'), items: leaf })),
    $defs: fc.record({ d: fc.constantFrom<JsonObject>({ type: 'boolean' }, { type: 'array', items: { $ref: '#' } }) }),
  });
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('a', 1, true, { $ref: '#/$defs/d' }),
      fc.array(tie('any'), { maxLength: 3 }),
    ),
  })).any;
  fc.assert(
    fc.property(schema, fc.array(value, { maxLength: 3 }), (each, instance) => {
      const plain = new Ajv2020({ strict: false }).compile(each);
      const wrapped = new Ajv2020({ strict: false }).compile(wrappedSchema(each));
      return plain(instance) === wrapped({ result: instance });
    }),
    { numRuns: 100 },
  );
  t.pass();
});

t.test('properties of any value, or of none, are shown to legacy clients in words that they take', async (t) => {
  const properties = { any: true, none: false, text: { type: 'string' } };
  const objects = { any: {}, none: { not: {} }, text: { type: 'string' } };
  const tool = modernTool({
    inputSchema: { type: 'object', properties },
    outputSchema: { type: 'object', properties },
  });
  t.ok(schemaFault('tools', 'legacy', tool));
  t.match(asLegacy(tool), { inputSchema: { properties: objects }, outputSchema: { properties: objects } });
});

t.test('what legacy clients refuse all the same is left out for them, with the reason', async (t) => {
  const tool = modernTool({ outputSchema: { type: 'object', properties: { a: 'no schema' } } });
  t.equal(asLegacy(tool), undefined);
  t.match(otherEraView('tools', 'modern', tool), { fault: /outputSchema\.properties\.a/ });
});

t.test('modern clients are not told to run a legacy server’s tool as a task', async (t) => {
  for (const taskSupport of ['required', 'optional', 'forbidden']) {
    t.strictSame(asModern({ execution: { taskSupport } }), modernTool({}));
    const execution = { taskSupport, 'example.com/own': 1 };
    t.strictSame(asModern({ execution }), modernTool({ execution: { 'example.com/own': 1 } }));
  }
  const tool = modernTool({ execution: { taskSupport: 'required' } });
  t.strictSame(itemFor('legacy', 'tools', 'legacy', tool), tool, 'legacy clients are');
});

t.test('what a modern server says of legacy tasks is shown to legacy clients alone', async (t) => {
  const tool = modernTool({ execution: { taskSupport: 'optional' } });
  t.strictSame(asLegacy(tool), tool);
  t.strictSame(itemFor('modern', 'tools', 'modern', tool), modernTool({}));
});

t.test('a legacy server’s tool is shown to modern clients without what is no valid x-mcp-header', async (t) => {
  const text = { type: 'string' };
  const tool = (properties: JsonObject): JsonObject => ({ inputSchema: { type: 'object', properties } });
  const invalid: JsonObject[] = [
    { a: { ...text, 'x-mcp-header': '' } },
    { a: { ...text, 'x-mcp-header': 'two words' } },
    { a: { type: 'number', 'x-mcp-header': 'A' } },
    { a: { ...text, 'x-mcp-header': 'A' }, b: { ...text, 'x-mcp-header': 'a' } },
    { a: { type: 'array', items: { ...text, 'x-mcp-header': 'A' } } },
  ];
  for (const properties of invalid) {
    const shown = asModern(tool(properties));
    t.notMatch(JSON.stringify(shown), 'x-mcp-header', JSON.stringify(properties));
    t.equal(
      Object.keys((shown as { inputSchema: { properties: object } }).inputSchema.properties).length,
      Object.keys(properties).length,
    );
  }
  // A parameter may be named like the keyword, and an example hold one.
  const named = {
    'x-mcp-header': { ...text, examples: [{ 'x-mcp-header': 'B' }] },
    a: { type: 'number', 'x-mcp-header': 'A' },
  };
  t.strictSame(asModern(tool(named)), modernTool(tool({ ...named, a: { type: 'number' } })));
});

t.test('a valid x-mcp-header of a legacy server stays: the gateway compares what clients then mirror', async (t) => {
  const tool = modernTool({
    inputSchema: { type: 'object', properties: { a: { type: 'string', 'x-mcp-header': 'A' } } },
  });
  t.strictSame(asModern(tool), tool);
});
