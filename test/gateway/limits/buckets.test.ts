import t from 'tap';
import { Buckets } from '../../../gateway/limits/buckets.ts';

const limit = { requests: 1, periodSeconds: 1, burst: 1 };

/** Takes one of a key's, if there is one. */
function take(buckets: Buckets, key: string, now: number): boolean {
  const bucket = buckets.of(key, now);
  if (bucket.wait(now) > 0) return false;
  bucket.take();
  return true;
}

t.test('each key has its own', async (t) => {
  const buckets = new Buckets(limit, 0);
  t.equal(take(buckets, 'a', 0), true);
  t.equal(take(buckets, 'a', 0), false);
  t.equal(take(buckets, 'b', 0), true);
});

t.test('those that are full again are forgotten, and no others', async (t) => {
  const buckets = new Buckets(limit, 0);
  for (let i = 0; i < 10_000; i++) take(buckets, `key ${i}`, i);
  t.ok(buckets.size < 3000, `${buckets.size}`);
  t.equal(take(buckets, 'key 9999', 10_000), false, 'what was taken just now is taken still');
});

t.test('where there are too many, newcomers share one, and the others keep theirs', async (t) => {
  const buckets = new Buckets(limit, 0, 300);
  for (let i = 0; i < 300; i++) t.equal(take(buckets, `key ${i}`, 0), true);
  t.equal(take(buckets, 'invented 1', 0), true);
  t.equal(take(buckets, 'invented 2', 0), false);
  t.equal(take(buckets, 'key 0', 0), false);
  t.equal(buckets.size, 300);
  t.equal(take(buckets, 'invented 3', 2000), true);
  t.ok(buckets.size < 300, 'there is room again');
});
