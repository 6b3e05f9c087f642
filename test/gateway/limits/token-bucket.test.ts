import fc from 'fast-check';
import t from 'tap';
import { TokenBucket } from '../../../gateway/limits/token-bucket.ts';

const limits = fc.record({
  requests: fc.integer({ min: 1, max: 1000 }),
  periodSeconds: fc.integer({ min: 1, max: 3600 }),
  burst: fc.integer({ min: 1, max: 100 }),
});
/** Pauses between requests, in milliseconds: often none at all. */
const pauses = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100_000, noNaN: true })), {
  maxLength: 200,
  size: 'max',
});

t.test('within no time more is taken than the burst and what the rate gives in it', async () => {
  fc.assert(
    fc.property(limits, pauses, (limit, gaps) => {
      const bucket = new TokenBucket(limit, 0);
      const perMs = limit.requests / (limit.periodSeconds * 1000);
      const taken: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        if (bucket.wait(now) > 0) continue;
        bucket.take();
        taken.push(now);
      }
      return taken.every((from, first) =>
        taken.slice(first).every((to, more) => more + 1 <= limit.burst + (to - from) * perMs + 1e-6),
      );
    }),
  );
});

t.test('after the wait that is told there is one, and just before it there is none', async () => {
  fc.assert(
    fc.property(limits, pauses, (limit, gaps) => {
      const bucket = new TokenBucket(limit, 0);
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        const wait = bucket.wait(now);
        if (wait > 0) {
          if (bucket.wait(now + wait * 0.999) === 0) return false;
          now += wait * (1 + 1e-9);
          if (bucket.wait(now) > 0) return false;
        }
        bucket.take();
      }
      return true;
    }),
  );
});

t.test('one that nobody takes from is full again, and no more than full', async (t) => {
  const bucket = new TokenBucket({ requests: 10, periodSeconds: 1, burst: 2 }, 0);
  bucket.take();
  bucket.take();
  t.equal(bucket.wait(0), 100);
  t.equal(bucket.isFull(199), false);
  t.equal(bucket.isFull(1_000_000), true);
  bucket.take();
  bucket.take();
  t.equal(bucket.wait(1_000_000), 100);
});

t.test('a clock that stands still, or goes back, gives nothing', async (t) => {
  const bucket = new TokenBucket({ requests: 1, periodSeconds: 1, burst: 1 }, 5000);
  bucket.take();
  t.equal(bucket.wait(5000), 1000);
  t.equal(bucket.wait(1000), 1000);
  t.equal(bucket.wait(5500), 500);
});
