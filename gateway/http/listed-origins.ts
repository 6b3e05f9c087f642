import type { CorsPolicy } from '../contract/access-policy.ts';

/** An origin in which one or more labels may stand between these two. */
interface Pattern {
  readonly scheme: string;
  readonly rest: string;
}

/** Whole labels of a name, as browsers write them. */
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** The origins of web pages that a Gateway lists. */
export class ListedOrigins {
  readonly #isEvery: boolean;
  readonly #exact = new Set<string>();
  readonly #patterns: Pattern[] = [];

  constructor({ allowOrigins }: CorsPolicy) {
    this.#isEvery = allowOrigins.includes('*');
    for (const listed of allowOrigins) {
      const [scheme = '', rest] = asBrowsersWrite(listed).split('*', 2);
      if (rest === undefined) this.#exact.add(scheme);
      else this.#patterns.push({ scheme, rest });
    }
  }

  /** Whether an origin is listed. @param origin as a browser sends it (RFC 6454, section 6.2); also `null` */
  has(origin: string): boolean {
    return this.#isEvery || this.#exact.has(origin) || this.#patterns.some((pattern) => fits(origin, pattern));
  }
}

function fits(origin: string, { scheme, rest }: Pattern): boolean {
  if (!origin.startsWith(scheme) || !origin.endsWith(rest)) return false;
  return LABELS.test(origin.slice(scheme.length, -rest.length));
}

/** In lower case, and without the port that the scheme has anyway. */
function asBrowsersWrite(listed: string): string {
  return listed.toLowerCase().replace(/^(http:.*):80$|^(https:.*):443$/, '$1$2');
}
