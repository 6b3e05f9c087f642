import type { Era, ListKind } from './catalogue.ts';
import { UpstreamError } from './errors.ts';
import { duplicateProblem, identityMembers, itemBounds, itemProblem, type ItemBounds } from './item-checks.ts';
import type { JsonObject } from './json.ts';

export const listMethods = {
  tools: 'tools/list',
  prompts: 'prompts/list',
  resources: 'resources/list',
  resourceTemplates: 'resources/templates/list',
} as const satisfies Record<ListKind, string>;

/** What one list of one server may cost at most, so that no server can crowd out the others. */
export interface ListBounds extends ItemBounds {
  readonly pages: number;
  readonly items: number;
  /** Bytes of the JSON texts of all items. */
  readonly bytes: number;
  /** Problems that are told one by one; the rest are counted. */
  readonly problems: number;
}

export const listBounds: ListBounds = {
  ...itemBounds,
  pages: 500,
  items: 5000,
  bytes: 16 * 1024 * 1024,
  problems: 20,
};

/** One whole list. */
export interface Listing {
  readonly items: readonly JsonObject[];
  /** What was left out and why, a sentence each. */
  readonly problems: readonly string[];
}

/**
 * Reads every page of a list, and keeps the items that a client may be given. What goes beyond a bound is left out and
 * told; what came before it is kept, so that a server that lists too much is still of use.
 *
 * A page that fails after the first one fails the list: half a list would look like a removal of the other half.
 *
 * @param request sends a request to the server and returns the result
 * @throws UpstreamError
 */
export async function readList(
  kind: ListKind,
  era: Era,
  request: (method: string, params: JsonObject) => Promise<JsonObject>,
  bounds: ListBounds = listBounds,
): Promise<Listing> {
  const method = listMethods[kind];
  const reader = new ListReader(kind, era, bounds);
  const cursors = new Set<string>();
  let cursor: string | undefined;
  for (let page = 1; ; page++) {
    const result = await request(method, cursor === undefined ? {} : { cursor });
    const items = result[kind];
    if (!Array.isArray(items)) {
      throw new UpstreamError('ERR_UPSTREAM_MALFORMED', `The result of ${method} has no array "${kind}".`);
    }
    if (!reader.take(items)) break;
    const next = result['nextCursor'];
    // Only a missing cursor ends a list; the empty string is one (2026-07-28, Pagination).
    if (next === undefined || next === null) break;
    if (typeof next !== 'string') {
      throw new UpstreamError('ERR_UPSTREAM_MALFORMED', `The nextCursor of ${method} is not a string.`);
    }
    if (cursors.has(next)) {
      reader.tell(
        `${method} gives the cursor ${JSON.stringify(next.slice(0, 64))} twice: the pages after it are left out.`,
      );
      break;
    }
    if (page === bounds.pages) {
      reader.tell(`${method} has more than ${bounds.pages} pages: the rest is left out.`);
      break;
    }
    cursors.add(next);
    cursor = next;
  }
  return reader.listing();
}

class ListReader {
  readonly #kind: ListKind;
  readonly #era: Era;
  readonly #bounds: ListBounds;
  readonly #items: JsonObject[] = [];
  readonly #identities = new Set<unknown>();
  readonly #problems: string[] = [];
  #untold = 0;
  #bytes = 0;

  constructor(kind: ListKind, era: Era, bounds: ListBounds) {
    this.#kind = kind;
    this.#era = era;
    this.#bounds = bounds;
  }

  /** Takes a page's items; false if a bound is reached and no further page is wanted. */
  take(items: readonly unknown[]): boolean {
    const { items: mostItems, bytes: mostBytes } = this.#bounds;
    for (const item of items) {
      const problem = itemProblem(this.#kind, this.#era, item, this.#bounds);
      if (problem !== undefined) {
        this.tell(problem);
        continue;
      }
      const checked = item as JsonObject;
      const identity = checked[identityMembers[this.#kind]];
      if (this.#identities.has(identity)) {
        this.tell(duplicateProblem(this.#kind, checked));
        continue;
      }
      if (this.#items.length === mostItems) {
        this.tell(`${listMethods[this.#kind]} has more than ${mostItems} items: the rest is left out.`);
        return false;
      }
      this.#bytes += Buffer.byteLength(JSON.stringify(checked));
      if (this.#bytes > mostBytes) {
        this.tell(`${listMethods[this.#kind]} has more than ${mostBytes} bytes: the rest is left out.`);
        return false;
      }
      this.#identities.add(identity);
      this.#items.push(checked);
    }
    return true;
  }

  tell(problem: string): void {
    if (this.#problems.length < this.#bounds.problems) this.#problems.push(problem);
    else this.#untold++;
  }

  listing(): Listing {
    const problems =
      this.#untold === 0
        ? this.#problems
        : [...this.#problems, `${this.#untold} more problems in ${listMethods[this.#kind]}.`];
    return { items: this.#items, problems };
  }
}
