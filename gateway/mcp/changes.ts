import type { Principal } from '../access/principal.ts';
import type { Route, RoutedServer } from '../routing/route.ts';
import type { RoutingTable, RoutingView } from '../routing/routing-table.ts';
import { showsAny, visibleItems } from '../routing/visible.ts';
import type { Catalogue, ChangeKind, ListKind } from '../upstream/catalogue.ts';
import { identityMembers } from '../upstream/item-checks.ts';
import type { UpstreamServer } from '../upstream/upstream-server.ts';
import { changeTopics, type ChangeTopic } from './notifications.ts';
import type { Sessions } from './sessions.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Changes that come together are told together, in milliseconds. */
const GATHER_MS = 20;
/**
 * Between two tellings at least so many, in milliseconds: when a thousand servers are seen for the first time,
 * no client is to read the whole list for each of them.
 */
const GAP_MS = 150;

const topicsOf: Readonly<Record<ChangeKind, readonly ChangeTopic[]>> = {
  tools: ['tools'],
  prompts: ['prompts'],
  resources: ['resources'],
  resourceTemplates: ['resources'],
  server: [],
};

const listsOf: Readonly<Record<ChangeTopic, readonly ListKind[]>> = {
  tools: ['tools'],
  prompts: ['prompts'],
  resources: ['resources', 'resourceTemplates'],
};

/** What is news to a client at an endpoint. */
export type NewsTo = (path: string, principal: Principal) => readonly ChangeTopic[];

/** Of what a server lists something changed. */
interface ServerNews {
  readonly before: Catalogue | undefined;
  readonly topics: Set<ChangeTopic>;
}

/** Tells clients of both eras which lists of their endpoint have changed, of what they see in them. */
export class Changes {
  readonly #sessions: Sessions;
  readonly #subscriptions: Subscriptions;
  readonly #table: () => RoutingTable;
  /** What was not told yet. */
  #servers = new Map<UpstreamServer, ServerNews>();
  /** The table that clients last heard of, where another took over since. */
  #tableBefore: RoutingTable | undefined;
  readonly #known = new WeakMap<UpstreamServer, Catalogue>();
  #timer: NodeJS.Timeout | undefined;
  #toldAt = -Infinity;

  /** @param table the one that requests begin with by then */
  constructor(sessions: Sessions, subscriptions: Subscriptions, table: () => RoutingTable) {
    this.#sessions = sessions;
    this.#subscriptions = subscriptions;
    this.#table = table;
  }

  /** A server's catalogue changed. */
  catalogueChanged(upstream: UpstreamServer, kinds: Iterable<ChangeKind>): void {
    const { catalogue } = upstream;
    let news = this.#servers.get(upstream);
    news ??= { before: this.#known.get(upstream), topics: new Set() };
    if (catalogue !== undefined) this.#known.set(upstream, catalogue);
    for (const kind of kinds) for (const topic of topicsOf[kind]) news.topics.add(topic);
    if (news.topics.size === 0) return;
    this.#servers.set(upstream, news);
    this.#tellSoon();
  }

  /** Another routing table took over: what it offers differently is told. */
  tableChanged(before: RoutingTable): void {
    this.#tableBefore ??= before;
    this.#tellSoon();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => this.#tell(), Math.max(GATHER_MS, this.#toldAt + GAP_MS - performance.now()));
  }

  #tell(): void {
    this.#timer = undefined;
    const newsTo = newsFor(this.#table(), this.#tableBefore, this.#servers);
    this.#servers = new Map();
    this.#tableBefore = undefined;
    const told = [this.#sessions.notify(newsTo), this.#subscriptions.notify(newsTo)];
    // Where nobody heard anything there is nothing to space the next news from: who comes soon would hear of it late.
    if (told.includes(true)) this.#toldAt = performance.now();
  }
}

const NO_NEWS: readonly ChangeTopic[] = [];

/** What is news to each client: found out once for all that see the same. */
function newsFor(
  table: RoutingTable,
  before: RoutingTable | undefined,
  servers: ReadonlyMap<UpstreamServer, ServerNews>,
): NewsTo {
  const known = new Map<RoutingView, Map<RoutingView, Map<string, readonly ChangeTopic[]>>>();
  return (path, principal) => {
    const view = table.viewOf(principal);
    const viewBefore = before?.viewOf(principal) ?? view;
    let ofView = known.get(view);
    if (ofView === undefined) known.set(view, (ofView = new Map()));
    let byPath = ofView.get(viewBefore);
    if (byPath === undefined) ofView.set(viewBefore, (byPath = new Map()));
    let news = byPath.get(path);
    if (news === undefined) {
      const route = view.find(path)?.route;
      news = route === undefined ? NO_NEWS : newsAt(route, viewBefore.find(path)?.route, servers);
      byPath.set(path, news);
    }
    return news;
  };
}

function newsAt(
  route: Route,
  before: Route | undefined,
  servers: ReadonlyMap<UpstreamServer, ServerNews>,
): readonly ChangeTopic[] {
  const changed = route.servers.filter(({ upstream }) => servers.has(upstream));
  return changeTopics.filter(
    (topic) =>
      changed.some((server) => isNews(route, server, topic, servers.get(server.upstream))) ||
      (route !== before && offers(route, before, topic)),
  );
}

/** Whether a server's change is of anything that a route's callers see, or saw. */
function isNews(route: Route, server: RoutedServer, topic: ChangeTopic, news: ServerNews | undefined): boolean {
  if (news?.topics.has(topic) !== true) return false;
  if (route.grant.permitsAll(server.entry)) return true;
  const { catalogue } = server.upstream;
  const lists = listsOf[topic].filter((list) => news.before?.[list] !== catalogue?.[list]);
  // What only some clients are shown has changed.
  if (lists.length === 0) return showsAny(route, server, listsOf[topic]);
  const seen = (known: Catalogue | undefined): string =>
    JSON.stringify(lists.map((list) => visibleItems(route, server, list, known?.[list] ?? [])));
  return seen(news.before) !== seen(catalogue);
}

/** Whether two routes at one path offer different things, or the same under different names. */
function offers(route: Route, before: Route | undefined, topic: ChangeTopic): boolean {
  return offerOf(route, before, topic) !== (before === undefined ? '' : offerOf(before, route, topic));
}

/**
 * A text that is the same exactly if two routes offer the same of what servers list now. Where their callers may use the
 * same, it is enough to look at whether a server offers anything.
 */
function offerOf(route: Route, other: Route | undefined, topic: ChangeTopic): string {
  const isAlike = route.grant === other?.grant;
  const parts: string[] = [];
  for (const server of route.servers) {
    const { key, catalogue } = server.upstream;
    const lists = listsOf[topic].filter((list) => (catalogue?.[list].length ?? 0) > 0);
    if (lists.length === 0 || !showsAny(route, server, lists)) continue;
    parts.push(`${key} ${route.single === undefined ? server.entry.prefix : ''}`);
    if (isAlike || (permitsAll(route, server) && permitsAll(other, server))) continue;
    for (const list of lists) {
      const items = visibleItems(route, server, list, catalogue?.[list] ?? []);
      parts.push(JSON.stringify(items.map((item) => item[identityMembers[list]])));
    }
  }
  return parts.join();
}

function permitsAll(route: Route | undefined, { entry }: RoutedServer): boolean {
  return route?.grant.permitsAll(entry) === true;
}
