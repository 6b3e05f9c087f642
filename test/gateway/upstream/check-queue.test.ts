import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { CheckQueue } from '../../../gateway/upstream/check-queue.ts';

/** A queue of numbers that are added up, whose runs end when they are told to. */
function queue(gapMs = 0) {
  const runs: { readonly work: number; readonly at: number; end(): void }[] = [];
  const checks = new CheckQueue<number>({
    run: (work) =>
      new Promise((resolve) => {
        runs.push({ work, at: performance.now(), end: resolve });
      }),
    merge: (a, b) => a + b,
    gapMs,
  });
  return { checks, runs };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

t.test('work that is asked for during a run waits for the next, all in one', async (t) => {
  const { checks, runs } = queue();
  const first = checks.ask(1);
  await turn();
  const second = checks.ask(10);
  const third = checks.ask(100);
  t.equal(second, third);
  await turn();
  t.same(
    runs.map(({ work }) => work),
    [1],
  );
  runs[0]?.end();
  await first;
  await turn();
  t.same(
    runs.map(({ work }) => work),
    [1, 110],
  );
  runs[1]?.end();
  await third;
});

t.test('runs keep their distance, unless they are hurried', async (t) => {
  const { checks, runs } = queue(40);
  const first = checks.ask(1);
  await turn();
  runs[0]?.end();
  await first;
  const second = checks.ask(2);
  while (runs.length < 2) await turn();
  t.ok((runs[1]?.at ?? 0) - (runs[0]?.at ?? 0) >= 39);
  runs[1]?.end();
  await second;
  checks.hurry();
  const third = checks.ask(3);
  await turn();
  t.equal(runs.length, 3);
  runs[2]?.end();
  await third;
});

t.test('a closed queue ends with the run that is under way', async (t) => {
  const { checks, runs } = queue();
  void checks.ask(1);
  await turn();
  const late = checks.ask(2);
  const closed = checks.close();
  runs[0]?.end();
  await Promise.all([closed, late, checks.ask(3)]);
  t.equal(runs.length, 1);
});

t.test('what keeps the process busy is not run again soon; what merely waits is', async (t) => {
  const busy = async (): Promise<void> => {
    const end = performance.now() + 60;
    while (performance.now() < end);
  };
  for (const [run, least, most] of [
    [busy, 250, Infinity],
    [() => delay(60), 0, 200],
  ] as const) {
    const began: number[] = [];
    const checks = new CheckQueue<number>({
      run: () => {
        began.push(performance.now());
        return run();
      },
      merge: (a, b) => a + b,
      gapMs: 0,
    });
    // The queue itself keeps no process alive.
    const alive = setInterval(() => undefined, 1000);
    await checks.ask(1);
    await checks.ask(1);
    clearInterval(alive);
    const [first = 0, second = 0] = began;
    t.ok(second - first >= least && second - first < most, `${second - first} ms`);
  }
});
