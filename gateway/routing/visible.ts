import type { ItemKind } from '../access/targets.ts';
import type { Catalogue, ListKind } from '../upstream/catalogue.ts';
import { identityMembers } from '../upstream/item-checks.ts';
import type { JsonObject } from '../upstream/json.ts';
import { permits, type Route, type RoutedServer } from './route.ts';

/** By which kind of thing a list's items are permitted. */
export const kindOfList: Readonly<Record<ListKind, ItemKind>> = {
  tools: 'tools',
  prompts: 'prompts',
  resources: 'resources',
  resourceTemplates: 'resources',
};

type Seeing = Pick<Route, 'grant'>;

/** Whether a route's callers may use an item of a server's list. */
export function isVisible(route: Seeing, server: RoutedServer, list: ListKind, item: JsonObject): boolean {
  return permits(route, kindOfList[list], server, String(item[identityMembers[list]]));
}

/** What a route's callers may use of a server's list: the list itself where that is all. */
export function visibleItems(
  route: Seeing,
  server: RoutedServer,
  list: ListKind,
  items: readonly JsonObject[],
): readonly JsonObject[] {
  if (route.grant.permitsAll(server.entry)) return items;
  return items.filter((item) => isVisible(route, server, list, item));
}

/** Whether a route's callers may use anything that a server is known to have; of such as may use all of it, in any case. */
export function showsAny(route: Seeing, server: RoutedServer, lists: readonly ListKind[] = ALL): boolean {
  const { catalogue, variants } = server.upstream;
  if (lists === ALL && route.grant.permitsAll(server.entry)) return true;
  const isShown = (known: Catalogue): boolean =>
    lists.some((list) => known[list].some((item) => isVisible(route, server, list, item)));
  return (catalogue !== undefined && isShown(catalogue)) || variants.some(isShown);
}

const ALL: readonly ListKind[] = ['tools', 'prompts', 'resources', 'resourceTemplates'];
