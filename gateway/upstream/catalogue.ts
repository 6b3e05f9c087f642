import { createHash } from 'node:crypto';
import { canonicalJson } from '../contract/canonical-json.ts';
import type { JsonObject } from './json.ts';

/** Legacy: revisions up to 2025-11-25 (initialize, sessions). Modern: 2026-07-28 (stateless). */
export type Era = 'legacy' | 'modern';

/** The lists that a server may have. */
export const listKinds = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const;
export type ListKind = (typeof listKinds)[number];

/** What a catalogue's change is about: one of its lists, or what the server says of itself. */
export type ChangeKind = ListKind | 'server';

/** What a server says of itself when a connection is made. */
export interface ServerDescription {
  readonly era: Era;
  /** The protocol version that it is spoken to in. */
  readonly protocolVersion: string;
  readonly capabilities: JsonObject;
  /** Self-reported: for display only. */
  readonly serverInfo?: JsonObject;
  readonly instructions?: string;
  /** A legacy server that gives no session id. */
  readonly stateless?: boolean;
  /** What a modern server lists in its DiscoverResult; with legacy versions in it, the server is dual-era. */
  readonly supportedVersions?: readonly string[];
}

/**
 * What is known of one server: immutable, and replaced only if its contents changed, so that whoever derives something
 * from a catalogue can tell by its identity that it is still true.
 */
export interface Catalogue extends ServerDescription {
  /** Counts this server's catalogues from 1. */
  readonly version: number;
  /** Items as the server sent them, in its order, with all their members. */
  readonly tools: readonly JsonObject[];
  readonly prompts: readonly JsonObject[];
  readonly resources: readonly JsonObject[];
  readonly resourceTemplates: readonly JsonObject[];
  /** What was left out and why, a sentence each. */
  readonly problems: readonly string[];
  /** sha256, hexadecimal, of all of the above but the version. */
  readonly digest: string;
  /** When these contents were first seen, RFC 3339. */
  readonly fetchedAt: string;
}

export type CatalogueContents = Omit<Catalogue, 'version' | 'digest' | 'fetchedAt'>;

/**
 * The catalogue of `contents`; `previous` itself if nothing changed.
 * @param now when the contents were fetched
 */
export function nextCatalogue(previous: Catalogue | undefined, contents: CatalogueContents, now: Date): Catalogue {
  const digest = createHash('sha256').update(canonicalJson(contents)).digest('hex');
  if (previous?.digest === digest) return previous;
  return { ...contents, version: (previous?.version ?? 0) + 1, digest, fetchedAt: now.toISOString() };
}

const describing = [
  'era',
  'protocolVersion',
  'capabilities',
  'serverInfo',
  'instructions',
  'stateless',
  'supportedVersions',
] as const satisfies readonly (keyof ServerDescription)[];

/** What differs between two catalogues of one server. */
export function changesBetween(previous: Catalogue | undefined, next: Catalogue): ReadonlySet<ChangeKind> {
  const changes = new Set<ChangeKind>();
  if (previous === next) return changes;
  for (const kind of listKinds) if (differ(previous?.[kind] ?? [], next[kind])) changes.add(kind);
  if (describing.some((member) => differ(previous?.[member], next[member]))) changes.add('server');
  return changes;
}

function differ(a: unknown, b: unknown): boolean {
  return canonicalJson(a ?? null) !== canonicalJson(b ?? null);
}
