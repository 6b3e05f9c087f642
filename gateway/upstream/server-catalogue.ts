import { isDeepStrictEqual } from 'node:util';
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
import { Offer, type ToolPin } from './tool-pin.ts';
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
  /** @param next the offer; undefined: the main catalogue is the same as before */
  readonly onChange: (changes: ReadonlySet<ChangeKind>, next?: Offer) => void;
}

/** What is known of one server: what it lists, for whom, for how long, and in which eras. */
export class ServerCatalogue {
  readonly #options: ServerCatalogueOptions;
  readonly #variants: CatalogueVariants;
  readonly #dualEra: DualEra;
  readonly #hints = new Map<ListKind, CacheHint>();
  #lists: Lists = emptyLists;
  #pin: ToolPin | undefined;
  #offer: Offer | undefined;
  #connection: ControlConnection | undefined;

  constructor(options: ServerCatalogueOptions) {
    const { checkMs: periodMs, onChange, legacyVerdictMs } = options;
    this.#options = options;
    const read = (set: CapabilitySet, previous: Lists) => this.#readVariant(set, previous);
    this.#variants = new CatalogueVariants({ read, periodMs, onChange });
    this.#dualEra = new DualEra(legacyVerdictMs, () => this.#publish());
  }

  /** What is offered of the last good catalogue; undefined until there was one. */
  get offer(): Offer | undefined {
    return this.#offer;
  }

  /** The pin of its Service. */
  get pin(): ToolPin | undefined {
    return this.#pin;
  }

  /** Takes the pin of a newer registry: what it changes is offered otherwise from now on, and told. */
  pinTo(pin: ToolPin | undefined): void {
    if (isDeepStrictEqual(pin, this.#pin)) return;
    this.#pin = pin;
    if (this.#offer !== undefined) this.#take(this.#offer.listed, this.#offer.isEnforced || pin?.isEnforced === true);
  }

  /** The catalogue as clients that declare `set` get it. */
  of(set: CapabilitySet | undefined): Catalogue | undefined {
    const offer = this.#offer;
    if (set === undefined || offer === undefined || !hasVariants(offer.listed)) return offer?.main;
    return offer.of(this.#variants.get(set, offer.listed));
  }

  /** The catalogues of clients that get more or less than others; another array when they change. */
  get variants(): readonly Catalogue[] {
    const { catalogues } = this.#variants;
    return this.#offer?.ofAll(catalogues) ?? catalogues;
  }

  /** What a person should know of what it lists, a sentence each, the gravest first. */
  get concerns(): readonly string[] {
    const offer = this.#offer;
    if (offer === undefined) return [];
    const { problems, flags } = offer.listed;
    return [...offer.problems(this.#variants.catalogues), ...problems, ...flags];
  }

  /** What calls have to know of a tool, whoever it is listed to; of most there is nothing. */
  traitsOf(tool: string): ToolTraits | undefined {
    const traits = this.#offer?.main.toolTraits.get(tool);
    // Under an enforced pin nothing is offered to some clients only.
    return traits ?? (this.#offer?.isEnforced === true ? undefined : this.#variants.traitsOf(tool));
  }

  /** Sees to it that what such clients get is known. @returns as CatalogueVariants.ready */
  ready(set: CapabilitySet): Promise<void> | undefined {
    const main = this.#offer?.listed;
    return main === undefined || !hasVariants(main) ? undefined : this.#variants.ready(set, main, this.#lists);
  }

  /** How long what was read may be kept, by the server's own word. */
  hint(kind: ChangeKind): CacheHint {
    return (kind === 'server' ? this.#connection?.hint : this.#hints.get(kind)) ?? noHint;
  }

  /** Reads some lists; the others stay. @throws UpstreamError, or what `signal` is aborted with */
  async read(connection: ControlConnection, kinds: ReadonlySet<ListKind>, signal: AbortSignal): Promise<void> {
    const onHint = (kind: ListKind, hint: CacheHint): void => void this.#hints.set(kind, hint);
    this.#lists = await readLists(connection, kinds, this.#lists, signal, this.#options.listBounds, onHint);
    signal.throwIfAborted();
    this.#connection = connection;
    this.#publish();
  }

  /** A client of the legacy era wants to use the server. @returns as DualEra.want */
  legacyWanted(): Promise<void> | undefined {
    return this.#offer?.listed.era === 'modern' ? this.#dualEra.want(this.#options.reach) : undefined;
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

  #publish(): void {
    const description = this.#connection?.description;
    if (description === undefined) return;
    const legacy = description.era === 'modern' ? this.#dualEra.ability : undefined;
    const previous = this.#offer?.listed;
    const next = nextCatalogue(previous, { ...description, ...(legacy && { legacy }) }, this.#lists, new Date());
    if (next !== previous) this.#take(next);
  }

  /** @param isOther whether clients that declare something may be offered others of its tools than before, in any case */
  #take(listed: Catalogue, isOther = false): void {
    const previous = this.#offer;
    const next = new Offer(listed, this.#pin);
    this.#offer = next;
    const changes = changesBetween(previous?.main, next.main);
    this.#options.onChange(isOther ? new Set([...changes, 'tools']) : changes, next);
  }
}

/** Only a server that keeps sessions knows, when it lists, what the client declared. */
function hasVariants({ era, stateless }: Catalogue): boolean {
  return era === 'legacy' && stateless !== true;
}
