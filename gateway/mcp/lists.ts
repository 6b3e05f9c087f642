import { byNamespaceAndName } from '../contract/registry-document.ts';
import { permits, type Route, type RoutedServer } from '../routing/route.ts';
import { kindOfList } from '../routing/visible.ts';
import type { CapabilitySet } from '../upstream/capability-set.ts';
import type { Catalogue, Era } from '../upstream/catalogue.ts';
import { itemFor } from '../upstream/era-views.ts';
import { identityMembers } from '../upstream/item-checks.ts';
import type { JsonObject } from '../upstream/json.ts';
import { McpError } from './errors.ts';
import { freshened, type FirstSight } from './first-sight.ts';
import { keepingOf } from './keeping.ts';
import { serverInfoMember } from './server-info.ts';

/** The lists of MCP: method → the member of the result, and the member of a catalogue. */
export const listMembers = {
  'tools/list': 'tools',
  'prompts/list': 'prompts',
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates',
} as const;

export type ListMethod = keyof typeof listMembers;
type ListKind = (typeof listMembers)[ListMethod];

export function isListMethod(method: string): method is ListMethod {
  return Object.hasOwn(listMembers, method);
}

/** Most items a page has. Large, since some clients read only the first. */
const PAGE_ITEMS = 1000;
/** The most lists of a route that are kept as bytes: four in each era, and as many again by what clients declare. */
const MOST_LISTS = 16;
/** Who asks for a list, and by which words. */
export interface ListRequest {
  readonly method: ListMethod;
  readonly era: Era;
  /** What the client can be asked for, which some servers list things by; undefined: nothing. */
  readonly set?: CapabilitySet | undefined;
  /** '' for the first page. */
  readonly cursor: string;
}

/** One item as clients of an era get it. */
interface ListedItem {
  readonly text: string;
  /** The server's own name for it, its URI or its template, by which it is permitted or not. */
  readonly name: string;
  /** By which it may stand in several servers' lists. */
  readonly uri: string | undefined;
}

/** A request for a list, and what all of its pages are. */
interface PageRequest extends ListRequest {
  readonly isPrivate: boolean;
}

/** The pages of a list as bytes. */
interface Pages {
  readonly catalogues: readonly (Catalogue | undefined)[];
  /** The first page under '', each other under its cursor. */
  readonly byCursor: ReadonlyMap<string, Buffer>;
}

/**
 * The lists of all routes, each formatted once for a state of the catalogues and then served from one buffer.
 * An item is passed on with all its fields, but for what clients of the other era would refuse; its name is the route's.
 */
export class Lists {
  readonly #pages = new WeakMap<Route, Map<string, Pages>>();
  /** By the list, which is another array when it changes. */
  readonly #items = new WeakMap<readonly JsonObject[], Map<string, readonly ListedItem[]>>();
  readonly #firstSight: FirstSight;

  constructor(firstSight: FirstSight) {
    this.#firstSight = firstSight;
  }

  /**
   * The result of a list request, as JSON bytes in parts, of which the last is shared by all who ask for the same.
   * @throws McpError invalid_params for a cursor that no page has, or whose list has become private since
   */
  async page(route: Route, asked: ListRequest): Promise<readonly Buffer[]> {
    const { method, era, cursor } = asked;
    await this.#firstSight.wait(route.servers);
    await freshened(route, listMembers[method], asked.set);
    // Most servers list the same to all: so many clients share one list then.
    const set = route.servers.some(({ upstream }) => upstream.catalogueFor(asked.set) !== upstream.catalogue)
      ? asked.set
      : undefined;
    const keeping = era === 'legacy' ? undefined : keepingOf(route, listMembers[method], set);
    const wasPrivate = positionOf(cursor)?.isPrivate;
    // All pages of a list have one scope (2026-07-28, Caching, Interaction with Pagination): one that became public goes on
    // as private, one that became private is begun anew.
    if (keeping?.cacheScope === 'private' && wasPrivate === false) {
      throw new McpError('invalid_params', `The list has become private since its first page: ask for ${method} anew.`);
    }
    const isPrivate = keeping?.cacheScope === 'private' || wasPrivate === true;
    const request = { ...asked, set, isPrivate };
    const page = this.#current(route, request).byCursor.get(cursor) ?? this.#resumed(route, request);
    if (page === undefined) {
      throw new McpError(
        'invalid_params',
        `The cursor ${JSON.stringify(cursor.slice(0, 64))} is not one that ${method} gave out.`,
      );
    }
    if (keeping === undefined) return [OPEN, page];
    const scope = isPrivate ? 'private' : 'public';
    const hints = `"ttlMs":${keeping.ttlMs},"cacheScope":"${scope}"`;
    return [Buffer.from(`{"resultType":"complete",${hints},"_meta":{${serverInfoMember}},`), page];
  }

  #current(route: Route, request: PageRequest): Pages {
    const { method, era, set, isPrivate } = request;
    const key = `${method} ${era} ${isPrivate} ${set?.key ?? ''}`;
    let ofRoute = this.#pages.get(route);
    if (ofRoute === undefined) this.#pages.set(route, (ofRoute = new Map()));
    let pages = ofRoute.get(key);
    if (pages === undefined || !isStill(route.servers, pages.catalogues, set)) {
      pages = this.#format(route, request);
      ofRoute.delete(key);
      ofRoute.set(key, pages);
      const [eldest] = ofRoute.keys();
      if (ofRoute.size > MOST_LISTS && eldest !== undefined) ofRoute.delete(eldest);
    }
    return pages;
  }

  #format(route: Route, request: PageRequest): Pages {
    const kind = listMembers[request.method];
    const byCursor = new Map<string, Buffer>();
    let cursor = '';
    let items: string[] = [];
    const owners = ownersOf(route, kind);
    for (const server of route.servers) {
      const listed = this.#permitted(route, server, request);
      for (let i = 0; i < listed.length; i++) {
        const item = listed[i] as ListedItem;
        if (!isOwn(server, item, owners)) continue;
        if (items.length === PAGE_ITEMS) {
          const next = cursorOf(server, i, request.isPrivate);
          byCursor.set(cursor, pageBytes(kind, items, next));
          cursor = next;
          items = [];
        }
        items.push(item.text);
      }
    }
    byCursor.set(cursor, pageBytes(kind, items, undefined));
    return { catalogues: route.servers.map(({ upstream }) => upstream.catalogueFor(request.set)), byCursor };
  }

  /**
   * The page of a cursor that an earlier state of the lists gave out: it goes on where that one stopped, so that a
   * change in mid-listing neither fails the client nor starts it over.
   */
  #resumed(route: Route, request: PageRequest): Buffer | undefined {
    const position = positionOf(request.cursor);
    if (position === undefined) return undefined;
    const kind = listMembers[request.method];
    const items: string[] = [];
    const owners = ownersOf(route, kind);
    for (const server of route.servers) {
      const order = byNamespaceAndName(server.entry, position);
      if (order < 0) continue;
      const listed = this.#permitted(route, server, request);
      for (let i = order === 0 ? position.index : 0; i < listed.length; i++) {
        const item = listed[i] as ListedItem;
        if (!isOwn(server, item, owners)) continue;
        if (items.length === PAGE_ITEMS) return pageBytes(kind, items, cursorOf(server, i, request.isPrivate));
        items.push(item.text);
      }
    }
    return pageBytes(kind, items, undefined);
  }

  /** A server's items, as far as the route's callers may use them. */
  #permitted(route: Route, server: RoutedServer, request: PageRequest): readonly ListedItem[] {
    const listed = this.#listed(route, server, request);
    if (route.grant.permitsAll(server.entry)) return listed;
    const kind = kindOfList[listMembers[request.method]];
    return listed.filter(({ name }) => permits(route, kind, server, name));
  }

  /** A server's items under the route's names, with their JSON texts: made once a list, joined whenever another changes. */
  #listed(route: Route, server: RoutedServer, { method, era, set }: ListRequest): readonly ListedItem[] {
    const catalogue = server.upstream.catalogueFor(set);
    if (catalogue === undefined) return [];
    const kind = listMembers[method];
    const list = catalogue[kind];
    const isNamed = kind === 'tools' || kind === 'prompts';
    // Servers' empty lists may be one array.
    const key = `${era} ${catalogue.era} ${isNamed && route.single === undefined ? server.entry.prefix : ''}`;
    let ofList = this.#items.get(list);
    if (ofList === undefined) this.#items.set(list, (ofList = new Map()));
    let items = ofList.get(key);
    if (items === undefined) {
      items = list.flatMap((each) => {
        const item = itemFor(era, kind, catalogue.era, each);
        if (item === undefined) return [];
        const shown = isNamed ? { ...item, name: route.exposed(server, String(item['name'])) } : item;
        const name = String(item[identityMembers[kind]]);
        return { text: JSON.stringify(shown), name, uri: isNamed ? undefined : name };
      });
      ofList.set(key, items);
    }
    return items;
  }
}

type Owners = ReadonlyMap<string, RoutedServer>;

/** Whose each item is of a list in which two servers may have the same; undefined: of such as have names of the route's. */
function ownersOf(route: Route, kind: ListKind): Owners | undefined {
  return kind === 'tools' || kind === 'prompts' ? undefined : route.owners(kind);
}

/** Whether an item of a server's list stands in the route's: what two servers list is the one's that it is read from. */
function isOwn(server: RoutedServer, { uri }: ListedItem, owners: Owners | undefined): boolean {
  return uri === undefined || (owners?.get(uri) ?? server) === server;
}

/** Whether `catalogues` are still the servers' own, as clients with `set` get them. */
function isStill(
  servers: readonly RoutedServer[],
  catalogues: readonly (Catalogue | undefined)[],
  set: CapabilitySet | undefined,
): boolean {
  for (let i = 0; i < servers.length; i++) {
    if (servers[i]?.upstream.catalogueFor(set) !== catalogues[i]) return false;
  }
  return true;
}

const OPEN = Buffer.from('{');

/** All of a result but its opening brace, and what a modern one says of itself behind that. */
function pageBytes(kind: ListKind, items: readonly string[], nextCursor: string | undefined): Buffer {
  const next = nextCursor === undefined ? '' : `,"nextCursor":"${nextCursor}"`;
  return Buffer.from(`"${kind}":[${items.join(',')}]${next}}`);
}

/**
 * A cursor names the item that its page begins with: by its server, so that it stays good when other servers change, and its
 * place among those that the client may use. It says whether the pages before were private.
 */
function cursorOf({ entry }: RoutedServer, index: number, isPrivate: boolean): string {
  return Buffer.from(`${index} ${entry.namespace}/${entry.name}${isPrivate ? PRIVATE : ''}`).toString('base64url');
}

const PRIVATE = ' private';

interface Position {
  readonly index: number;
  readonly namespace: string;
  readonly name: string;
  readonly isPrivate: boolean;
}

function positionOf(cursor: string): Position | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, index, namespace, name, scope] =
    /^([0-9]{1,9}) ([a-z0-9-]{1,63})\/([a-z0-9-]{1,63})( private)?$/.exec(text) ?? [];
  // Only what cursorOf writes: base64url has several spellings of one text.
  if (namespace === undefined || name === undefined || Buffer.from(text).toString('base64url') !== cursor)
    return undefined;
  return { index: Number(index), namespace, name, isPrivate: scope === PRIVATE };
}
