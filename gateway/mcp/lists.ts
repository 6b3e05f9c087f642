import { setTimeout as delay } from 'node:timers/promises';
import { byNamespaceAndName } from '../contract/registry-document.ts';
import { isCurrent, type Route, type RoutedServer } from '../routing/route.ts';
import type { Catalogue, Era } from '../upstream/catalogue.ts';
import type { UpstreamServer } from '../upstream/upstream-server.ts';
import { McpError } from './errors.ts';

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
/** How long a list waits for servers that were never seen, in milliseconds after they were first asked for. */
const FIRST_SIGHT_MS = 1000;
/**
 * How long a modern client may keep a list, in milliseconds. The gateway re-reads every catalogue in 60 s at the latest
 * and tells its listeners of a change at once.
 */
export const LIST_TTL_MS = 60_000;

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
  readonly #firstAsked = new WeakMap<UpstreamServer, number>();

  /**
   * The result of a list request, as JSON bytes.
   * @param cursor '' for the first page
   * @throws McpError invalid_params for a cursor that no page has
   */
  async page(route: Route, method: ListMethod, era: Era, cursor: string): Promise<Buffer> {
    const unseen = route.servers.filter(({ upstream }) => upstream.catalogue === undefined);
    if (unseen.length > 0) await this.#firstSight(unseen);
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

  /** Waits until all of these were probed once, at most a second after they were first asked for. */
  async #firstSight(servers: readonly RoutedServer[]): Promise<void> {
    const now = performance.now();
    let wait = 0;
    for (const { upstream } of servers) {
      const first = this.#firstAsked.get(upstream) ?? now;
      this.#firstAsked.set(upstream, first);
      wait = Math.max(wait, first + FIRST_SIGHT_MS - now);
    }
    if (wait <= 0) return;
    const abort = new AbortController();
    await Promise.race([
      Promise.all(servers.map(({ upstream }) => upstream.settled)),
      delay(wait, undefined, { signal: abort.signal }).catch(() => undefined),
    ]);
    abort.abort();
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
    const byCursor = new Map<string, Buffer>();
    let cursor = '';
    let items: string[] = [];
    for (const server of route.servers) {
      const texts = this.#itemTexts(route, server, kind);
      for (let i = 0; i < texts.length; i++) {
        if (items.length === PAGE_ITEMS) {
          const next = cursorOf(server, i);
          byCursor.set(cursor, resultBytes(kind, era, items, next));
          cursor = next;
          items = [];
        }
        items.push(texts[i] as string);
      }
    }
    byCursor.set(cursor, resultBytes(kind, era, items, undefined));
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
    const items: string[] = [];
    for (const server of route.servers) {
      const order = byNamespaceAndName(server.entry, position);
      if (order < 0) continue;
      const texts = this.#itemTexts(route, server, kind);
      for (let i = order === 0 ? position.index : 0; i < texts.length; i++) {
        if (items.length === PAGE_ITEMS) return resultBytes(kind, era, items, cursorOf(server, i));
        items.push(texts[i] as string);
      }
    }
    return resultBytes(kind, era, items, undefined);
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

function resultBytes(kind: ListKind, era: Era, items: readonly string[], nextCursor: string | undefined): Buffer {
  const next = nextCursor === undefined ? '' : `,"nextCursor":"${nextCursor}"`;
  const envelope = era === 'modern' ? `"resultType":"complete","ttlMs":${LIST_TTL_MS},"cacheScope":"public",` : '';
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
