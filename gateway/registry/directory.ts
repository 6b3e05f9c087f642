import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INDEX_KEY, shardKey } from '../contract/names.ts';
import { assembleRegistry, parseIndex } from '../contract/parse-registry.ts';
import type { RegistryDocument } from '../contract/registry-document.ts';
import { watchFolder, type FolderWatch, type FolderWatchOptions } from '../../mounts/folder-watch.ts';
import { announcer, type Announcer } from './announcer.ts';
import type { RegistrySource } from './source.ts';

export interface DirectorySourceOptions extends FolderWatchOptions {
  /** The folder that holds the index and the shards, each a file (names: gateway/contract/names.ts). */
  readonly path: string;
  /** How long a fault must last before it is told, in milliseconds. */
  readonly graceMs?: number;
}

/** Parts that were read amid an update are read again after this long, then after twice as long, and so on. */
const RETRY_MS = { first: 10, most: 1000 } as const;

/**
 * The registry as files: a mounted ConfigMap, or the folder that local mode writes. The folder may be absent at the
 * start, its files may come one by one, and it may be replaced by another.
 */
export function directorySource(options: DirectorySourceOptions): RegistrySource {
  let folderWatch: FolderWatch | undefined;
  let announce: Announcer | undefined;
  let retry: NodeJS.Timeout | undefined;
  let retryMs: number = RETRY_MS.first;
  let reading = false;
  let readAgain = false;
  let closed = false;

  async function read(): Promise<void> {
    if (reading) {
      readAgain = true;
      return;
    }
    reading = true;
    do {
      readAgain = false;
      await attempt();
    } while (readAgain);
    reading = false;
  }

  async function attempt(): Promise<void> {
    clearTimeout(retry);
    if (closed) return;
    try {
      const document = await readRegistry(options.path);
      if (closed) return;
      retryMs = RETRY_MS.first;
      announce?.document(document);
    } catch (error) {
      if (closed) return;
      announce?.fault(error as Error);
      retry = setTimeout(() => void read(), retryMs);
      retryMs = Math.min(retryMs * 2, RETRY_MS.most);
    }
  }

  return {
    start(observer) {
      announce = announcer(observer, options.graceMs);
      folderWatch = watchFolder(options.path, () => void read(), options);
    },
    async close() {
      closed = true;
      folderWatch?.close();
      announce?.close();
      clearTimeout(retry);
    },
  };
}

/**
 * Reads all parts once.
 * @throws RegistryError if they do not belong together, or the file system's error
 */
async function readRegistry(folder: string): Promise<RegistryDocument> {
  let indexText: string;
  try {
    indexText = await readFile(join(folder, INDEX_KEY), 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `The registry index cannot be read: ${reason}. Expected a folder with ${INDEX_KEY} and its shards.`,
      {
        cause,
      },
    );
  }
  const index = parseIndex(indexText);
  const shards = await Promise.all(index.shards.map((_hash, number) => readIfThere(join(folder, shardKey(number)))));
  return assembleRegistry(index, shards);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
