import type { Offers } from './service-lines.ts';

const ANSWER_MS = 2000;

/** The parts of a gateway's /api/services that are read here. */
interface ServiceList {
  readonly services: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly prefix: string;
    /** Under the server's own names. */
    readonly tools: readonly { readonly name: string }[];
    readonly agent?: { readonly skills: readonly { readonly name: string }[] };
  }[];
}

/** What all Services offer, by `namespace/name`; nothing while the gateway does not answer. */
export async function offersOf(gatewayUrl: string): Promise<Offers> {
  try {
    const response = await fetch(`${gatewayUrl}/api/services`, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) return new Map();
    const { services } = (await response.json()) as ServiceList;
    return new Map(
      services.map(({ namespace, name, prefix, tools, agent }) => [
        `${namespace}/${name}`,
        {
          tools: tools.map((tool) => `${prefix}_${tool.name}`),
          ...(agent !== undefined && { skills: agent.skills.map((skill) => skill.name) }),
        },
      ]),
    );
  } catch {
    return new Map();
  }
}
