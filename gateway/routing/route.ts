import { EVERYTHING, type Grant } from '../access/grant.ts';
import type { ItemKind } from '../access/targets.ts';
import { byAge, type ServiceEntry } from '../contract/registry-document.ts';
import type { Catalogue } from '../upstream/catalogue.ts';
import type { UpstreamServer } from '../upstream/upstream-server.ts';
import { exposedName, isCut, MAX_EXPOSED_NAME } from './names.ts';
import { uriTemplate, type UriTemplate } from './uri-template.ts';

/** A server as one routing table has it: the entry stays, whatever a later registry says. */
export interface RoutedServer {
  readonly entry: ServiceEntry;
  readonly upstream: UpstreamServer;
}

/** What a name or URI leads to. */
export interface Target {
  readonly server: RoutedServer;
  /** The server's own name for it. */
  readonly name: string;
}

/** The kinds of things that are offered under names. */
export type NamedKind = 'tools' | 'prompts';

/** The kinds of things that stand under the URIs that servers gave them, on all routes. */
export type UnnamedKind = 'resources' | 'resourceTemplates';

/** A bounded word for a route in metrics. */
export type RoutePattern = '/mcp' | '/mcp/:namespace/:service' | 'alias' | '/agents/:namespace/:service';

/** One MCP endpoint of the gateway, all servers or one, as some callers see it: what one may not use is not there. */
export interface Route {
  /** The path without the alias that may have led here. */
  readonly path: string;
  /** What its callers may use of the servers. Ask it by `permits`. */
  readonly grant: Grant;
  /** Whether its answers are for who asked alone: they differ by caller, or are not for everyone who could ask. */
  readonly isPrivate: boolean;
  /** The servers behind it of which its callers may use anything, in the order of their lists. */
  readonly servers: readonly RoutedServer[];
  /** The server, where the route has only it and its own names. */
  readonly single: RoutedServer | undefined;
  /** The name under which the route offers a server's tool or prompt. */
  exposed(server: RoutedServer, name: string): string;
  /** Where a tool or prompt of this name is; a name no list has (yet) leads to the server its prefix names. */
  resolve(kind: NamedKind, name: string): Target | undefined;
  /** Whose each item is that may stand in several servers' lists, by its URI. */
  owners(kind: UnnamedKind): ReadonlyMap<string, RoutedServer>;
  /**
   * Where a resource is: who lists it, else whose template it fits, else the only server that has resources. What callers
   * may not use of a server does not count, except if nobody else has it and they could with other scopes.
   */
  resolveResource(uri: string): RoutedServer | undefined;
}

/** How some callers see servers. */
export interface Sight {
  readonly grant: Grant;
  /** As of a route. */
  readonly isPrivate: boolean;
}

/** How everyone sees them where nobody is asked who he is. */
export const OPEN_SIGHT: Sight = { grant: EVERYTHING, isPrivate: false };

/** Whether a route's callers may use a thing of a server. @param name the server's own, or the URI */
export function permits(
  { grant }: Pick<Route, 'grant'>,
  kind: ItemKind,
  { entry }: RoutedServer,
  name: string,
): boolean {
  return grant.permits(kind, entry, name);
}

/** One server under its own names. */
export class SingleRoute implements Route {
  readonly path: string;
  readonly single: RoutedServer;
  readonly servers: readonly RoutedServer[];
  readonly grant: Grant;
  readonly isPrivate: boolean;

  constructor(server: RoutedServer, { grant, isPrivate }: Sight = OPEN_SIGHT) {
    this.grant = grant;
    this.isPrivate = isPrivate;
    this.path = `/mcp/${server.entry.namespace}/${server.entry.name}`;
    this.single = server;
    this.servers = [server];
  }

  exposed(_server: RoutedServer, name: string): string {
    return name;
  }

  resolve(_kind: NamedKind, name: string): Target {
    return { server: this.single, name };
  }

  owners(): ReadonlyMap<string, RoutedServer> {
    return new Map();
  }

  resolveResource(): RoutedServer {
    return this.single;
  }
}

/** All servers under prefixed names. */
export class UnionRoute implements Route {
  readonly path = '/mcp';
  readonly single = undefined;
  readonly servers: readonly RoutedServer[];
  readonly grant: Grant;
  readonly isPrivate: boolean;
  readonly #byPrefix: ReadonlyMap<string, RoutedServer>;
  #index: UnionIndex | undefined;

  /** @param byPrefix the servers, and others that its callers do not see, by their prefixes */
  constructor(
    servers: readonly RoutedServer[],
    { grant, isPrivate }: Sight = OPEN_SIGHT,
    byPrefix: ReadonlyMap<string, RoutedServer> = serversByPrefix(servers),
  ) {
    this.servers = servers;
    this.grant = grant;
    this.isPrivate = isPrivate;
    this.#byPrefix = byPrefix;
  }

  exposed(server: RoutedServer, name: string): string {
    return exposedName(server.entry.prefix, name);
  }

  resolve(kind: NamedKind, name: string): Target | undefined {
    // Only a name of full length can have been cut: all others split, without an index that changes with each catalogue.
    if (name.length === MAX_EXPOSED_NAME) {
      const cut = this.#currentIndex().cut[kind].get(name);
      if (cut !== undefined) return cut;
    }
    const end = name.indexOf('_');
    const server = end < 0 ? undefined : this.#byPrefix.get(name.slice(0, end));
    return server === undefined || !this.grant.sees(server.entry) ? undefined : { server, name: name.slice(end + 1) };
  }

  owners(kind: UnnamedKind): ReadonlyMap<string, RoutedServer> {
    return this.#currentIndex().owners[kind];
  }

  resolveResource(uri: string): RoutedServer | undefined {
    const { owners, templates, withResources } = this.#currentIndex();
    const owner = owners.resources.get(uri);
    if (owner !== undefined) return owner;
    const isPermitted = (server: RoutedServer): boolean => permits(this, 'resources', server, uri);
    const fitting = templates.find(({ server, template }) => template.matches(uri) && isPermitted(server));
    if (fitting !== undefined) return fitting.server;
    const [only, other] = this.grant.isEverything ? withResources : withResources.filter(isPermitted);
    if (only !== undefined) return other === undefined ? only : undefined;
    return withResources.find(({ entry }) => this.grant.lackedScopes('resources', entry, uri) !== undefined);
  }

  #currentIndex(): UnionIndex {
    if (this.#index === undefined || !isOf(this.servers, this.#index)) {
      this.#index = unionIndex(this);
    }
    return this.#index;
  }
}

/** Servers by the prefixes of their names on the route of all. */
export function serversByPrefix(servers: readonly RoutedServer[]): ReadonlyMap<string, RoutedServer> {
  return new Map(servers.map((server) => [server.entry.prefix, server]));
}

/** Whether `catalogues` are still the servers' own. */
export function isCurrent(servers: readonly RoutedServer[], catalogues: readonly (Catalogue | undefined)[]): boolean {
  for (let i = 0; i < servers.length; i++) if (servers[i]?.upstream.catalogue !== catalogues[i]) return false;
  return true;
}

/**
 * Servers in the order in which they have what several of them list: the oldest first, as with prefixes, so that a new
 * Service takes nothing from one that is there.
 */
export function byClaim(servers: readonly RoutedServer[]): RoutedServer[] {
  return servers.toSorted((a, b) => byAge(a.entry, b.entry));
}

/**
 * What resolving needs of the catalogues. Of what several servers list, the oldest has it of which the route's callers may
 * use it.
 */
interface UnionIndex {
  readonly catalogues: readonly (Catalogue | undefined)[];
  readonly variants: readonly (readonly Catalogue[])[];
  readonly cut: Readonly<Record<NamedKind, ReadonlyMap<string, Target>>>;
  readonly owners: Readonly<Record<UnnamedKind, ReadonlyMap<string, RoutedServer>>>;
  /** The more literal a template, the earlier: one that fits everything must not take what another names. */
  readonly templates: readonly { readonly server: RoutedServer; readonly template: UriTemplate }[];
  readonly withResources: readonly RoutedServer[];
}

/** Whether an index is of the servers' own catalogues still. */
function isOf(servers: readonly RoutedServer[], { catalogues, variants }: UnionIndex): boolean {
  for (let i = 0; i < servers.length; i++) if (servers[i]?.upstream.variants !== variants[i]) return false;
  return isCurrent(servers, catalogues);
}

function unionIndex(route: Route): UnionIndex {
  const { servers } = route;
  const claiming = byClaim(servers);
  const cut = { tools: new Map<string, Target>(), prompts: new Map<string, Target>() };
  const owners = { resources: new Map<string, RoutedServer>(), resourceTemplates: new Map<string, RoutedServer>() };
  const templates: { server: RoutedServer; template: UriTemplate }[] = [];
  const withResources: RoutedServer[] = [];
  function add(server: RoutedServer, catalogue: Catalogue): void {
    for (const kind of ['tools', 'prompts'] as const) {
      for (const { name } of catalogue[kind]) {
        if (typeof name === 'string' && isCut(server.entry.prefix, name)) {
          cut[kind].set(exposedName(server.entry.prefix, name), { server, name });
        }
      }
    }
    for (const { uri } of catalogue.resources) {
      if (typeof uri !== 'string' || owners.resources.has(uri)) continue;
      if (permits(route, 'resources', server, uri)) owners.resources.set(uri, server);
    }
    for (const { uriTemplate: text } of catalogue.resourceTemplates) {
      if (typeof text !== 'string' || owners.resourceTemplates.has(text)) continue;
      if (permits(route, 'resources', server, text)) owners.resourceTemplates.set(text, server);
      // Of a template that may not be used as a whole single resources may be.
      templates.push({ server, template: uriTemplate(text) });
    }
  }
  for (const server of claiming) {
    const { catalogue } = server.upstream;
    if (catalogue === undefined) continue;
    add(server, catalogue);
    if (catalogue.capabilities['resources'] !== undefined) withResources.push(server);
  }
  // What only some clients are shown takes nothing from what all are.
  for (const server of claiming) for (const catalogue of server.upstream.variants) add(server, catalogue);
  return {
    catalogues: servers.map(({ upstream }) => upstream.catalogue),
    variants: servers.map(({ upstream }) => upstream.variants),
    cut,
    owners,
    // Sorting is stable: among equals the older server has it.
    templates: templates.sort((a, b) => b.template.literalLength - a.template.literalLength),
    withResources,
  };
}
