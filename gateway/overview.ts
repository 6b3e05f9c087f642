import type { AgentCard } from './agents/agent-card.ts';
import type { RegistryPolicy } from './contract/registry-document.ts';
import type { PageAgent, PageService, PageView } from './http/page-view.ts';
import type { RoutedServer } from './routing/route.ts';
import type { RoutingView } from './routing/routing-table.ts';
import type { JsonObject } from './upstream/json.ts';

/** The card of the agent of a Service that speaks A2A, by `<namespace>/<name>`. */
export type CardOf = (key: string) => AgentCard | undefined;

/** More media types of one card are left out. */
const MAX_MODES = 32;

/** What the gateway serves now, for the page and for `/api/services`. @param url of `/mcp`, as the reader reaches it */
export function overview(gateway: PageView['gateway'], table: RoutingView, cardOf: CardOf, url: string): PageView {
  return {
    gateway,
    revision: table.document?.revision ?? null,
    url,
    services: table.union.servers.map((server) => serviceOf(server, cardOf)),
    rejected: table.document?.rejected ?? [],
  };
}

/**
 * What URLs of the gateway begin with as a reader's client reaches it: the Gateway's public URL, else the host that the
 * reader's own request names. A Host that is none is not repeated.
 * @returns without a slash at its end
 */
export function readerBase(
  policy: RegistryPolicy | undefined,
  scheme: 'http' | 'https',
  host: string | undefined,
): string {
  // Both are written: the URL of the gateway, and that of all its servers.
  if (policy?.publicUrl !== undefined) return policy.publicUrl.replace(/\/+$/, '').replace(/\/mcp$/, '');
  const named = host !== undefined && /^[A-Za-z0-9.:[\]-]{1,255}$/.test(host) ? host : 'localhost';
  return `${scheme}://${named}`;
}

/** The URL of `/mcp` as a reader's client reaches it; see `readerBase`. */
export function readerUrl(
  policy: RegistryPolicy | undefined,
  scheme: 'http' | 'https',
  host: string | undefined,
): string {
  return `${readerBase(policy, scheme, host)}/mcp`;
}

function serviceOf({ entry, upstream }: RoutedServer, cardOf: CardOf): PageService {
  const { catalogue, state, message } = upstream;
  const { namespace, name, type, prefix, alias, description, version, note } = entry;
  const card = upstream.isWithheld ? undefined : cardOf(`${namespace}/${name}`);
  return {
    namespace,
    name,
    type,
    prefix,
    path: `/mcp/${namespace}/${name}`,
    state,
    tools: (catalogue?.tools ?? []).map(toolOf),
    promptCount: catalogue?.prompts.length ?? 0,
    resourceCount: catalogue?.resources.length ?? 0,
    ...(alias !== undefined && { alias }),
    ...(description !== undefined && { description }),
    ...(version !== undefined && { version }),
    ...(message !== undefined && { message }),
    ...(note !== undefined && { note }),
    // That an agent is a server of MCP to the rest of the gateway is nobody's business.
    ...(card === undefined && catalogue !== undefined && { era: catalogue.era }),
    ...(card !== undefined && { agent: agentOf(card) }),
  };
}

function agentOf({ name, description, version, isStreaming, ...card }: AgentCard): PageAgent {
  return {
    name,
    ...(description !== '' && { description }),
    ...(version !== '' && { version }),
    speaks: `A2A ${card.interface.version}`,
    isStreaming,
    inputModes: card.inputModes.slice(0, MAX_MODES),
    outputModes: card.outputModes.slice(0, MAX_MODES),
    skills: card.skills.map((skill) => ({
      id: skill.id,
      name: skill.name,
      ...(skill.description !== '' && { description: skill.description }),
    })),
  };
}

function toolOf({ name, description }: JsonObject): PageService['tools'][number] {
  return { name: String(name), ...(typeof description === 'string' && { description }) };
}
