/**
 * Every feature of the protocol, between clients and servers of both eras, on both paths. docs/eras.md shows what works:
 * rewrite it with UPDATE_GOLDEN=1, and read the difference.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { paths } from '../support/features/feature.ts';
import { clientTitle, features, Grid, pairs } from '../support/features/grid.ts';
import { erasPage, type Verdict } from '../support/features/table.ts';

const page = new URL('../../docs/eras.md', import.meta.url);
const grid = await Grid.start();
t.teardown(() => grid.stop());

for (const pair of pairs) {
  t.test(`${clientTitle(pair.version)}, and server ${pair.server.title}`, async (t) => {
    for (const feature of features.filter(({ missing }) => missing?.(pair) === undefined)) {
      for (const path of paths) {
        t.test(`${feature.name}, on ${path}`, async (t) => {
          const { error } = await grid.outcome(feature, pair, path);
          if (error !== undefined) throw error;
          t.pass('it works');
        });
      }
    }
  });
}

t.test('docs/eras.md shows what works', async (t) => {
  const failed = new Set<string>();
  const key = (feature: string, version: string, server: string): string => [feature, version, server].join('\n');
  for (const pair of pairs) {
    for (const feature of features.filter(({ missing }) => missing?.(pair) === undefined)) {
      const outcomes = await Promise.all(paths.map((path) => grid.outcome(feature, pair, path)));
      if (outcomes.some(({ error }) => error !== undefined))
        failed.add(key(feature.name, pair.version, pair.server.name));
    }
  }
  const shown = erasPage(features, pairs, (feature, pair): Verdict => {
    const missing = feature.missing?.(pair);
    if (missing !== undefined) return { missing };
    return failed.has(key(feature.name, pair.version, pair.server.name)) ? 'fails' : 'works';
  });
  t.comment(shown);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(page, shown);
  t.equal(readFileSync(page, 'utf8'), shown);
});
