import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { MountedFolder } from '../../local/registry-folder.ts';

async function contents(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path)).filter((name) => !name.startsWith('..'));
  const entries = await Promise.all(
    names.map(async (name) => [name, await readFile(join(path, name), 'utf8')] as const),
  );
  return Object.fromEntries(entries);
}

t.test('the folder holds what was written last, through one link', async (t) => {
  const path = join(t.testdir({}), 'mount');
  const folder = new MountedFolder(path);
  await folder.write(
    new Map([
      ['a', '1'],
      ['b', '2'],
    ]),
  );
  t.same(await contents(path), { a: '1', b: '2' });
  t.equal(await readlink(join(path, 'a')), '..data/a');

  const first = await readlink(join(path, '..data'));
  await folder.write(
    new Map([
      ['b', '3'],
      ['c', '4'],
    ]),
  );
  t.same(await contents(path), { b: '3', c: '4' });
  const hidden = (await readdir(path)).filter((name) => name.startsWith('..'));
  t.equal(hidden.length, 2, 'the link and one folder');
  t.notOk(hidden.includes(first));
});

t.test('a reader never sees two writes mixed', async (t) => {
  const path = join(t.testdir({}), 'mount');
  const folder = new MountedFolder(path);
  const write = (text: string): Promise<void> =>
    folder.write(
      new Map([
        ['a', text],
        ['b', text],
      ]),
    );
  await write('0');
  const writing = new AbortController();
  const mixed: string[] = [];
  const reader = (async () => {
    while (!writing.signal.aborted) {
      const data = await readlink(join(path, '..data'));
      const texts = await Promise.all(
        ['a', 'b'].map((name) => readFile(join(path, data, name), 'utf8').catch(() => 'gone')),
      );
      // A folder that has been replaced meanwhile may be gone, but never half new.
      const seen = new Set(texts.filter((text) => text !== 'gone'));
      if (seen.size > 1) mixed.push(texts.join());
    }
  })();
  for (let n = 1; n <= 50; n++) await write(String(n));
  writing.abort();
  await reader;
  t.same(mixed, []);
});
