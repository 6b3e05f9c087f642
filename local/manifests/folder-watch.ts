import { watch, type FSWatcher } from 'node:fs';

/** An editor writes a file in several steps; they are one change. */
const SETTLE_MS = 60;
/** Where the system tells of no changes (some network folders), and after a folder was replaced. */
const POLL_MS = 2000;

/**
 * Calls `changed` whenever something below a folder may have changed, at most once at a time: while it runs further changes wait, and
 * are one.
 *
 * @returns what ends it
 */
export function watchManifests(path: string, changed: () => Promise<void>): () => void {
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let running = false;
  let again = false;

  const open = (): void => {
    try {
      watcher = watch(path, { recursive: true }, soon);
      watcher.on('error', reopen);
    } catch {
      // The folder is not there now, or no watch is to be had; the poll remains.
      watcher = undefined;
    }
  };
  const reopen = (): void => {
    watcher?.close();
    watcher = undefined;
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), SETTLE_MS);
  };
  const run = async (): Promise<void> => {
    again = running;
    if (closed || running) return;
    running = true;
    await changed();
    running = false;
    if (again) soon();
  };
  const poll = setInterval(() => {
    if (watcher === undefined) open();
    void run();
  }, POLL_MS);

  open();
  return () => {
    closed = true;
    clearInterval(poll);
    clearTimeout(timer);
    watcher?.close();
  };
}
