import t from 'tap';
import { readTap, tallyOf, type LeafTest } from './tally.ts';

/** The leaves of a TAP text, as `outcome name › name`. */
function leavesOf(tap: string): { lines: string[]; leaves: LeafTest[] } {
  const leaves: LeafTest[] = [];
  readTap((leaf) => leaves.push(leaf)).end(`TAP version 14\n${tap}`);
  return { leaves, lines: leaves.map(({ outcome, path }) => `${outcome} ${path.join(' › ')}`) };
}

t.test('a test counts once, whatever the number of its assertions', async (t) => {
  const { lines } = leavesOf(`
# Subtest: adds
    ok 1 - one
    ok 2 - two
    1..2
ok 1 - adds
1..1
`);
  t.same(lines, ['passed adds']);
});

t.test('of nested tests only the innermost count', async (t) => {
  const { lines } = leavesOf(`
# Subtest: outer
    # Subtest: first
        ok 1 - x
        1..1
    ok 1 - first
    # Subtest: second
        not ok 1 - y
          ---
          found: 1
          wanted: 2
          ...
        1..1
    not ok 2 - second
    1..2
not ok 1 - outer
1..1
`);
  t.same(lines, ['passed outer › first', 'failed outer › second']);
});

t.test('a failure keeps its diagnostics', async (t) => {
  const { leaves } = leavesOf(`
# Subtest: compares
    not ok 1 - should be equal
      ---
      found: 1
      wanted: 2
      ...
    1..1
not ok 1 - compares
1..1
`);
  t.match(leaves[0]?.failures, [{ message: 'should be equal', diagnostics: { found: 1, wanted: 2 } }]);
});

t.test('a failed assertion beside passing subtests is a failed test', async (t) => {
  const { lines } = leavesOf(`
# Subtest: outer
    # Subtest: inner
        ok 1 - x
        1..1
    ok 1 - inner
    not ok 2 - afterwards
    1..2
not ok 1 - outer
1..1
`);
  t.same(lines, ['passed outer › inner', 'failed outer › afterwards']);
});

t.test('a skipped test says why, whether it was skipped from outside or from inside', async (t) => {
  const { leaves, lines } = leavesOf(`
ok 1 - outside # SKIP no root
# Subtest: inside
    1..0 # no network
ok 2 - inside # SKIP no network
# Subtest: group
    ok 1 - a # SKIP first
    ok 2 - b # TODO
    1..2
ok 3 - group
# Subtest: partly
    ok 1 - a # SKIP here
    ok 2 - b
    1..2
ok 4 - partly
1..4
`);
  t.same(lines.toSorted(), [
    'passed partly',
    'skipped group › a',
    'skipped group › b',
    'skipped inside',
    'skipped outside',
  ]);
  const reasons = new Set(leaves.map(({ reason }) => reason));
  t.same(reasons, new Set(['first', 'no network', 'no root', 'still to do', undefined]));
});

t.test('a stream that breaks off inside a test has failed', async (t) => {
  const { lines } = leavesOf('# Subtest: starts\n    ok 1 - x\n');
  t.same(lines, ['failed starts']);
});

t.test('tests that the plan promised and that never came are a failure', async (t) => {
  const { leaves, lines } = leavesOf('1..3\nok 1 - a\nok 2 - b\n');
  t.same(lines, ['failed ']);
  t.match(leaves[0]?.failures[0]?.message, /incorrect number of tests/);
});

t.test('a bail-out is a failure and says why', async (t) => {
  const { leaves, lines } = leavesOf(`
# Subtest: before
    ok 1 - x
    1..1
ok 1 - before
Bail out! no disk
`);
  t.same(lines, ['passed before', 'failed ']);
  t.match(leaves[1]?.failures[0]?.message, /Bailed out: no disk/);
});

for (const [what, tap] of [
  ['nothing at all', ''],
  ['an empty plan', '1..0\n'],
  ["tap's empty file", '1..0 # no tests found\n'],
] as const) {
  t.test(`${what} is a failure`, async (t) => {
    const { leaves, lines } = leavesOf(tap);
    t.same(lines, ['failed ']);
    t.match(leaves[0]?.failures[0]?.message, 'No test ran.');
  });
}

t.test('the tally counts the leaves by their outcome', async (t) => {
  const { leaves } = leavesOf('ok 1 - a # SKIP\n# Subtest: b\n    ok 1\n    1..1\nok 2 - b\n1..2\n');
  t.same(tallyOf(leaves), { passed: 1, failed: 0, skipped: 1 });
});
