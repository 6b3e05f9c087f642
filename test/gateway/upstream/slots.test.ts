import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { Slots } from '../../../gateway/upstream/slots.ts';
import { until } from '../../support/until.ts';

t.test('no more tasks run at once than there are slots', async (t) => {
  const slots = new Slots(3, 10_000);
  let running = 0;
  let most = 0;
  const task = async () => {
    most = Math.max(most, ++running);
    // All that may start has started by then.
    await nextTurn();
    running--;
  };
  await Promise.all(Array.from({ length: 20 }, () => slots.run(task, { urgent: false })));
  t.equal(most, 3);
});

t.test('a task that only waits gives its slot to the next', async (t) => {
  const slots = new Slots(1, 20);
  const slow = Promise.withResolvers<void>();
  const first = slots.run(() => slow.promise, { urgent: false });
  t.equal(await slots.run(async () => 'second', { urgent: false }), 'second');
  slow.resolve();
  await first;
});

t.test('the urgent come before those that wait already', async (t) => {
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const held = new Slots(1, 10_000);
  const holder = held.run(() => gate.promise, { urgent: false });
  const rest = [1, 2].map((n) => held.run(async () => void order.push(`ordinary ${n}`), { urgent: false }));
  const urgent = held.run(async () => void order.push('urgent'), { urgent: true });
  gate.resolve();
  await Promise.all([holder, urgent, ...rest]);
  t.same(order, ['urgent', 'ordinary 1', 'ordinary 2']);
});

t.test('a task that fails gives its slot back and its error on', async (t) => {
  const slots = new Slots(1, 10_000);
  await t.rejects(
    slots.run(() => Promise.reject(new Error('as expected')), { urgent: false }),
    /as expected/,
  );
  let ran = false;
  void slots.run(async () => void (ran = true), { urgent: false });
  await until('the next task', () => ran);
});
