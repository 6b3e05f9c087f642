import type { GatewayConfig } from '../config.ts';
import type { Logger } from '../log.ts';
import { configMapSource } from './configmap.ts';
import { directorySource } from './directory.ts';
import type { RegistrySource } from './source.ts';

export type { RegistryObserver, RegistrySource } from './source.ts';

/**
 * The source that the configuration names.
 * @throws Error if it is one of ConfigMaps and no API server is known (readConfig has refused that)
 */
export function registrySource(
  config: Pick<GatewayConfig, 'registry' | 'kubeApi' | 'cacheDir'>,
  log: Logger,
): RegistrySource {
  const { registry, kubeApi: api, cacheDir } = config;
  if (registry.kind === 'directory') return directorySource({ path: registry.path });
  if (api === undefined) throw new Error('A registry of ConfigMaps needs an API server; none is configured.');
  return configMapSource({ api, namespace: registry.namespace, name: registry.name, cacheDir, log });
}
