/**
 * Sun and moon by calculation, good to a few minutes and without any network. Sources: Meeus, Astronomical Algorithms (2nd
 * edition), chapters 25 (the sun), 47 and 48 (the moon's elongation and phase).
 */

const DAY_MS = 86_400_000;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const degrees = (angle: number): number => (angle * 180) / Math.PI;
const sin = (angle: number): number => Math.sin(radians(angle));
const cos = (angle: number): number => Math.cos(radians(angle));

/** Days since 2000-01-01 12:00 UTC. */
function daysSince2000(date: Date): number {
  return (date.getTime() - Date.UTC(2000, 0, 1, 12)) / DAY_MS;
}

/** From 0 up to 360 degrees. */
function turn(angle: number): number {
  return ((angle % 360) + 360) % 360;
}

/** How far the moon is ahead of the sun as seen from here, in degrees: 0 is new moon, 180 full moon. */
export function elongation(date: Date): number {
  const t = daysSince2000(date) / 36_525;
  const mean = 297.850_192 + 445_267.111_403 * t;
  const sun = 357.529_109 + 35_999.050_29 * t;
  const moon = 134.963_396 + 477_198.867_505 * t;
  const correction =
    6.289 * sin(moon) -
    2.1 * sin(sun) +
    1.274 * sin(2 * mean - moon) +
    0.658 * sin(2 * mean) +
    0.214 * sin(2 * moon) +
    0.11 * sin(mean);
  return turn(mean + correction);
}

const PHASES = [
  ['🌑', 'new moon'],
  ['🌒', 'waxing crescent'],
  ['🌓', 'first quarter'],
  ['🌔', 'waxing gibbous'],
  ['🌕', 'full moon'],
  ['🌖', 'waning gibbous'],
  ['🌗', 'last quarter'],
  ['🌘', 'waning crescent'],
] as const;

export interface Moon {
  readonly symbol: string;
  readonly phase: string;
  /** How much of the disc is lit, 0 to 1. */
  readonly illumination: number;
  readonly nextFull: Date;
  readonly nextNew: Date;
}

export function moonAt(date: Date): Moon {
  const angle = elongation(date);
  const [symbol, phase] = PHASES[Math.round(angle / 45) % 8] ?? PHASES[0];
  const illumination = (1 - cos(angle)) / 2;
  return { symbol, phase, illumination, nextFull: nextElongation(180, date), nextNew: nextElongation(0, date) };
}

/** When the moon will next be `wanted` degrees ahead of the sun. */
function nextElongation(wanted: number, from: Date): Date {
  // It gains 12.19° a day on average; a few steps of that suffice for a minute.
  let time = from.getTime() + (turn(wanted - elongation(from)) / 12.19) * DAY_MS;
  for (let step = 0; step < 8; step++) {
    const missing = turn(wanted - elongation(new Date(time)) + 180) - 180;
    time += (missing / 12.19) * DAY_MS;
  }
  return new Date(time);
}

/** The sun's day at a place: the times, or why there are none. */
export type SunTimes =
  | { readonly rise: Date; readonly noon: Date; readonly set: Date; readonly daylightHours: number }
  | { readonly always: 'up' | 'down' };

/**
 * Sunrise, noon and sunset.
 * @param day any moment of the day in question, in UTC
 * @param latitude degrees, north positive
 * @param longitude degrees, east positive
 */
export function sunTimes(day: Date, latitude: number, longitude: number): SunTimes {
  const midday = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate(), 12));
  const days = daysSince2000(midday) - longitude / 360;
  const anomaly = turn(357.5291 + 0.985_600_28 * days);
  const centre = 1.9148 * sin(anomaly) + 0.02 * sin(2 * anomaly) + 0.0003 * sin(3 * anomaly);
  const eclipticLongitude = turn(anomaly + centre + 282.9372);
  const declination = degrees(Math.asin(sin(eclipticLongitude) * sin(23.4393)));
  const transit = days + 0.0053 * sin(anomaly) - 0.0069 * sin(2 * eclipticLongitude);

  // The sun's upper edge, lifted by the air's refraction, is at the horizon when its centre is 0.833° below.
  const cosine = (sin(-0.833) - sin(latitude) * sin(declination)) / (cos(latitude) * cos(declination));
  if (cosine < -1) return { always: 'up' };
  if (cosine > 1) return { always: 'down' };
  const halfDay = degrees(Math.acos(cosine)) / 360;
  const at = (offset: number): Date => new Date(Date.UTC(2000, 0, 1, 12) + (transit + offset) * DAY_MS);
  return { rise: at(-halfDay), noon: at(0), set: at(halfDay), daylightHours: halfDay * 48 };
}

/** Whole days from one day to another, by the calendar in UTC. */
export function daysBetween(from: Date, to: Date): number {
  const day = (date: Date): number => Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  return Math.round((day(to) - day(from)) / DAY_MS);
}
