import { unclear } from './unclear.ts';

/** The most headers of a request. */
const MAX_HEADERS = 256;

/** Those of which the first and the last would be read by different readers; each `Mcp-*` header is one of them, too. */
const SINGLE = [
  'host',
  'authorization',
  'content-type',
  'content-length',
  'transfer-encoding',
  'origin',
  'last-event-id',
  'a2a-version',
];

/** Refuses requests that say twice what may be said once: a proxy in front could have read the other of the two. */
export class SingleHeaders {
  readonly #names: ReadonlySet<string>;

  /** @param keyHeaders headers that keys come in, in lower case */
  constructor(keyHeaders: Iterable<string>) {
    this.#names = new Set([...SINGLE, ...keyHeaders]);
  }

  /**
   * Checks the headers as they came. @param rawHeaders names and values in turns
   * @throws McpError
   */
  check(rawHeaders: readonly string[]): void {
    const { length } = rawHeaders;
    if (length > 2 * MAX_HEADERS) throw unclear(`The request has more than ${MAX_HEADERS} headers.`);
    // A bit for each kind of name: only those that share one are compared.
    let seen = 0;
    for (let at = 0; at < length; at += 2) {
      const name = rawHeaders[at] as string;
      const bit = 1 << kindOf(name);
      if ((seen & bit) === 0) seen |= bit;
      else this.#compare(rawHeaders, at);
    }
  }

  #compare(rawHeaders: readonly string[], at: number): void {
    const given = rawHeaders[at] as string;
    const name = given.toLowerCase();
    if (!this.#names.has(name) && !name.startsWith('mcp-')) return;
    for (let earlier = 0; earlier < at; earlier += 2) {
      const other = rawHeaders[earlier] as string;
      if (other.length === name.length && other.toLowerCase() === name) {
        throw unclear(`The header ${given} stands twice; expected it once.`);
      }
    }
  }
}

/** A number below 32 that is the same for one name in any case. */
function kindOf(name: string): number {
  const first = name.charCodeAt(0) | 0x20;
  const last = name.charCodeAt(name.length - 1) | 0x20;
  return (name.length * 11 + first * 3 + last) & 31;
}
