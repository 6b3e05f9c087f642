import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { FormattedRegistry } from '../../../gateway/contract/format-registry.ts';
import { registryCache, type RegistryTexts } from '../../../gateway/registry/cache.ts';
import { entry, registryParts } from '../../support/registry-parts.ts';

function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'fetchfy-cache-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function texts({ index, shards }: FormattedRegistry): RegistryTexts {
  return { index, shards };
}

t.test('what was kept is loaded, also by another process in a folder that it made', async (t) => {
  const folder = join(temporaryFolder(t), 'made', 'here');
  const parts = registryParts([entry('cart'), entry('stock')]);
  await registryCache(folder).save(texts(parts));
  const document = await registryCache(folder).load();
  t.equal(document?.revision, parts.revision);
  t.strictSame(
    document?.services.map((service) => service.name),
    ['cart', 'stock'],
  );
});

t.test('nothing was kept: undefined', async (t) => {
  t.equal(await registryCache(temporaryFolder(t)).load(), undefined);
});

t.test('of several saved at once the last is kept, and no other file is left', async (t) => {
  const folder = temporaryFolder(t);
  const cache = registryCache(folder);
  const all = ['a', 'b', 'c', 'd'].map((name) => registryParts([entry(name)]));
  await Promise.all(all.map((parts) => cache.save(texts(parts))));
  t.equal((await cache.load())?.revision, all.at(-1)?.revision);
  t.equal(readdirSync(folder).length, 1);
});

t.test('a damaged cache is refused', async (t) => {
  const folder = temporaryFolder(t);
  await registryCache(folder).save(texts(registryParts([entry('cart')])));
  const [file] = readdirSync(folder);
  const path = join(folder, file ?? '');
  writeFileSync(path, readFileSync(path, 'utf8').replace('10.0.0.1', '10.0.0.2'));
  await t.rejects(registryCache(folder).load(), { code: 'ERR_REGISTRY_HASH' });
  writeFileSync(path, '{"index":');
  await t.rejects(registryCache(folder).load(), SyntaxError);
});

t.test('a folder that cannot be written rejects, and the next save is tried', async (t) => {
  const folder = join(temporaryFolder(t), 'taken');
  writeFileSync(folder, 'a file');
  const cache = registryCache(folder);
  await t.rejects(cache.save(texts(registryParts([entry('cart')]))), { code: /EEXIST|ENOTDIR/ });
  rmSync(folder);
  const parts = registryParts([entry('stock')]);
  await cache.save(texts(parts));
  t.equal((await cache.load())?.revision, parts.revision);
});
