import t from 'tap';
import { SealedIds } from '../../../gateway/a2a/sealed-ids.ts';
import { randomKeyRing } from '../../../gateway/sealing/key-ring.ts';
import { Sealer } from '../../../gateway/sealing/sealer.ts';

const sealer = new Sealer(randomKeyRing());
const ids = new SealedIds(sealer, 'team/helper', 'ada');
const own = { id: 'task-4711', home: '10.0.0.1:8080' };

t.test('an id is opened by the owner that it was sealed for, with the agent that it is of', async (t) => {
  const sealed = ids.seal('task', own);
  t.strictSame(ids.open('task', sealed), own);
  t.strictSame(new SealedIds(sealer, 'team/helper', 'ada').open('task', sealed), own);
  t.equal(new SealedIds(sealer, 'team/helper', 'bob').open('task', sealed), undefined, 'another owner');
  t.equal(new SealedIds(sealer, 'team/other', 'ada').open('task', sealed), undefined, 'another agent');
  t.equal(ids.open('context', sealed), undefined, 'another kind');
});

t.test('an id is the same sealed id each time', async (t) => {
  t.equal(ids.seal('task', own), ids.seal('task', own));
  t.not(ids.seal('task', own), ids.seal('context', own));
});

t.test('an agent’s own id opens nothing, nor does what was sealed for another purpose', async (t) => {
  t.equal(ids.open('task', own.id), undefined);
  const content = JSON.stringify(['task', 'team/helper', 'task-4711', '']);
  t.equal(ids.open('task', sealer.seal('handle', 'ada', content)), undefined);
});
