import t from 'tap';
import { deployment } from '../../../hooks/gateways/deployment.ts';
import { rolloutOf } from '../../../hooks/gateways/rollout.ts';
import { IMAGE, rolledOut } from '../support/gateway-sync.ts';
import { gateway } from '../support/objects.ts';

const desired = deployment(gateway(), IMAGE);
const counts = (replicas: number, updatedReplicas: number, availableReplicas: number) => ({
  replicas,
  updatedReplicas,
  availableReplicas,
});

t.test('nothing is known of a Deployment that is not there', async (t) => {
  t.equal(rolloutOf(undefined, desired), undefined);
});

t.test('a Deployment whose pods all have the desired template is complete', async (t) => {
  t.match(rolloutOf(rolledOut(desired, 2), desired), { current: true, complete: true, replicas: 2, available: 2 });
});

t.test('what the API server and users add does not count as a difference', async (t) => {
  const observed = structuredClone(rolledOut(desired, 1)) as unknown as {
    spec: { template: { metadata: Record<string, unknown>; spec: { containers: Record<string, unknown>[] } } };
  };
  const { template } = observed.spec;
  template.metadata['annotations'] = { 'kubectl.kubernetes.io/restartedAt': '2026-06-01T00:00:00Z' };
  template.spec.containers = [{ name: 'sidecar' }, { ...template.spec.containers[0], terminationMessagePath: '/x' }];
  t.match(rolloutOf(observed as never, desired), { current: true, complete: true });
});

t.test('a Deployment that was made from another generation, image or field is not current', async (t) => {
  const of = (observed: ReturnType<typeof deployment>) => rolloutOf(rolledOut(observed, 1), desired);
  const behind = { current: false, complete: false, updated: 0, available: 1 };
  t.match(of(deployment(gateway({}, { generation: 2 }), IMAGE)), behind);
  t.match(of(deployment(gateway(), 'other')), behind);
  t.match(of(deployment(gateway({ nodeSelector: { disk: 'ssd' } }), IMAGE)), { current: true }, 'more than is desired');
  const wanting = deployment(gateway({ nodeSelector: { disk: 'ssd' } }), IMAGE);
  t.match(rolloutOf(rolledOut(desired, 1), wanting), behind);
});

t.test('until the Deployment controller has seen the latest generation, its numbers are of an older one', async (t) => {
  const observed = rolledOut(desired, 1, { observedGeneration: 0 });
  t.match(rolloutOf(observed, desired), { current: false, updated: 0 });
});

t.test('while pods of an older template are there it is not current', async (t) => {
  t.match(rolloutOf(rolledOut(desired, 2, counts(3, 1, 2)), desired), { current: false, complete: false });
});

t.test('while replicas are started it is current, but not complete', async (t) => {
  t.match(rolloutOf(rolledOut(desired, 3, counts(2, 2, 1)), desired), { current: true, complete: false, desired: 3 });
});

t.test('what the Deployment says is wrong is told', async (t) => {
  const problem = (condition: object) =>
    rolloutOf(rolledOut(desired, 1, { conditions: [condition] }), desired)?.problem;
  t.equal(problem({ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }), 'exceeded quota');
  t.equal(
    problem({ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'has timed out.' }),
    'has timed out.',
  );
  t.equal(problem({ type: 'Available', status: 'False', message: 'does not have minimum availability' }), undefined);
});
