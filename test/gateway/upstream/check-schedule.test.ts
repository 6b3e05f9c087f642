import { once } from 'node:events';
import t from 'tap';
import { CheckSchedule, type CheckScheduleOptions } from '../../../gateway/upstream/check-schedule.ts';
import { allKinds, type CheckWork } from '../../../gateway/upstream/check-work.ts';
import { Slots } from '../../../gateway/upstream/slots.ts';
import { until } from '../../support/until.ts';

const work: CheckWork = { kinds: allKinds, probe: 'now', urgent: true };

/** A schedule that writes down its checks and their ends. */
function scheduled(
  t: { teardown(end: () => unknown): void },
  changes: Partial<CheckScheduleOptions> & Pick<CheckScheduleOptions, 'check'>,
) {
  const checks: CheckWork[] = [];
  const ends: (string | undefined)[] = [];
  const schedule = new CheckSchedule({
    slots: new Slots(1, 1000),
    checkMs: 60_000,
    retry: { minMs: 60_000, maxMs: 60_000 },
    canCheck: () => true,
    ended: (fault) => void ends.push(fault),
    ...changes,
    check: async (asked, signal) => {
      checks.push(asked);
      await changes.check(asked, signal);
    },
  });
  // The timers of checks keep no process alive.
  const alive = setInterval(() => undefined, 1000);
  t.teardown(() => {
    clearInterval(alive);
    return schedule.close();
  });
  return { schedule, checks, ends };
}

t.test('a server that is well is checked again in its period, without urgency', async (t) => {
  const { schedule, checks, ends } = scheduled(t, { check: async () => undefined, checkMs: 10 });
  await schedule.ask(work);
  await until('the next check', () => ends.length > 1);
  t.strictSame(checks.slice(0, 2), [work, { kinds: allKinds, probe: 'due', urgent: false }]);
  t.strictSame(ends.slice(0, 2), [undefined, undefined]);
});

t.test('a server that is not well is checked again sooner, and its fault told', async (t) => {
  let failures = 0;
  const { schedule, ends } = scheduled(t, {
    check: async () => {
      if (failures++ === 0) throw new Error('no route');
    },
    retry: { minMs: 10, maxMs: 10 },
  });
  await schedule.ask(work);
  await until('the next check', () => ends.length > 1);
  t.strictSame(ends, ['no route', undefined]);
});

t.test('a check that is superseded ends and is not heard of, and the next follows at once', async (t) => {
  let isFirst = true;
  const { schedule, checks, ends } = scheduled(t, {
    async check(_, signal) {
      if (!isFirst) return;
      isFirst = false;
      await once(signal, 'abort');
      signal.throwIfAborted();
    },
  });
  const first = schedule.ask(work);
  await until('the check', () => checks.length === 1);
  schedule.supersede();
  await schedule.ask(work);
  await first;
  t.equal(checks.length, 2);
  t.strictSame(ends, [undefined]);
});

t.test('where there is nothing to ask nothing is, until there is', async (t) => {
  let isThere = false;
  const { schedule, checks, ends } = scheduled(t, { check: async () => undefined, canCheck: () => isThere });
  await schedule.ask(work);
  t.strictSame([checks, ends], [[], []]);
  isThere = true;
  await schedule.ask(work);
  t.strictSame(ends, [undefined]);
});

t.test('closed, it ends the check under way and begins none', async (t) => {
  const { schedule, checks, ends } = scheduled(t, {
    async check(_, signal) {
      await once(signal, 'abort');
      signal.throwIfAborted();
    },
  });
  void schedule.ask(work);
  await until('the check', () => checks.length === 1);
  await schedule.close();
  await schedule.ask(work);
  t.equal(checks.length, 1);
  t.strictSame(ends, []);
});
