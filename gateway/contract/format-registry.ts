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
  readonly policy: RegistryPolicy;
  readonly services: readonly ServiceEntry[];
  readonly rejected: readonly RejectedService[];
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
  // FNV-1a: stable, and cheap beside the rest of a 10,000-Service sync.
  let hash = 0x811c9dc5;
  const key = `${service.namespace}/${service.name}`;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) & (count - 1);
}

/**
 * Cuts the registry into the smallest power of two of shards whose stored size `fits`, and formats all parts
 * canonically: equal content, in whatever order, gives equal bytes.
 *
 * @param fits whether a shard's text can be stored (the hooks ask this of the whole ConfigMap, see hooks/registry)
 * @returns undefined if even 64 shards are too few: the caller must then leave Services out
 */
export function formatRegistry(
  content: RegistryContent,
  fits: (shardText: string) => boolean,
): FormattedRegistry | undefined {
  const services = content.services.toSorted(byNamespaceAndName).map(lineOf);
  const rejected = content.rejected.toSorted(byNamespaceAndName).map(lineOf);
  for (let count = 1; count <= MAX_SHARDS; count *= 2) {
    const shards = shardTexts(services, rejected, count);
    if (shards.every(fits)) return { shards, ...formatIndex(content, shards) };
  }
  return undefined;
}

/** An entry's text, made once whatever number of shards is tried. */
interface EntryLine {
  readonly namespace: string;
  readonly name: string;
  readonly text: string;
}

function lineOf(entry: ServiceEntry | RejectedService): EntryLine {
  return { namespace: entry.namespace, name: entry.name, text: canonicalJson(entry) };
}

function shardTexts(services: readonly EntryLine[], rejected: readonly EntryLine[], count: number): string[] {
  const serviceLines = distribute(services, count);
  const rejectedLines = distribute(rejected, count);
  // One entry a line: JSON that a person can read, at a byte or two an entry.
  return serviceLines.map((lines, number) => {
    const parts = [`"formatVersion":${REGISTRY_FORMAT_VERSION}`];
    const refused = rejectedLines[number] ?? [];
    parts.push(`"rejected":[${joined(refused)}]`, `"services":[${joined(lines)}]`);
    return `{${parts.join(',\n')}}\n`;
  });
}

function joined(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${lines.join(',\n')}\n`;
}

function distribute(lines: readonly EntryLine[], count: number): string[][] {
  const shards: string[][] = Array.from({ length: count }, () => []);
  for (const line of lines) shards[shardOf(line, count)]?.push(line.text);
  return shards;
}

function formatIndex(content: RegistryContent, shards: readonly string[]): { index: string; revision: string } {
  const unsigned: Omit<RegistryIndex, 'revision'> = {
    formatVersion: REGISTRY_FORMAT_VERSION,
    gateway: content.gateway,
    policy: content.policy,
    serviceCount: content.services.length,
    rejectedCount: content.rejected.length,
    shards: shards.map(sha256),
  };
  const revision = revisionOf(unsigned);
  return { index: `${canonicalJson({ ...unsigned, revision })}\n`, revision };
}

/** The revision of an index: sha256 over its canonical JSON without the field `revision`. */
export function revisionOf(index: Omit<RegistryIndex, 'revision'>): string {
  return sha256(canonicalJson(index));
}
