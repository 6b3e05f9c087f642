import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import {
  byNamespaceAndName,
  MAX_SHARDS,
  REGISTRY_FORMAT_VERSION,
  type RegistryIndex,
  type RegistryPolicy,
  type RejectedService,
  type ServiceEntry,
} from './registry-document.ts';

/** What the hooks know before it is cut into shards. */
export interface RegistryContent {
  readonly gateway: { readonly namespace: string; readonly name: string };
  /** The Gateway's metadata.generation that this is made from; absent where there is none (local mode). */
  readonly generation?: number;
  readonly policy: RegistryPolicy;
  readonly services: readonly ServiceEntry[];
  readonly rejected: readonly RejectedService[];
  /** How many more are rejected than are listed, for lack of room. */
  readonly unlistedCount?: number;
}

/** The registry as texts, ready to be stored. */
export interface FormattedRegistry {
  readonly index: string;
  readonly shards: readonly string[];
  readonly revision: string;
}

/** sha256 of a text's UTF-8 bytes, hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The number of the shard, of `count` (a power of two), that holds a Service. */
export function shardOf(service: { readonly namespace: string; readonly name: string }, count: number): number {
  return nameHash(service) & (count - 1);
}

function nameHash(service: { readonly namespace: string; readonly name: string }): number {
  // FNV-1a: stable, and cheap beside the rest of a 10,000-Service sync.
  let hash = 0x811c9dc5;
  const key = `${service.namespace}/${service.name}`;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** How large a shard may be, in whatever measure its store has. */
export interface ShardBound {
  readonly bytes: number;
  /** The size of a text as the store keeps it. Additive: the size of two texts in a row is the sum of their sizes. */
  readonly measure: (text: string) => number;
}

/**
 * Cuts the registry into the smallest power of two of shards that stay within the bound, and formats all parts
 * canonically: equal content, in whatever order, gives equal bytes.
 *
 * @returns undefined if even 64 shards are too few: the caller must then leave Services out
 */
export function formatRegistry(content: RegistryContent, bound: ShardBound): FormattedRegistry | undefined {
  const services = content.services.toSorted(byNamespaceAndName).map((entry) => lineOf(entry, bound));
  const rejected = content.rejected.toSorted(byNamespaceAndName).map((entry) => lineOf(entry, bound));
  for (let count = 1; count <= MAX_SHARDS; count *= 2) {
    if (Math.max(...shardSizes([...services, ...rejected], count, bound)) > bound.bytes) continue;
    const shards = shardTexts(services, rejected, count);
    return { shards, ...formatIndex(content, shards) };
  }
  return undefined;
}

/** An entry's text and what it adds to its shard, made once whatever number of shards is tried. */
interface EntryLine {
  readonly text: string;
  readonly size: number;
  readonly hash: number;
}

/** Lines by entry. A caller that has to leave Services out tries again with the same entries. */
const lines = new WeakMap<ServiceEntry | RejectedService, { readonly bound: ShardBound; readonly line: EntryLine }>();

function lineOf(entry: ServiceEntry | RejectedService, bound: ShardBound): EntryLine {
  const known = lines.get(entry);
  if (known?.bound === bound) return known.line;
  const text = canonicalJson(entry);
  const line = { text, size: bound.measure(`${text},\n`), hash: nameHash(entry) };
  lines.set(entry, { bound, line });
  return line;
}

function shardSizes(all: readonly EntryLine[], count: number, bound: ShardBound): number[] {
  // Each of the two lists has a line feed more than it has entries, and a comma less; a line feed may weigh more.
  const frame = bound.measure(shardText([], [])) + bound.measure('\n\n');
  const sizes = Array.from({ length: count }, () => frame);
  for (const { size, hash } of all) {
    const number = hash & (count - 1);
    sizes[number] = (sizes[number] ?? 0) + size;
  }
  return sizes;
}

function shardTexts(services: readonly EntryLine[], rejected: readonly EntryLine[], count: number): string[] {
  const serviceTexts = distribute(services, count);
  const rejectedTexts = distribute(rejected, count);
  return serviceTexts.map((texts, number) => shardText(texts, rejectedTexts[number] ?? []));
}

/** One entry a line: JSON that a person can read, at a byte or two an entry. */
function shardText(services: readonly string[], rejected: readonly string[]): string {
  return `{"formatVersion":${REGISTRY_FORMAT_VERSION},\n"rejected":[${joined(rejected)}],\n"services":[${joined(services)}]}\n`;
}

function joined(texts: readonly string[]): string {
  return texts.length === 0 ? '' : `\n${texts.join(',\n')}\n`;
}

function distribute(all: readonly EntryLine[], count: number): string[][] {
  const shards: string[][] = Array.from({ length: count }, () => []);
  for (const { text, hash } of all) shards[hash & (count - 1)]?.push(text);
  return shards;
}

function formatIndex(content: RegistryContent, shards: readonly string[]): { index: string; revision: string } {
  const unsigned: Omit<RegistryIndex, 'revision'> = {
    formatVersion: REGISTRY_FORMAT_VERSION,
    gateway: content.gateway,
    ...(content.generation === undefined ? {} : { generation: content.generation }),
    policy: content.policy,
    serviceCount: content.services.length,
    rejectedCount: content.rejected.length + (content.unlistedCount ?? 0),
    shards: shards.map(sha256),
  };
  const revision = revisionOf(unsigned);
  return { index: `${canonicalJson({ ...unsigned, revision })}\n`, revision };
}

/** The revision of an index: sha256 over its canonical JSON without the field `revision`. */
export function revisionOf(index: Omit<RegistryIndex, 'revision'>): string {
  return sha256(canonicalJson(index));
}
