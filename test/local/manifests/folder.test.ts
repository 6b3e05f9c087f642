import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { gateways, manifestTypes, namespaces, services } from '../../../local/cluster-types.ts';
import { MemoryStore } from '../../../local/driver/memory-store.ts';
import { ManifestApplier } from '../../../local/manifests/apply.ts';
import { manifestCheck } from '../../../local/manifests/checks.ts';
import { watchManifests } from '../../../local/manifests/folder-watch.ts';
import { ManifestFolder, type FolderContent } from '../../../local/manifests/folder.ts';
import { until } from '../../support/until.ts';

const service = (name: string, rest = ''): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n${rest}`;

function folder(
  t: Test,
  files: Record<string, string>,
): { path: string; folder: ManifestFolder; readonly write: (name: string, text: string) => Promise<void> } {
  const path = t.testdir(files);
  return {
    path,
    folder: new ManifestFolder(path, manifestCheck(manifestTypes, {})),
    write: (name, text) => writeFile(join(path, name), text),
  };
}

function summary({ manifests, notes }: FolderContent): { names: string[]; notes: string[] } {
  return {
    names: [...manifests.values()].map(({ object, file, line }) => `${object.metadata.name} ${file}:${line}`),
    notes: notes.map(({ file, line, message }) => `${file}:${line} ${message}`),
  };
}

t.test('manifests of all files are read, in the order of files, also below subfolders', async (t) => {
  const { folder: manifests, path } = folder(t, {
    'b.yml': `${service('two')}---\n${service('three')}`,
    'a.yaml': service('one'),
    'notes.txt': 'not a manifest',
    '.hidden.yaml': service('hidden'),
    'c.json': '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "five"}}',
  });
  await mkdir(join(path, 'sub'));
  await writeFile(join(path, 'sub', 'd.yaml'), service('four'));
  const { names, notes } = summary(await manifests.read());
  t.same(names, ['one a.yaml:1', 'two b.yml:1', 'three b.yml:6', 'five c.json:1', 'four sub/d.yaml:1']);
  t.same(notes, []);
});

t.test('a bad object leaves the others of its file alone', async (t) => {
  const { folder: manifests } = folder(t, { 'a.yaml': `${service('good')}---\nkind: Service\n` });
  const { names, notes } = summary(await manifests.read());
  t.same(names, ['good a.yaml:1']);
  t.same(notes, ['a.yaml:6 apiVersion is missing.', 'a.yaml:6 metadata is missing.']);
});

t.test(
  'an object that is broken by an edit counts as it was before, the others of its file as they are now',
  async (t) => {
    const { folder: manifests, write } = folder(t, { 'a.yaml': `${service('one')}---\n${service('two')}` });
    await manifests.read();
    const bad = service('one').replace('metadata:', 'metadata:\n  labels: {a: 1}');
    for (const text of [bad, `\n${bad}`]) {
      await write('a.yaml', `${text}---\n${service('three')}`);
      const { names, notes } = summary(await manifests.read());
      t.same(names.toSorted(), ['one a.yaml:1', text === bad ? 'three a.yaml:7' : 'three a.yaml:8']);
      t.match(notes, [/metadata\.labels\.a is 1, .* What it said before stays in force\.$/]);
    }
    await write('a.yaml', service('three'));
    t.same(summary(await manifests.read()).names, ['three a.yaml:1'], 'one that is taken out is gone');
  },
);

t.test('a file that is broken by an edit counts as it was before, until it is right again', async (t) => {
  const { folder: manifests, write } = folder(t, { 'a.yaml': service('one'), 'b.yaml': service('two') });
  await manifests.read();
  await write('a.yaml', 'metadata: [\nx: 1\n');
  const broken = summary(await manifests.read());
  t.same(broken.names, ['one a.yaml:1', 'two b.yaml:1']);
  t.match(broken.notes, [/^a\.yaml:\d This is not YAML: .*What it said before stays in force\.$/]);
  t.same(summary(await manifests.read()), broken, 'it stays so while nothing changes');
  await write('a.yaml', service('other'));
  t.same(summary(await manifests.read()).names, ['other a.yaml:1', 'two b.yaml:1']);
});

t.test('a file that was broken from the start has nothing to keep', async (t) => {
  const { folder: manifests } = folder(t, { 'a.yaml': 'a: [\n' });
  const { names, notes } = summary(await manifests.read());
  t.same(names, []);
  t.match(notes, [/^a\.yaml:\d This is not YAML: [^.]*\.$/]);
});

t.test('of two manifests of one object the first counts, and the second is told', async (t) => {
  const { folder: manifests } = folder(t, { 'a.yaml': service('same'), 'b.yaml': `\n${service('same')}` });
  const { names, notes } = summary(await manifests.read());
  t.same(names, ['same a.yaml:1']);
  t.same(notes, ['b.yaml:2 Service default/same stands in a.yaml:1 already, which counts.']);
});

t.test('a folder that is not there is an error', async (t) => {
  const { folder: manifests, path } = folder(t, {});
  await rm(path, { recursive: true });
  await t.rejects(manifests.read(), /The folder of manifests cannot be read: ENOENT/);
});

t.test('a store follows the folder: added, changed, deleted, and nothing else', async (t) => {
  const {
    folder: manifests,
    write,
    path,
  } = folder(t, {
    'a.yaml': service('one', '  namespace: shop\n'),
    'g.yaml': 'apiVersion: gateways.fetchfy.ai/v1alpha1\nkind: Gateway\nmetadata: {name: demo}\nspec: {mcpPort: 1}\n',
  });
  const store = new MemoryStore([gateways, services, namespaces]);
  const applier = new ManifestApplier(store);
  const apply = async (): Promise<string[]> =>
    (await applier.apply(await manifests.read())).map(
      ({ kind, manifest }) => `${kind} ${manifest.object.metadata.name}`,
    );

  t.same(await apply(), ['added one', 'added demo']);
  t.same(
    store
      .list(namespaces)
      .map(({ metadata }) => metadata.name)
      .toSorted((a, b) => a.localeCompare(b)),
    ['default', 'shop'],
  );
  t.same(await apply(), []);

  const [gateway] = store.list(gateways);
  if (gateway === undefined) throw new Error('no Gateway');
  await store.updateStatus(gateways, { ...gateway, status: { ready: true } });
  await write(
    'g.yaml',
    'apiVersion: gateways.fetchfy.ai/v1alpha1\nkind: Gateway\nmetadata: {name: demo}\nspec: {mcpPort: 2}\n',
  );
  t.same(await apply(), ['changed demo']);
  t.match(store.list(gateways), [
    { spec: { mcpPort: 2 }, status: { ready: true }, metadata: { uid: gateway.metadata.uid, generation: 2 } },
  ]);

  await rm(join(path, 'a.yaml'));
  await write('g.yaml', 'broken: [\n');
  t.same(await apply(), ['deleted one']);
  t.same(store.list(services), []);
  t.equal(store.list(gateways).length, 1);
});

t.test('a change of the folder is told, one at a time', async (t) => {
  const { write, path } = folder(t, { 'a.yaml': service('one') });
  let calls = 0;
  let running = 0;
  let most = 0;
  const seen = Promise.withResolvers<void>();
  const close = watchManifests(path, async () => {
    most = Math.max(most, ++running);
    await seen.promise;
    running--;
    calls++;
  });
  t.teardown(close);
  await write('b.yaml', service('two'));
  await until('the new file', () => running === 1);
  // Another watcher of the same folder, which nothing holds up: what it was told of, the first has seen too.
  let told = 0;
  t.teardown(watchManifests(path, async () => void told++));
  await mkdir(join(path, 'sub'));
  await until('the other watcher to hear of the new folder', () => told > 0);
  seen.resolve();
  await until('the new folder', () => calls >= 2);
  const before = calls;
  await write('sub/c.yaml', service('three'));
  await until('the file in it', () => calls > before);
  t.equal(most, 1);
});
