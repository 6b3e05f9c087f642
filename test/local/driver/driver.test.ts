import t, { type Test } from 'tap';
import type { RelatedRule } from '../../../hooks/metacontroller/hooks.ts';
import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';
import type { HookAnswer } from '../../../local/driver/answers.ts';
import { Driver, type DriverOptions } from '../../../local/driver/driver.ts';
import { MemoryStore } from '../../../local/driver/memory-store.ts';
import type { StoredObject } from '../../../local/driver/store.ts';
import { until } from '../../support/until.ts';
import { allTypes, configMaps, gardens, namespaces, services } from './types.ts';

/** What a hook is asked, as far as these tests look at it. */
interface Asked {
  readonly parent?: StoredObject;
  readonly object?: StoredObject;
  readonly children?: Record<string, Record<string, StoredObject>>;
  readonly attachments?: Record<string, Record<string, StoredObject>>;
  readonly related: Record<string, Record<string, StoredObject>>;
  readonly finalizing: boolean;
}

/** A composite whose hook wants one Service a Garden, and counts the ConfigMaps that it relates. */
const compositeObject: KubernetesObject & { spec: object } = {
  apiVersion: 'metacontroller.k8s.io/v1alpha1',
  kind: 'CompositeController',
  metadata: { name: 'gardens' },
  spec: {
    generateSelector: true,
    parentResource: { apiVersion: 'example.test/v1', resource: 'gardens', ignoreStatusChanges: true },
    childResources: [{ apiVersion: 'v1', resource: 'services', updateStrategy: { method: 'InPlace' } }],
    hooks: {
      customize: { version: 'v2', webhook: { path: '/customize', service: { name: 'hooks', namespace: 'ours' } } },
      sync: { version: 'v2', webhook: { url: 'http://hooks.test/sync' } },
    },
  },
};

const seeds: RelatedRule = {
  apiVersion: 'v1',
  resource: 'configmaps',
  labelSelector: { matchLabels: { seeds: 'yes' } },
};

interface Scene {
  readonly store: MemoryStore;
  readonly asked: Asked[];
  readonly errors: string[];
  /** The Gardens' status as JSON. */
  readonly status: () => string;
  readonly services: () => string[];
  /** Resolves when the driver has nothing to do. */
  readonly settled: () => Promise<void>;
}

/** Runs the driver over a store with one Garden; `answer` overrides the hook's own. */
async function scene(
  t: Test,
  answer?: (asked: Asked) => Promise<HookAnswer> | HookAnswer,
  options: Partial<DriverOptions> = {},
): Promise<Scene> {
  const store = new MemoryStore(allTypes);
  await store.create(gardens, garden('rose'));
  const asked: Asked[] = [];
  const errors: string[] = [];
  const driver = await Driver.start({
    controllers: [compositeObject],
    store,
    maxDelayMs: 20,
    onError: (error) => errors.push((error as Error).message),
    callHook: async ({ path }, body) => {
      // As over HTTP: what the hook sees is a copy.
      const request = JSON.parse(JSON.stringify(body)) as Asked;
      if (path === '/customize') return ok({ relatedResources: [seeds] });
      asked.push(request);
      return answer === undefined ? wantsGate(request) : answer(request);
    },
    ...options,
  });
  t.teardown(() => driver.stop());
  return {
    store,
    asked,
    errors,
    status: () => JSON.stringify(store.list(gardens).map((object) => object['status'])),
    services: () => store.list(services).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    settled: () => driver.settled(),
  };
}

function garden(name: string, spec: object = {}): KubernetesObject {
  return {
    apiVersion: 'example.test/v1',
    kind: 'Garden',
    metadata: { name, namespace: 'park' },
    spec,
  } as KubernetesObject;
}

function seed(name: string, namespace: string, labels: Record<string, string> = { seeds: 'yes' }): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels } };
}

function ok(value: object): HookAnswer {
  return { statusCode: 200, body: JSON.stringify(value) };
}

function wantsGate({ parent, related }: Asked): HookAnswer {
  const gate = { apiVersion: 'v1', kind: 'Service', metadata: { name: `${parent?.metadata.name}-gate` } };
  return ok({ status: { seeds: Object.keys(related['ConfigMap.v1'] ?? {}) }, children: [gate] });
}

function seen(...names: string[]): string {
  return JSON.stringify([{ seeds: names, observedGeneration: 1 }]);
}

t.test('a parent gets its children and its status', async (t) => {
  const { services, status } = await scene(t);
  await until('the status', () => status() === seen(), { state: status });
  t.same(services(), ['park/rose-gate']);
});

t.test('related objects of every namespace reach the hook, and each change of them makes a sync', async (t) => {
  const { store, status } = await scene(t);
  await until('the first status', () => status() === seen());
  await store.create(configMaps, seed('b', 'elsewhere'));
  await store.create(configMaps, seed('a', 'park'));
  await store.create(configMaps, seed('other', 'park', {}));
  await until('both seeds', () => status() === seen('elsewhere/b', 'park/a'), { state: status });

  const b = store.list(configMaps).find(({ metadata }) => metadata.name === 'b');
  if (b === undefined) throw new Error('b is gone');
  await store.update(configMaps, { ...b, metadata: { ...b.metadata, labels: {} } });
  await until('a alone, since b lost its label', () => status() === seen('park/a'), { state: status });
});

t.test('the hook is asked as version v2 asks', async (t) => {
  const { asked, store } = await scene(t);
  await until('a sync that sees the child', () => asked.length >= 2);
  t.same(Object.keys(asked[0] ?? {}).sort(), ['children', 'controller', 'finalizing', 'parent', 'related']);
  t.same(asked[0]?.children, { 'Service.v1': {} }, 'the types are there before there are objects');
  t.same(asked[0]?.related, { 'ConfigMap.v1': {} });
  t.same(Object.keys(asked[1]?.children?.['Service.v1'] ?? {}), ['park/rose-gate']);
  t.equal(asked[0]?.finalizing, false);
  t.equal(store.list(services).length, 1);
});

t.test('a loop that has settled calls no hook any more', async (t) => {
  const { asked, status, settled } = await scene(t);
  await settled();
  t.equal(status(), seen());
  t.equal(asked.length, 2, 'one sync for the parent and one for its child; the status write alone made none');
});

t.test('a child that was deleted or edited is restored', async (t) => {
  const { store, services: names } = await scene(t);
  const gate = await until('the child', () => store.list(services)[0]);
  await store.delete(services, gate);
  const again = await until('the child anew', () => store.list(services)[0]);
  t.not(again.metadata.uid, gate.metadata.uid);

  const without = { ...again.metadata, ownerReferences: [], annotations: {} };
  await store.update(services, { ...again, metadata: without });
  await until('its owner', () => store.list(services)[0]?.metadata.ownerReferences?.length === 1);
  t.same(names(), ['park/rose-gate']);
});

t.test('a child that is wanted no longer is deleted, and a deleted parent takes its children along', async (t) => {
  let wanted = true;
  const { store } = await scene(t, (asked) => (wanted ? wantsGate(asked) : ok({ status: {}, children: [] })));
  await until('the child', () => store.list(services).length === 1);
  wanted = false;
  await store.create(configMaps, seed('nudge', 'park'));
  await until('no child', () => store.list(services).length === 0);

  wanted = true;
  await store.create(configMaps, seed('again', 'park'));
  await until('the child again', () => store.list(services).length === 1);
  const [parent] = store.list(gardens);
  if (parent === undefined) throw new Error('the parent is gone');
  await store.delete(gardens, parent);
  t.same(store.list(services), []);
});

t.test('an object of someone else under a wanted name stays as it is, without an error', async (t) => {
  const { store, errors, asked } = await scene(t, async (request) => {
    if (store.list(services).length === 0) {
      await store.create(services, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'rose-gate', namespace: 'park', labels: { of: 'someone' } },
      });
    }
    return wantsGate(request);
  });
  await until('a status', () => asked.length > 0 && store.list(gardens)[0]?.['status'] !== undefined);
  t.same(store.list(services)[0]?.metadata.labels, { of: 'someone' });
  t.same(errors, []);
});

t.test('a hook that fails is asked again, until it answers', async (t) => {
  let calls = 0;
  const { errors, status } = await scene(t, (asked) => {
    if (++calls === 1) throw new Error('connection refused');
    if (calls === 2) return { statusCode: 500, body: 'oops' };
    if (calls === 3) return ok({ status: {}, children: [], surprise: true });
    return wantsGate(asked);
  });
  await until('the status', () => status() === seen(), { state: status });
  t.match(errors, [/connection refused/, /HTTP 500, not 200: oops/, /"surprise"/]);
});

t.test('one failing parent does not hold up another', async (t) => {
  const { store } = await scene(t, (asked) =>
    asked.parent?.metadata.name === 'rose' ? { statusCode: 500, body: '' } : wantsGate(asked),
  );
  await store.create(gardens, garden('lily'));
  await until("the other's child", () => store.list(services)[0]?.metadata.name === 'lily-gate');
  t.equal(store.list(services).length, 1);
});

t.test('children that cannot be made do not keep the status from being written', async (t) => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' } };
  const { errors, status } = await scene(t, () => ok({ status: { note: 'said' }, children: [secret] }));
  await until('the status', () => status().includes('said'), { state: status });
  t.match(errors[0], /does not name its type/);
});

t.test('resyncAfterSeconds brings the next sync', async (t) => {
  const { asked } = await scene(t, () => ok({ status: {}, children: [], resyncAfterSeconds: 0.02 }));
  await until('four syncs of an idle parent', () => asked.length >= 4);
  t.pass('it was asked again and again');
});

t.test('the resync period brings a sync', async (t) => {
  const ticking = { ...compositeObject, spec: { ...compositeObject.spec, resyncPeriodSeconds: 1 } };
  const { asked } = await scene(t, () => ok({ status: {}, children: [] }), { controllers: [ticking] });
  await until('a second sync', () => asked.length >= 2);
  t.pass('it was asked again');
});

t.test('customize is asked once for a generation', async (t) => {
  const generations: (number | undefined)[] = [];
  const { store, status } = await scene(t, undefined, {
    callHook: async ({ path }, body) => {
      const request = body as Asked;
      if (path !== '/customize') return wantsGate(request);
      generations.push(request.parent?.metadata.generation);
      return ok({ relatedResources: [seeds] });
    },
  });
  await until('the first status', () => status() === seen());
  await store.create(configMaps, seed('a', 'park'));
  await until('the seed', () => status() === seen('park/a'));
  const [parent] = store.list(gardens);
  if (parent === undefined) throw new Error('the parent is gone');
  await store.update(gardens, { ...parent, spec: { edited: true } });
  await until('the second generation', () => status().includes('"observedGeneration":2'));
  t.same([...new Set(generations)], [1, 2]);
});

t.test('an invalid related selector keeps sync from being called, and is told', async (t) => {
  const { asked, errors } = await scene(t, undefined, {
    callHook: async ({ path }, body) => {
      if (path === '/customize') {
        return ok({ relatedResources: [{ ...seeds, labelSelector: { matchLabels: { 'bad key': '' } } }] });
      }
      asked.push(body as Asked);
      return wantsGate(body as Asked);
    },
  });
  await until('an error', () => errors.length > 0);
  t.match(errors[0], /"bad key" is not a label's key/);
  t.same(asked, []);
});

t.test('a namespaceSelector follows the labels of namespaces', async (t) => {
  const rules = [
    { ...seeds, namespaceSelector: { matchLabels: { open: 'yes' } } },
    { apiVersion: 'v1', resource: 'namespaces', labelSelector: { matchLabels: { open: 'yes' } } },
  ];
  const { store, status } = await scene(t, undefined, {
    callHook: async ({ path }, body) =>
      path === '/customize' ? ok({ relatedResources: rules }) : wantsGate(body as Asked),
  });
  await store.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'yard' } });
  await store.create(configMaps, seed('a', 'yard'));
  await until('a status without it', () => status() === seen());
  const [yard] = store.list(namespaces);
  if (yard === undefined) throw new Error('the namespace is gone');
  await store.update(namespaces, { ...yard, metadata: { ...yard.metadata, labels: { open: 'yes' } } });
  await until('the seed of the namespace', () => status() === seen('yard/a'), { state: status });
  t.pass('the label alone made the sync');
});

t.test('a decorator writes attachments, labels and annotations, and leaves the rest of its object alone', async (t) => {
  const decoratorObject = {
    ...compositeObject,
    kind: 'DecoratorController',
    metadata: { name: 'beds' },
    spec: {
      resources: [{ apiVersion: 'example.test/v1', resource: 'gardens' }],
      attachments: [{ apiVersion: 'v1', resource: 'configmaps', updateStrategy: { method: 'InPlace' } }],
      hooks: { sync: { version: 'v2', webhook: { url: 'http://hooks.test/sync' } } },
    },
  };
  const bed = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bed' }, data: { soil: 'loam' } };
  const { store, asked } = await scene(
    t,
    () => ok({ labels: { tended: 'yes', wild: null }, annotations: { by: 'us' }, attachments: [bed] }),
    { controllers: [decoratorObject] },
  );
  const attached = await until('the attachment', () => store.list(configMaps)[0]);
  t.match(attached.metadata, {
    annotations: { 'metacontroller.k8s.io/decorator-controller': 'beds' },
    ownerReferences: [{ kind: 'Garden', name: 'rose', controller: true }],
  });
  t.same(Object.keys(asked[0] ?? {}).sort(), ['attachments', 'controller', 'finalizing', 'object', 'related']);
  const [parent] = store.list(gardens);
  t.match(parent?.metadata, { labels: { tended: 'yes' }, annotations: { by: 'us' }, generation: 1 });
});

const refused: readonly (readonly [string, object, RegExp])[] = [
  ['an unknown type', { childResources: [{ apiVersion: 'v1', resource: 'secrets' }] }, /no type "secrets" of v1/],
  ['a hook of version v1', { hooks: { sync: { webhook: { path: '/sync' } } } }, /hook version v1 is not kept to/],
  ['a finalize hook', { hooks: { finalize: {} } }, /finalize hooks are not kept to/],
  ['no sync hook', { hooks: {} }, /no sync hook/],
  ['a hook without an address', { hooks: { sync: { version: 'v2', webhook: {} } } }, /neither a url nor a service/],
];
for (const [what, spec, message] of refused) {
  t.test(`a controller with ${what} is refused at the start`, async (t) => {
    const controller = { ...compositeObject, spec: { ...compositeObject.spec, ...spec } };
    await t.rejects(scene(t, undefined, { controllers: [controller] }), message);
  });
}
