import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { fileContent, fileNames } from '../../mounts/folder-files.ts';

/** As a kubelet mounts it: each file is a link into a folder that `..data` leads to. */
function mounted(t: Test, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'fetchfy-files-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, '..1'));
  symlinkSync('..1', join(folder, '..data'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, '..1', name), content);
    symlinkSync(join('..data', name), join(folder, name));
  }
  return folder;
}

t.test("the files of a mounted folder are named in order, without the kubelet's own", async (t) => {
  const folder = mounted(t, { b: '2', a: '1', '.c': '3' });
  t.strictSame(fileNames(folder), ['.c', 'a', 'b']);
  t.equal(fileContent(folder, 'b')?.toString(), '2');
});

t.test('a folder that is not there has no files', async (t) => {
  t.strictSame(fileNames(join(mounted(t, {}), 'absent')), []);
});

t.test('a file that has gone after it was named holds nothing', async (t) => {
  const folder = mounted(t, { a: '1' });
  t.strictSame(fileNames(folder), ['a']);
  rmSync(join(folder, '..1', 'a'));
  t.equal(fileContent(folder, 'a'), undefined);
});
