import type { ToolNames } from './service-lines.ts';

const ANSWER_MS = 2000;

/** The parts of a gateway's /api/services that are read here. */
interface ServiceList {
  readonly services: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly prefix: string;
    /** Under the server's own names. */
    readonly tools: readonly { readonly name: string }[];
  }[];
}

/** The names of all tools as clients see them, by `namespace/name` of their Service; none while the gateway does not answer. */
export async function toolNames(gatewayUrl: string): Promise<ToolNames> {
  try {
    const response = await fetch(`${gatewayUrl}/api/services`, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) return new Map();
    const { services } = (await response.json()) as ServiceList;
    return new Map(
      services.map(({ namespace, name, prefix, tools }) => [
        `${namespace}/${name}`,
        tools.map((tool) => `${prefix}_${tool.name}`),
      ]),
    );
  } catch {
    return new Map();
  }
}
