import { hash } from 'node:crypto';
import type { AccessRule } from './access-policy.ts';
import { canonicalJson } from './canonical-json.ts';
import {
  byName,
  byNamespaceAndName,
  MAX_SHARDS,
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
  /** What callers may use; absent: there are no rules. */
  readonly rules?: readonly AccessRule[];
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
  return hash('sha256', text, 'hex');
}

/** The number of the shard, of `count` (a power of two), that holds a Service. */
export function shardOf(service: { readonly namespace: string; readonly name: string }, count: number): number {
  return nameHash(`${service.namespace}/${service.name}`) & (count - 1);
}

function nameHash(key: string): number {
  // FNV-1a: stable, and cheap beside the rest of a 10,000-Service sync.
  let hash = 0x811c9dc5;
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
  const rules = (content.rules ?? []).toSorted(byName).map((rule) => lineOf(rule, bound));
  const version = versionOf(content);
  for (let count = 1; count <= MAX_SHARDS; count *= 2) {
    const parts = { version, services, rejected, rules };
    if (Math.max(...shardSizes(parts, count, bound)) > bound.bytes) continue;
    const shards = shardTexts(parts, count);
    return { shards, ...formatIndex(content, version, shards) };
  }
  return undefined;
}

/** Members of the policy without which a gateway of an earlier build lets in nobody whom it should not. */
const FIRST_POLICY: readonly string[] = ['hosts', 'publicUrl', 'cors', 'apiServers'];

/** The lowest version of the format that has all that the content says (see registry-document.ts). */
function versionOf({ policy, services, rules = [] }: RegistryContent): number {
  const isFirst =
    rules.length === 0 &&
    Object.keys(policy).every((member) => FIRST_POLICY.includes(member)) &&
    services.every(({ scheme, toolsDigest }) => scheme === undefined && toolsDigest === undefined);
  return isFirst ? 1 : 2;
}

/** An entry's text and what it adds to its shard, made once whatever number of shards is tried. */
interface EntryLine {
  readonly text: string;
  readonly size: number;
  readonly hash: number;
}

type Entry = ServiceEntry | RejectedService | AccessRule;

/** Lines by entry. A caller that has to leave Services out tries again with the same entries. */
const lines = new WeakMap<Entry, { readonly bound: ShardBound; readonly line: EntryLine }>();

function lineOf(entry: Entry, bound: ShardBound): EntryLine {
  const known = lines.get(entry);
  if (known?.bound === bound) return known.line;
  const text = canonicalJson(entry);
  const key = 'namespace' in entry ? `${entry.namespace}/${entry.name}` : entry.name;
  const line = { text, size: bound.measure(`${text},\n`), hash: nameHash(key) };
  lines.set(entry, { bound, line });
  return line;
}

function shardSizes({ services, rejected, rules }: ShardParts<EntryLine>, count: number, bound: ShardBound): number[] {
  // Each of the lists has a line feed more than it has entries, and a comma less; a line feed may weigh more.
  const frame = bound.measure(shardText({ version: 2, services: [], rejected: [], rules: [] })) + bound.measure('\n\n');
  const sizes = Array.from(
    { length: count },
    () => frame + (rules.length > 0 ? bound.measure(`${rulesMember([])}\n`) : 0),
  );
  for (const list of [services, rejected, rules]) {
    for (const { size, hash } of list) {
      const number = hash & (count - 1);
      sizes[number] = (sizes[number] ?? 0) + size;
    }
  }
  return sizes;
}

/** What the shards hold: whole lines before they are distributed, texts of one shard after. */
interface ShardParts<T> {
  readonly version: number;
  readonly services: readonly T[];
  readonly rejected: readonly T[];
  readonly rules: readonly T[];
}

function shardTexts({ version, services, rejected, rules }: ShardParts<EntryLine>, count: number): string[] {
  const rejectedTexts = distribute(rejected, count);
  const ruleTexts = distribute(rules, count);
  return distribute(services, count).map((texts, number) =>
    shardText({ version, services: texts, rejected: rejectedTexts[number] ?? [], rules: ruleTexts[number] ?? [] }),
  );
}

/** One entry a line: JSON that a person can read, at a byte or two an entry. */
function shardText({ version, services, rejected, rules }: ShardParts<string>): string {
  const ruled = rules.length === 0 ? '' : rulesMember(rules);
  return `{"formatVersion":${version},\n"rejected":[${joined(rejected)}],\n${ruled}"services":[${joined(services)}]}\n`;
}

function rulesMember(rules: readonly string[]): string {
  return `"rules":[${joined(rules)}],\n`;
}

function joined(texts: readonly string[]): string {
  return texts.length === 0 ? '' : `\n${texts.join(',\n')}\n`;
}

function distribute(all: readonly EntryLine[], count: number): string[][] {
  const shards: string[][] = Array.from({ length: count }, () => []);
  for (const { text, hash } of all) shards[hash & (count - 1)]?.push(text);
  return shards;
}

function formatIndex(
  content: RegistryContent,
  version: number,
  shards: readonly string[],
): { index: string; revision: string } {
  const unsigned: Omit<RegistryIndex, 'revision'> = {
    formatVersion: version,
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
