import t from 'tap';
import { likings, places } from '../../../local/samples/travel/places.ts';
import { describeBag, describeTrip, readWish, tripOf } from '../../../local/samples/travel/trip.ts';

for (const [text, place, days, liking] of [
  ['Three days in Lisbon, for the food', 'Lisbon', 3, 'food'],
  ['a weekend in VIENNA with music', 'Vienna', 2, 'music'],
  ['One day at Reykjavík', 'Reykjavik', 1, undefined],
  ['{"place":"Kyoto","days":2}', 'Kyoto', 2, undefined],
  ['30 days in Kyoto', 'Kyoto', 3, undefined],
  ['Where does the party start?', undefined, undefined, undefined],
] as const) {
  t.test(`it is read what "${text}" says of a trip`, async (t) => {
    const wish = readWish(text);
    t.same([wish.place?.name, wish.days, wish.liking], [place, days, liking]);
  });
}

t.test('what was said before holds where nothing else is said', async (t) => {
  const before = readWish('Three days in Lisbon, for the food');
  const wish = readWish('Rather Vienna', before);
  t.same([wish.place?.name, wish.days, wish.liking], ['Vienna', 3, 'food']);
});

t.test('no sight comes twice, whatever is liked', async (t) => {
  for (const place of places) {
    for (const liking of [undefined, ...likings]) {
      const { days } = tripOf({ place, days: 3, ...(liking !== undefined && { liking }) });
      const sights = days.flatMap(({ morning, afternoon, evening }) => [morning, afternoon, evening]);
      t.equal(new Set(sights).size, 9, `${place.name}, ${liking}`);
    }
  }
});

t.test('each day begins with what is liked', async (t) => {
  for (const place of places) {
    const { days } = tripOf({ place, days: 3, liking: 'art' });
    t.same(
      days.map(({ morning }) => morning),
      place.sights.art,
    );
  }
});

t.test('a trip and a bag are told in words', async (t) => {
  const wish = readWish('One day in Vienna for the music');
  const place = wish.place;
  if (place === undefined) throw new Error('Vienna is not known.');
  t.equal(
    describeTrip(tripOf({ ...wish, place }), place.symbol),
    '🎻 1 day in Vienna\nDay 1: standing room at the State Opera; then breakfast at the Naschmarkt; in the evening Bruegel at the Kunsthistorisches.\nAbout 100 € for each of you.',
  );
  t.match(describeBag({ ...wish, place }), '🎒 For a day in Vienna: 2 pairs of socks, something to wear to the opera');
});
