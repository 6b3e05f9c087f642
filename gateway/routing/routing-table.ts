import { agentPath } from '../a2a/paths.ts';
import { AccessRules, EVERYTHING, type Grant } from '../access/access-rules.ts';
import type { Principal } from '../access/principal.ts';
import type { RegistryDocument } from '../contract/registry-document.ts';
import type { UpstreamServer } from '../upstream/upstream-server.ts';
import { SingleRoute, UnionRoute, type Route, type RoutedServer, type RoutePattern } from './route.ts';

/** What some callers can be routed to. What they may not use is not there: another's path is no path. */
export interface RoutingView {
  readonly document: RegistryDocument | undefined;
  readonly union: Route;
  /** The route of a path, and the bounded word for it in metrics. */
  find(path: string): FoundRoute | undefined;
}

/**
 * What one registry revision routes to, in full. It is built aside and swapped in by one reference; a request keeps the
 * table that it began with.
 */
export interface RoutingTable extends RoutingView {
  /** The table as a caller sees it. */
  viewOf(principal: Principal): RoutingView;
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
  const whole = viewBy(document, servers, EVERYTHING);
  const views = new Views(whole, servers);
  return { ...whole, viewOf: (principal) => views.of(principal) };
}

/** The most views of a table that are kept: each callers' own, where rules tell them apart. */
const MOST_VIEWS = 256;

/** A table as its different callers see it. */
class Views {
  readonly #whole: RoutingView;
  readonly #servers: readonly RoutedServer[];
  readonly #rules: AccessRules;
  readonly #byGrant = new Map<Grant, RoutingView>();

  constructor(whole: RoutingView, servers: readonly RoutedServer[]) {
    this.#whole = whole;
    this.#servers = servers;
    this.#rules = new AccessRules(whole.document?.rules ?? []);
  }

  of(principal: Principal): RoutingView {
    const grant = this.#rules.grantOf(principal);
    if (grant === EVERYTHING) return this.#whole;
    let view = this.#byGrant.get(grant);
    if (view === undefined) {
      const seen = this.#servers.filter(({ entry }) => grant.sees(entry));
      this.#byGrant.set(grant, (view = viewBy(this.#whole.document, seen, grant)));
      const [eldest] = this.#byGrant.keys();
      if (this.#byGrant.size > MOST_VIEWS && eldest !== undefined) this.#byGrant.delete(eldest);
    }
    return view;
  }
}

function viewBy(document: RegistryDocument | undefined, servers: readonly RoutedServer[], grant: Grant): RoutingView {
  const union = new UnionRoute(servers, grant);
  const routes = new Map<string, FoundRoute>([[union.path, { route: union, pattern: '/mcp' }]]);
  for (const server of servers) {
    const route = new SingleRoute(server, grant);
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
