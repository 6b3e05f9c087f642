import type { CapabilitySet } from './capability-set.ts';
import {
  changesBetween,
  listKinds,
  nextCatalogue,
  type Catalogue,
  type ChangeKind,
  type ServerDescription,
} from './catalogue.ts';
import { stableListing } from './listing.ts';
import { emptyLists, type Lists } from './lists-of-server.ts';
import { SharedWait } from './shared-wait.ts';
import type { ToolTraits } from './tool-traits.ts';

export interface VariantOptions {
  /** Reads the lists as the server shows them to a client that declares this. @throws if it cannot be read */
  readonly read: (set: CapabilitySet, previous: Lists) => Promise<Lists>;
  /** How long what was read counts as fresh, in milliseconds. */
  readonly periodMs: number;
  /** What was given out to such clients differs by now. */
  readonly onChange: (changes: ReadonlySet<ChangeKind>) => void;
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
}

/** The most sets of which a server's lists are known at one time. */
const MOST_SETS = 8;
/** A variant that nobody asks for goes after this, in milliseconds. */
const UNUSED_MS = 10 * 60_000;
/** A server that lists the same to these clients is asked so much less often. */
const SAME_PERIODS = 10;
/** How soon one that could not be read is tried again, in milliseconds. */
const RETRY_MS = 5000;
/** How long clients wait for a variant that is read, in milliseconds. */
const WAIT_MS = 1000;

/** The lists as clients with one set of capabilities get them. */
interface Variant {
  readonly set: CapabilitySet;
  lists: Lists;
  /** Undefined until read; the main catalogue itself where it says the same. */
  catalogue: Catalogue | undefined;
  /** What was given out last. */
  shown: Catalogue | undefined;
  /** What it was read beside. */
  main: Catalogue | undefined;
  freshUntil: number;
  usedAt: number;
  readonly reading: SharedWait;
}

/**
 * What a legacy server lists may depend on what the client declared when it began its session. These are its lists beside
 * the main ones, which are read in a session that declares nothing: one variant for each set of capabilities that clients
 * came with, read when one asks for it.
 */
export class CatalogueVariants {
  readonly #options: VariantOptions;
  readonly #now: () => number;
  /** By the set's key, the one that was used last at the end. */
  readonly #variants = new Map<string, Variant>();
  #catalogues: readonly Catalogue[] = [];
  #isClosed = false;

  constructor(options: VariantOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  get size(): number {
    return this.#variants.size;
  }

  /** The catalogue as clients with a set get it, as far as it is known. */
  get({ key }: CapabilitySet, main: Catalogue): Catalogue {
    const variant = this.#variants.get(key);
    if (variant === undefined) return main;
    return (variant.shown = variant.catalogue ?? main);
  }

  /** The catalogues that such clients get; another array when they change. */
  get catalogues(): readonly Catalogue[] {
    return this.#catalogues;
  }

  /** What calls have to know of a tool that is listed to such clients only. */
  traitsOf(tool: string): ToolTraits | undefined {
    for (const { toolTraits } of this.#catalogues) {
      const traits = toolTraits.get(tool);
      if (traits !== undefined) return traits;
    }
    return undefined;
  }

  /**
   * Sees to it that a variant is known and fresh.
   * @returns resolves when it has been read, or could not be, or not soon; undefined: there is nothing to wait for
   */
  ready(set: CapabilitySet, main: Catalogue, lists: Lists): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    const variant = this.#use(set);
    const isOld = variant.main !== main;
    if (!isOld && this.#now() < variant.freshUntil) return undefined;
    const reading = variant.reading.join(() => this.#read(variant, main, lists));
    // What is merely due is given out as it is: clients are told if it turns out to be another.
    return isOld ? reading : undefined;
  }

  /** Forgets what nobody has asked for of late. */
  sweep(): void {
    const bound = this.#now() - UNUSED_MS;
    for (const [key, { usedAt }] of this.#variants) if (usedAt < bound) this.#variants.delete(key);
    this.#noteCatalogues();
  }

  close(): void {
    this.#isClosed = true;
    this.#variants.clear();
    this.#noteCatalogues();
  }

  #use(set: CapabilitySet): Variant {
    const known = this.#variants.get(set.key);
    const variant: Variant = known ?? {
      set,
      lists: emptyLists,
      catalogue: undefined,
      shown: undefined,
      main: undefined,
      freshUntil: 0,
      usedAt: 0,
      reading: new SharedWait(WAIT_MS),
    };
    variant.usedAt = this.#now();
    this.#variants.delete(set.key);
    this.#variants.set(set.key, variant);
    const [eldest] = this.#variants.keys();
    if (this.#variants.size > MOST_SETS && eldest !== undefined) {
      this.#variants.delete(eldest);
      this.#noteCatalogues();
    }
    return variant;
  }

  #noteCatalogues(): void {
    const next = new Set([...this.#variants.values()].flatMap(({ catalogue }) => catalogue ?? []));
    const isSame = next.size === this.#catalogues.length && this.#catalogues.every((each) => next.has(each));
    if (!isSame) this.#catalogues = [...next];
  }

  async #read(variant: Variant, main: Catalogue, lists: Lists): Promise<void> {
    const { periodMs, onChange, read } = this.#options;
    try {
      variant.lists = merged(lists, await read(variant.set, variant.lists));
      const next = variantOf(main, variant.catalogue, variant.lists);
      variant.catalogue = next;
      this.#noteCatalogues();
      variant.freshUntil = this.#now() + (next === main ? SAME_PERIODS : 1) * periodMs;
      // Those who did not wait so long have the main lists.
      const changes = variant.shown === undefined ? undefined : changesBetween(variant.shown, next);
      if (!this.#isClosed && changes !== undefined && changes.size > 0) onChange(changes);
    } catch {
      // The main lists' checks say what is wrong with the server.
      variant.freshUntil = this.#now() + Math.min(RETRY_MS, periodMs);
    } finally {
      variant.main = main;
    }
  }
}

/** What is the same in both is the very same object, so that what was derived from it is shared. */
function merged(main: Lists, variant: Lists): Lists {
  return Object.fromEntries(
    listKinds.map((kind) => [kind, stableListing({ ...main[kind], problems: variant[kind].problems }, variant[kind])]),
  ) as unknown as Lists;
}

function variantOf(main: Catalogue, previous: Catalogue | undefined, lists: Lists): Catalogue {
  if (listKinds.every((kind) => lists[kind].items === main[kind])) return main;
  const { era, protocolVersion, capabilities, instructions }: ServerDescription = main;
  const description = { era, protocolVersion, capabilities, ...(instructions !== undefined && { instructions }) };
  return nextCatalogue(previous === main ? undefined : previous, description, lists, new Date());
}
