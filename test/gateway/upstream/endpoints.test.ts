import t from 'tap';
import { Endpoints } from '../../../gateway/upstream/endpoints.ts';

function picks(endpoints: Endpoints, count: number): (string | undefined)[] {
  return Array.from({ length: count }, () => endpoints.pick());
}

t.test('every target has its turn', async (t) => {
  t.same(picks(new Endpoints(['a:1', 'b:1', 'c:1'], { start: 0 }), 5), ['a:1', 'b:1', 'c:1', 'a:1', 'b:1']);
});

t.test('gateways that start together begin with different targets', async (t) => {
  t.equal(new Endpoints(['a:1', 'b:1'], { start: 0.75 }).pick(), 'b:1');
});

t.test('without targets there is nothing to dial', async (t) => {
  t.equal(new Endpoints([]).pick(), undefined);
});

t.test('a target that refused is passed over until its time is up', async (t) => {
  let now = 0;
  const endpoints = new Endpoints(['a:1', 'b:1', 'c:1'], { start: 0, now: () => now, asideMs: 1000 });
  endpoints.refused('b:1');
  t.same(picks(endpoints, 4), ['a:1', 'c:1', 'a:1', 'c:1']);
  now = 1000;
  t.same(picks(endpoints, 3), ['a:1', 'b:1', 'c:1']);
});

t.test('where all refuse, all are offered: trying is the only way to learn that one is back', async (t) => {
  const endpoints = new Endpoints(['a:1', 'b:1'], { start: 0 });
  endpoints.refused('a:1');
  endpoints.refused('b:1');
  t.same(new Set(picks(endpoints, 2)), new Set(['a:1', 'b:1']));
});

t.test('a newer registry keeps the standing of the targets that stay', async (t) => {
  const endpoints = new Endpoints(['a:1', 'b:1'], { start: 0.5 });
  endpoints.refused('b:1');
  endpoints.update(['b:1', 'c:1']);
  t.same(picks(endpoints, 2), ['c:1', 'c:1']);
  endpoints.update([]);
  t.equal(endpoints.pick(), undefined);
  endpoints.update(['d:1']);
  t.equal(endpoints.pick(), 'd:1');
});

t.test('a target that is not listed cannot be put aside', async (t) => {
  const endpoints = new Endpoints(['a:1'], { start: 0 });
  endpoints.refused('gone:1');
  t.equal(endpoints.pick(), 'a:1');
});
