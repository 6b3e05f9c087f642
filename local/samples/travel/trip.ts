import { likings, places, type Liking, type Place } from './places.ts';

/** What somebody wants, as far as it was said. */
export interface Wish {
  readonly place?: Place;
  readonly days?: number;
  readonly liking?: Liking;
}

const MAX_DAYS = 3;
const DEFAULT_DAYS = 2;
const numbers: Readonly<Record<string, number>> = { a: 1, one: 1, two: 2, three: 3 };

/** What a text says of a trip. @param before what is wanted where it says nothing */
export function readWish(text: string, before: Wish = {}): Wish {
  const plain = plainText(text);
  const place = places.find(({ name }) => plain.includes(plainText(name)));
  const days = daysIn(plain);
  const liking = likings.find((each) => new RegExp(String.raw`\b${each}\b`).test(plain));
  return {
    ...before,
    ...(place !== undefined && { place }),
    ...(days !== undefined && { days }),
    ...(liking !== undefined && { liking }),
  };
}

/** In lower case and without accents. */
function plainText(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

function daysIn(text: string): number | undefined {
  const found = /\b(\d+|a|one|two|three)[ -]days?\b/.exec(text)?.[1] ?? /\bdays"?: *(\d+)/.exec(text)?.[1];
  if (found === undefined) return text.includes('weekend') ? DEFAULT_DAYS : undefined;
  return Math.max(1, Math.min(numbers[found] ?? Number(found), MAX_DAYS));
}

export interface Day {
  readonly day: number;
  readonly morning: string;
  readonly afternoon: string;
  readonly evening: string;
}

export interface Trip {
  readonly destination: string;
  readonly days: readonly Day[];
  readonly cost: { readonly currency: 'EUR'; readonly perPerson: number };
}

/** A trip day by day: each begins with what is liked most, and no sight comes twice. */
export function tripOf({ place, days = DEFAULT_DAYS, liking }: Wish & { readonly place: Place }): Trip {
  const sight = (kind: number, day: number): string => {
    const kinds = liking === undefined ? likings : likings.filter((each) => each !== liking);
    return place.sights[kinds[kind % kinds.length] as Liking][day] as string;
  };
  const plan = Array.from({ length: days }, (_, at) => ({
    day: at + 1,
    morning: liking === undefined ? sight(at + 2, at) : (place.sights[liking][at] as string),
    afternoon: sight(at, at),
    evening: sight(at + 1, at),
  }));
  return { destination: place.name, days: plan, cost: { currency: 'EUR', perPerson: days * place.dayCost } };
}

/** A trip for people. */
export function describeTrip({ destination, days, cost }: Trip, symbol: string): string {
  const lines = days.map(
    ({ day, morning, afternoon, evening }) => `Day ${day}: ${morning}; then ${afternoon}; in the evening ${evening}.`,
  );
  const length = `${days.length} ${days.length === 1 ? 'day' : 'days'}`;
  return [`${symbol} ${length} in ${destination}`, ...lines, `About ${cost.perPerson} € for each of you.`].join('\n');
}

/** What to take along. */
export function describeBag({ place, days = DEFAULT_DAYS }: Wish & { readonly place: Place }): string {
  const length = days === 1 ? 'a day' : `${days} days`;
  return `🎒 For ${length} in ${place.name}: ${days + 1} pairs of socks, ${place.bag.join(', ')}.`;
}
