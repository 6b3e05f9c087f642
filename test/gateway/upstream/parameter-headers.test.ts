import t from 'tap';
import type { JsonObject } from '../../../gateway/upstream/json.ts';
import { parameterHeaders } from '../../../gateway/upstream/parameter-headers.ts';

function schema(properties: JsonObject, more: JsonObject = {}): JsonObject {
  return { type: 'object', properties, ...more };
}
function mirrored(name: unknown, type: unknown = 'string'): JsonObject {
  return { type, 'x-mcp-header': name };
}

t.test('finds the parameters that are mirrored, nested ones by their path', async (t) => {
  t.same(
    parameterHeaders(
      schema({
        region: mirrored('Region'),
        limit: mirrored('Limit', 'integer'),
        dry: mirrored('Dry-Run', 'boolean'),
        where: schema({ tenant: mirrored('Tenant') }),
        query: { type: 'string' },
      }),
    ),
    {
      headers: [
        { header: 'Mcp-Param-Region', path: ['region'], type: 'string' },
        { header: 'Mcp-Param-Limit', path: ['limit'], type: 'integer' },
        { header: 'Mcp-Param-Dry-Run', path: ['dry'], type: 'boolean' },
        { header: 'Mcp-Param-Tenant', path: ['where', 'tenant'], type: 'string' },
      ],
    },
  );
});

t.test('a schema without the keyword mirrors nothing', async (t) => {
  t.same(parameterHeaders(schema({ a: true, b: { type: 'string' } })), { headers: [] });
});

t.test('a parameter may itself be called x-mcp-header, and an instance may contain it', async (t) => {
  t.same(parameterHeaders(schema({ 'x-mcp-header': { type: 'string' } })), { headers: [] });
  t.same(parameterHeaders(schema({ a: { default: { 'x-mcp-header': '' }, enum: [{ 'x-mcp-header': '' }] } })), {
    headers: [],
  });
});

t.test('a name that is no header name makes the tool invalid', async (t) => {
  for (const name of ['', 'My Region', 'Region\r\nEvil', 'Región', 'a:b', 5, null, ['x']]) {
    t.match(parameterHeaders(schema({ a: mirrored(name) })), { fault: /not a header name/ }, JSON.stringify(name));
  }
});

t.test('a name that is used twice makes the tool invalid, whatever its case', async (t) => {
  t.match(parameterHeaders(schema({ a: mirrored('Region'), b: schema({ c: mirrored('REGION') }) })), {
    fault: /used twice/,
  });
});

t.test('a type that is no string, integer or boolean makes the tool invalid', async (t) => {
  for (const type of ['number', 'object', 'array', 'null', undefined, ['string', 'null']]) {
    t.match(parameterHeaders(schema({ a: { type, 'x-mcp-header': 'A' } })), { fault: /expected string, integer/ });
  }
});

t.test('an annotation that no chain of properties reaches makes the tool invalid', async (t) => {
  const inner = schema({ a: mirrored('A') });
  for (const where of [
    { items: mirrored('A') },
    { properties: { list: { type: 'array', items: inner } } },
    { anyOf: [inner] },
    { oneOf: [inner] },
    { allOf: [inner] },
    { not: inner },
    { if: inner },
    JSON.parse(`{"then": ${JSON.stringify(inner)}}`) as JsonObject,
    { else: inner },
    { $defs: { shared: inner } },
    { additionalProperties: mirrored('A') },
    { patternProperties: { '^x': mirrored('A') } },
    { 'x-mcp-header': 'A', type: 'string' },
  ]) {
    t.match(
      parameterHeaders({ type: 'object', ...where }),
      { fault: /no argument can be read off/ },
      JSON.stringify(where),
    );
  }
});
