import { controllerOf } from '../hooks/metacontroller/objects.ts';
import { INDEX_KEY, registryName, shardConfigMapName, shardKey } from '../gateway/contract/names.ts';
import { assembleRegistry, parseIndex, RegistryError } from '../gateway/contract/parse-registry.ts';
import type { RegistryDocument } from '../gateway/contract/registry-document.ts';
import type { StoredObject } from './driver/store.ts';

/** A Gateway's registry as its ConfigMaps hold it. */
export interface PublishedRegistry {
  readonly document: RegistryDocument;
  /** The files that a mount of these ConfigMaps would have. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Puts a Gateway's registry together from its ConfigMaps.
 * @returns undefined while they are being written, one after the other: there is nothing whole to be read
 */
export function publishedRegistry(
  gateway: StoredObject,
  configMaps: readonly StoredObject[],
): PublishedRegistry | undefined {
  const texts = new Map<string, string>();
  for (const configMap of configMaps) {
    if (controllerOf(configMap)?.uid !== gateway.metadata.uid) continue;
    const data = configMap['data'] as Readonly<Record<string, string>> | undefined;
    for (const [key, text] of Object.entries(data ?? {})) texts.set(`${configMap.metadata.name}/${key}`, text);
  }
  const registry = registryName(gateway.metadata.name);
  const indexText = texts.get(`${registry}/${INDEX_KEY}`);
  if (indexText === undefined) return undefined;
  try {
    const index = parseIndex(indexText);
    const shards = index.shards.map((_hash, number) =>
      texts.get(`${shardConfigMapName(registry, number)}/${shardKey(number)}`),
    );
    const document = assembleRegistry(index, shards);
    const files = new Map([[INDEX_KEY, indexText]]);
    shards.forEach((text, number) => files.set(shardKey(number), text ?? ''));
    return { document, files };
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}
