import t from 'tap';
import { Handles, REF_TTL_MS, refOf, refText, type TaskRef } from '../../../gateway/agents/task-ref.ts';
import { randomKeyRing } from '../../../gateway/sealing/key-ring.ts';
import { Sealer } from '../../../gateway/sealing/sealer.ts';

const sealer = new Sealer(randomKeyRing());
const handles = new Handles(sealer, 'ns/agent');
const ref = (createdAt = Date.now()): TaskRef => ({
  id: 'task 1',
  contextId: 'context 1',
  target: '10.0.0.1:80',
  createdAt,
});
const refused = {
  code: 'ERR_AGENT_ARGUMENTS',
  message: /is none that a result of this agent gave to you, or it has expired/,
};

t.test('a handle opens for whom it was given, and says nothing', async (t) => {
  const given = ref();
  const handle = handles.seal('task', 'ada', given);
  t.strictSame(handles.open('task', 'ada', handle), given);
  t.match(handle, /^[\w-]+$/);
  t.notMatch(Buffer.from(handle, 'base64url').toString('latin1'), /task 1|10\.0\.0\.1/);
});

t.test('a task has one handle, however often it is told', async (t) => {
  const given = ref();
  t.equal(handles.seal('task', 'ada', given), handles.seal('task', 'ada', given));
});

t.test('a handle opens for nobody else, for no other agent, no other use and no other gateway', async (t) => {
  const handle = handles.seal('task', 'ada', ref());
  t.throws(() => handles.open('task', 'eve', handle), refused);
  t.throws(() => handles.open('context', 'ada', handle), refused);
  t.throws(() => new Handles(sealer, 'ns/other').open('task', 'ada', handle), refused);
  t.throws(() => new Handles(new Sealer(randomKeyRing()), 'ns/agent').open('task', 'ada', handle), refused);
  t.throws(() => handles.open('task', 'ada', 'task 1'), refused);
});

t.test('a handle expires', async (t) => {
  const old = (ms: number): string => handles.seal('context', 'ada', ref(Date.now() - ms));
  t.ok(handles.open('context', 'ada', old(REF_TTL_MS - 10_000)));
  t.throws(() => handles.open('context', 'ada', old(REF_TTL_MS + 1)), refused);
});

t.test('the id of a task expires', async (t) => {
  const given = ref(1_000_000);
  t.strictSame(refOf(refText(given), 1_000_000 + REF_TTL_MS), given);
  t.equal(refOf(refText(given), 1_000_001 + REF_TTL_MS), undefined);
});

for (const text of ['', 'x', '{}', '[]', '["a","b","c"]', '["a","b","c","1"]', '[1,"b","c",1]', 'null']) {
  t.test(`no task is known by ${JSON.stringify(text)}`, async (t) => {
    t.equal(refOf(text, 0), undefined);
  });
}
