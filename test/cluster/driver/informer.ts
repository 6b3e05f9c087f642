import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { objectKey } from '../../../hooks/metacontroller/objects.ts';
import type { Change, ResourceType, StoredObject } from '../../../local/driver/store.ts';
import { StatusError, type KubeHttp } from './kube-http.ts';

interface ObjectList {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly StoredObject[];
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: StoredObject & { readonly code?: number; readonly message?: string };
}

/** A watch is ended by the API server after this, and begun anew. */
const WATCH_SECONDS = 300;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5000;

/**
 * All objects of a type as an API server has them: listed once, then watched from there. A watch that ends goes on where it was, and
 * where that is too long ago all is listed anew; what changed meanwhile is told either way.
 */
export class Informer {
  readonly #http: KubeHttp;
  readonly #type: ResourceType;
  readonly #path: string;
  readonly #tell: (change: Change) => void;
  readonly #objects = new Map<string, StoredObject>();
  readonly #ending = new AbortController();
  readonly #synced = Promise.withResolvers<void>();
  #version: string | undefined;

  /** @param path of the type's collection, over all namespaces */
  constructor(http: KubeHttp, type: ResourceType, path: string, tell: (change: Change) => void) {
    this.#http = http;
    this.#type = type;
    this.#path = path;
    this.#tell = tell;
    void this.#run();
  }

  /** Resolves when all objects are known. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  list(): StoredObject[] {
    return [...this.#objects.values()];
  }

  stop(): void {
    this.#ending.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    let pause = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#listAll();
        await this.#watch();
        pause = FIRST_PAUSE_MS;
      } catch (error) {
        // Too old, or not to be had: whatever it was, a new list puts it right. An API server that is away is waited for.
        if (error instanceof StatusError) this.#version = undefined;
        await delay(pause, undefined, { signal }).catch(() => {});
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  async #listAll(): Promise<void> {
    const { metadata, items } = await this.#http.json<ObjectList>('GET', this.#path);
    const gone = new Set(this.#objects.keys());
    for (const item of items) {
      const object = this.#complete(item);
      gone.delete(objectKey(object));
      this.#put(object);
    }
    for (const key of gone) this.#remove(key);
    this.#version = metadata.resourceVersion;
    this.#synced.resolve();
  }

  async #watch(): Promise<void> {
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(WATCH_SECONDS),
      resourceVersion: this.#version ?? '0',
    });
    for await (const { type, object } of this.#http.lines<WatchEvent>(
      `${this.#path}?${query.toString()}`,
      this.#ending.signal,
    )) {
      if (type === 'ERROR') throw new StatusError(object.code ?? 0, 'Expired', object.message ?? 'The watch failed.');
      this.#version = object.metadata.resourceVersion;
      if (type === 'DELETED') this.#remove(objectKey(object));
      else if (type !== 'BOOKMARK') this.#put(this.#complete(object));
    }
  }

  /** The items of a list do not say what they are. */
  #complete(object: StoredObject): StoredObject {
    return { ...object, apiVersion: this.#type.apiVersion, kind: this.#type.kind };
  }

  #put(after: StoredObject): void {
    const key = objectKey(after);
    const before = this.#objects.get(key);
    if (before !== undefined && isDeepStrictEqual(before.metadata.resourceVersion, after.metadata.resourceVersion))
      return;
    this.#objects.set(key, after);
    this.#tell({ type: this.#type, after, ...(before && { before }) });
  }

  #remove(key: string): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    this.#tell({ type: this.#type, before });
  }
}
