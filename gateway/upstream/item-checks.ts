import type { Era, ListKind } from './catalogue.ts';
import { shown } from './hidden-text.ts';
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

export type CheckedItem =
  /** It may be passed on as it is; `text` is its JSON text. */
  | { readonly item: JsonObject; readonly text: string }
  /** A sentence that names it and what is wrong. */
  | { readonly problem: string };

/** Checks one item of a list that a server of `era` sent. */
export function checkItem(kind: ListKind, era: Era, item: unknown, bounds: ItemBounds = itemBounds): CheckedItem {
  const fault = isJsonObject(item) ? shapeFault(kind, era, item, bounds) : 'it is not an object';
  if (fault !== undefined) return left(kind, item, fault);
  const text = JSON.stringify(item);
  const size = Buffer.byteLength(text);
  if (size > bounds.itemBytes) {
    return left(kind, item, `it has ${size} bytes; at most ${bounds.itemBytes} are taken`);
  }
  return { item: item as JsonObject, text };
}

function left(kind: ListKind, item: unknown, fault: string): CheckedItem {
  // A schema's fault names a path of the server's own words.
  return { problem: `The ${nameOf(kind, item)} is left out: ${fault.slice(0, 256)}.` };
}

/** The sentence for an item that stands in its list twice. */
export function duplicateProblem(kind: ListKind, item: JsonObject): string {
  return `The ${nameOf(kind, item)} is left out: it is listed twice.`;
}

/** The sentence for an item that clients of the era that its server does not speak cannot be given. */
export function otherEraProblem(kind: ListKind, serverEra: Era, item: JsonObject, fault: string): string {
  const others = serverEra === 'modern' ? 'legacy' : 'modern';
  return `The ${nameOf(kind, item)} is left out for clients of the ${others} era: ${fault.slice(0, 256)}.`;
}

function shapeFault(kind: ListKind, era: Era, item: JsonObject, bounds: ItemBounds): string | undefined {
  // First of all, since everything else recurses.
  if (isDeeperThan(bounds.depth, item)) return `it nests deeper than ${bounds.depth} levels`;
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

/** An item in words: what it is, and its name, in which nothing is hidden. */
export function nameOf(kind: ListKind, item: unknown): string {
  const identity = isJsonObject(item) ? item[identityMembers[kind]] : undefined;
  return typeof identity === 'string' && identity !== ''
    ? `${singular[kind]} ${JSON.stringify(shown(identity.slice(0, 128)))}`
    : `${singular[kind]} without a ${identityMembers[kind]}`;
}
