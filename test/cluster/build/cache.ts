import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';

/** The folder where everything is kept that is slow to make: `${XDG_CACHE_HOME:-~/.cache}/fetchfy-test`. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'fetchfy-test');
}

/** Where `cached` keeps, or will keep, the entry. */
export function entryFolder(name: string, key: string): string {
  return join(cacheFolder(), `${name}-${key}`);
}

/**
 * The folder of a cache entry, made once. `make` fills an empty folder, which takes its final name only when it is
 * complete, so that a broken off build never passes for a whole one. Older entries of that name are removed.
 *
 * @param name what it is, e.g. `binaries-etcd`
 * @param key  a hash of all that it is made from
 * @param kept how many entries of that name stay, the most recently used: enough for a few branches, not one a build
 */
export async function cached(
  name: string,
  key: string,
  make: (folder: string) => Promise<void>,
  kept = 3,
): Promise<string> {
  const folder = entryFolder(name, key);
  if (await exists(folder)) {
    await utimes(folder, new Date(), new Date());
    return folder;
  }
  const partial = `${folder}.partial-${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    await make(partial);
    await rename(partial, folder).catch(async (error: unknown) => {
      // Another run has made the same in the meantime: theirs is as good.
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  await utimes(folder, new Date(), new Date());
  await removeOldest(name, kept);
  return folder;
}

/** A hash of the files at or below the paths (relative to root): of their names and content, and of the texts in `more`. */
export async function contentHash(root: string, paths: string[], ...more: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const text of more) hash.update(`${text}\0`);
  for (const path of paths.toSorted()) {
    for (const file of await filesBelow(resolve(root, path))) {
      hash.update(`${relative(root, file)}\0`);
      hash.update(await readFile(file));
      hash.update('\0');
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** Whether there is something at the path. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function filesBelow(path: string): Promise<string[]> {
  const info = await stat(path).catch(() => undefined);
  if (!info) return [];
  if (!info.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => name !== 'node_modules').toSorted();
  return (await Promise.all(names.map((name) => filesBelow(join(path, name))))).flat();
}

async function removeOldest(name: string, kept: number): Promise<void> {
  const entry = new RegExp(`^${name}-[0-9a-f]{16}(\\.partial-(\\d+))?$`);
  const siblings = (await readdir(cacheFolder())).map((folder) => ({ folder, match: entry.exec(folder) }));
  for (const { folder, match } of siblings) {
    const owner = match?.[2];
    // Left by a process that was killed while it made it.
    if (owner && !(await exists(join('/proc', owner)))) await rm(join(cacheFolder(), folder), { recursive: true });
  }
  const folders = siblings.filter(({ match }) => match && !match[1]).map(({ folder }) => folder);
  const aged = await Promise.all(
    folders.map(async (folder) => ({ folder, used: (await stat(join(cacheFolder(), folder))).mtimeMs })),
  );
  for (const { folder } of aged.toSorted((a, b) => b.used - a.used).slice(kept)) {
    await rm(join(cacheFolder(), folder), { recursive: true, force: true });
  }
}
