import type { Test } from 'tap';
import type { FormattedRegistry } from '../../../gateway/contract/format-registry.ts';
import { INDEX_KEY, shardConfigMapName, shardKey } from '../../../gateway/contract/names.ts';
import { createLogger } from '../../../gateway/log.ts';
import { configMapSource, type ConfigMapSourceOptions } from '../../../gateway/registry/configmap.ts';
import type { ScriptedKubeApi } from '../../support/scripted-kube-api.ts';
import { until } from '../../support/until.ts';
import { recordingObserver, type RecordingObserver } from './recording-observer.ts';

/** The index's ConfigMap in these tests. */
export const REGISTRY = 'main-registry';

/** Writes a registry's ConfigMaps as Metacontroller does: one after another, the shards first or the index first. */
export function publish(api: ScriptedKubeApi, parts: FormattedRegistry, order: 'shards' | 'index' = 'shards'): void {
  if (order === 'index') putIndex(api, parts);
  parts.shards.forEach((text, number) => putShard(api, number, text));
  if (order === 'shards') putIndex(api, parts);
}

export function putIndex(api: ScriptedKubeApi, parts: FormattedRegistry): void {
  api.put(REGISTRY, { [INDEX_KEY]: parts.index });
}

export function putShard(api: ScriptedKubeApi, number: number, text: string): void {
  api.put(shardConfigMapName(REGISTRY, number), { [shardKey(number)]: text });
}

/** A source over the scripted API server, and what it told; ended with the test. */
export function observed(
  t: Test,
  api: ScriptedKubeApi,
  options: Partial<ConfigMapSourceOptions> = {},
): RecordingObserver & { readonly close: () => Promise<void> } {
  const observer = recordingObserver();
  const source = configMapSource({
    api: { url: api.url },
    namespace: 'tools',
    name: REGISTRY,
    log: createLogger({ level: 'error', format: 'json', write: () => undefined }),
    graceMs: 20,
    ...options,
  });
  source.start(observer);
  t.teardown(() => source.close());
  return Object.assign(observer, { close: () => source.close() });
}

export async function sees(observer: RecordingObserver, ...services: string[]): Promise<void> {
  const wanted = JSON.stringify(services);
  await until(`a document with ${wanted}`, () => JSON.stringify(observer.services()) === wanted, {
    state: observer.summary,
  });
}

export async function seesFault(observer: RecordingObserver, pattern: RegExp): Promise<void> {
  await until(`a fault like ${pattern}`, () => observer.faults.some((fault) => pattern.test(fault.message)), {
    state: observer.summary,
  });
}
