import t from 'tap';
import { MemoryStore } from '../../../local/driver/memory-store.ts';
import { StoreError, type Change, type StoredObject } from '../../../local/driver/store.ts';
import { allTypes, configMaps, deployments, gardens, namespaces } from './types.ts';

const bed = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bed', namespace: 'park' }, data: { a: '1' } };
const pump = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'pump', namespace: 'park' },
  spec: { replicas: 1 },
  status: { ready: true },
};

function only(objects: readonly StoredObject[]): StoredObject {
  const [object] = objects;
  if (object === undefined || objects.length > 1) throw new Error(`expected one object, found ${objects.length}`);
  return object;
}

/** Why the store refused. */
async function refusal(write: Promise<unknown>): Promise<string> {
  const error = await write.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof StoreError ? error.reason : `not refused: ${String(error)}`;
}

t.test(
  'an object gets a uid, a resourceVersion and its first generation, and cannot be changed in place',
  async (t) => {
    const store = new MemoryStore(allTypes);
    await store.create(configMaps, bed);
    const stored = only(store.list(configMaps));
    t.match(stored.metadata, { uid: /./, resourceVersion: /./, generation: 1 });
    t.throws(() => ((stored['data'] as Record<string, string>)['a'] = '2'), TypeError);
  },
);

t.test('a name that is taken is refused, and so is a missing or superfluous namespace', async (t) => {
  const store = new MemoryStore(allTypes);
  await store.create(configMaps, bed);
  t.equal(await refusal(store.create(configMaps, bed)), 'AlreadyExists');
  t.equal(await refusal(store.create(configMaps, { ...bed, metadata: { name: 'x' } })), 'Invalid');
  t.equal(await refusal(store.create(namespaces, { ...bed, kind: 'Namespace' })), 'Invalid');
});

t.test('a write over an old version is refused', async (t) => {
  const store = new MemoryStore(allTypes);
  await store.create(configMaps, bed);
  const first = only(store.list(configMaps));
  await store.update(configMaps, { ...first, data: { a: '2' } });
  t.equal(await refusal(store.update(configMaps, { ...first, data: { a: '3' } })), 'Conflict');
  t.same(only(store.list(configMaps))['data'], { a: '2' });
});

t.test('generation rises with the content alone', async (t) => {
  const store = new MemoryStore(allTypes);
  await store.create(deployments, pump);
  let current = only(store.list(deployments));
  t.equal(current['status'], undefined, 'a status at creation is dropped');
  current = await store.update(deployments, { ...current, metadata: { ...current.metadata, labels: { a: 'b' } } });
  current = await store.updateStatus(deployments, { ...current, status: { ready: true } });
  t.equal(current.metadata.generation, 1);
  current = await store.update(deployments, { ...current, spec: { replicas: 2 }, status: { ready: false } });
  t.equal(current.metadata.generation, 2);
  t.same(current['status'], { ready: true }, 'an update leaves the status alone');
});

t.test('a write that changes nothing is no change', async (t) => {
  const store = new MemoryStore(allTypes);
  await store.create(configMaps, bed);
  const changes: Change[] = [];
  store.onChange((change) => changes.push(change));
  const current = only(store.list(configMaps));
  t.equal(await store.update(configMaps, { ...current }), current);
  t.same(changes, []);
});

t.test('changes are told with what was and what is', async (t) => {
  const store = new MemoryStore(allTypes);
  const told: string[] = [];
  store.onChange(({ before, after }) => {
    told.push(`${JSON.stringify(before?.['data'])} → ${JSON.stringify(after?.['data'])}`);
  });
  await store.create(configMaps, bed);
  await store.update(configMaps, { ...only(store.list(configMaps)), data: { a: '2' } });
  await store.delete(configMaps, only(store.list(configMaps)));
  t.same(told, ['undefined → {"a":"1"}', '{"a":"1"} → {"a":"2"}', '{"a":"2"} → undefined']);
});

t.test('only the very object is deleted, not another of its name', async (t) => {
  const store = new MemoryStore(allTypes);
  await store.create(configMaps, bed);
  const current = only(store.list(configMaps));
  const other = { ...current, metadata: { ...current.metadata, uid: 'other' } };
  t.equal(await refusal(store.delete(configMaps, other)), 'Conflict');
  t.equal(store.list(configMaps).length, 1);
});

t.test('what has lost its last owner goes with it, and what that owned too', async (t) => {
  const store = new MemoryStore(allTypes);
  const owner = (object: StoredObject): { metadata: object } => ({
    metadata: {
      ownerReferences: [{ apiVersion: 'v1', kind: object.kind, name: object.metadata.name, uid: object.metadata.uid }],
    },
  });
  await store.create(gardens, {
    apiVersion: 'example.test/v1',
    kind: 'Garden',
    metadata: { name: 'g', namespace: 'park' },
  });
  const garden = only(store.list(gardens));
  await store.create(deployments, { ...pump, metadata: { ...pump.metadata, ...owner(garden).metadata } });
  const deployment = only(store.list(deployments));
  await store.create(configMaps, { ...bed, metadata: { ...bed.metadata, ...owner(deployment).metadata } });
  await store.create(configMaps, { ...bed, metadata: { name: 'free', namespace: 'park' } });
  await store.delete(gardens, garden);
  t.same(store.list(deployments), []);
  t.equal(only(store.list(configMaps)).metadata.name, 'free');
});
