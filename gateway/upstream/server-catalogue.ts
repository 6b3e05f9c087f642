import type { CapabilitySet } from './capability-set.ts';
import { changesBetween, nextCatalogue, type Catalogue, type ChangeKind, type ListKind } from './catalogue.ts';
import { CatalogueVariants } from './catalogue-variants.ts';
import type { ControlConnection } from './control-connection.ts';
import { Deadline } from './deadline.ts';
import { DualEra, type Reach } from './dual-era.ts';
import { UpstreamError } from './errors.ts';
import { noHint, type CacheHint } from './freshness.ts';
import type { ListBounds } from './listing.ts';
import { emptyLists, readLists, readVariant, type Lists } from './lists-of-server.ts';
import type { Slots } from './slots.ts';
import type { ToolTraits } from './tool-traits.ts';

/** How long the lists that some clients get may take in all, in milliseconds. */
const VARIANT_MS = 60_000;

export interface ServerCatalogueOptions {
  readonly listBounds?: ListBounds;
  /** How long lists count as fresh of which the server says nothing, in milliseconds. */
  readonly checkMs: number;
  /** How long it counts whether a modern server speaks the legacy era too, in milliseconds. */
  readonly legacyVerdictMs: number;
  readonly slots: Slots;
  /** Where the server is connected to; undefined: nowhere now. */
  readonly reach: () => Reach | undefined;
  /** The server is no longer watched. */
  readonly signal: AbortSignal;
  /** @param next the catalogue; undefined: the main one is the same as before */
  readonly onChange: (changes: ReadonlySet<ChangeKind>, next?: Catalogue) => void;
}

/** What is known of one server: what it lists, for whom, for how long, and in which eras. */
export class ServerCatalogue {
  readonly #options: ServerCatalogueOptions;
  readonly #variants: CatalogueVariants;
  readonly #dualEra: DualEra;
  readonly #hints = new Map<ListKind, CacheHint>();
  #lists: Lists = emptyLists;
  #current: Catalogue | undefined;
  #connection: ControlConnection | undefined;

  constructor(options: ServerCatalogueOptions) {
    const { checkMs: periodMs, onChange, legacyVerdictMs } = options;
    this.#options = options;
    const read = (set: CapabilitySet, previous: Lists) => this.#readVariant(set, previous);
    this.#variants = new CatalogueVariants({ read, periodMs, onChange });
    this.#dualEra = new DualEra(legacyVerdictMs, () => this.#publish());
  }

  /** The last good catalogue; undefined until there was one. */
  get current(): Catalogue | undefined {
    return this.#current;
  }

  /** The catalogue as clients that declare `set` get it. */
  of(set: CapabilitySet | undefined): Catalogue | undefined {
    const main = this.#current;
    return set === undefined || main === undefined || !hasVariants(main) ? main : this.#variants.get(set, main);
  }

  /** The catalogues of clients that get more or less than others; another array when they change. */
  get variants(): readonly Catalogue[] {
    return this.#variants.catalogues;
  }

  /** What calls have to know of a tool, whoever it is listed to; of most there is nothing. */
  traitsOf(tool: string): ToolTraits | undefined {
    return this.#current?.toolTraits.get(tool) ?? this.#variants.traitsOf(tool);
  }

  /** Sees to it that what such clients get is known. @returns as CatalogueVariants.ready */
  ready(set: CapabilitySet): Promise<void> | undefined {
    const main = this.#current;
    return main === undefined || !hasVariants(main) ? undefined : this.#variants.ready(set, main, this.#lists);
  }

  /** How long what was read may be kept, by the server's own word. */
  hint(kind: ChangeKind): CacheHint {
    return (kind === 'server' ? this.#connection?.hint : this.#hints.get(kind)) ?? noHint;
  }

  /** Reads some lists; the others stay. @throws UpstreamError, or what `signal` is aborted with */
  async read(connection: ControlConnection, kinds: ReadonlySet<ListKind>, signal: AbortSignal): Promise<Catalogue> {
    const onHint = (kind: ListKind, hint: CacheHint): void => void this.#hints.set(kind, hint);
    this.#lists = await readLists(connection, kinds, this.#lists, signal, this.#options.listBounds, onHint);
    signal.throwIfAborted();
    this.#connection = connection;
    return this.#publish() as Catalogue;
  }

  /** A client of the legacy era wants to use the server. @returns as DualEra.want */
  legacyWanted(): Promise<void> | undefined {
    return this.#current?.era === 'modern' ? this.#dualEra.want(this.#options.reach) : undefined;
  }

  /** The server was just asked what it is. @param anew it may be another */
  checkLegacy(anew: boolean): void {
    const reach = this.#options.reach();
    if (this.#connection?.description.era === 'legacy') this.#dualEra.forget();
    else if (reach !== undefined) this.#dualEra.check(reach, anew);
  }

  /** Forgets what nobody has asked for of late. */
  sweep(): void {
    this.#variants.sweep();
  }

  close(): void {
    this.#variants.close();
    this.#dualEra.forget();
  }

  /** The lists as they are shown to whoever declares `set`. @throws UpstreamError */
  async #readVariant({ capabilities }: CapabilitySet, previous: Lists): Promise<Lists> {
    const { reach, slots, listBounds, signal: closed } = this.#options;
    const now = reach();
    if (now === undefined) throw new UpstreamError('ERR_UPSTREAM_UNREACHABLE', 'The server is not connected to.');
    const { endpoint, options } = now;
    const deadline = new Deadline(VARIANT_MS, closed);
    const read = () => readVariant(endpoint, { ...options, capabilities }, previous, deadline.signal, listBounds);
    try {
      return await slots.run(read, { urgent: true });
    } finally {
      deadline.end();
    }
  }

  #publish(): Catalogue | undefined {
    const description = this.#connection?.description;
    if (description === undefined) return undefined;
    const legacy = description.era === 'modern' ? this.#dualEra.ability : undefined;
    const previous = this.#current;
    const next = nextCatalogue(previous, { ...description, ...(legacy && { legacy }) }, this.#lists, new Date());
    this.#current = next;
    if (next !== previous) this.#options.onChange(changesBetween(previous, next), next);
    return next;
  }
}

/** Only a server that keeps sessions knows, when it lists, what the client declared. */
function hasVariants({ era, stateless }: Catalogue): boolean {
  return era === 'legacy' && stateless !== true;
}
