import type { Era, ListKind } from './catalogue.ts';
import { isJsonObject, objectMember, type JsonObject } from './json.ts';
import { needsWrapping, wrappedSchema } from './output-schema.ts';
import { PARAMETER_KEYWORD, parameterHeaders } from './parameter-headers.ts';
import { mapSchema } from './schema-map.ts';
import { schemaFault } from './sdk-schemas.ts';

/** An item as clients of the other era get it, or why they do not: one that they refuse costs them the whole page. */
export type EraView = { readonly item: JsonObject } | { readonly fault: string };

/** Items do not change, and each is asked for again with each list that is made of it. */
const views = new WeakMap<JsonObject, EraView>();

/** An item that a server of `serverEra` listed, as clients of the other era get it. All members that need no change stay. */
export function otherEraView(kind: ListKind, serverEra: Era, item: JsonObject): EraView {
  let view = views.get(item);
  if (view === undefined) {
    const adapted = kind === 'tools' ? (serverEra === 'modern' ? legacyTool(item) : modernTool(item)) : item;
    const fault = schemaFault(kind, serverEra === 'modern' ? 'legacy' : 'modern', adapted);
    views.set(item, (view = fault === undefined ? { item: adapted } : { fault }));
  }
  return view;
}

/** An item as clients of `clientEra` get it; undefined: they do not. */
export function itemFor(clientEra: Era, kind: ListKind, serverEra: Era, item: JsonObject): JsonObject | undefined {
  if (clientEra === serverEra) return clientEra === 'modern' && kind === 'tools' ? withoutTaskSupport(item) : item;
  const view = otherEraView(kind, serverEra, item);
  return 'item' in view ? view.item : undefined;
}

function legacyTool(tool: JsonObject): JsonObject {
  const input = withObjectProperties(tool['inputSchema']);
  const output = withObjectProperties(withObjectRoot(tool['outputSchema']));
  // Most tools need nothing, and are kept once.
  if (input === tool['inputSchema'] && output === tool['outputSchema']) return tool;
  return { ...tool, inputSchema: input, ...(output !== undefined && { outputSchema: output }) };
}

function withObjectRoot(outputSchema: unknown): unknown {
  return needsWrapping(outputSchema) ? wrappedSchema(outputSchema as JsonObject) : outputSchema;
}

/** The legacy era's clients take no `true` and `false` for properties' schemas, which mean the same as these objects. */
function withObjectProperties(schema: unknown): unknown {
  const properties = isJsonObject(schema) ? schema['properties'] : undefined;
  if (
    !isJsonObject(schema) ||
    !isJsonObject(properties) ||
    !Object.values(properties).some((each) => typeof each === 'boolean')
  )
    return schema;
  const entries = Object.entries(properties).map(([name, each]) => [
    name,
    each === true ? {} : each === false ? { not: {} } : each,
  ]);
  return { ...schema, properties: Object.fromEntries(entries) };
}

function modernTool(tool: JsonObject): JsonObject {
  return withoutInvalidParameterHeaders(withoutTaskSupport(tool));
}

/** The tasks of the two eras do not fit each other: a modern client must not be told to run the tool as one. */
function withoutTaskSupport(tool: JsonObject): JsonObject {
  if (objectMember(tool, 'execution')['taskSupport'] === undefined) return tool;
  const { execution, ...rest } = tool;
  const { taskSupport: _, ...others } = execution as JsonObject;
  return Object.keys(others).length === 0 ? rest : { ...rest, execution: others };
}

/**
 * Modern clients must leave out a tool whose `x-mcp-header` breaks a rule. In the legacy era it is a keyword like any
 * other, so that such a tool is not wrong: it is shown without. A valid one stays: the client then mirrors the
 * parameter, and the gateway compares (call/parameter-validation.ts), as whoever shows the tool has to.
 */
function withoutInvalidParameterHeaders(tool: JsonObject): JsonObject {
  const { inputSchema } = tool;
  if (!isJsonObject(inputSchema) || 'headers' in parameterHeaders(inputSchema)) return tool;
  const stripped = mapSchema(inputSchema, (schema) =>
    Object.fromEntries(Object.entries(schema).filter(([keyword]) => keyword !== PARAMETER_KEYWORD)),
  );
  return { ...tool, inputSchema: stripped };
}
