import { INDEX_KEY, registryName, shardConfigMapName, shardKey } from '../../gateway/contract/names.ts';
import { assembleRegistry, parseIndex, RegistryError } from '../../gateway/contract/parse-registry.ts';
import type { RegistryDocument, RegistryIndex } from '../../gateway/contract/registry-document.ts';
import type { ObjectMap } from '../metacontroller/objects.ts';
import { isAttachment } from '../metacontroller/ownership.ts';
import type { ConfigMap } from '../registry/config-maps.ts';
import { CONFIG_MAP_TYPE } from '../registry/service.ts';
import { REGISTRY_CONTROLLER } from './children.ts';
import type { Gateway } from './gateway.ts';

/** A Gateway's registry as it stands in its ConfigMaps. */
export interface PublishedRegistry {
  readonly index: RegistryIndex;
  readonly document: RegistryDocument;
}

/**
 * Reads a Gateway's registry from the related ConfigMaps. Undefined while there is none, or while its parts do not
 * belong together: Metacontroller writes them one by one. ConfigMaps that are not the Gateway's own are not read.
 */
export function publishedRegistry(parent: Gateway, related: ObjectMap): PublishedRegistry | undefined {
  const { name, namespace = '' } = parent.metadata;
  const registry = registryName(name);
  const read = (configMap: string, key: string): string | undefined => {
    const object: ConfigMap | undefined = related[CONFIG_MAP_TYPE]?.[`${namespace}/${configMap}`];
    return object !== undefined && isAttachment(object, parent, REGISTRY_CONTROLLER) ? object.data?.[key] : undefined;
  };
  const indexText = read(registry, INDEX_KEY);
  if (indexText === undefined) return undefined;
  try {
    const index = parseIndex(indexText);
    const shards = index.shards.map((_, number) => read(shardConfigMapName(registry, number), shardKey(number)));
    return { index, document: assembleRegistry(index, shards) };
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}
