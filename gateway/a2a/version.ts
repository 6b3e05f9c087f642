import { spokenVersion, type AgentCard, type AgentInterface, type AgentVersion } from '../agents/agent-card.ts';

/** Where an agent is spoken to in each version that it and the gateway speak: the first interface of its card counts. */
export type Interfaces = Partial<Readonly<Record<AgentVersion, AgentInterface>>>;

/** The interfaces of a card that clients can use through the gateway. */
export function interfacesOf(card: AgentCard): Interfaces {
  const found: { [Version in AgentVersion]?: AgentInterface } = {};
  for (const { url, protocolBinding, protocolVersion, tenant } of card.sdk.supportedInterfaces) {
    const version = spokenVersion(text(protocolVersion));
    // Some name a path alone.
    const parsed = URL.parse(text(url), 'http://agent.invalid');
    if (version === undefined || parsed === null || text(protocolBinding).toUpperCase() !== 'JSONRPC') continue;
    const path = parsed.pathname + parsed.search;
    found[version] ??= { path, tenant: text(tenant), version };
  }
  return found;
}

/**
 * The version that a request says it is in (A2A 1.0, Versioning): by the header A2A-Version or a parameter of the URL; where
 * neither says any, it is 0.3.
 * @param target the request's target, as it came
 */
export function saidVersion(header: string | string[] | undefined, target: string): string {
  const text = Array.isArray(header) ? header.join(', ') : header;
  if (text !== undefined && text.trim() !== '') return text.trim();
  const query = target.indexOf('?');
  return (query < 0 ? null : new URLSearchParams(target.slice(query)).get('A2A-Version'))?.trim() ?? '';
}

/** Whatever a card has there: its types are the SDK's word, not the agent's. */
function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
