import t from 'tap';
import { CONTROLLER_UID_LABEL, DECORATOR_ANNOTATION } from '../../../hooks/metacontroller/hooks.ts';
import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';
import { withLastApplied } from '../../../local/driver/apply.ts';
import type { Controller } from '../../../local/driver/controller.ts';
import { claim, plan, plannedStatus, type Candidate, type Operation } from '../../../local/driver/plan.ts';
import type { StoredObject } from '../../../local/driver/store.ts';
import { composite, configMaps, decorator, deployments, ownerReference, parent, services } from './types.ts';

const gate: KubernetesObject & { spec: object } = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'gate' },
  spec: { type: 'ClusterIP', ports: [{ port: 80 }] },
};

/** As the store holds what a plan creates. */
function stored(object: KubernetesObject, metadata: object = {}): StoredObject {
  return {
    ...object,
    metadata: { ...object.metadata, uid: `uid-${object.metadata.name}`, resourceVersion: '7', ...metadata },
  };
}

/** The children that stand after a plan was carried out on none. */
function created(controller: Controller, wanted: readonly KubernetesObject[]): Candidate[] {
  return plan(controller, parent, [], wanted).map(({ type, object }) => ({ type, object: stored(object) }));
}

function summary(operations: readonly Operation[]): string[] {
  return operations.map(({ kind, object }) => `${kind} ${object.kind} ${object.metadata.name}`);
}

t.test('a child that is not there is created in the namespace of its parent, owned and marked', async (t) => {
  const [operation] = plan(composite, parent, [], [gate]);
  t.match(operation, {
    kind: 'create',
    type: services,
    object: {
      metadata: {
        namespace: 'park',
        labels: { [CONTROLLER_UID_LABEL]: 'uid-rose' },
        ownerReferences: [ownerReference],
      },
    },
  });
});

t.test('an attachment is marked by the annotation of its decorator', async (t) => {
  const [operation] = plan(decorator, parent, [], [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bed' } }]);
  t.equal(operation?.object.metadata.annotations?.[DECORATOR_ANNOTATION], 'plants');
});

t.test('a second plan for the same answer writes nothing', async (t) => {
  t.same(plan(composite, parent, created(composite, [gate]), [gate]), []);
});

t.test('what is wanted no longer is deleted, unless it is being deleted already', async (t) => {
  const [child] = created(composite, [gate]);
  if (child === undefined) throw new Error('nothing was created');
  t.same(summary(plan(composite, parent, [child], [])), ['delete Service gate']);
  const leaving = stored(child.object, { deletionTimestamp: '2026-01-01T00:00:00Z' });
  t.same(plan(composite, parent, [{ type: services, object: leaving }], []), []);
});

t.test('deletions come first, then children by group, core before apps', async (t) => {
  const old = { ...gate, metadata: { name: 'old' } };
  const pump = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'pump' } };
  const operations = plan(composite, parent, created(composite, [old]), [pump, gate]);
  t.same(summary(operations), ['delete Service old', 'create Service gate', 'create Deployment pump']);
});

t.test('a field that we set and that someone changed is set again', async (t) => {
  const [child] = created(composite, [gate]);
  const object = { ...child?.object, spec: { type: 'NodePort', ports: [{ port: 80 }] } } as unknown as StoredObject;
  const [operation] = plan(composite, parent, [{ type: services, object }], [gate]);
  t.match(operation, { kind: 'update', object: { spec: { type: 'ClusterIP' } } });
});

t.test('a field that someone else set is left alone', async (t) => {
  const [child] = created(composite, [gate]);
  const object = { ...child?.object, spec: { ...gate.spec, clusterIP: '10.0.0.1' } } as unknown as StoredObject;
  t.same(plan(composite, parent, [{ type: services, object }], [gate]), []);
});

t.test('without an update strategy a child is never updated; with Recreate it is deleted', async (t) => {
  const other = { ...gate, spec: { type: 'NodePort' } };
  for (const [updateMethod, expected] of [
    ['OnDelete', []],
    ['Recreate', ['delete Service gate']],
    ['InPlace', ['update Service gate']],
  ] as const) {
    const controller = { ...composite, children: [{ type: services, updateMethod }] };
    t.same(summary(plan(controller, parent, created(controller, [gate]), [other])), expected, updateMethod);
  }
});

t.test(
  'a child of a type that the controller does not name is an error, and so is one that is wanted twice',
  async (t) => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' } };
    t.throws(() => plan(composite, parent, [], [secret]), /wants Secret.v1 park\/key, but does not name its type/);
    t.throws(() => plan(composite, parent, [], [gate, gate]), /wants Service.v1 park\/gate twice/);
  },
);

t.test('a composite adopts an orphan with its label and releases what lost the label', async (t) => {
  const labels = { [CONTROLLER_UID_LABEL]: 'uid-rose' };
  const orphan = stored(gate, { name: 'orphan', labels });
  const lost = stored(gate, { name: 'lost', ownerReferences: [ownerReference] });
  const foreign = stored(gate, { name: 'foreign' });
  const { owned, operations } = claim(
    composite,
    parent,
    [orphan, lost, foreign].map((object) => ({ type: services, object })),
  );
  t.same(
    owned.map(({ object }) => object.metadata.name),
    ['orphan'],
  );
  t.match(operations, [
    { kind: 'update', object: { metadata: { name: 'orphan', ownerReferences: [ownerReference] } } },
    { kind: 'update', object: { metadata: { name: 'lost', ownerReferences: [] } } },
  ]);
});

t.test('a decorator neither adopts nor releases', async (t) => {
  const annotations = { [DECORATOR_ANNOTATION]: 'plants' };
  const bed = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bed' } };
  const candidates = [
    stored(bed, { name: 'own', annotations, ownerReferences: [ownerReference] }),
    stored(bed, { name: 'unmarked', ownerReferences: [ownerReference] }),
    stored(bed, { name: 'ownerless', annotations }),
  ].map((object) => ({ type: configMaps, object }));
  const { owned, operations } = claim(decorator, parent, candidates);
  t.same(
    owned.map(({ object }) => object.metadata.name),
    ['own'],
  );
  t.same(operations, []);
});

t.test('a parent that is being deleted claims what is its own and nothing else', async (t) => {
  const leaving = { ...parent, metadata: { ...parent.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const orphan = stored(gate, { labels: { [CONTROLLER_UID_LABEL]: 'uid-rose' } });
  t.same(claim(composite, leaving, [{ type: services, object: orphan }]), { owned: [], operations: [] });
});

t.test('the status names the generation that was seen, and is written once', async (t) => {
  const written = plannedStatus(parent, { ready: true });
  t.same(written?.['status'], { ready: true, observedGeneration: 4 });
  t.equal(plannedStatus(written ?? parent, { ready: true }), undefined);
  t.same(plannedStatus(written ?? parent, {})?.['status'], { observedGeneration: 4 }, 'it replaces the whole status');
});

t.test('what is wanted is noted as Go writes JSON, which is longer', async (t) => {
  const noted = withLastApplied({
    ...deployments,
    metadata: { name: 'a' },
    note: '<&>',
  } as unknown as KubernetesObject);
  t.match(Object.values(noted.metadata.annotations ?? {})[0], '"\\u003c\\u0026\\u003e"');
});
