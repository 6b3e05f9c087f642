/** What the dice server plays. Chance comes in as an argument, so that it can be tested. */

/** A whole number from 0 up to, but not including, the bound. */
export type Chance = (bound: number) => number;

export interface Roll {
  readonly rolls: readonly number[];
  readonly modifier: number;
  readonly total: number;
}

const NOTATION = /^\s*(\d{0,3})\s*d\s*(\d{1,4})\s*(?:([+-])\s*(\d{1,4}))?\s*$/i;

/**
 * Rolls dice written as players write them: `d20`, `2d6`, `3d8+2`.
 * @throws RangeError, in words for a player, for what cannot be rolled
 */
export function roll(notation: string, chance: Chance): Roll {
  const match = NOTATION.exec(notation);
  if (match === null) throw new RangeError(`"${notation}" is no dice notation; try d20, 2d6 or 3d8+2.`);
  const count = match[1] === '' ? 1 : Number(match[1]);
  const sides = Number(match[2]);
  if (count < 1 || count > 100) throw new RangeError(`${count} dice are not on the table; between 1 and 100 are.`);
  if (sides < 2 || sides > 1000) throw new RangeError(`There is no die with ${sides} sides; try 2 to 1000.`);
  const rolls = Array.from({ length: count }, () => chance(sides) + 1);
  const modifier = Number(match[4] ?? 0) * (match[3] === '-' ? -1 : 1);
  return { rolls, modifier, total: rolls.reduce((sum, value) => sum + value, modifier) };
}

export function flipCoin(chance: Chance): 'heads' | 'tails' {
  return chance(2) === 0 ? 'heads' : 'tails';
}

const SUITS = ['♠', '♥', '♦', '♣'];
const RANKS = ['A', '2', '3', '4', '5', '6', '7', '8', '9', '10', 'J', 'Q', 'K'];

/** Draws cards from a freshly shuffled deck of 52, without putting any back. */
export function drawCards(count: number, chance: Chance): string[] {
  const deck = SUITS.flatMap((suit) => RANKS.map((rank) => rank + suit));
  return Array.from({ length: Math.min(count, deck.length) }, () => deck.splice(chance(deck.length), 1).join(''));
}

/** Picks one of the options. @throws RangeError if there is none */
export function choose(options: readonly string[], chance: Chance): string {
  const option = options[chance(Math.max(options.length, 1))];
  if (option === undefined) throw new RangeError('There is nothing to choose from.');
  return option;
}
