import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { FormattedRegistry } from '../../../gateway/contract/format-registry.ts';
import { INDEX_KEY, shardKey } from '../../../gateway/contract/names.ts';
import { directorySource } from '../../../gateway/registry/directory.ts';
import { entry, registryParts } from '../../support/registry-parts.ts';
import { until } from '../../support/until.ts';
import { recordingObserver, type RecordingObserver } from './recording-observer.ts';

function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'fetchfy-registry-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes each file in place, as an editor or a simple program does. */
function writeParts(folder: string, parts: FormattedRegistry): void {
  parts.shards.forEach((text, number) => writeFileSync(join(folder, shardKey(number)), text));
  writeFileSync(join(folder, INDEX_KEY), parts.index);
}

/** Writes the files as a kubelet does: a new folder, to which the link `..data` is moved. */
function swapParts(folder: string, parts: FormattedRegistry, version: string): void {
  mkdirSync(join(folder, `..${version}`));
  writeParts(join(folder, `..${version}`), parts);
  symlinkSync(`..${version}`, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  for (const name of [INDEX_KEY, ...parts.shards.map((_, number) => shardKey(number))]) {
    rmSync(join(folder, name), { force: true });
    symlinkSync(join('..data', name), join(folder, name));
  }
}

function observed(t: Test, path: string): RecordingObserver {
  const observer = recordingObserver();
  const source = directorySource({ path, graceMs: 20, recheckMs: 50 });
  source.start(observer);
  t.teardown(() => source.close());
  return observer;
}

async function sees(observer: RecordingObserver, ...services: string[]): Promise<void> {
  const wanted = JSON.stringify(services);
  await until(`a document with ${wanted}`, () => JSON.stringify(observer.services()) === wanted, {
    state: observer.summary,
  });
}

async function seesFault(observer: RecordingObserver, pattern: RegExp): Promise<void> {
  await until(`a fault like ${pattern}`, () => observer.faults.some((fault) => pattern.test(fault.message)), {
    state: observer.summary,
  });
}

t.test('the document that is there at the start is taken', async (t) => {
  const folder = temporaryFolder(t);
  writeParts(folder, registryParts([entry('cart'), entry('stock')]));
  const observer = observed(t, folder);
  await sees(observer, 'cart', 'stock');
  t.strictSame(observer.faults, []);
});

t.test('several shards make one document, in order', async (t) => {
  const folder = temporaryFolder(t);
  const names = Array.from({ length: 40 }, (_, number) => `server-${100 + number}`);
  const parts = registryParts(
    names.map((name) => entry(name)),
    { shardBytes: 3000 },
  );
  t.ok(parts.shards.length > 2, `${parts.shards.length} shards`);
  writeParts(folder, parts);
  await sees(observed(t, folder), ...names);
});

t.test("a mounted ConfigMap's swap is taken", async (t) => {
  const folder = temporaryFolder(t);
  swapParts(folder, registryParts([entry('cart')]), '1');
  const observer = observed(t, folder);
  await sees(observer, 'cart');
  swapParts(folder, registryParts([entry('cart'), entry('stock')]), '2');
  await sees(observer, 'cart', 'stock');
});

t.test('files that are written in place are taken', async (t) => {
  const folder = temporaryFolder(t);
  writeParts(folder, registryParts([entry('cart')]));
  const observer = observed(t, folder);
  await sees(observer, 'cart');
  writeParts(folder, registryParts([entry('stock')]));
  await sees(observer, 'stock');
});

t.test('a folder that is absent at the start is a fault, and is taken when it comes', async (t) => {
  const folder = join(temporaryFolder(t), 'later');
  const observer = observed(t, folder);
  await seesFault(observer, /index cannot be read: ENOENT/);
  mkdirSync(folder);
  writeParts(folder, registryParts([entry('cart')]));
  await sees(observer, 'cart');
});

t.test('a folder that is replaced by another is followed', async (t) => {
  const parent = temporaryFolder(t);
  const [folder, other] = [join(parent, 'folder'), join(parent, 'other')];
  mkdirSync(folder);
  mkdirSync(other);
  writeParts(folder, registryParts([entry('cart')]));
  writeParts(other, registryParts([entry('stock')]));
  const observer = observed(t, folder);
  await sees(observer, 'cart');
  renameSync(folder, join(parent, 'old'));
  renameSync(other, folder);
  await sees(observer, 'stock');
  writeParts(folder, registryParts([entry('till')]));
  await sees(observer, 'till');
});

t.test('nothing is taken of a mixed view; it is taken when the last part is there', async (t) => {
  const folder = temporaryFolder(t);
  const before = registryParts([entry('cart')]);
  const after = registryParts([entry('stock')]);
  writeParts(folder, before);
  const observer = observed(t, folder);
  await sees(observer, 'cart');
  writeFileSync(join(folder, INDEX_KEY), after.index);
  await seesFault(observer, /names shard 0 with/);
  t.equal(observer.documents.length, 1);
  writeFileSync(join(folder, shardKey(0)), after.shards[0] ?? '');
  await sees(observer, 'stock');
  t.equal(observer.documents.length, 2);
});

const corruptions: [what: string, corrupt: (folder: string, good: FormattedRegistry) => void, fault: RegExp][] = [
  ['an index that is not JSON', (folder) => writeFileSync(join(folder, INDEX_KEY), '{'), /index is not JSON/],
  ['an index that is gone', (folder) => rmSync(join(folder, INDEX_KEY)), /index cannot be read: ENOENT/],
  [
    'an index that is a folder',
    (folder) => (rmSync(join(folder, INDEX_KEY)), mkdirSync(join(folder, INDEX_KEY))),
    /EISDIR/,
  ],
  [
    'an index that was edited',
    (folder, good) =>
      writeFileSync(join(folder, INDEX_KEY), good.index.replace('"serviceCount":1', '"serviceCount":2')),
    /edited by hand/,
  ],
  [
    'an index of a later format',
    (folder, good) => {
      const index = JSON.parse(good.index) as Record<string, unknown>;
      writeFileSync(join(folder, INDEX_KEY), JSON.stringify({ ...index, formatVersion: 99 }));
    },
    /formatVersion 99; this gateway reads up to/,
  ],
  ['a shard that is gone', (folder) => rmSync(join(folder, shardKey(0))), /there is no such shard/],
  [
    'a shard that was edited',
    (folder, good) => writeFileSync(join(folder, shardKey(0)), (good.shards[0] ?? '').replace('cart', 'card')),
    /names shard 0 with/,
  ],
  [
    'a shard that was cut',
    (folder, good) => writeFileSync(join(folder, shardKey(0)), (good.shards[0] ?? '').slice(0, 9)),
    /the shard that is there has/,
  ],
];
for (const [what, corrupt, fault] of corruptions) {
  t.test(`${what} is told once, the last good document stays, and it heals`, async (t) => {
    const folder = temporaryFolder(t);
    const good = registryParts([entry('cart')]);
    writeParts(folder, good);
    const observer = observed(t, folder);
    await sees(observer, 'cart');
    corrupt(folder, good);
    await seesFault(observer, fault);
    t.equal(observer.documents.length, 1);
    writeFileSync(join(folder, 'unrelated'), '');
    rmSync(join(folder, INDEX_KEY), { recursive: true, force: true });
    writeParts(folder, good);
    await until('the document again', () => observer.documents.length === 2, { state: observer.summary });
    const alike = observer.faults.filter((told) => fault.test(told.message));
    t.equal(alike.length, 1, JSON.stringify(observer.summary()));
  });
}

t.test('the observer hears nothing after close', async (t) => {
  const folder = temporaryFolder(t);
  writeParts(folder, registryParts([entry('cart')]));
  const closed = recordingObserver();
  const source = directorySource({ path: folder, graceMs: 1, recheckMs: 5 });
  source.start(closed);
  await sees(closed, 'cart');
  await source.close();
  const open = observed(t, folder);
  writeParts(folder, registryParts([entry('stock')]));
  await sees(open, 'stock');
  t.strictSame(closed.services(), ['cart']);
});
