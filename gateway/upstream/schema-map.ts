import { isJsonObject, type JsonObject } from './json.ts';

/** Keywords that hold instances, not schemas: what looks like a keyword inside is data. */
const DATA = new Set(['const', 'enum', 'default', 'examples']);
/** Keywords that hold schemas by names of the author's: a name may be spelled like a keyword. */
const MAPS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']);

/**
 * A copy of a JSON schema in which `change` has been done to it and to every schema in it, the outer before the inner.
 * @param change gives the schema's members as they are to be; undefined leaves the schema, with all that is in it
 */
export function mapSchema(schema: JsonObject, change: (schema: JsonObject) => JsonObject | undefined): JsonObject {
  const changed = change(schema);
  if (changed === undefined) return schema;
  return Object.fromEntries(
    Object.entries(changed).map(([keyword, value]) => {
      if (DATA.has(keyword)) return [keyword, value];
      if (MAPS.has(keyword) && isJsonObject(value)) {
        return [keyword, Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inner(each)]))];
      }
      return [keyword, inner(value)];
    }),
  );

  function inner(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(inner);
    return isJsonObject(value) ? mapSchema(value, change) : value;
  }
}
