import type { ServiceEntry } from '../contract/registry-document.ts';

/** Where an agent's card is below the agent (A2A 1.0, Well-Known URI). */
export const CARD_PATH = '/.well-known/agent-card.json';

/** Under which path A2A clients reach an agent, without the slash at its end. */
export function agentPath({ namespace, name }: Pick<ServiceEntry, 'namespace' | 'name'>): string {
  return `/agents/${namespace}/${name}`;
}

/** The path of an agent, where a path is that of its card; else the path itself. */
export function withoutCard(path: string): string {
  return path.startsWith('/agents/') && path.endsWith(CARD_PATH) ? path.slice(0, -CARD_PATH.length) : path;
}
