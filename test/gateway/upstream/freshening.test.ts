import t from 'tap';
import type { ChangeKind } from '../../../gateway/upstream/catalogue.ts';

import { mergedWork, type CheckWork } from '../../../gateway/upstream/check-work.ts';
import { Freshening } from '../../../gateway/upstream/freshening.ts';
import { noHint, type CacheHint } from '../../../gateway/upstream/freshness.ts';

const expired: CacheHint = { receivedAt: -10_000, expiresAt: -9000, isPrivate: false };
const fresh: CacheHint = { ...expired, receivedAt: performance.now(), expiresAt: Infinity };

/** Something to freshen, and what was asked for it; an asking goes on until a test ends it. */
function setUp(hints: Partial<Record<ChangeKind, CacheHint>>, heard: readonly ChangeKind[] = []) {
  const asked: CheckWork[] = [];
  const { promise, resolve: end } = Promise.withResolvers<void>();
  const freshening = new Freshening({
    hint: (kind) => hints[kind] ?? noHint,
    hears: (kind) => heard.includes(kind),
    ask: (work) => {
      asked.push(work);
      return promise;
    },
  });
  return { freshening, asked, end };
}

t.test('stale is what has run out by the server’s word and whose change would not be heard', async (t) => {
  const { freshening } = setUp({ tools: expired, prompts: expired, resources: fresh, server: expired }, [
    'prompts',
    'server',
  ]);
  t.equal(freshening.isStale('tools'), true);
  t.equal(freshening.isStale('prompts'), false, 'it would be heard');
  t.equal(freshening.isStale('resources'), false);
  t.equal(freshening.isStale('resourceTemplates'), false, 'the server says nothing of it');
  t.equal(freshening.isStale('server'), true, 'nothing announces what a server says of itself');
});

t.test('what is stale is asked for at once, by all who want any of it together', async (t) => {
  const { freshening, asked, end } = setUp({ tools: expired, prompts: expired });
  const [one, other] = [freshening.freshen(), freshening.freshen()];
  t.strictSame(asked, [{ kinds: new Set(['tools', 'prompts']), probe: 'no', urgent: true }]);
  end();
  await one;
  await other;
  void freshening.freshen();
  t.equal(asked.length, 2, 'and anew when it has run out again');
});

t.test('what a server says of itself is asked for with what else is stale', async (t) => {
  const { freshening, asked, end } = setUp({ server: expired, resources: expired });
  void freshening.freshen();
  end();
  t.strictSame(asked, [{ kinds: new Set(['resources']), probe: 'expired', urgent: true }]);
});

t.test('nobody waits for longer than a second from when it was first asked for', async (t) => {
  const { freshening, end } = setUp({ tools: expired });
  const began = performance.now();
  await freshening.freshen();
  t.ok(performance.now() - began > 900);
  t.equal(freshening.freshen(), undefined);
  end();
});

t.test('of two works the one is done that does as much as both', async (t) => {
  const work = (probe: CheckWork['probe'], ...kinds: readonly ('tools' | 'prompts')[]): CheckWork => ({
    kinds: new Set(kinds),
    probe,
    urgent: false,
  });
  const probes = ['no', 'due', 'expired', 'now'] as const;
  for (const [i, a] of probes.entries()) {
    for (const [j, b] of probes.entries()) t.equal(mergedWork(work(a), work(b)).probe, probes[Math.max(i, j)]);
  }
  t.strictSame(mergedWork(work('no', 'tools'), { ...work('no', 'prompts'), urgent: true }), {
    kinds: new Set(['tools', 'prompts']),
    probe: 'no',
    urgent: true,
  });
});
