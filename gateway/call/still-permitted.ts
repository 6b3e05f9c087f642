import type { Principal } from '../access/principal.ts';
import type { ItemKind } from '../access/targets.ts';
import { permits } from '../routing/route.ts';
import type { RoutingView } from '../routing/routing-table.ts';
import type { CallRequest } from './leg.ts';

/** What the `name` of a call is of, by its method; undefined: it has none that is permitted by itself. */
export function kindOfCall(method: string): ItemKind | undefined {
  if (method === 'tools/call') return 'tools';
  if (method === 'prompts/get') return 'prompts';
  return method === 'resources/read' ? 'resources' : undefined;
}

/** Whether a call's client may still use what it called. @param viewOf what a caller may use now */
export function isStillPermitted(
  { principal, server, name }: CallRequest,
  kind: ItemKind | undefined,
  viewOf: (principal: Principal) => RoutingView,
): boolean {
  const view = viewOf(principal);
  if (!view.servers.has(server.upstream)) return false;
  return kind === undefined || name === undefined || permits(view.union, kind, server, name);
}
