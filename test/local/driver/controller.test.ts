import t from 'tap';
import { readController } from '../../../local/driver/controller.ts';
import { MemoryStore } from '../../../local/driver/memory-store.ts';
import { allTypes, gardens, services } from './types.ts';

t.test('a controller is read with its types, its defaults and the URLs of its hooks', async (t) => {
  const service = { name: 'hooks', namespace: 'ours' };
  const controller = await readController(
    {
      apiVersion: 'metacontroller.k8s.io/v1alpha1',
      kind: 'CompositeController',
      metadata: { name: 'gardens' },
      spec: {
        parentResource: { apiVersion: 'example.test/v1', resource: 'gardens' },
        childResources: [{ apiVersion: 'v1', resource: 'services' }],
        resyncPeriodSeconds: 30,
        hooks: {
          sync: { version: 'v2', webhook: { path: '/sync', timeout: '30s', service: { ...service, port: 8080 } } },
          customize: { version: 'v2', webhook: { path: '/customize', service } },
        },
      },
    } as never,
    new MemoryStore(allTypes),
  );
  t.match(controller, {
    parents: [{ type: gardens, ignoreStatusChanges: false }],
    children: [{ type: services, updateMethod: 'OnDelete' }],
    generateSelector: false,
    resyncPeriodSeconds: 30,
    syncHook: { url: 'http://hooks.ours:8080/sync', path: '/sync', timeoutMs: 30_000 },
    customizeHook: { url: 'http://hooks.ours:80/customize', path: '/customize', timeoutMs: 10_000 },
  });
});
