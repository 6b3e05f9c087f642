import type { ToolNames } from './service-lines.ts';

const ANSWER_MS = 2000;

/** The parts of a gateway's /api/services that are read here. */
interface ServiceList {
  readonly services: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly tools: readonly { readonly name: string }[];
  }[];
}

/** The names of all tools as clients see them, by `namespace/name` of their Service; undefined while the gateway does not answer. */
export async function toolNames(gatewayUrl: string): Promise<ToolNames | undefined> {
  try {
    const response = await fetch(`${gatewayUrl}/api/services`, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) return undefined;
    const { services } = (await response.json()) as ServiceList;
    return new Map(
      services.map(({ namespace, name, tools }) => [`${namespace}/${name}`, tools.map((tool) => tool.name)]),
    );
  } catch {
    return undefined;
  }
}
