import type { ItemKind } from '../access/targets.ts';
import { LimitError } from '../limits/limit-error.ts';
import { param, stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import type { McpError } from '../mcp/errors.ts';
import { permits, type Route, type RoutedServer, type Target } from '../routing/route.ts';
import { isJsonObject } from '../upstream/json.ts';
import type { AskedItem, DenialReason } from './audit-line.ts';

/** Why an error denies something; undefined: it does not, as far as it says. */
export function denialOf(error: McpError): DenialReason | undefined {
  if (error instanceof LimitError) return error.limit;
  if (error.denied !== undefined) return error.denied;
  const { type } = error;
  return type === 'unauthorized' || type === 'insufficient_scope' || type === 'forbidden' ? type : undefined;
}

/** What a request asks for by name, as the client says it; undefined where it names nothing. */
export function askedFor(message: Message): AskedItem | undefined {
  const kind = kinds[message.method];
  if (kind === undefined) return undefined;
  const place = param(message, kind === 'resource' ? 'uri' : 'name');
  const name = place === undefined ? undefined : stringOf(message.bytes, place);
  return name === undefined ? undefined : { kind, name };
}

/** The word for what is asked for, by method. */
const kinds: Readonly<Record<string, AskedItem['kind'] | undefined>> = {
  __proto__: null as never,
  'tools/call': 'tool',
  'prompts/get': 'prompt',
  'resources/read': 'resource',
  'resources/subscribe': 'resource',
  'resources/unsubscribe': 'resource',
};

/** The word for what a request to a server asks for. */
export function kindOf(method: string): AskedItem['kind'] | undefined {
  return kinds[method];
}

/**
 * What the rules hide from a caller of what it asked for by name: it was told that there is no such thing.
 * @param whole the same route as it is without rules
 * @returns undefined: there is none, or the rules do not hide it
 */
export function hiddenByRules(whole: Route | undefined, route: Route, message: Message): Target | undefined {
  if (whole === undefined || route.grant.isEverything) return undefined;
  const target = targetIn(whole, message);
  return target !== undefined && !permits(route, target.kind, target.server, target.name) ? target : undefined;
}

function targetIn(route: Route, message: Message): (Target & { readonly kind: ItemKind }) | undefined {
  const asked = message.method === 'completion/complete' ? referredTo(message) : askedFor(message);
  if (asked === undefined) return undefined;
  if (asked.kind === 'resource') return asTarget('resources', route.resolveResource(asked.name), asked.name);
  const kind = asked.kind === 'tool' ? 'tools' : 'prompts';
  const target = route.resolve(kind, asked.name);
  return target === undefined ? undefined : { ...target, kind };
}

function asTarget(kind: ItemKind, server: RoutedServer | undefined, name: string) {
  return server === undefined ? undefined : { kind, server, name };
}

/** What a completion is for. */
function referredTo(message: Message): AskedItem | undefined {
  const place = param(message, 'ref');
  const ref = place === undefined ? undefined : valueOf(message.bytes, place);
  if (!isJsonObject(ref)) return undefined;
  if (typeof ref['name'] === 'string') return { kind: 'prompt', name: ref['name'] };
  return typeof ref['uri'] === 'string' ? { kind: 'resource', name: ref['uri'] } : undefined;
}
