import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { WorkQueue } from '../../../local/driver/work-queue.ts';
import { until } from '../../support/until.ts';

t.test('a burst of one key is one piece of work', async (t) => {
  const done: string[] = [];
  const queue = new WorkQueue(async (key) => void done.push(key));
  for (let i = 0; i < 10; i++) queue.add('a');
  queue.add('b');
  await until('both keys are worked on', () => done.length >= 2);
  await queue.stop();
  t.same(done, ['a', 'b']);
});

t.test('a key that is added during its work is worked on once more, and never twice at a time', async (t) => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const queue: WorkQueue = new WorkQueue(async () => {
    most = Math.max(most, ++running);
    if (++runs === 1) for (let i = 0; i < 3; i++) queue.add('a');
    // All that may start meanwhile has started by then.
    await nextTurn();
    await nextTurn();
    running--;
  });
  queue.add('a');
  await until('the queue to be idle', () => queue.isIdle, { state: () => runs });
  await queue.stop();
  t.equal(runs, 2);
  t.equal(most, 1);
});

t.test('failing work comes back later each time, up to the longest delay, until it succeeds', async (t) => {
  const delays: number[] = [];
  let runs = 0;
  const queue = new WorkQueue(
    async () => {
      if (++runs <= 4) throw new Error('not yet');
    },
    { firstDelayMs: 1, maxDelayMs: 4, onError: (_key, _error, delay) => delays.push(delay) },
  );
  queue.add('a');
  await until('success', () => runs === 5);
  await queue.stop();
  t.same(delays, [1, 2, 4, 4]);
});

t.test('after a success the delays begin anew', async (t) => {
  const delays: number[] = [];
  let runs = 0;
  const queue = new WorkQueue(
    async () => {
      if (++runs % 2 === 1) throw new Error('every other time');
    },
    { firstDelayMs: 1, onError: (_key, _error, delay) => delays.push(delay) },
  );
  queue.add('a');
  await until('first success', () => runs === 2);
  queue.add('a');
  await until('second success', () => runs === 4);
  await queue.stop();
  t.same(delays, [1, 1]);
});

t.test('of several delays of one key the shortest counts', async (t) => {
  let runs = 0;
  const queue = new WorkQueue(async () => void runs++);
  queue.addAfter('a', 60_000);
  queue.addAfter('a', 5);
  queue.addAfter('a', 30_000);
  await until('the short delay', () => runs === 1);
  await queue.stop();
  t.equal(runs, 1);
});

t.test('no more pieces of work run at a time than there are workers', async (t) => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const queue = new WorkQueue(
    async () => {
      most = Math.max(most, ++running);
      await nextTurn();
      running--;
      runs++;
    },
    { workers: 2 },
  );
  for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
  await until('all keys', () => runs === 5);
  await queue.stop();
  t.equal(most, 2);
});

t.test('stopping waits for what runs and starts nothing more', async (t) => {
  const order: string[] = [];
  const work = Promise.withResolvers<void>();
  const queue = new WorkQueue(
    async (key) => {
      order.push(`${key} begins`);
      await work.promise;
      order.push(`${key} ends`);
    },
    { workers: 1 },
  );
  queue.add('a');
  queue.add('b');
  await until('the first key is worked on', () => order.length === 1);
  const stopped = queue.stop().then(() => order.push('stopped'));
  await nextTurn();
  work.resolve();
  await stopped;
  t.same(order, ['a begins', 'a ends', 'stopped']);
});
