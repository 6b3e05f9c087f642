import { isJsonObject, type JsonObject } from './json.ts';
import { mapSchema } from './schema-map.ts';

/**
 * Output schemas across the eras: 2026-07-28 takes any JSON schema, 2025-11-25 only one whose root says `type: object`
 * (Tools, Output Schema; SEP-2106).
 */

/** Whether clients of the legacy era get a tool's output as the member `result` of an object. */
export function needsWrapping(outputSchema: unknown): boolean {
  return isJsonObject(outputSchema) && outputSchema['type'] !== 'object';
}

/** The schema of `{result: …}` for what `schema` describes. References in it lead to the same place as before. */
export function wrappedSchema(schema: JsonObject): JsonObject {
  const { $schema, ...inner } = schema;
  // The dialect is said at the root of a document, or of what has an address of its own.
  const result = hasAddress(schema) ? schema : mapSchema(inner, (each) => withMovedReferences(each));
  return {
    ...($schema !== undefined && { $schema }),
    type: 'object',
    properties: { result },
    required: ['result'],
  };
}

/** A schema with an address of its own is what the references in it are about, wherever it stands. */
function hasAddress({ $id }: JsonObject): boolean {
  // Older drafts write anchors as an $id of a fragment alone.
  return typeof $id === 'string' && !$id.startsWith('#');
}

function withMovedReferences(schema: JsonObject): JsonObject | undefined {
  if (hasAddress(schema)) return undefined;
  return {
    ...schema,
    ...(typeof schema['$ref'] === 'string' && { $ref: moved(schema['$ref']) }),
    ...(typeof schema['$dynamicRef'] === 'string' && { $dynamicRef: moved(schema['$dynamicRef']) }),
  };
}

/** JSON Pointers count from the root; anchors and other addresses do not. */
function moved(reference: string): string {
  if (reference === '#') return '#/properties/result';
  return reference.startsWith('#/') ? `#/properties/result${reference.slice(1)}` : reference;
}
