import t from 'tap';
import { daysBetween, moonAt, sunTimes } from '../../../local/samples/almanac/sky.ts';

/** How far two moments are apart, in minutes. */
function minutes(a: Date, b: string): number {
  return Math.abs(a.getTime() - Date.parse(b)) / 60_000;
}

t.test('full and new moons of 2026 come to within half an hour', async (t) => {
  const { nextFull, nextNew } = moonAt(new Date('2026-01-01T00:00:00Z'));
  t.ok(minutes(nextFull, '2026-01-03T10:03:00Z') < 30, nextFull.toISOString());
  t.ok(minutes(nextNew, '2026-01-18T19:52:00Z') < 30, nextNew.toISOString());
  const summer = moonAt(new Date('2026-08-01T00:00:00Z'));
  t.ok(minutes(summer.nextNew, '2026-08-12T17:37:00Z') < 30, summer.nextNew.toISOString());
});

t.test('the phases follow one another', async (t) => {
  const phases = ['2026-01-03', '2026-01-10', '2026-01-19', '2026-01-26'].map((day) => {
    const { phase, illumination } = moonAt(new Date(`${day}T12:00:00Z`));
    return `${phase} ${Math.round(illumination * 10) / 10}`;
  });
  t.same(phases, ['full moon 1', 'last quarter 0.5', 'new moon 0', 'first quarter 0.5']);
});

t.test('the sun rises and sets in Greenwich to within five minutes', async (t) => {
  const sun = sunTimes(new Date('2026-06-21T00:00:00Z'), 51.4769, 0);
  if ('always' in sun) throw new Error(`the sun stays ${sun.always}`);
  t.ok(minutes(sun.rise, '2026-06-21T03:43:00Z') < 5, sun.rise.toISOString());
  t.ok(minutes(sun.set, '2026-06-21T20:21:00Z') < 5, sun.set.toISOString());
});

t.test('far north it does not set in summer, nor rise in winter', async (t) => {
  t.same(sunTimes(new Date('2026-06-21T00:00:00Z'), 78, 15), { always: 'up' });
  t.same(sunTimes(new Date('2026-12-21T00:00:00Z'), 78, 15), { always: 'down' });
});

t.test('days are counted by the calendar', async (t) => {
  t.equal(daysBetween(new Date('2026-02-27T23:00:00Z'), new Date('2026-03-01T01:00:00Z')), 2);
  t.equal(daysBetween(new Date('2026-03-01T00:00:00Z'), new Date('2026-02-28T00:00:00Z')), -1);
});
