import { LimitError } from '../limits/limit-error.ts';
import type { Message } from '../jsonrpc/message.ts';
import { ScopeError, UnknownError, type McpError } from '../mcp/errors.ts';
import type { PassedOver } from '../mcp/exchange.ts';
import { permits, type Route, type RoutedServer } from '../routing/route.ts';
import { placeOf } from './asked.ts';
import type { Denial, DenialReason } from './audit-line.ts';

/** A route as its caller sees it, and as it is without rules; undefined: there is none any more. */
export interface SeenRoute {
  readonly route: Route;
  readonly whole: Route | undefined;
}

/** Why an error denies something; undefined: it does not, as far as it says. */
export function denialOf(error: McpError): DenialReason | undefined {
  if (error instanceof LimitError) return error.limit;
  if (error.denied !== undefined) return error.denied;
  const { type } = error;
  return type === 'unauthorized' || type === 'insufficient_scope' || type === 'forbidden' ? type : undefined;
}

/**
 * What the rules keep from a caller of what its request asked for, where it was told that there is no such thing, or that
 * other scopes are needed.
 * @returns undefined: it was told something else, there is no such thing, or the rules do not keep it
 */
export function keptByRules(seen: SeenRoute, message: Message, error: McpError): Denial | undefined {
  if (error instanceof UnknownError && error.server !== undefined) return keptServer(seen, error.server);
  if (!(error instanceof UnknownError || error instanceof ScopeError)) return undefined;
  const { route, whole } = seen;
  if (whole === undefined || route.grant.isEverything) return undefined;
  const place = placeOf(whole, message);
  if (place === undefined || permits(route, place.kind, place.server, place.name)) return undefined;
  return { server: place.server, item: place.item, why: denialOf(error) ?? 'rules' };
}

/** What was denied of what a request named and was not given. Of another's tasks one stands for all. */
export function denialsIn(seen: SeenRoute, { uris, tasks }: PassedOver): Denial[] {
  const { route, whole } = seen;
  const denials: Denial[] = [];
  for (const uri of route.grant.isEverything ? [] : uris) {
    const server = whole?.resolveResource(uri);
    if (server === undefined || permits(route, 'resources', server, uri)) continue;
    denials.push({ server, item: { kind: 'resource', name: uri }, why: 'rules' });
  }
  for (const key of new Set(tasks)) {
    const denial = key === undefined ? ANOTHERS_TASK : keptServer(seen, key);
    if (denial !== undefined) denials.push(denial);
  }
  return denials;
}

const ANOTHERS_TASK: Denial = { server: undefined, item: undefined, why: 'task' };

/** A server, `<namespace>/<name>`, that a caller does not see because of the rules. */
function keptServer({ route, whole }: SeenRoute, key: string): Denial | undefined {
  const isIt = ({ upstream }: RoutedServer): boolean => upstream.key === key;
  const server = route.servers.some(isIt) ? undefined : whole?.servers.find(isIt);
  return server === undefined ? undefined : { server, item: undefined, why: 'rules' };
}
