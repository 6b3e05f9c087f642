import { hash } from 'node:crypto';
import { canonicalJson } from '../contract/canonical-json.ts';
import type { JsonObject } from './json.ts';
import type { LegacyAbility } from './legacy-ability.ts';
import { instructionFlags } from './text-flags.ts';
import type { ToolTraits } from './tool-traits.ts';

/** Legacy: revisions up to 2025-11-25 (initialize, sessions). Modern: 2026-07-28 (stateless). */
export type Era = 'legacy' | 'modern';

/** What is spoken instead of Streamable HTTP: the transport of 2024-11-05. */
export type Transport = 'http+sse';

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
  /** How the server is spoken to, where it is not over Streamable HTTP. */
  readonly transport?: Transport;
  /** A legacy server that gives no session id. */
  readonly stateless?: boolean;
  /** What a modern server lists in its DiscoverResult. */
  readonly supportedVersions?: readonly string[];
  /** What a modern server is to clients of the legacy era, where it speaks that too: a dual-era server. */
  readonly legacy?: LegacyAbility;
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
  /** What calls have to know of tools, by their names: of most there is nothing. */
  readonly toolTraits: ReadonlyMap<string, ToolTraits>;
  /** What was left out and why, a sentence each. */
  readonly problems: readonly string[];
  /** What a person should look at in the texts that are for models, a sentence each. */
  readonly flags: readonly string[];
  /** By which a person approves of the tools (tools-digest.ts). */
  readonly toolsDigest: string;
  /** sha256, hexadecimal, of all of the above but the version, as the server listed it. */
  readonly digest: string;
  /** When these contents were first seen, RFC 3339. */
  readonly fetchedAt: string;
}

/** What a catalogue is made of: each list as read, the very same object as long as it did not change. */
export type CatalogueLists = Readonly<
  Record<
    ListKind,
    {
      readonly items: readonly JsonObject[];
      readonly problems: readonly string[];
      readonly digest: string;
      readonly traits?: ReadonlyMap<string, ToolTraits>;
      readonly flags: readonly string[];
      readonly toolsDigest: string;
    }
  >
>;

const noTraits: ReadonlyMap<string, ToolTraits> = new Map();

/**
 * The catalogue of a server; `previous` itself if nothing changed.
 * @param now when the contents were fetched
 */
export function nextCatalogue(
  previous: Catalogue | undefined,
  description: ServerDescription,
  lists: CatalogueLists,
  now: Date,
): Catalogue {
  const problems = listKinds.flatMap((kind) => lists[kind].problems);
  const digest = hash(
    'sha256',
    canonicalJson([description, listKinds.map((kind) => lists[kind].digest), problems]),
    'hex',
  );
  if (previous?.digest === digest) return previous;
  return {
    ...description,
    version: (previous?.version ?? 0) + 1,
    tools: lists.tools.items,
    prompts: lists.prompts.items,
    resources: lists.resources.items,
    resourceTemplates: lists.resourceTemplates.items,
    toolTraits: lists.tools.traits ?? noTraits,
    problems,
    flags: [...instructionFlags(description), ...listKinds.flatMap((kind) => lists[kind].flags)],
    toolsDigest: lists.tools.toolsDigest,
    digest,
    fetchedAt: now.toISOString(),
  };
}

const describing = [
  'era',
  'protocolVersion',
  'capabilities',
  'serverInfo',
  'instructions',
  'transport',
  'stateless',
  'supportedVersions',
  'legacy',
] as const satisfies readonly (keyof ServerDescription)[];

/** What differs between two catalogues of one server. */
export function changesBetween(previous: Catalogue | undefined, next: Catalogue): ReadonlySet<ChangeKind> {
  const changes = new Set<ChangeKind>();
  for (const kind of listKinds) {
    // An unchanged list is the very same array; before the first catalogue all lists were empty.
    if (previous === undefined ? next[kind].length > 0 : previous[kind] !== next[kind]) changes.add(kind);
  }
  if (describing.some((member) => differ(previous?.[member], next[member]))) changes.add('server');
  return changes;
}

function differ(a: unknown, b: unknown): boolean {
  return a !== b && canonicalJson(a ?? null) !== canonicalJson(b ?? null);
}
