import { watch, type FSWatcher } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface FolderWatch {
  close(): void;
}

export interface FolderWatchOptions {
  /** A swap of a mounted folder comes as four events; they are answered by one call this many milliseconds after the first. */
  readonly debounceMs?: number;
  /** How often the folder is looked at without an event: finds it when it appears or is replaced, and lost events. */
  readonly recheckMs?: number;
}

/**
 * Calls `changed` once when watching has begun and then whenever something in the folder may have changed.
 *
 * The folder itself is watched, never a file: a kubelet replaces the link `..data` beside the files, of which a watch on
 * a file sees nothing. The folder may be absent, appear later, and be replaced by another. Where no watch can be had
 * (the node's inotify limits are shared by all its pods) the slow look alone remains.
 */
export function watchFolder(path: string, changed: () => void, options: FolderWatchOptions = {}): FolderWatch {
  const { debounceMs = 10, recheckMs = 1000 } = options;
  let watcher: FSWatcher | undefined;
  let watched: string | undefined;
  let seen: string | undefined;
  let pending: NodeJS.Timeout | undefined;
  let closed = false;

  function unwatch(): void {
    watcher?.close();
    watcher = undefined;
    watched = undefined;
  }

  function rewatch(identity: string | undefined): void {
    unwatch();
    if (identity === undefined) return;
    try {
      watcher = watch(path, soon);
      watcher.on('error', unwatch);
      watched = identity;
    } catch {
      // Gone again, or no watch to be had: the next look tries anew.
    }
  }

  function soon(): void {
    pending ??= setTimeout(() => {
      pending = undefined;
      void look(true);
    }, debounceMs);
  }

  async function look(event: boolean): Promise<void> {
    const identity = await identityOf(path);
    if (closed) return;
    if (watcher === undefined || watched !== identity) rewatch(identity);
    const signature = `${identity}\n${await signatureOf(path)}`;
    if (closed) return;
    const news = signature !== seen;
    seen = signature;
    // An event is believed even if all looks equal: two writes may fall within one tick of the file system's clock.
    if (event || news) changed();
  }

  const recheck = setInterval(() => void look(false), recheckMs);
  void look(false);
  return {
    close() {
      closed = true;
      clearInterval(recheck);
      clearTimeout(pending);
      unwatch();
    },
  };
}

/** Which folder stands under the path; undefined: none. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** What can be seen of the files without reading them. */
async function signatureOf(path: string): Promise<string> {
  try {
    const names = await readdir(path);
    const files = await Promise.all(
      names.map(async (name) => {
        const { ino, size, mtimeMs } = await stat(join(path, name));
        return `${name}:${ino}:${size}:${mtimeMs}`;
      }),
    );
    return files.sort().join('\n');
  } catch {
    return '';
  }
}
