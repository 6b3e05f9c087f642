import type { Era } from './catalogue.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { needsWrapping } from './output-schema.ts';
import { PARAMETER_KEYWORD, parameterHeaders, type ParameterHeader } from './parameter-headers.ts';

/** What its calls have to know of a tool. Most tools have nothing of the kind. */
export interface ToolTraits {
  /** The parameters that are mirrored into headers. */
  readonly headers: readonly ParameterHeader[];
  /** Whether clients of the legacy era were shown an output that is wrapped: `{result: …}`. */
  readonly wrapsOutput: boolean;
  /** Whether it runs as a task only (2025-11-25, Tasks, Tool-Level Negotiation). */
  readonly requiresTask: boolean;
}

/** @param text the tool's JSON text, in which a look for the keyword costs next to nothing @returns undefined: nothing */
export function toolTraits(serverEra: Era, tool: JsonObject, text: string): ToolTraits | undefined {
  const { inputSchema, outputSchema, execution } = tool;
  const wrapsOutput = serverEra === 'modern' && needsWrapping(outputSchema);
  const requiresTask = serverEra === 'legacy' && isJsonObject(execution) && execution['taskSupport'] === 'required';
  const mirrors = text.includes(`"${PARAMETER_KEYWORD}"`) && isJsonObject(inputSchema);
  const found = mirrors ? parameterHeaders(inputSchema) : { headers: [] };
  const headers = 'headers' in found ? found.headers : [];
  return wrapsOutput || requiresTask || headers.length > 0 ? { headers, wrapsOutput, requiresTask } : undefined;
}
