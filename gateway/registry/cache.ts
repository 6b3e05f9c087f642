import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assembleRegistry, parseIndex } from '../contract/parse-registry.ts';
import type { RegistryDocument } from '../contract/registry-document.ts';

/** The texts of a registry whose parts all match. */
export interface RegistryTexts {
  readonly index: string;
  readonly shards: readonly string[];
}

/** Keeps the last good registry on disk, for a start while the API server is away. */
export interface RegistryCache {
  /** What was kept; undefined if nothing was. @throws if it cannot be read or is damaged */
  load(): Promise<RegistryDocument | undefined>;
  /**
   * Keeps the texts instead of what was kept before. Of several in a row the last is kept.
   * @throws if they cannot be written
   */
  save(texts: RegistryTexts): Promise<void>;
}

const FILE = 'registry-cache.json';

/**
 * A cache in a folder, which is made if it is absent. All is in one file, which replaces the last in one step: it is
 * never seen half written. Its parts prove themselves by the hashes that they have anyway.
 */
export function registryCache(folder: string): RegistryCache {
  const path = join(folder, FILE);
  let latest: RegistryTexts | undefined;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    await mkdir(folder, { recursive: true });
    while (latest !== undefined) {
      const { index, shards } = latest;
      latest = undefined;
      const temporary = `${path}.${process.pid}.tmp`;
      try {
        await writeFile(temporary, JSON.stringify({ index, shards }));
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    }
  }

  return {
    async load() {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
      const { index, shards } = JSON.parse(text) as Partial<RegistryTexts>;
      return assembleRegistry(parseIndex(index ?? ''), shards ?? []);
    },
    async save(texts) {
      latest = texts;
      writing ??= write().finally(() => (writing = undefined));
      await writing;
    },
  };
}
