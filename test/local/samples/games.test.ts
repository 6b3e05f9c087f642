import t from 'tap';
import { choose, drawCards, flipCoin, roll, type Chance } from '../../../local/samples/dice/games.ts';

/** Chance that goes through the given numbers. */
function scripted(...numbers: number[]): Chance {
  return (bound) => {
    const next = numbers.shift();
    if (next === undefined || next >= bound) throw new Error(`no number below ${bound} is left`);
    return next;
  };
}

t.test('dice are rolled as players write them', async (t) => {
  t.same(roll('d20', scripted(19)), { rolls: [20], modifier: 0, total: 20 });
  t.same(roll('2D6 + 3', scripted(0, 5)), { rolls: [1, 6], modifier: 3, total: 10 });
  t.same(roll('1d4-1', scripted(0)), { rolls: [1], modifier: -1, total: 0 });
});

for (const [notation, message] of [
  ['a handful', /"a handful" is no dice notation; try/],
  ['0d6', /0 dice are not on the table/],
  ['101d6', /101 dice are not on the table/],
  ['d1', /no die with 1 sides/],
] as const) {
  t.test(`${notation} cannot be rolled`, async (t) => {
    t.throws(() => roll(notation, scripted()), message);
  });
}

t.test('no card is drawn twice, and a deck has 52', async (t) => {
  const cards = drawCards(60, () => 0);
  t.equal(cards.length, 52);
  t.equal(new Set(cards).size, 52);
});

t.test('coins and choices', async (t) => {
  t.equal(flipCoin(scripted(0)), 'heads');
  t.equal(flipCoin(scripted(1)), 'tails');
  t.equal(choose(['tea', 'coffee'], scripted(1)), 'coffee');
  t.throws(() => choose([], scripted(0)), /nothing to choose from/);
});
