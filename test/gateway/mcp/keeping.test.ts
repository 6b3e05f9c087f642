import t from 'tap';
import { keepingOf, OWN_TTL_MS } from '../../../gateway/mcp/keeping.ts';
import { cacheHint, isExpired, joinedHint, noHint } from '../../../gateway/upstream/freshness.ts';
import { knownServer } from '../../support/routed.ts';

const NOW = 1_000_000;

function serverWith(name: string, ttlMs: unknown, cacheScope?: string) {
  const server = knownServer(name, {});
  server.hint('tools', cacheHint({ ttlMs, cacheScope }, NOW));
  return server;
}

const keeping = (servers: readonly ReturnType<typeof serverWith>[], after = 0) =>
  keepingOf({ servers, isPrivate: false }, 'tools', undefined, NOW + after);

t.test('what servers say nothing about is kept for as long as the gateway keeps it', async (t) => {
  for (const ttlMs of [undefined, 0, -5, 'long', NaN, null]) {
    t.strictSame(keeping([serverWith('a', ttlMs)]), { ttlMs: OWN_TTL_MS, cacheScope: 'public' }, String(ttlMs));
  }
  t.strictSame(keeping([]), { ttlMs: OWN_TTL_MS, cacheScope: 'public' });
});

t.test('the part that lasts shortest from now on decides', async (t) => {
  const servers = [serverWith('a', 300_000), serverWith('b', 20_000)];
  t.equal(keeping(servers).ttlMs, 20_000);
  t.equal(keeping(servers, 15_500).ttlMs, 4500);
  t.equal(
    keeping([serverWith('a', 300_000)], 1000).ttlMs,
    299_000,
    'also where it lasts longer than the gateway’s own',
  );
  t.equal(keeping([serverWith('a', 300_000), serverWith('b', 0)]).ttlMs, OWN_TTL_MS);
});

t.test('what has run out is stale, unless a change would have been heard', async (t) => {
  const server = serverWith('a', 5000);
  t.equal(keeping([server], 5000).ttlMs, 0);
  (server.upstream as unknown as { hears: () => boolean }).hears = () => true;
  t.equal(keeping([server], 5000).ttlMs, OWN_TTL_MS);
});

t.test('one private part makes the whole private', async (t) => {
  t.equal(keeping([serverWith('a', 0, 'public'), serverWith('b', 0, 'private')]).cacheScope, 'private');
  t.equal(keeping([serverWith('a', 0, 'public'), serverWith('b', 0, 'odd')]).cacheScope, 'public');
});

t.test('pages last as long as the one that lasts shortest, and are as private as the most private', async (t) => {
  const first = cacheHint({ ttlMs: 9000, cacheScope: 'public' }, NOW);
  const second = cacheHint({ ttlMs: 1000, cacheScope: 'private' }, NOW + 100);
  t.match(joinedHint(first, second), { expiresAt: NOW + 1100, isPrivate: true });
  t.match(joinedHint(first, noHint), { expiresAt: NOW + 9000, isPrivate: false });
});

t.test('no server is asked more often than each second for what it says lasts less', async (t) => {
  const hint = cacheHint({ ttlMs: 5 }, NOW);
  t.equal(isExpired(hint, NOW + 999), false);
  t.equal(isExpired(hint, NOW + 1000), true);
  t.equal(isExpired(noHint, NOW), false);
});
