import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { canonicalJson } from '../contract/canonical-json.ts';
import type { Era, ListKind } from './catalogue.ts';
import { UpstreamError } from './errors.ts';
import { otherEraView } from './era-views.ts';
import {
  checkItem,
  duplicateProblem,
  identityMembers,
  itemBounds,
  otherEraProblem,
  type ItemBounds,
} from './item-checks.ts';
import type { JsonObject } from './json.ts';
import { itemFlags, totalFlag } from './text-flags.ts';
import { pinnedText, toolsDigest } from './tools-digest.ts';
import { toolTraits, type ToolTraits } from './tool-traits.ts';

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
  /** sha256, hexadecimal, of the items' JSON texts. */
  readonly digest: string;
  /** Of the tools among the items that have any, by name. */
  readonly traits: ReadonlyMap<string, ToolTraits>;
  /** What a person should look at in the items' texts, a sentence each; in no more than the first few. */
  readonly flags: readonly string[];
  /** Of tools what a person approves of; of other lists that of no tools. */
  readonly toolsDigest: string;
}

const digestOfNone = toolsDigest(new Map());

/** The list of a server that has none of the kind. */
export const emptyListing: Listing = {
  items: [],
  problems: [],
  digest: createHash('sha256').digest('hex'),
  traits: new Map(),
  flags: [],
  toolsDigest: digestOfNone,
};

/** `previous` itself where `next` says the same, be it with members in another order: some servers write maps as they come. */
export function stableListing(previous: Listing, next: Listing): Listing {
  if (previous.problems.join('\n') !== next.problems.join('\n')) return next;
  if (previous.digest === next.digest) return previous;
  if (previous.items.length !== next.items.length) return next;
  return canonicalJson(previous.items) === canonicalJson(next.items) ? previous : next;
}

/**
 * Reads every page of a list, and keeps the items that a client may be given. What goes beyond a bound is left out and
 * told; what came before it is kept, so that a server that lists too much is still of use.
 *
 * A cursor that the server refuses by the time that it is used has the list read once more from its beginning (2026-07-28,
 * Caching, Interaction with Pagination). Any other page that fails after the first one fails the list: half a list would
 * look like a removal of the other half.
 *
 * @param request sends a request to the server and returns the result
 * @throws UpstreamError
 */
export async function readList(
  kind: ListKind,
  era: Era,
  request: ListRequest,
  bounds: ListBounds = listBounds,
): Promise<Listing> {
  let isAmid = false;
  const noted: ListRequest = (method, params) => {
    isAmid = params['cursor'] !== undefined;
    return request(method, params);
  };
  try {
    return await readPages(kind, era, noted, bounds);
  } catch (error) {
    if (!isAmid || !(error instanceof UpstreamError) || error.code !== 'ERR_UPSTREAM_RPC') throw error;
  }
  return readPages(kind, era, request, bounds);
}

type ListRequest = (method: string, params: JsonObject) => Promise<JsonObject>;

async function readPages(kind: ListKind, era: Era, request: ListRequest, bounds: ListBounds): Promise<Listing> {
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
    if (!(await reader.take(items))) break;
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

/** How many items are checked before others have their turn: about a millisecond. */
const ITEMS_A_TURN = 50;

class ListReader {
  readonly #kind: ListKind;
  readonly #era: Era;
  readonly #bounds: ListBounds;
  readonly #hash = createHash('sha256');
  readonly #items: JsonObject[] = [];
  readonly #identities = new Set<unknown>();
  readonly #problems: string[] = [];
  readonly #traits = new Map<string, ToolTraits>();
  readonly #flags: string[] = [];
  /** Of tools what a digest is made of, by name. */
  readonly #pinned = new Map<string, string>();
  #descriptionBytes = 0;
  #unflagged = 0;
  #untold = 0;
  #bytes = 0;

  constructor(kind: ListKind, era: Era, bounds: ListBounds) {
    this.#kind = kind;
    this.#era = era;
    this.#bounds = bounds;
  }

  /** Takes a page's items; false if a bound is reached and no further page is wanted. */
  async take(items: readonly unknown[]): Promise<boolean> {
    for (let index = 0; index < items.length; index++) {
      // A page of thousands must not hold up the calls of other servers.
      if (index % ITEMS_A_TURN === ITEMS_A_TURN - 1) await nextTurn();
      if (!this.#takeItem(items[index])) return false;
    }
    return true;
  }

  #takeItem(raw: unknown): boolean {
    const kind = this.#kind;
    const checked = checkItem(kind, this.#era, raw, this.#bounds);
    if ('problem' in checked) {
      this.tell(checked.problem);
      return true;
    }
    const { item, text } = checked;
    const identity = item[identityMembers[kind]];
    if (this.#identities.has(identity)) {
      this.tell(duplicateProblem(kind, item));
      return true;
    }
    if (this.#items.length === this.#bounds.items) {
      this.tell(`${listMethods[kind]} has more than ${this.#bounds.items} items: the rest is left out.`);
      return false;
    }
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes > this.#bounds.bytes) {
      this.tell(`${listMethods[kind]} has more than ${this.#bounds.bytes} bytes: the rest is left out.`);
      return false;
    }
    this.#hash.update(text).update('\n');
    this.#identities.add(identity);
    this.#items.push(item);
    this.#takeTraits(item, text);
    this.#takeTexts(item, text);
    return true;
  }

  #takeTraits(item: JsonObject, text: string): void {
    const view = otherEraView(this.#kind, this.#era, item);
    if ('fault' in view) this.tell(otherEraProblem(this.#kind, this.#era, item, view.fault));
    if (this.#kind !== 'tools') return;
    const traits = toolTraits(this.#era, item, text);
    if (traits !== undefined) this.#traits.set(String(item['name']), traits);
  }

  #takeTexts(item: JsonObject, text: string): void {
    const { description } = item;
    if (typeof description === 'string') this.#descriptionBytes += Buffer.byteLength(description);
    for (const flag of itemFlags(this.#kind, item, text)) {
      if (this.#flags.length < this.#bounds.problems) this.#flags.push(flag);
      else this.#unflagged++;
    }
    if (this.#kind === 'tools') this.#pinned.set(String(item['name']), pinnedText(item));
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
    return {
      items: this.#items,
      problems,
      digest: this.#hash.digest('hex'),
      traits: this.#traits,
      flags: this.#allFlags(),
      toolsDigest: this.#pinned.size === 0 ? digestOfNone : toolsDigest(this.#pinned),
    };
  }

  #allFlags(): string[] {
    const method = listMethods[this.#kind];
    const total = totalFlag(method, this.#descriptionBytes);
    const untold = this.#unflagged === 0 ? [] : [`${this.#unflagged} more texts of ${method} are to be looked at.`];
    return [...(total === undefined ? [] : [total]), ...this.#flags, ...untold];
  }
}
