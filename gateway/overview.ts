import type { RegistryPolicy } from './contract/registry-document.ts';
import type { PageService, PageView } from './http/page-view.ts';
import type { RoutedServer } from './routing/route.ts';
import type { RoutingTable } from './routing/routing-table.ts';
import type { JsonObject } from './upstream/json.ts';

/** What the gateway serves now, for the page and for `/api/services`. @param url of `/mcp`, as the reader reaches it */
export function overview(gateway: PageView['gateway'], table: RoutingTable, url: string): PageView {
  return {
    gateway,
    revision: table.document?.revision ?? null,
    url,
    services: table.union.servers.map(serviceOf),
    rejected: table.document?.rejected ?? [],
  };
}

/**
 * The URL of `/mcp` as a reader's client reaches it: the Gateway's public URL, else the host that the reader's own
 * request names. A Host that is none is not repeated.
 */
export function readerUrl(
  policy: RegistryPolicy | undefined,
  scheme: 'http' | 'https',
  host: string | undefined,
): string {
  if (policy?.publicUrl !== undefined) {
    const base = policy.publicUrl.replace(/\/+$/, '');
    return base.endsWith('/mcp') ? base : `${base}/mcp`;
  }
  const named = host !== undefined && /^[A-Za-z0-9.:[\]-]{1,255}$/.test(host) ? host : 'localhost';
  return `${scheme}://${named}/mcp`;
}

function serviceOf({ entry, upstream }: RoutedServer): PageService {
  const { catalogue, state, message } = upstream;
  const { namespace, name, type, prefix, alias, description, version, note } = entry;
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
    ...(catalogue !== undefined && { era: catalogue.era }),
  };
}

function toolOf({ name, description }: JsonObject): PageService['tools'][number] {
  return { name: String(name), ...(typeof description === 'string' && { description }) };
}
