import { byNamespaceAndName } from '../contract/registry-document.ts';
import { isCurrent, type Route, type RoutedServer } from '../routing/route.ts';
import type { Catalogue, Era } from '../upstream/catalogue.ts';
import { McpError } from './errors.ts';
import type { FirstSight } from './first-sight.ts';

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
/**
 * How long a modern client may keep a list, in milliseconds. The gateway re-reads every catalogue in 60 s at the latest
 * and tells its listeners of a change at once.
 */
const TTL_MS = 60_000;
/** The same while a server was never seen: it may be there in a moment. */
const UNSEEN_TTL_MS = 1000;

/** How long a modern client may keep what is made of these servers' catalogues, in milliseconds. */
export function ttlMs(servers: readonly RoutedServer[]): number {
  return servers.some(({ upstream }) => upstream.catalogue === undefined) ? UNSEEN_TTL_MS : TTL_MS;
}

/** One page as bytes: the value of `result`. */
interface Pages {
  readonly catalogues: readonly (Catalogue | undefined)[];
  /** The first page under '', each other under its cursor. */
  readonly byCursor: ReadonlyMap<string, Buffer>;
}

/**
 * The lists of all routes, each formatted once for a state of the catalogues and then served from one buffer.
 * An item is passed on with all its fields; only its name is the route's.
 */
export class Lists {
  readonly #pages = new WeakMap<Route, Map<string, Pages>>();
  readonly #items = new WeakMap<Catalogue, Map<string, readonly string[]>>();
  readonly #firstSight: FirstSight;

  constructor(firstSight: FirstSight) {
    this.#firstSight = firstSight;
  }

  /**
   * The result of a list request, as JSON bytes.
   * @param cursor '' for the first page
   * @throws McpError invalid_params for a cursor that no page has
   */
  async page(route: Route, method: ListMethod, era: Era, cursor: string): Promise<Buffer> {
    await this.#firstSight.wait(route.servers);
    const pages = this.#current(route, method, era);
    const page = pages.byCursor.get(cursor) ?? this.#resumed(route, method, era, cursor);
    if (page === undefined) {
      throw new McpError(
        'invalid_params',
        `The cursor ${JSON.stringify(cursor.slice(0, 64))} is not one that ${method} gave out.`,
      );
    }
    return page;
  }

  #current(route: Route, method: ListMethod, era: Era): Pages {
    const key = `${method} ${era}`;
    let ofRoute = this.#pages.get(route);
    if (ofRoute === undefined) this.#pages.set(route, (ofRoute = new Map()));
    let pages = ofRoute.get(key);
    if (pages === undefined || !isCurrent(route.servers, pages.catalogues)) {
      pages = this.#format(route, method, era);
      ofRoute.set(key, pages);
    }
    return pages;
  }

  #format(route: Route, method: ListMethod, era: Era): Pages {
    const kind = listMembers[method];
    const ttl = era === 'modern' ? ttlMs(route.servers) : undefined;
    const byCursor = new Map<string, Buffer>();
    let cursor = '';
    let items: string[] = [];
    for (const server of route.servers) {
      const texts = this.#itemTexts(route, server, kind);
      for (let i = 0; i < texts.length; i++) {
        if (items.length === PAGE_ITEMS) {
          const next = cursorOf(server, i);
          byCursor.set(cursor, resultBytes(kind, ttl, items, next));
          cursor = next;
          items = [];
        }
        items.push(texts[i] as string);
      }
    }
    byCursor.set(cursor, resultBytes(kind, ttl, items, undefined));
    return { catalogues: route.servers.map(({ upstream }) => upstream.catalogue), byCursor };
  }

  /**
   * The page of a cursor that an earlier state of the lists gave out: it goes on where that one stopped, so that a
   * change in mid-listing neither fails the client nor starts it over.
   */
  #resumed(route: Route, method: ListMethod, era: Era, cursor: string): Buffer | undefined {
    const position = positionOf(cursor);
    if (position === undefined) return undefined;
    const kind = listMembers[method];
    const ttl = era === 'modern' ? ttlMs(route.servers) : undefined;
    const items: string[] = [];
    for (const server of route.servers) {
      const order = byNamespaceAndName(server.entry, position);
      if (order < 0) continue;
      const texts = this.#itemTexts(route, server, kind);
      for (let i = order === 0 ? position.index : 0; i < texts.length; i++) {
        if (items.length === PAGE_ITEMS) return resultBytes(kind, ttl, items, cursorOf(server, i));
        items.push(texts[i] as string);
      }
    }
    return resultBytes(kind, ttl, items, undefined);
  }

  /** A server's items as JSON texts under the route's names: made once a catalogue, joined whenever another changes. */
  #itemTexts(route: Route, server: RoutedServer, kind: ListKind): readonly string[] {
    const { catalogue } = server.upstream;
    if (catalogue === undefined) return [];
    const isNamed = kind === 'tools' || kind === 'prompts';
    const key = `${kind} ${isNamed && route.single === undefined ? server.entry.prefix : ''}`;
    let ofCatalogue = this.#items.get(catalogue);
    if (ofCatalogue === undefined) this.#items.set(catalogue, (ofCatalogue = new Map()));
    let texts = ofCatalogue.get(key);
    if (texts === undefined) {
      texts = catalogue[kind].map((item) =>
        JSON.stringify(isNamed ? { ...item, name: route.exposed(server, String(item['name'])) } : item),
      );
      ofCatalogue.set(key, texts);
    }
    return texts;
  }
}

/** @param ttl undefined for a legacy client */
function resultBytes(
  kind: ListKind,
  ttl: number | undefined,
  items: readonly string[],
  nextCursor: string | undefined,
): Buffer {
  const next = nextCursor === undefined ? '' : `,"nextCursor":"${nextCursor}"`;
  const envelope = ttl === undefined ? '' : `"resultType":"complete","ttlMs":${ttl},"cacheScope":"public",`;
  return Buffer.from(`{${envelope}"${kind}":[${items.join(',')}]${next}}`);
}

/** A cursor names the item that its page begins with: by its server, so that it stays good when other servers change. */
function cursorOf(server: RoutedServer, index: number): string {
  return Buffer.from(`${index} ${server.entry.namespace}/${server.entry.name}`).toString('base64url');
}

interface Position {
  readonly index: number;
  readonly namespace: string;
  readonly name: string;
}

function positionOf(cursor: string): Position | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, index, namespace, name] = /^([0-9]{1,9}) ([a-z0-9-]{1,63})\/([a-z0-9-]{1,63})$/.exec(text) ?? [];
  // Only what cursorOf writes: base64url has several spellings of one text.
  if (namespace === undefined || name === undefined || Buffer.from(text).toString('base64url') !== cursor)
    return undefined;
  return { index: Number(index), namespace, name };
}
