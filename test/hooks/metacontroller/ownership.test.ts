import t from 'tap';
import { foreignUnder, isAttachment, isChild } from '../../../hooks/metacontroller/ownership.ts';
import type { KubernetesObject } from '../../../hooks/metacontroller/objects.ts';
import { gateway, objectMap } from '../support/objects.ts';
import { asAttachment, asChild } from '../support/ownership.ts';

const parent = gateway();
const other = gateway({}, { uid: 'another' });
const object: KubernetesObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'tools' } };

t.test("an attachment has the parent for its controller and the decorator's name in its annotation", async (t) => {
  const made = asAttachment(object, parent);
  t.ok(isAttachment(made, parent, 'fetchfy-registry'));
  t.notOk(isAttachment(made, parent, 'another'));
  t.notOk(isAttachment(made, other, 'fetchfy-registry'));
  t.notOk(isAttachment(object, parent, 'fetchfy-registry'));
  t.notOk(isAttachment({ ...made, metadata: { ...made.metadata, annotations: {} } }, parent, 'fetchfy-registry'));
  t.notOk(isAttachment({ ...made, metadata: { ...made.metadata, ownerReferences: [] } }, parent, 'fetchfy-registry'));
});

t.test('a child has the parent for its controller and the label of the generated selector', async (t) => {
  const made = asChild(object, parent);
  t.ok(isChild(made, parent));
  t.notOk(isChild(made, other));
  t.notOk(isChild(object, parent));
  t.notOk(isChild({ ...made, metadata: { ...made.metadata, labels: {} } }, parent));
  t.notOk(isChild({ ...made, metadata: { ...made.metadata, ownerReferences: [] } }, parent));
});

t.test('an owner that is not the controller does not make an object ours', async (t) => {
  const made = asChild(object, parent);
  const ownerReferences = (made.metadata.ownerReferences ?? []).map((reference) => ({
    ...reference,
    controller: false,
  }));
  t.notOk(isChild({ ...made, metadata: { ...made.metadata, ownerReferences } }, parent));
});

t.test('what stands under our name is foreign unless it is observed as ours or looks like it', async (t) => {
  const desired = { ...object };
  const ours = asChild(object, parent);
  const judge = (candidate: typeof ours) => isChild(candidate, parent);
  const foreign = (observed: object[], related: object[]) =>
    foreignUnder(desired, objectMap(observed as never), objectMap(related as never), judge);
  t.equal(foreign([], []), undefined, 'nothing is there');
  t.equal(foreign([ours], [ours]), undefined, 'it is among the children');
  t.equal(foreign([], [ours]), undefined, 'it was made after the children were listed');
  t.equal(foreign([], [object]), object, "someone else's");
});
