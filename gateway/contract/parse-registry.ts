import { Ajv, type ValidateFunction } from 'ajv';
import { revisionOf, sha256 } from './format-registry.ts';
import {
  byName,
  byNamespaceAndName,
  REGISTRY_FORMAT_VERSION,
  type RegistryDocument,
  type RegistryIndex,
  type RegistryShard,
} from './registry-document.ts';
import { indexSchema, shardSchema } from './registry-schema.ts';

export type RegistryErrorCode =
  /** A part is not JSON, or not of the format's shape. */
  | 'ERR_REGISTRY_MALFORMED'
  /** A part has a format version that this build does not read. */
  | 'ERR_REGISTRY_VERSION'
  /** A shard's text is not the one that the index names: an update is under way, or a part was edited. */
  | 'ERR_REGISTRY_HASH';

/** A registry document that cannot be taken. The reader keeps the last good one. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;
  constructor(code: RegistryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const ajv = new Ajv({ allErrors: false });
const validateIndex = ajv.compile<RegistryIndex>(indexSchema);
const validateShard = ajv.compile<RegistryShard>(shardSchema);

/** Reads an index's text. @throws RegistryError */
export function parseIndex(text: string): RegistryIndex {
  const index = parsePart(text, 'index', validateIndex);
  const { revision, ...unsigned } = index;
  // A version that a later build wrote may have fields that the revision covers too: they are in `unsigned` as they came.
  if (revisionOf(unsigned) !== revision) {
    throw new RegistryError(
      'ERR_REGISTRY_HASH',
      `The registry index says revision ${revision}, but its content hashes to ${revisionOf(unsigned)}: it was edited by hand or written in part.`,
    );
  }
  return index;
}

/**
 * Puts the document together from an index and the texts of all its shards, by number.
 * @throws RegistryError if any shard is missing, is not the one the index names, or is malformed: no mixed view
 */
export function assembleRegistry(index: RegistryIndex, shardTexts: readonly (string | undefined)[]): RegistryDocument {
  const shards = index.shards.map((hash, number) => {
    const text = shardTexts[number];
    if (text === undefined || sha256(text) !== hash) {
      throw new RegistryError(
        'ERR_REGISTRY_HASH',
        `The registry's index (revision ${index.revision.slice(0, 12)}) names shard ${number} with sha256 ${hash.slice(0, 12)}; ${text === undefined ? 'there is no such shard' : `the shard that is there has ${sha256(text).slice(0, 12)}`}.`,
      );
    }
    return parsePart(text, `shard ${number}`, validateShard);
  });
  return {
    formatVersion: index.formatVersion,
    gateway: index.gateway,
    revision: index.revision,
    policy: index.policy,
    services: shards.flatMap((shard) => shard.services).sort(byNamespaceAndName),
    rejected: shards.flatMap((shard) => shard.rejected).sort(byNamespaceAndName),
    rules: shards.flatMap((shard) => shard.rules ?? []).sort(byName),
  };
}

function parsePart<T extends { readonly formatVersion: number }>(
  text: string,
  part: string,
  validate: ValidateFunction<T>,
): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RegistryError('ERR_REGISTRY_MALFORMED', `The registry ${part} is not JSON.`, { cause });
  }
  // The version first: a later format may have another shape, and "unsupported" then says more than "malformed".
  const version = (value as { formatVersion?: unknown } | null)?.formatVersion;
  if (typeof version === 'number' && version > REGISTRY_FORMAT_VERSION) {
    throw new RegistryError(
      'ERR_REGISTRY_VERSION',
      `The registry ${part} has formatVersion ${version}; this gateway reads up to ${REGISTRY_FORMAT_VERSION}. Upgrade the gateway image.`,
    );
  }
  if (!validate(value)) {
    const error = validate.errors?.[0];
    throw new RegistryError(
      'ERR_REGISTRY_MALFORMED',
      `The registry ${part} is malformed: ${error?.instancePath || '/'} ${error?.message ?? ''}.`,
    );
  }
  return value;
}
