import type { AgentCard } from './agents/agent-card.ts';
import { publicBase } from './access/resource-urls.ts';
import type { RegistryPolicy } from './contract/registry-document.ts';
import type { PageAgent, PageService, PageView } from './http/page-view.ts';
import { permits, type Route, type RoutedServer } from './routing/route.ts';
import type { RoutingView } from './routing/routing-table.ts';
import { showsAny, visibleItems } from './routing/visible.ts';
import type { ListKind } from './upstream/catalogue.ts';
import type { JsonObject } from './upstream/json.ts';

/** The card of the agent of a Service that speaks A2A, by `<namespace>/<name>`. */
export type CardOf = (key: string) => AgentCard | undefined;

const NOTHING_SAID = { message: undefined, note: undefined };

/** More media types of one card are left out. */
const MAX_MODES = 32;

/**
 * What the gateway serves now, for the page and for `/api/services`: as far as the reader may use it.
 * @param url of `/mcp`, as the reader reaches it
 */
export function overview(gateway: PageView['gateway'], table: RoutingView, cardOf: CardOf, url: string): PageView {
  const { union } = table;
  return {
    gateway,
    revision: table.document?.revision ?? null,
    url,
    services: union.servers
      .filter((server) => showsAny(union, server))
      .map((server) => serviceOf(union, server, cardOf)),
    // The reasons name other Services.
    rejected: union.grant.isEverything ? (table.document?.rejected ?? []) : [],
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
  if (policy?.publicUrl !== undefined) return publicBase(policy.publicUrl);
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

function serviceOf(route: Route, server: RoutedServer, cardOf: CardOf): PageService {
  const { entry, upstream } = server;
  const { catalogue, state } = upstream;
  const { namespace, name, type, prefix, alias, description, version } = entry;
  // Both may tell of addresses and of other Services.
  const { message, note } = route.grant.isEverything ? { message: upstream.message, note: entry.note } : NOTHING_SAID;
  const isShown = !upstream.isWithheld && permits(route, 'agents', server, '');
  const card = isShown ? cardOf(`${namespace}/${name}`) : undefined;
  const shown = (list: ListKind): readonly JsonObject[] => visibleItems(route, server, list, catalogue?.[list] ?? []);
  return {
    namespace,
    name,
    type,
    prefix,
    path: `/mcp/${namespace}/${name}`,
    state,
    tools: shown('tools').map(toolOf),
    promptCount: shown('prompts').length,
    resourceCount: shown('resources').length,
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
