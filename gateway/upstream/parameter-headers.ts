import { isJsonObject, type JsonObject } from './json.ts';

/** A tool's parameter that is mirrored into a header (2026-07-28, Streamable HTTP, Custom Headers from Tool Parameters). */
export interface ParameterHeader {
  /** The whole header name, as it is sent: `Mcp-Param-Region`. */
  readonly header: string;
  /** The names of the properties that lead to the value in the arguments. */
  readonly path: readonly string[];
  readonly type: 'string' | 'integer' | 'boolean';
}

export type ParameterHeaders =
  | { readonly headers: readonly ParameterHeader[] }
  /** Why the annotation, and so the tool, is invalid. */
  | { readonly fault: string };

/** The keyword of a parameter's schema that names its header. */
export const PARAMETER_KEYWORD = 'x-mcp-header';
const KEYWORD = PARAMETER_KEYWORD;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Finds what a tool's input schema mirrors into headers. An annotation that breaks a rule makes the tool invalid: a
 * client must leave the tool out of its list. The schema's depth must have been bounded before.
 */
export function parameterHeaders(inputSchema: JsonObject): ParameterHeaders {
  const headers: ParameterHeader[] = [];
  const seen = new Set<string>();
  const fault = walk(inputSchema, [], true);
  return fault === undefined ? { headers } : { fault };

  /** @param reachable whether only `properties` lie between the root and this schema */
  function walk(schema: unknown, path: readonly string[], reachable: boolean): string | undefined {
    if (Array.isArray(schema)) return firstFault(schema.map((each) => () => walk(each, path, false)));
    if (!isJsonObject(schema)) return undefined;
    const fault = Object.hasOwn(schema, KEYWORD) ? note(schema, path, reachable) : undefined;
    if (fault !== undefined) return fault;
    return firstFault(
      Object.entries(schema).map(([keyword, value]) => () => {
        if (keyword === 'properties' && isJsonObject(value)) return properties(value, path, reachable);
        // These hold instances, not schemas: the keyword inside one is data.
        if (keyword === 'const' || keyword === 'enum' || keyword === 'default' || keyword === 'examples')
          return undefined;
        return walk(value, path, false);
      }),
    );
  }

  function properties(schemas: JsonObject, path: readonly string[], reachable: boolean): string | undefined {
    return firstFault(
      Object.entries(schemas).map(
        ([name, schema]) =>
          () =>
            walk(schema, [...path, name], reachable),
      ),
    );
  }

  function note(schema: JsonObject, path: readonly string[], reachable: boolean): string | undefined {
    const name = schema[KEYWORD];
    const where = path.length === 0 ? 'the root of the schema' : `the parameter ${path.join('.')}`;
    if (typeof name !== 'string' || !TOKEN.test(name)) {
      return `${KEYWORD} of ${where} is ${JSON.stringify(name)}, which is not a header name`;
    }
    if (!reachable || path.length === 0) return `${KEYWORD} "${name}" stands where no argument can be read off`;
    const { type } = schema;
    if (type !== 'string' && type !== 'integer' && type !== 'boolean') {
      return `${KEYWORD} of ${where} is on type ${JSON.stringify(type ?? null)}; expected string, integer or boolean`;
    }
    if (seen.has(name.toLowerCase())) return `${KEYWORD} "${name}" is used twice`;
    seen.add(name.toLowerCase());
    headers.push({ header: `Mcp-Param-${name}`, path, type });
    return undefined;
  }
}

function firstFault(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const fault = check();
    if (fault !== undefined) return fault;
  }
  return undefined;
}
