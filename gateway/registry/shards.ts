import { setTimeout as delay } from 'node:timers/promises';
import { sha256 } from '../contract/format-registry.ts';
import { shardConfigMapName, shardKey } from '../contract/names.ts';
import { assembleRegistry } from '../contract/parse-registry.ts';
import type { RegistryDocument, RegistryIndex } from '../contract/registry-document.ts';
import type { Connection } from './index-watch.ts';

export interface ShardCollectorOptions {
  readonly namespace: string;
  /** The name of the index's ConfigMap. */
  readonly registry: string;
}

/** The document with the very texts that it was made of, which prove themselves by their hashes wherever they are kept. */
export interface CollectedRegistry {
  readonly document: RegistryDocument;
  readonly shardTexts: readonly string[];
}

/** One index whose shards are wanted. */
export interface CollectOrder {
  readonly index: RegistryIndex;
  readonly connection: Connection;
  /** Aborts when another index has taken this one's place, or the connection is given up. */
  readonly signal: AbortSignal;
  /** Told what is missing after each round in vain. */
  readonly fault: (error: Error) => void;
}

export interface ShardCollector {
  /**
   * Fetches the shards that are not held yet, again and again until all match the index.
   * @returns undefined if the signal aborted first
   * @throws RegistryError if the shards are those of the index but cannot be read
   */
  collect(order: CollectOrder): Promise<CollectedRegistry | undefined>;
}

/**
 * Metacontroller writes the parts one by one, in moments as a rule, at five a second where its client limit is the
 * default. Rounds begin quickly and slow down, the more the more shards are missing: never above 100 calls a second.
 */
const ROUND_MS = { first: 10, most: 200, perShard: 10 } as const;

/** Gets shards by GET, only those whose hash is not that of what is held. */
export function shardCollector({ namespace, registry }: ShardCollectorOptions): ShardCollector {
  /** What each shard's ConfigMap last held. */
  const held: { readonly hash: string; readonly text: string }[] = [];

  async function fetchShard(number: number, { api, signal }: Connection): Promise<void> {
    const configMap = await api.get(namespace, shardConfigMapName(registry, number), signal);
    const text = configMap.data?.[shardKey(number)];
    // Kept even if it is not the awaited one: the index that names it may be on its way.
    if (text !== undefined) held[number] = { hash: sha256(text), text };
  }

  return {
    async collect({ index, connection, signal, fault }) {
      const missing = (): number[] =>
        index.shards.flatMap((hash, number) => (held[number]?.hash === hash ? [] : [number]));
      for (let pause: number = ROUND_MS.first; ; pause = Math.min(pause * 2, ROUND_MS.most)) {
        const calls = await Promise.allSettled(missing().map((number) => fetchShard(number, connection)));
        if (signal.aborted) return undefined;
        const [first, ...others] = missing();
        if (first === undefined) {
          held.length = index.shards.length;
          const shardTexts = held.map((shard) => shard.text);
          return { document: assembleRegistry(index, shardTexts), shardTexts };
        }
        const refused = calls.find((call) => call.status === 'rejected');
        fault(refused === undefined ? mismatch(first, index) : (refused.reason as Error));
        const wait = Math.max(pause, (others.length + 1) * ROUND_MS.perShard);
        await delay(wait, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return undefined;
      }
    },
  };

  function mismatch(number: number, index: RegistryIndex): Error {
    const name = `${namespace}/${shardConfigMapName(registry, number)}`;
    return new Error(
      `ConfigMap ${name} does not hold the shard that index revision ${index.revision.slice(0, 12)} names: expected key ${shardKey(number)} with sha256 ${index.shards[number]?.slice(0, 12)}.`,
    );
  }
}
