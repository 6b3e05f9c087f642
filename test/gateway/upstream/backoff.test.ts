import t from 'tap';
import { Backoff, jittered } from '../../../gateway/upstream/backoff.ts';

t.test('delays double up to their bound and begin anew after a success', async (t) => {
  const backoff = new Backoff({ minMs: 100, maxMs: 1000, random: () => 1 });
  t.same(
    Array.from({ length: 6 }, () => backoff.next()),
    [100, 200, 400, 800, 1000, 1000],
  );
  backoff.reset();
  t.equal(backoff.next(), 100);
});

t.test('a delay is never below half its bound, after however many failures', async (t) => {
  const backoff = new Backoff({ minMs: 100, maxMs: 1000, random: () => 0 });
  for (let failure = 0; failure < 2000; failure++) backoff.next();
  t.equal(backoff.next(), 500);
});

t.test('what runs on one period is spread over a fifth of it', async (t) => {
  t.equal(
    jittered(1000, () => 0),
    900,
  );
  t.equal(
    jittered(1000, () => 0.5),
    1000,
  );
  t.ok(jittered(1000, () => 0.999) < 1100);
});
