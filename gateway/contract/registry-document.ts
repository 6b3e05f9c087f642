/**
 * The registry document: what the hooks publish and the gateways serve. One index and 1 to 64 shards, each a text of
 * its own (a ConfigMap's data key, or a file), tied together by hashes so that a reader never sees a mixed view.
 *
 * Readers ignore fields that they do not know; a field that must be understood raises `REGISTRY_FORMAT_VERSION`, and a
 * reader takes the previous version too, since hooks are replaced before gateways. A document is written in the lowest
 * version that has all of its fields: gateways of an earlier build go on taking those that say nothing new to them.
 */
import type { AccessRule, AuditPolicy, AuthPolicy, CorsPolicy, LimitPolicy } from './access-policy.ts';

/** The newest version of the registry format that this build writes and reads. */
export const REGISTRY_FORMAT_VERSION = 2;

/** The most shards a registry may have. A power of two. */
export const MAX_SHARDS = 64;

/** What a Service offers: tools (an MCP server) or an agent. */
export type ServiceType = 'tool' | 'agent';

/**
 * What an agent is to be spoken to in, where that is not plainly MCP: A2A, or whichever of the two it is found to speak
 * (`auto`: A2A if there is an agent card, else MCP).
 */
export type DeclaredProtocol = 'a2a' | 'auto';

/** Bounds of one entry's fields. A Service that exceeds one is rejected alone, so that it cannot crowd out others. */
export const entryBounds = {
  /** Bytes of UTF-8. */
  description: 512,
  /** Bytes of UTF-8. */
  version: 64,
  /** Bytes of UTF-8. */
  path: 256,
  /** Addresses an entry carries; of more ready endpoints the first ones in sorted order are used. */
  targets: 64,
  /** Bytes of UTF-8 of a note, a pending reason or a rejection's message. */
  message: 512,
} as const;

/** One Service that the gateway serves. */
export interface ServiceEntry {
  readonly namespace: string;
  readonly name: string;
  readonly type: ServiceType;
  /** Of agents only; absent: MCP. */
  readonly protocol?: DeclaredProtocol;
  /** The Service's creationTimestamp, RFC 3339; empty where there is none (local mode). */
  readonly created: string;
  /** Unique in the document: the tools of this Service are offered as `<prefix>_<name>`. */
  readonly prefix: string;
  /**
   * The path of the MCP endpoint on the Service; begins with `/`. With protocol `a2a` the one below which the agent's card
   * lies, `<path>/.well-known/agent-card.json`, whether or not it ends with `/`. With `auto` the card is looked for at the
   * root, and this is where MCP would be.
   */
  readonly path: string;
  /**
   * A path below `/mcp/` that the Service declared for itself and that the gateway serves beside `/mcp/<namespace>/<name>`.
   * Never with protocol `a2a`: what that declares is no path of MCP.
   */
  readonly alias?: string;
  /** The authority (`host:port`) to send as Host; what is dialled is a target. */
  readonly host: string;
  /** Addresses to dial, `host:port`, IPv6 in brackets; sorted. Empty: see `pending`. */
  readonly targets: readonly string[];
  /** Why there is nothing to dial yet: a sentence. */
  readonly pending?: string;
  /** What is spoken at the targets; absent: http. Certificates are checked against the name in `host`. Version 2. */
  readonly scheme?: 'https';
  /** The digest of its tools that was approved, `sha256:` and 64 hexadecimal digits. Version 2. */
  readonly toolsDigest?: string;
  /** A call's deadline in milliseconds; absent: the gateway's default. */
  readonly timeoutMs?: number;
  readonly description?: string;
  readonly version?: string;
  /** What a person should know of this entry although it is served (a clash that was resolved): a sentence. */
  readonly note?: string;
}

/** One Service that was labelled and cannot be served; the others are unharmed. */
export interface RejectedService {
  readonly namespace: string;
  readonly name: string;
  readonly type: ServiceType;
  /** Stable, CamelCase. */
  readonly reason: string;
  /** A sentence: what was found, what was expected, what to do. */
  readonly message: string;
}

/** What may change without a restart of the gateway. */
export interface RegistryPolicy {
  /** Hosts that clients from outside use, beside the gateway Service's own names. */
  readonly hosts: readonly string[];
  /** The URL under which clients from outside reach the gateway. */
  readonly publicUrl?: string;
  readonly cors?: CorsPolicy;
  /** Who is let in; absent: everyone. Version 2, as the next three. */
  readonly auth?: AuthPolicy;
  readonly limits?: LimitPolicy;
  readonly audit?: AuditPolicy;
  /** What becomes of a server whose tools are not those of its pinned digest; absent: `Warn`. */
  readonly toolPolicy?: 'Warn' | 'Enforce';
  /** Addresses of the cluster's API server, `host:port`: never dialled, whatever a Service says. */
  readonly apiServers?: readonly string[];
}

/** The document as a reader holds it after all hashes have matched. */
export interface RegistryDocument {
  readonly formatVersion: number;
  readonly gateway: { readonly namespace: string; readonly name: string };
  /** sha256, hexadecimal, over the canonical index without this field: equal revisions mean equal documents. */
  readonly revision: string;
  readonly policy: RegistryPolicy;
  /** Sorted by namespace, then name. */
  readonly services: readonly ServiceEntry[];
  /** Sorted by namespace, then name. */
  readonly rejected: readonly RejectedService[];
  /** What callers may use; none: everyone who is let in may use everything. Sorted by name. */
  readonly rules: readonly AccessRule[];
}

/** The index: small, and the only part that is watched. */
export interface RegistryIndex {
  readonly formatVersion: number;
  readonly gateway: { readonly namespace: string; readonly name: string };
  /** The Gateway's metadata.generation that the document is made from: tells an edit that has arrived from one on its way. */
  readonly generation?: number;
  readonly revision: string;
  readonly policy: RegistryPolicy;
  /** How many services all shards hold together. */
  readonly serviceCount: number;
  /** How many Services are rejected; the shards list as many of them as there is room for. */
  readonly rejectedCount: number;
  /** sha256, hexadecimal, of each shard's text, by the shard's number. */
  readonly shards: readonly string[];
}

/** One shard: the entries whose name's hash falls on its number. */
export interface RegistryShard {
  readonly formatVersion: number;
  readonly services: readonly ServiceEntry[];
  readonly rejected: readonly RejectedService[];
  /** The rules whose name's hash falls on the shard's number; absent: none. Version 2. */
  readonly rules?: readonly AccessRule[];
}

/** Orders by namespace, then name, by code unit: the order of every list in the document. */
export function byNamespaceAndName(
  a: { readonly namespace: string; readonly name: string },
  b: { readonly namespace: string; readonly name: string },
): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Orders by age: creationTimestamp, then namespace, then name. Of two Services that claim one thing, the older has it. */
export function byAge(
  a: { readonly created: string; readonly namespace: string; readonly name: string },
  b: { readonly created: string; readonly namespace: string; readonly name: string },
): number {
  // RFC 3339 in UTC, as the API server writes it, orders as text.
  if (a.created !== b.created) return a.created < b.created ? -1 : 1;
  return byNamespaceAndName(a, b);
}

/** Orders by name, by code unit. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
