import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { Turns } from '../../../gateway/upstream/turns.ts';
import { until } from '../../support/until.ts';

/** Takes the time of a whole turn. */
function workFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

t.test('pieces are done in their order, none before the caller goes on', async (t) => {
  const turns = new Turns();
  const done: number[] = [];
  for (let piece = 0; piece < 100; piece++) turns.add(() => done.push(piece));
  t.strictSame(done, []);
  await until('all to be done', () => done.length === 100);
  t.strictSame(
    done,
    done.toSorted((a, b) => a - b),
  );
});

t.test('what else comes has its turn between pieces that take long', async (t) => {
  const turns = new Turns();
  const seen: string[] = [];
  for (let piece = 0; piece < 3; piece++) {
    turns.add(() => {
      workFor(5);
      seen.push('piece');
    });
  }
  while (seen.filter((each) => each === 'piece').length < 3) {
    await nextTurn();
    seen.push('other');
  }
  t.match(seen.join(' '), /piece other piece other piece/);
});

t.test('a piece may add another', async (t) => {
  const turns = new Turns();
  const done: string[] = [];
  turns.add(() => {
    done.push('first');
    turns.add(() => done.push('second'));
  });
  await until('both to be done', () => done.length === 2);
  t.strictSame(done, ['first', 'second']);
});

t.test('what waits can be done at once', async (t) => {
  const turns = new Turns();
  const done: number[] = [];
  for (let piece = 0; piece < 3; piece++) turns.add(() => done.push(piece));
  turns.finish();
  t.strictSame(done, [0, 1, 2]);
  await nextTurn();
  t.strictSame(done, [0, 1, 2], 'and not again');
});
