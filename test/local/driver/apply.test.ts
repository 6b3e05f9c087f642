import t from 'tap';
import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';
import { applied, withLastApplied } from '../../../local/driver/apply.ts';
import type { StoredObject } from '../../../local/driver/store.ts';

function object(spec: unknown): KubernetesObject & { spec: unknown } {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'gate', namespace: 'park' }, spec };
}

/** What stands after `wanted` was created and someone replaced its spec. */
function observed(wanted: unknown, spec: unknown = wanted): StoredObject {
  const created = withLastApplied(object(wanted));
  return { ...created, spec, metadata: { ...created.metadata, uid: 'u', resourceVersion: '1' } };
}

t.test('the same wish changes nothing, whatever others have added', async (t) => {
  t.equal(applied(observed({ a: 1 }, { a: 1, added: { by: 'others' } }), object({ a: 1 })), undefined);
});

t.test('a member that is wanted no longer goes; one of others stays', async (t) => {
  const result = applied(observed({ a: 1, b: 2 }, { a: 1, b: 2, c: 3 }), object({ a: 1 }));
  t.same(result?.['spec'], { a: 1, c: 3 });
});

t.test('a list with a key that Kubernetes uses is merged item by item', async (t) => {
  const ports = (...items: object[]): object => ({ ports: items });
  const result = applied(
    observed(
      ports({ port: 80, name: 'http' }, { port: 90, name: 'old' }),
      ports({ port: 80, name: 'http', nodePort: 30080 }, { port: 90, name: 'old' }, { port: 70, name: 'others' }),
    ),
    object(ports({ port: 60, name: 'new' }, { port: 80, name: 'web' })),
  );
  t.same(
    result?.['spec'],
    ports({ port: 80, name: 'web', nodePort: 30080 }, { port: 70, name: 'others' }, { port: 60, name: 'new' }),
  );
});

t.test('any other list is replaced as a whole', async (t) => {
  const result = applied(observed({ hosts: ['a'] }, { hosts: ['a', 'added'] }), object({ hosts: ['b'] }));
  t.same(result?.['spec'], { hosts: ['b'] });
});

t.test('a default inside a list without a key makes an update each time', async (t) => {
  const rules = (...items: object[]): object => ({ rules: items });
  const standing = observed(rules({ verbs: ['get'] }), rules({ verbs: ['get'], defaulted: true }));
  t.ok(applied(standing, object(rules({ verbs: ['get'] }))), 'as Metacontroller: hooks must write defaults out');
});

t.test('status and what the API server keeps are never touched', async (t) => {
  const standing = { ...observed({ a: 1 }), status: { ready: true } };
  const wanted = { ...object({ a: 2 }), status: { ready: false }, metadata: { ...object(0).metadata, uid: 'other' } };
  const result = applied(standing, wanted);
  t.match(result, { spec: { a: 2 }, status: { ready: true }, metadata: { uid: 'u', resourceVersion: '1' } });
});
