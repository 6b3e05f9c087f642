/** The names of the registry's parts, as ConfigMaps and as files, and of the gateway. They never change once landed. */

/** The name of the ConfigMap that holds a Gateway's registry index. */
export function registryName(gateway: string): string {
  return `${gateway}-registry`;
}

/** The name of the ConfigMap that holds shard `number` of the registry `registry`. */
export function shardConfigMapName(registry: string, number: number): string {
  return `${registry}-${number}`;
}

/** The name of the Service under which the gateway of a Gateway is reached, and of what else belongs to it. */
export function gatewayServiceName(gateway: string): string {
  return `${gateway}-mcp`;
}

/** The data key, or file name, of the index. */
export const INDEX_KEY = 'index.json';

/** The data key, or file name, of shard `number`. Distinct for each shard, so that all fit in one folder. */
export function shardKey(number: number): string {
  return `shard-${number}.json`;
}
