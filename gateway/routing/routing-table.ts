import { agentPath } from '../a2a/paths.ts';
import { AccessRules } from '../access/access-rules.ts';
import { EVERYTHING, NOTHING, type Grant } from '../access/grant.ts';
import type { Principal } from '../access/principal.ts';
import type { RegistryDocument } from '../contract/registry-document.ts';
import type { UpstreamServer } from '../upstream/upstream-server.ts';
import {
  serversByPrefix,
  SingleRoute,
  UnionRoute,
  type Route,
  type RoutedServer,
  type RoutePattern,
  type Sight,
} from './route.ts';

/** What some callers can be routed to. What they may not use is not there: another's path is no path. */
export interface RoutingView {
  readonly document: RegistryDocument | undefined;
  readonly union: Route;
  /** The servers that the callers see. */
  readonly servers: ReadonlySet<UpstreamServer>;
  /** The route of a path, and the bounded word for it in metrics. */
  find(path: string): FoundRoute | undefined;
}

/** How whoever is not let in any more sees any table. */
export const NO_VIEW: RoutingView = {
  document: undefined,
  union: new UnionRoute([], { grant: NOTHING, isPrivate: true }),
  servers: new Set(),
  find: () => undefined,
};

/**
 * What one registry revision routes to, in full. It is built aside and swapped in by one reference; a request keeps the
 * table that it began with.
 */
export interface RoutingTable extends RoutingView {
  readonly rules: AccessRules;
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
 * @param before the table that it takes the place of: what is known of rules that stay is kept
 */
export function routingTable(
  document: RegistryDocument | undefined,
  upstreams: ReadonlyMap<string, UpstreamServer>,
  before?: RoutingTable,
): RoutingTable {
  const servers: RoutedServer[] = [];
  for (const entry of document?.services ?? []) {
    const upstream = upstreams.get(`${entry.namespace}/${entry.name}`);
    if (upstream !== undefined) servers.push({ entry, upstream });
  }
  const rules = document?.rules ?? [];
  return new Table(document, servers, before?.rules.next(rules) ?? new AccessRules(rules));
}

/** What all views of a table have in common. */
interface Ground {
  readonly document: RegistryDocument | undefined;
  readonly servers: readonly RoutedServer[];
  readonly byPrefix: ReadonlyMap<string, RoutedServer>;
  readonly places: ReadonlyMap<string, Place>;
  readonly isPrivate: boolean;
}

/** Where a path leads. */
interface Place {
  readonly server: RoutedServer;
  readonly pattern: RoutePattern;
}

class View implements RoutingView {
  readonly document: RegistryDocument | undefined;
  readonly union: Route;
  readonly #sight: Sight;
  readonly #places: Ground['places'];
  readonly #routes = new Map<RoutedServer, Route>();
  /** Those that were asked for. */
  readonly #found = new Map<string, FoundRoute>();
  #servers: ReadonlySet<UpstreamServer> | undefined;

  constructor({ document, servers, byPrefix, places, isPrivate }: Ground, grant: Grant) {
    this.document = document;
    this.#places = places;
    this.#sight = { grant, isPrivate };
    const seen = grant.isEverything ? servers : servers.filter(({ entry }) => grant.sees(entry));
    this.union = new UnionRoute(seen, this.#sight, byPrefix);
    this.#found.set(this.union.path, { route: this.union, pattern: '/mcp' });
  }

  get servers(): ReadonlySet<UpstreamServer> {
    return (this.#servers ??= new Set(this.union.servers.map(({ upstream }) => upstream)));
  }

  find(path: string): FoundRoute | undefined {
    const known = this.#found.get(path);
    if (known !== undefined) return known;
    const place = this.#places.get(path);
    if (place === undefined || !this.#sight.grant.sees(place.server.entry)) return undefined;
    const { server, pattern } = place;
    let route = this.#routes.get(server);
    if (route === undefined) this.#routes.set(server, (route = new SingleRoute(server, this.#sight)));
    const found = { route, pattern };
    this.#found.set(path, found);
    return found;
  }
}

/** The most views of a table that are kept: each callers' own, where rules tell them apart. */
const MOST_VIEWS = 256;

/** The table as whoever may use everything sees it, and as others do. */
class Table extends View implements RoutingTable {
  readonly rules: AccessRules;
  readonly #ground: Ground;
  readonly #views = new Map<Grant, RoutingView>();

  constructor(document: RegistryDocument | undefined, servers: readonly RoutedServer[], rules: AccessRules) {
    const ground = {
      document,
      servers,
      byPrefix: serversByPrefix(servers),
      places: placesOf(servers),
      isPrivate: document?.policy.auth !== undefined || rules.rules.length > 0,
    };
    super(ground, EVERYTHING);
    this.#ground = ground;
    this.rules = rules;
  }

  viewOf(principal: Principal): RoutingView {
    const grant = this.rules.grantOf(principal);
    if (grant.isEverything) return this;
    const known = this.#views.get(grant);
    const view = known ?? new View(this.#ground, grant);
    if (known === undefined) {
      this.#views.set(grant, view);
      const [eldest] = this.#views.keys();
      if (this.#views.size > MOST_VIEWS && eldest !== undefined) this.#views.delete(eldest);
    }
    return view;
  }
}

function placesOf(servers: readonly RoutedServer[]): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const server of servers) {
    const { namespace, name } = server.entry;
    places.set(`/mcp/${namespace}/${name}`, { server, pattern: '/mcp/:namespace/:service' });
    // For A2A clients: whether the Service is an agent that they can speak with is said there.
    places.set(agentPath(server.entry), { server, pattern: '/agents/:namespace/:service' });
  }
  for (const server of servers) {
    const { alias } = server.entry;
    // A server's own path always wins over one that another declared.
    if (alias !== undefined && !places.has(alias)) places.set(alias, { server, pattern: 'alias' });
  }
  return places;
}
