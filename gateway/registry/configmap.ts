import { INDEX_KEY } from '../contract/names.ts';
import { parseIndex } from '../contract/parse-registry.ts';
import type { RegistryDocument } from '../contract/registry-document.ts';
import type { Logger } from '../log.ts';
import { announcer, type Announcer } from './announcer.ts';
import { registryCache, type RegistryTexts } from './cache.ts';
import { watchIndex, type Connection, type IndexObserver } from './index-watch.ts';
import { openKubeApi, type ConfigMap, type KubeApiOptions } from './kube-api.ts';
import { shardCollector } from './shards.ts';
import type { RegistrySource } from './source.ts';

export interface ConfigMapSourceOptions {
  readonly api: KubeApiOptions;
  readonly namespace: string;
  /** The name of the index's ConfigMap. */
  readonly name: string;
  /** Where the last good registry is kept; absent: nowhere. */
  readonly cacheDir?: string | undefined;
  readonly log: Logger;
  /** How long one watch lasts, and how long one that is silently dead may go unnoticed, in seconds. */
  readonly watchSeconds?: number;
  /** How long a fault must last before it is told, in milliseconds. */
  readonly graceMs?: number;
}

const WATCH_SECONDS = 30;
/** How long the API server may take at the start before the kept registry is served instead. */
const PATIENCE_MS = 500;

/**
 * The registry as ConfigMaps, over the API server: one watch, on the index by name; shards are fetched when their hash
 * has changed. Nothing that the API server does ends it, and the last good document stays.
 */
export function configMapSource(options: ConfigMapSourceOptions): RegistrySource {
  const { namespace, name, log, watchSeconds = WATCH_SECONDS } = options;
  const cache = options.cacheDir === undefined ? undefined : registryCache(options.cacheDir);
  const shards = shardCollector({ namespace, registry: name });
  const end = new AbortController();
  let announce: Announcer | undefined;
  let watching: Promise<void> | undefined;
  let patience: NodeJS.Timeout | undefined;
  let attempt = new AbortController();
  /** The last good document of the API server's. */
  let held: RegistryDocument | undefined;
  let restored = false;
  let keeping: Promise<void> | undefined;

  const observer: IndexObserver = {
    present(configMap, connection) {
      attempt.abort();
      attempt = new AbortController();
      take(configMap, connection, attempt.signal).catch(fault);
    },
    fault,
  };

  async function take(configMap: ConfigMap | undefined, connection: Connection, newer: AbortSignal): Promise<void> {
    const text = configMap?.data?.[INDEX_KEY];
    if (text === undefined) {
      const found = configMap === undefined ? 'does not exist' : `has no key ${INDEX_KEY}`;
      throw new Error(
        `ConfigMap ${namespace}/${name} ${found}; expected the registry index, which the operator writes.`,
      );
    }
    const index = parseIndex(text);
    if (index.revision === held?.revision) {
      announce?.document(held);
      return;
    }
    const signal = AbortSignal.any([connection.signal, newer]);
    const collected = await shards.collect({ index, connection, signal, fault });
    if (collected === undefined) return;
    held = collected.document;
    clearTimeout(patience);
    announce?.document(held);
    keeping = keep({ index: text, shards: collected.shardTexts });
  }

  function fault(error: Error): void {
    if (end.signal.aborted) return;
    announce?.fault(error);
    void restore();
  }

  /** Serves the kept registry, once, if the API server has given none yet. */
  async function restore(): Promise<void> {
    if (restored || held !== undefined || cache === undefined) return;
    restored = true;
    try {
      const document = await cache.load();
      if (document === undefined || held !== undefined || end.signal.aborted) return;
      log.info('Serving the kept registry until the API server answers.', { revision: document.revision });
      announce?.document(document);
    } catch (error) {
      log.warn('The kept registry cannot be read; waiting for the API server.', { error });
    }
  }

  async function keep(texts: RegistryTexts): Promise<void> {
    try {
      await cache?.save(texts);
    } catch (error) {
      log.warn('The registry cannot be kept for a restart; it is served all the same.', { error });
    }
  }

  return {
    start(registryObserver) {
      announce = announcer(registryObserver, options.graceMs);
      patience = setTimeout(() => void restore(), PATIENCE_MS);
      const open = () => openKubeApi(options.api);
      watching = watchIndex({ open, namespace, name, watchSeconds }, observer, end.signal);
    },
    async close() {
      end.abort();
      attempt.abort();
      clearTimeout(patience);
      announce?.close();
      await watching;
      await keeping;
    },
  };
}
