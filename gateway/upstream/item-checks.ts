import type { Era, ListKind } from './catalogue.ts';
import { isDeeperThan, isJsonObject, type JsonObject } from './json.ts';
import { parameterHeaders } from './parameter-headers.ts';
import { schemaFault } from './sdk-schemas.ts';

/** The member that names an item in its list. */
export const identityMembers = {
  tools: 'name',
  prompts: 'name',
  resources: 'uri',
  resourceTemplates: 'uriTemplate',
} as const satisfies Record<ListKind, string>;

const singular = {
  tools: 'tool',
  prompts: 'prompt',
  resources: 'resource',
  resourceTemplates: 'resource template',
} as const satisfies Record<ListKind, string>;

export interface ItemBounds {
  /** JSON levels: the SDKs and many models' hosts read schemas by recursion. */
  readonly depth: number;
  /** Bytes of an item's JSON text. */
  readonly itemBytes: number;
  /** UTF-16 units of a name or URI. */
  readonly identityLength: number;
}

export const itemBounds: ItemBounds = { depth: 64, itemBytes: 256 * 1024, identityLength: 2048 };

/**
 * Checks one item of a list that a server of `era` sent.
 * @returns undefined if it may be passed on as it is, else a sentence that names it and what is wrong
 */
export function itemProblem(
  kind: ListKind,
  era: Era,
  item: unknown,
  bounds: ItemBounds = itemBounds,
): string | undefined {
  const fault = itemFault(kind, era, item, bounds);
  return fault === undefined ? undefined : `The ${nameOf(kind, item)} is left out: ${fault}.`;
}

/** The sentence for an item that stands in its list twice. */
export function duplicateProblem(kind: ListKind, item: JsonObject): string {
  return `The ${nameOf(kind, item)} is left out: it is listed twice.`;
}

function itemFault(kind: ListKind, era: Era, item: unknown, bounds: ItemBounds): string | undefined {
  if (!isJsonObject(item)) return 'it is not an object';
  // First of all, since everything else recurses.
  if (isDeeperThan(bounds.depth, item)) return `it nests deeper than ${bounds.depth} levels`;
  const size = Buffer.byteLength(JSON.stringify(item));
  if (size > bounds.itemBytes) return `it has ${size} bytes; at most ${bounds.itemBytes} are taken`;
  const fault = schemaFault(kind, era, item);
  if (fault !== undefined) return fault;
  const identity = item[identityMembers[kind]];
  if (typeof identity !== 'string' || identity === '') return `${identityMembers[kind]} is empty`;
  if (identity.length > bounds.identityLength)
    return `${identityMembers[kind]} is longer than ${bounds.identityLength}`;
  // A legacy server knows nothing of the keyword: it is like any other vendor's there.
  if (kind === 'tools' && era === 'modern') {
    const headers = parameterHeaders(item['inputSchema'] as JsonObject);
    if ('fault' in headers) return headers.fault;
  }
  return undefined;
}

function nameOf(kind: ListKind, item: unknown): string {
  const identity = isJsonObject(item) ? item[identityMembers[kind]] : undefined;
  return typeof identity === 'string' && identity !== ''
    ? `${singular[kind]} ${JSON.stringify(identity.slice(0, 128))}`
    : `${singular[kind]} without a ${identityMembers[kind]}`;
}
