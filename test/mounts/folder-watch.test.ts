import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { watchFolder, type FolderWatchOptions } from '../../mounts/folder-watch.ts';
import { until } from '../support/until.ts';

/** So slow a look that only events can be what is seen. */
const eventsOnly = { recheckMs: 60_000 };
/** So slow an answer to events that only looks can be what is seen. */
const looksOnly = { debounceMs: 60_000, recheckMs: 20 };

function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'fetchfy-watch-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function counted(t: Test, path: string, options: FolderWatchOptions): Promise<{ calls: number }> {
  const count = { calls: 0 };
  const folderWatch = watchFolder(path, () => count.calls++, options);
  t.teardown(() => folderWatch.close());
  await until('the first call', () => count.calls === 1);
  return count;
}

t.test('a file that is written is noticed by its event', async (t) => {
  const folder = temporaryFolder(t);
  const count = await counted(t, folder, eventsOnly);
  writeFileSync(join(folder, 'a'), '1');
  await until('a call', () => count.calls === 2);
});

t.test("a mounted folder's swap is one call", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, '..1'));
  symlinkSync('..1', join(folder, '..data'));
  const count = await counted(t, folder, { ...eventsOnly, debounceMs: 50 });
  mkdirSync(join(folder, '..2'));
  symlinkSync('..2', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  rmSync(join(folder, '..1'), { recursive: true });
  await until('a call', () => count.calls === 2);
  writeFileSync(join(folder, 'next'), '');
  await until('the next call', () => count.calls > 2);
  t.equal(count.calls, 3);
});

t.test('a folder that appears later is noticed', async (t) => {
  const folder = join(temporaryFolder(t), 'later');
  const count = await counted(t, folder, { recheckMs: 20 });
  mkdirSync(folder);
  await until('a call', () => count.calls === 2);
});

t.test('events of a folder that replaced the watched one are seen', async (t) => {
  const parent = temporaryFolder(t);
  const folder = join(parent, 'folder');
  mkdirSync(folder);
  const count = await counted(t, folder, { recheckMs: 20 });
  mkdirSync(join(parent, 'other'));
  renameSync(folder, join(parent, 'old'));
  renameSync(join(parent, 'other'), folder);
  await until('a call for the other folder', () => count.calls >= 2);
  const before = count.calls;
  writeFileSync(join(folder, 'a'), '1');
  await until('a call for the file in it', () => count.calls > before);
});

t.test('a change whose event is lost is found by looking', async (t) => {
  const folder = temporaryFolder(t);
  const count = await counted(t, folder, looksOnly);
  writeFileSync(join(folder, 'a'), '1');
  await until('a call', () => count.calls === 2);
});

t.test('nothing is called after close', async (t) => {
  const folder = temporaryFolder(t);
  let calls = 0;
  const folderWatch = watchFolder(folder, () => calls++, { debounceMs: 5, recheckMs: 5 });
  await until('the first call', () => calls === 1);
  writeFileSync(join(folder, 'a'), '1');
  folderWatch.close();
  const other = await counted(t, folder, { recheckMs: 5 });
  writeFileSync(join(folder, 'b'), '1');
  await until('another watch to be called', () => other.calls >= 2);
  t.equal(calls, 1);
});
