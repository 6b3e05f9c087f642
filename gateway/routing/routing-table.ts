import { agentPath } from '../a2a/paths.ts';
import type { RegistryDocument } from '../contract/registry-document.ts';
import type { UpstreamServer } from '../upstream/upstream-server.ts';
import { SingleRoute, UnionRoute, type Route, type RoutedServer, type RoutePattern } from './route.ts';

/**
 * What one registry revision routes to. It is built aside and swapped in by one reference; a request keeps the table
 * that it began with.
 */
export interface RoutingTable {
  readonly document: RegistryDocument | undefined;
  readonly union: Route;
  /** The route of a path, and the bounded word for it in metrics. */
  find(path: string): FoundRoute | undefined;
}

export interface FoundRoute {
  readonly route: Route;
  readonly pattern: RoutePattern;
}

/**
 * @param document undefined before the first registry: the table has no servers then
 * @param upstreams the servers of the document's services, by `<namespace>/<name>`
 */
export function routingTable(
  document: RegistryDocument | undefined,
  upstreams: ReadonlyMap<string, UpstreamServer>,
): RoutingTable {
  const servers: RoutedServer[] = [];
  for (const entry of document?.services ?? []) {
    const upstream = upstreams.get(`${entry.namespace}/${entry.name}`);
    if (upstream !== undefined) servers.push({ entry, upstream });
  }
  const union = new UnionRoute(servers);
  const routes = new Map<string, FoundRoute>([[union.path, { route: union, pattern: '/mcp' }]]);
  for (const server of servers) {
    const route = new SingleRoute(server);
    routes.set(route.path, { route, pattern: '/mcp/:namespace/:service' });
    // For A2A clients: whether the Service is an agent that they can speak with is said there.
    routes.set(agentPath(server.entry), { route, pattern: '/agents/:namespace/:service' });
  }
  for (const server of servers) {
    const { alias, namespace, name } = server.entry;
    const own = routes.get(`/mcp/${namespace}/${name}`);
    // A server's own path always wins over one that another declared.
    if (alias !== undefined && own !== undefined && !routes.has(alias)) {
      routes.set(alias, { route: own.route, pattern: 'alias' });
    }
  }
  return { document, union, find: (path) => routes.get(path) };
}
