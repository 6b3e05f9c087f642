import type { ItemKind } from '../access/targets.ts';
import { param, stringOf, valueOf, type Message } from '../jsonrpc/message.ts';
import type { Route, RoutedServer, Target } from '../routing/route.ts';
import { isJsonObject } from '../upstream/json.ts';
import type { AskedItem } from './audit-line.ts';

/** What names something of a server in its params, by method, and the word for that. */
const kinds: Readonly<Record<string, AskedItem['kind'] | undefined>> = {
  __proto__: null as never,
  'tools/call': 'tool',
  'prompts/get': 'prompt',
  'resources/read': 'resource',
  'resources/subscribe': 'resource',
  'resources/unsubscribe': 'resource',
};

/** What a request asks for by name, as the client says it; undefined where it names nothing. */
export function askedFor(message: Message): AskedItem | undefined {
  if (isCompletion(message)) return referredTo(message);
  const kind = kinds[message.method];
  if (kind === undefined) return undefined;
  const place = param(message, kind === 'resource' ? 'uri' : 'name');
  const name = place === undefined ? undefined : stringOf(message.bytes, place);
  return name === undefined ? undefined : { kind, name };
}

/**
 * What a request that has found its server asks for there, as the server calls it.
 * @param name as far as it was found out on the way
 */
export function askedThere(route: Route, message: Message, name: string | undefined): AskedItem | undefined {
  const kind = kinds[message.method];
  if (kind !== undefined) return name === undefined ? undefined : { kind, name };
  const asked = isCompletion(message) ? referredTo(message) : undefined;
  if (asked?.kind !== 'prompt') return asked;
  return { ...asked, name: route.resolve('prompts', asked.name)?.name ?? asked.name };
}

/** Where on a route something is that a request asks for; undefined: nowhere. */
export function placeOf(
  route: Route,
  message: Message,
): (Target & { readonly kind: ItemKind; readonly item: AskedItem }) | undefined {
  const asked = askedFor(message);
  if (asked === undefined) return undefined;
  const kind = itemKinds[asked.kind];
  const target =
    kind === 'resources'
      ? at(resourceServer(route, asked.name, isCompletion(message)), asked.name)
      : route.resolve(kind, asked.name);
  return target === undefined ? undefined : { ...target, kind, item: { ...asked, name: target.name } };
}

const itemKinds = { tool: 'tools', prompt: 'prompts', resource: 'resources' } as const;

/** @param isTemplate whether it may be a template: a completion is for one, as a rule */
function resourceServer(route: Route, uri: string, isTemplate: boolean): RoutedServer | undefined {
  const owner = isTemplate ? route.owners('resourceTemplates').get(uri) : undefined;
  return owner ?? route.resolveResource(uri);
}

function at(server: RoutedServer | undefined, name: string): Target | undefined {
  return server === undefined ? undefined : { server, name };
}

function isCompletion({ method }: Message): boolean {
  return method === 'completion/complete';
}

/** What a completion is for. */
function referredTo(message: Message): AskedItem | undefined {
  const place = param(message, 'ref');
  const ref = place === undefined ? undefined : valueOf(message.bytes, place);
  if (!isJsonObject(ref)) return undefined;
  if (typeof ref['name'] === 'string') return { kind: 'prompt', name: ref['name'] };
  return typeof ref['uri'] === 'string' ? { kind: 'resource', name: ref['uri'] } : undefined;
}
